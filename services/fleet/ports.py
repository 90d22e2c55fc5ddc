"""The pool vehicles' books, as their use cases need them."""

from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.quoting import Quoted
from domain.fleet.reservations import NoReservation, ReserveVehicle, Vehicle, VehicleReserved

Reserved: TypeAlias = VehicleReserved | NoReservation
Offered: TypeAlias = Quoted | NoReservation


class ReservationDesk(Struct, frozen=True):
    vehicle: Vehicle | None


class FleetStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, command: ReserveVehicle) -> ReservationDesk: ...
    async def offer(self, outcome: Offered) -> None: ...
    async def record(self, outcome: Reserved) -> None: ...
