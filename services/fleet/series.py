"""Booking an employee's series: every occurrence as a booking of its own, all of them or as many as can be had."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.events import NotPossible
from domain.booking.holds import Order
from domain.booking.reach import Reach, may_act, reach
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleReserved
from domain.fleet.series import (
    NotASeries,
    Occurrence,
    OnConflict,
    Series,
    SeriesBooking,
    SeriesId,
    SeriesLookedAt,
    SeriesMade,
    Tried,
    settled,
    to_be_cancelled,
    to_be_decided,
)
from domain.identity import Actor, PersonId
from domain.periods import Period
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.ports import FleetStore
from services.fleet.recurring import occurrences
from services.fleet.reservations import reserve_vehicle


class MakeSeries(Struct, frozen=True):
    """`order` is that of the first occurrence; the rule says when the others are."""

    id: SeriesId
    order: Order
    options: FleetOptions
    rule: str
    on_conflict: OnConflict = OnConflict.REFUSE
    skip_holidays: bool = False


class Place(Struct, frozen=True):
    """Where the clock is that the series goes by, and whose holidays count there."""

    time_zone: str
    holidays_in: str | None


class SeriesMark(Struct, frozen=True):
    """The last series of a page."""

    made_at: datetime
    id: SeriesId


class SeriesWanted(Struct, frozen=True):
    """Those of which something begins at an instant or after it."""

    since: datetime
    limit: int
    after: SeriesMark | None = None


class ListedSeries(Struct, frozen=True):
    """A series in a list, as far as its reader sees it: `live` of its bookings stand or are in use, from the first `start` to
    the last `end` of all; the `next` of those that stand begins then."""

    id: SeriesId
    rule: str
    made_at: datetime
    time_zone: str
    holder_id: PersonId
    live: int
    start: datetime
    end: datetime
    next: datetime | None


class SeriesBooks(Protocol):
    """Open for one call in one city, in one transaction: what is refused in the end leaves nothing."""

    async def place(self) -> Place: ...
    def new_id(self) -> BookingId: ...
    def store(self, occurrence: Occurrence) -> FleetStore:
        """The books of reservations in the same transaction, for one occurrence."""

    async def keep(self, event: SeriesMade) -> None: ...


class SeriesReader(Protocol):
    async def find(self, series_id: SeriesId) -> Series | None: ...
    async def page(self, person_id: PersonId, within: Reach, wanted: SeriesWanted) -> tuple[ListedSeries, ...]:
        """Of the bookings that are the person's own or within reach, the latest made first."""


class SeriesReturns(SeriesReader, Protocol):
    """Open for one call in one city, in one transaction."""

    async def give_back(self, booking_id: BookingId, reason: str | None) -> None:
        """As its holder or staff does with one booking; what may not be cancelled stays."""


class SeriesDecisions(SeriesReader, Protocol):
    """Open for one call in one city, in one transaction."""

    async def approve(self, booking_id: BookingId) -> Refusal[NotPossible] | None:
        """As whoever may says yes to one booking; why she may not, where she does not."""

    async def reject(self, booking_id: BookingId, reason: str | None) -> Refusal[NotPossible] | None: ...


Made: TypeAlias = SeriesMade | SeriesLookedAt | Refusal[Any]


class CancelSeries(Struct, frozen=True):
    """From the number `since` on, up to `until`; all where neither is said."""

    id: SeriesId
    since: int | None = None
    until: int | None = None
    reason: str | None = None


class DecideSeries(Struct, frozen=True):
    """The same part of it; yes where it `approves`, else no, for a `reason` that its holder is told."""

    id: SeriesId
    approves: bool
    since: int | None = None
    until: int | None = None
    reason: str | None = None


class BookingSeries(Struct, frozen=True):
    """The use cases, bound. `look` writes nothing."""

    make: Callable[[Call[Made], MakeSeries], Awaitable[Answer]]
    look: Callable[[Call[Any], MakeSeries], Awaitable[Made]]
    find: Callable[[Actor, SeriesId], Awaitable[Series | Refusal[NotASeries]]]
    page: Callable[[Actor, SeriesWanted], Awaitable[tuple[ListedSeries, ...]]]
    cancel: Callable[[Call[Any], CancelSeries], Awaitable[Answer]]
    decide: Callable[[Call[Any], DecideSeries], Awaitable[Answer]]


