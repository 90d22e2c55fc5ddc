"""The pool bikes' books, as their use cases need them."""

from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.bike_leasing.reservations import Bike, BikeLeased, LeaseBike, NoReservation
from domain.booking.open_ended import Subscription
from domain.booking.quoting import Quoted
from domain.booking.resources import ResourceId

Reserved: TypeAlias = BikeLeased | NoReservation
Offered: TypeAlias = Quoted | NoReservation


class ReservationDesk(Struct, frozen=True):
    bike: Bike | None


class BikeLeasingStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, command: LeaseBike) -> ReservationDesk: ...
    async def offer(self, outcome: Offered) -> None: ...
    async def record(self, outcome: Reserved) -> None: ...


class SubscriptionStore(BikeLeasingStore, Protocol):
    async def subscription(self, bike: ResourceId, start: datetime) -> Subscription | None:
        """How the city gives the bike without a set end, by the tariff that counts then; None where it does not, or has no such bike."""
