"""The charge points' books, as their use cases need them."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.quoting import Quoted
from domain.charging.power.groups import PowerGroupId
from domain.charging.reservations import ChargePoint, ChargePointReserved, NoReservation, ReserveChargePoint

Reserved: TypeAlias = ChargePointReserved | NoReservation
Offered: TypeAlias = Quoted | NoReservation


class ReservationDesk(Struct, frozen=True):
    point: ChargePoint | None


class ChargingStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, command: ReserveChargePoint, full: Sequence[PowerGroupId] = ()) -> ReservationDesk:
        """What is chosen stands behind none of these connections."""

    async def offer(self, outcome: Offered) -> None: ...
    async def record(self, outcome: Reserved) -> None: ...