async def make_series(
    command: MakeSeries, *, books: SeriesBooks, actor: Actor, now: datetime, only_looking: bool = False
) -> Made:
    """Try every occurrence in order of time, each after those before it. Only work is booked in series: a cost centre pays."""
    if not command.options.cost_centre:
        return Refusal(NotASeries.COST_CENTRE_MISSING, "/options/cost_centre")
    place = await books.place()
    periods = occurrences(
        command.rule,
        command.order.period,
        place.time_zone,
        holidays_in=place.holidays_in,
        skip_holidays=command.skip_holidays,
    )
    if isinstance(periods, Refusal):
        return periods
    tried = [await _tried(command, each, books, actor, now) for each in _numbered(periods, books)]
    if only_looking:
        return SeriesLookedAt(tuple(tried), place.time_zone)
    outcome = settled(command.id, command.rule, tried, command.on_conflict, place.time_zone)
    if isinstance(outcome, SeriesMade):
        await books.keep(outcome)
    return outcome


def _numbered(periods: Sequence[Period], books: SeriesBooks) -> list[Occurrence]:
    return [Occurrence(number, books.new_id(), period) for number, period in enumerate(periods, 1)]


async def _tried(command: MakeSeries, occurrence: Occurrence, books: SeriesBooks, actor: Actor, now: datetime) -> Tried:
    order = replace(command.order, booking_id=occurrence.booking_id, period=occurrence.period)
    outcome = await reserve_vehicle(
        ReserveVehicle(order, command.options), store=books.store(occurrence), actor=actor, now=now
    )
    if isinstance(outcome, VehicleReserved):
        return Tried(occurrence.number, occurrence.period, outcome.grant.booking, outcome.grant.resource)
    return Tried(occurrence.number, occurrence.period, refusal=outcome)


async def find_series(series_id: SeriesId, *, books: SeriesReader, actor: Actor) -> Series | Refusal[NotASeries]:
    """For whom it is, and whoever runs the pool: what became of it in other pools is not hers. To others there is none."""
    found = await books.find(series_id)
    own = [each for each in found.bookings if may_act(actor, each.booking, each.resource)] if found is not None else []
    return replace(found, bookings=tuple(own)) if found is not None and own else Refusal(NotASeries.UNKNOWN_SERIES)


async def list_series(wanted: SeriesWanted, *, books: SeriesReader, actor: Actor) -> tuple[ListedSeries, ...]:
    """One's own, and those with bookings in the pools that one runs; as many as wanted, and one more where there are more."""
    return await books.page(actor.id, reach(actor), replace(wanted, limit=wanted.limit + 1))


async def cancel_series(
    command: CancelSeries, *, books: SeriesReturns, actor: Actor, now: datetime
) -> Series | Refusal[NotASeries]:
    """The series as it stands once all that the command names was given back that may be."""
    found = await find_series(command.id, books=books, actor=actor)
    if isinstance(found, Refusal):
        return found
    for booking_id in to_be_cancelled(found, command.since, command.until, now):
        await books.give_back(booking_id, command.reason)
    return await find_series(command.id, books=books, actor=actor)


async def decide_series(
    command: DecideSeries, *, books: SeriesDecisions, actor: Actor, now: datetime
) -> Series | Refusal[Any]:
    """Say yes or no to all that the command names and that waits for it, as far as the actor may; the series as it stands then. Refused as
    one booking is where it waits and she may decide on none."""
    found = await books.find(command.id)
    if found is None:
        return Refusal(NotASeries.UNKNOWN_SERIES)
    waiting = to_be_decided(found, command.since, command.until, now)
    refused = [each for each in [await _decided(command, one, books) for one in waiting] if each is not None]
    if refused and len(refused) == len(waiting):
        known = [each for each in refused if each.reason is not NotPossible.UNKNOWN_BOOKING]
        return known[0] if known else Refusal(NotASeries.UNKNOWN_SERIES)
    decided = await books.find(command.id)
    shown = tuple(each for each in decided.bookings if _shows(actor, each)) if decided is not None else ()
    return replace(found, bookings=shown) if shown else Refusal(NotASeries.UNKNOWN_SERIES)


async def _decided(command: DecideSeries, booking_id: BookingId, books: SeriesDecisions) -> Refusal[NotPossible] | None:
    return await (books.approve(booking_id) if command.approves else books.reject(booking_id, command.reason))


def _shows(actor: Actor, each: SeriesBooking) -> bool:
    """To whoever decided on it, besides those who act on it: she need not run its pool."""
    approval = each.booking.approval
    decided = approval is not None and approval.decided_by == actor.id
    return decided or may_act(actor, each.booking, each.resource)
