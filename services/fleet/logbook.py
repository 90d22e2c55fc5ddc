"""The logbooks of a city's vehicles: opened when a use ends, completed by whoever drove, read by whoever runs the pool."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.logbook import Driven, EnterTrip, Entry, Logged, NotLogged, TripState, entered, may_see, opened
from domain.identity import Actor, City, PersonId, PoolId
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.exporting import File, Format
from services.fleet.keeping import Reach, Today, reach


class KnownTrip(Struct, frozen=True):
    """A trip, the names that go with it, and the day by which it is judged. `people` are those who drove it or entered
    something, by id, as far as they have a name."""

    logged: Logged
    vehicle: str
    people: dict[PersonId, str]
    today: Today


class TripMark(Struct, array_like=True, frozen=True):
    """Where a page of trips ended; the newest comes first."""

    started_at: datetime
    id: BookingId


class TripsWanted(Struct, frozen=True):
    """Of those that overlap [`since`, `until`); of one vehicle, pool, driver or state. `own` are the reader's as a driver, all
    others those of the pools that the reader runs."""

    limit: int
    own: bool = False
    after: TripMark | None = None
    vehicle_id: ResourceId | None = None
    driver_id: PersonId | None = None
    pool_id: PoolId | None = None
    state: TripState | None = None
    since: datetime | None = None
    until: datetime | None = None


class Span(Struct, frozen=True):
    """Whose logbook, of trips that begin on or after a day and before another; of every vehicle where none is named."""

    first: date
    end: date
    vehicle_id: ResourceId | None = None

    def since(self, zone: ZoneInfo) -> datetime:
        return datetime.combine(self.first, time(), zone).astimezone(UTC)

    def until(self, zone: ZoneInfo) -> datetime:
        return datetime.combine(self.end, time(), zone).astimezone(UTC)


class LogbookBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def now(self) -> datetime: ...
    async def today(self) -> Today: ...
    async def driven(self, booking_id: BookingId) -> Driven | None: ...
    async def open(self, trip: Logged) -> None:
        """Nothing happens where it is there already."""

    async def find(self, trip_id: BookingId, *, locked: bool = False) -> KnownTrip | None: ...
    async def page(self, reader: Actor, within: Reach, wanted: TripsWanted) -> Sequence[KnownTrip]: ...
    async def keep(self, trip_id: BookingId, entry: Entry) -> None:
        """Beside the versions before."""


Entering: TypeAlias = KnownTrip | Refusal[NotLogged]


class Logbooks(Struct, frozen=True):
    """The use cases, bound. All raise Unavailable."""

    open: Callable[[City, BookingId], Awaitable[None]]
    enter: Callable[[Call[Entering], EnterTrip], Awaitable[Answer]]
    find: Callable[[Actor, BookingId], Awaitable[KnownTrip | None]]
    page: Callable[[Actor, TripsWanted], Awaitable[Sequence[KnownTrip]]]
    give: Callable[[Actor, Span, Format], Awaitable[File]]


async def open_trip(booking_id: BookingId, *, books: LogbookBooks) -> None:
    """What a use that is over says of it. Done twice, nothing happens."""
    driven = await books.driven(booking_id)
    trip = opened(driven, await books.now()) if driven is not None else None
    if trip is not None:
        await books.open(trip)


async def enter_trip(command: EnterTrip, *, books: LogbookBooks, actor: Actor) -> Entering:
    """Whoever is quicker than the job that opens it opens it."""
    known = await books.find(command.trip_id, locked=True)
    if known is None:
        await open_trip(command.trip_id, books=books)
        known = await books.find(command.trip_id, locked=True)
    outcome = entered(command, known.logged if known else None, actor, await books.now())
    if isinstance(outcome, Refusal):
        return outcome
    await books.keep(command.trip_id, outcome)
    return await books.find(command.trip_id) or Refusal(NotLogged.UNKNOWN_TRIP)


async def find_trip(trip_id: BookingId, *, books: LogbookBooks, actor: Actor) -> KnownTrip | None:
    known = await books.find(trip_id)
    return known if known is not None and may_see(actor, known.logged.trip) else None


async def list_trips(wanted: TripsWanted, *, books: LogbookBooks, actor: Actor) -> Sequence[KnownTrip]:
    return await books.page(actor, reach(actor), wanted)


async def logbook(span: Span, *, books: LogbookBooks, actor: Actor, batch: int = 500) -> list[KnownTrip]:
    """All trips of the span that somebody looks after, the oldest first."""
    zone = ZoneInfo((await books.today()).time_zone)
    since, until = span.since(zone), span.until(zone)
    found: list[KnownTrip] = []
    after: TripMark | None = None
    while page := await list_trips(
        TripsWanted(batch, False, after, span.vehicle_id, since=since, until=until), books=books, actor=actor
    ):
        found += page
        last = found[-1].logged.trip
        after = TripMark(last.started_at, last.id)
    return [known for known in reversed(found) if known.logged.trip.started_at >= since]
