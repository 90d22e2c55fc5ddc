"""The bookings' books, as their use cases need them."""

from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.approval_rules import Approving
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.changing import Following, Surroundings
from domain.booking.deciding import Deciders
from domain.booking.events import AlreadyThere, Changed, NotPossible
from domain.booking.handover import Handover
from domain.booking.metered import Metered
from domain.booking.reach import Reach
from domain.booking.resources import Resource, Service
from domain.booking.terms import TermsPolicy
from domain.identity import PersonId
from domain.payments.payments import Payment
from domain.payments.settlement import Asked
from domain.pricing.tariffs import Tariff
from domain.refusals import Refusal
from services.booking.views import BookingView, PlugView


class Sheet(Struct, frozen=True):
    """A booking with all that is shown of it; `asked` is what its latest dunning case asks for, `deciders` are those who
    approve it, where that was ever asked for; `series_id` is the series it was made in, `plug` what a charging station
    keeps for it."""

    booking: Booking
    resource: Resource
    time_zone: str
    payments: tuple[Payment, ...]
    asked: Asked | None = None
    deciders: Deciders | None = None
    series_id: UUID | None = None
    plug: PlugView | None = None

    @property
    def lacks_plug(self) -> bool:
        """Whether the charging station says no, and there is no other yet: to give it up, or not to come, costs nothing then."""
        return self.plug is not None and self.plug.state == "refused"


class LifeDesk(Struct, frozen=True):
    """A booking with all that its decisions need: `tariff` and `policy` are the version it was booked at, `code` what
    stands on the resource; how far its own claims reach, None where it has none, and which is the next. `handover` is there
    for vehicles, which are `still_in_use` where another booking's use has not ended; `stood_at` are the kilometres at the end
    of a vehicle's last trip, by its logbook; `approving` is how its pool approves. `charging` says that a session at a charger is under
    way for it, or not all of one was told; `measured` is there where one was."""

    sheet: Sheet
    tariff: Tariff
    policy: TermsPolicy
    code: str | None
    claimed_until: datetime | None
    following: Following | None
    handover: Handover | None = None
    stood_at: int | None = None
    still_in_use: bool = False
    approving: Approving | None = None
    charging: bool = False
    measured: Metered | None = None

    @property
    def surroundings(self) -> Surroundings:
        sheet = self.sheet
        until = self.claimed_until or sheet.resource.claim(sheet.booking.period).end
        return Surroundings(
            sheet.resource, sheet.time_zone, self.tariff, self.policy, until, self.following, self.approving
        )


class Done(Struct, frozen=True):
    """What became of the booking, and how its reader sees it now."""

    change: Changed | AlreadyThere
    view: BookingView


Outcome: TypeAlias = Done | Refusal[NotPossible]


class BookingStore(Protocol):
    """Open for one call in one city."""

    async def desk(self, booking_id: BookingId) -> LifeDesk | None:
        """An earlier answer to the same key ends the call."""

    async def record(self, booking_id: BookingId, outcome: Outcome) -> None:
        """Keep the outcome with its answer, unless the booking has changed since it was read."""


class After(Struct, frozen=True):
    """The last booking of a page, by which the next one finds its place whatever was booked meanwhile."""

    start: datetime
    id: BookingId


class Wanted(Struct, frozen=True):
    """Which bookings of those within reach: by service and state, and by overlap with [`since`, `until`)."""

    limit: int
    service: Service | None = None
    states: frozenset[State] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    after: After | None = None


class LifeReader(Protocol):
    """The same books, open for looking at what an action would mean."""

    async def life(self, booking_id: BookingId) -> LifeDesk | None: ...


class BookingReader(Protocol):
    """The same books, open for reading in one city."""

    async def sheet(self, booking_id: BookingId) -> Sheet | None: ...

    async def sheets(self, reader: PersonId, within: Reach, wanted: Wanted) -> tuple[Sheet, ...]:
        """The reader's own and those within reach; newest start first, at most `limit` of them."""


class SubscriptionReader(Protocol):
    async def subscriptions(self, holder: PersonId) -> tuple[Sheet, ...]:
        """Those of the holder's bookings that have no set end, or had none; newest start first, at most a hundred."""
