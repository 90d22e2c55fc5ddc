"""The pool bikes' books, as their use cases need them."""

from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.bike_leasing.reservations import Bike, BikeLeased, LeaseBike, NoReservation
from domain.booking.quoting import Quoted

Reserved: TypeAlias = BikeLeased | NoReservation
Offered: TypeAlias = Quoted | NoReservation


class ReservationDesk(Struct, frozen=True):
    bike: Bike | None


class BikeLeasingStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, command: LeaseBike) -> ReservationDesk: ...
    async def offer(self, outcome: Offered) -> None: ...
    async def record(self, outcome: Reserved) -> None: ...
