"""The logbooks of a city's vehicles: opened when a use ends, completed by whoever drove, read by whoever runs the pool."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.logbook import (
    Driven,
    EnterTrip,
    Entry,
    Logged,
    NotGiven,
    NotLogged,
    TripState,
    entered,
    may_see,
    opened,
)
from domain.identity import Actor, City, PersonId, PoolId
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.exporting import File, Format
from services.fleet.keeping import Reach, Today, reach

EARLIEST, LATEST, LONGEST_DAYS = date(2000, 1, 1), date(2099, 12, 31), 366
MOST_TRIPS = 10_000
"""A file of them is put together in memory. One vehicle drives as many in some years, and a year is the most there is."""


class NoSpan(ValueError):
    """`day` is which of the two is wrong, `from` or `to`."""

    def __init__(self, day: str, why: str) -> None:
        super().__init__(why)
        self.day = day


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
    """Of those that overlap [`since`, `until`); of one vehicle, pool or driver, in one of the states; no state is any. `own` are the reader's as a driver, all
    others those of the pools that the reader runs."""

    limit: int
    own: bool = False
    after: TripMark | None = None
    vehicle_id: ResourceId | None = None
    driver_id: PersonId | None = None
    pool_id: PoolId | None = None
    states: frozenset[TripState] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


class Span(Struct, frozen=True):
    """Whose logbook, of trips that begin on or after a day and before another, at most a year; of one vehicle, one pool, or all
    that one looks after. Raises NoSpan."""

    first: date
    end: date
    vehicle_id: ResourceId | None = None
    pool_id: PoolId | None = None

    def __post_init__(self) -> None:
        for name, day in (("from", self.first), ("to", self.end)):
            if not EARLIEST <= day <= LATEST:
                raise NoSpan(name, f"outside the years {EARLIEST.year} to {LATEST.year}")
        if self.first >= self.end:
            raise NoSpan("to", "the end comes after the start")
        if (self.end - self.first).days > LONGEST_DAYS:
            raise NoSpan("to", f"at most {LONGEST_DAYS} days")

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
    give: Callable[[Actor, Span, Format], Awaitable[File | Refusal[NotGiven]]]


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


async def logbook(
    span: Span, *, books: LogbookBooks, actor: Actor, batch: int = 500, most: int = MOST_TRIPS
) -> list[KnownTrip] | Refusal[NotGiven]:
    """All trips of the span that somebody looks after, the oldest first; none where there are more than fit into a file."""
    zone = ZoneInfo((await books.today()).time_zone)
    since, until = span.since(zone), span.until(zone)
    found: list[KnownTrip] = []
    after: TripMark | None = None
    wanted = TripsWanted(batch, vehicle_id=span.vehicle_id, pool_id=span.pool_id, since=since, until=until)
    while page := await list_trips(replace(wanted, after=after), books=books, actor=actor):
        found += page
        if len(found) > most:
            return Refusal(NotGiven.LOGBOOK_TOO_LONG)
        last = found[-1].logged.trip
        after = TripMark(last.started_at, last.id)
    return [known for known in reversed(found) if known.logged.trip.started_at >= since]
