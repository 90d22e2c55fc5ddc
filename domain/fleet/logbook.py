"""The logbook of a vehicle (Fahrtenbuch): what every trip was for, in versions that stay.

§ 6 Abs. 1 Nr. 4 Satz 3 EStG with R 8.1 Abs. 9 Nr. 2 LStR: for business day, odometer before and after, where to, what for and
whom one visited, and the route where it was a detour; for one's private use the kilometres alone; for the way to work a note.
It is kept in a closed form (BFH VI R 27/05), and what is changed later shows that, by whom and when (BMF 18.11.2009).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import ResourceId
from domain.fleet.keeping import runs
from domain.identity import SYSTEM, Actor, PersonId, PoolId
from domain.refusals import Refusal


class Term(Struct, frozen=True):
    """So many calendar days after the day of the trip; as the authority has it `since` a day."""

    days: int
    since: date
    source: str

    def last_day(self, ended_at: datetime, time_zone: str) -> date:
        return ended_at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=self.days)


COMPLETION = Term(7, date(2013, 2, 18), "OFD Rheinland 18.2.2013: the occasion is entered within seven calendar days")


class TripKind(StrEnum):
    """`rental` is what somebody pays for herself: the city's business, and her own affair."""

    BUSINESS = "business"
    COMMUTE = "commute"
    PRIVATE = "private"
    RENTAL = "rental"


class TripState(StrEnum):
    """`overdue` is one that nobody completed in its seven days, `late` one that was completed after them."""

    OPEN = "open"
    OVERDUE = "overdue"
    COMPLETE = "complete"
    LATE = "late"


NOT_YET = frozenset({TripState.OPEN, TripState.OVERDUE})
"""The states of a trip that is not complete; once it is, it stays so whatever is corrected."""


class Trip(Struct, frozen=True):
    """What the end of a use says of it, for good: which vehicle, with which plate, by whom, when, from where to where.

    It has its booking's id. `pool_id` is where the vehicle is now; the places are None where they are nobody's affair.
    """

    id: BookingId
    vehicle_id: ResourceId
    pool_id: PoolId | None
    driver_id: PersonId
    plate: str | None
    started_at: datetime
    ended_at: datetime
    start_place: str | None = None
    end_place: str | None = None


class Entry(Struct, frozen=True):
    """One version of what is known of a trip; kilometres are unrounded, as the odometer showed them. The first is the vehicle's
    own and says what was read; `reason` is why a later one says otherwise."""

    version: int
    odometer_start: int | None
    odometer_end: int | None
    kind: TripKind | None
    entered_by: PersonId
    entered_at: datetime
    destination: str | None = None
    purpose: str | None = None
    partner: str | None = None
    route: str | None = None
    reason: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What the trip is not complete without."""
        wanted: dict[str, object] = {
            "odometer_start": self.odometer_start,
            "odometer_end": self.odometer_end,
            "kind": self.kind,
        }
        if self.kind is TripKind.BUSINESS:
            wanted |= {"destination": self.destination, "purpose": self.purpose}
        return tuple(name for name, value in wanted.items() if value is None)

    @property
    def km(self) -> int | None:
        if self.odometer_start is None or self.odometer_end is None:
            return None
        return self.odometer_end - self.odometer_start


class Before(Struct, frozen=True):
    """The trip of the same vehicle that came before, and where its odometer stood then; None where nobody read it."""

    trip_id: BookingId
    odometer_end: int | None


class Logged(Struct, frozen=True):
    """A trip with all its versions, the oldest first; what its driver wrote when she booked it."""

    trip: Trip
    entries: tuple[Entry, ...]
    before: Before | None = None
    planned_destination: str | None = None
    planned_purpose: str | None = None

    @property
    def current(self) -> Entry:
        return self.entries[-1]

    @property
    def told(self) -> "Logged":
        """What its readers are told: of a private trip neither where it went from and to, nor what was planned."""
        if self.current.kind not in NOBODYS_AFFAIR:
            return self
        nowhere = replace(self.trip, start_place=None, end_place=None)
        return replace(self, trip=nowhere, planned_destination=None, planned_purpose=None)

    @property
    def gap_km(self) -> int | None:
        """What the odometer moved since the trip before without one: less than nothing where they overlap; None where nobody
        knows, or none came before."""
        started = self.current.odometer_start
        if self.before is None or self.before.odometer_end is None or started is None:
            return None
        return started - self.before.odometer_end


class Driven(Struct, frozen=True):
    """A use that is over, as its booking tells it; `plate` and `station` are the vehicle's, `licensed` says that it is a motor
    vehicle."""

    booking: Booking
    pool_id: PoolId | None
    plate: str | None
    station: str
    licensed: bool


class EnterTrip(Struct, frozen=True):
    """What a trip was for. What is left out stays as it is, an empty word goes; `reason` is why something is changed,
    `seen` the version that the caller has in mind, None where any will do."""

    trip_id: BookingId
    kind: TripKind
    destination: str | None = None
    purpose: str | None = None
    partner: str | None = None
    route: str | None = None
    odometer_start: int | None = None
    odometer_end: int | None = None
    reason: str | None = None
    seen: int | None = None


class NotLogged(StrEnum):
    UNKNOWN_TRIP = "unknown_trip"
    VERSION_MISMATCH = "version_mismatch"
    KIND_DOES_NOT_FIT = "kind_does_not_fit"
    KILOMETRES_ONLY = "kilometres_only"
    PURPOSE_MISSING = "purpose_missing"
    DESTINATION_MISSING = "destination_missing"
    REASON_MISSING = "reason_missing"
    ODOMETER_RUNS_BACK = "odometer_runs_back"
    NOTHING_CHANGES = "nothing_changes"


# A use that is not over yet has a trip later.
NOT_FINAL = frozenset({NotLogged.UNKNOWN_TRIP})


class NotGiven(StrEnum):
    """Why a logbook is no file."""

    LOGBOOK_TOO_LONG = "logbook_too_long"


WORDS = ("destination", "purpose", "partner", "route")
# What is private says how far, and no more (R 8.1 Abs. 9 Nr. 2 Satz 3 LStR).
NOBODYS_AFFAIR = frozenset({TripKind.PRIVATE, TripKind.RENTAL})


def opened(driven: Driven, now: datetime) -> Logged | None:
    """The trip of a motor vehicle's use that is over, with its first version; None for all else. What somebody pays for herself
    has nothing to be told, so it is complete where the odometer was read."""
    booking = driven.booking
    if not driven.licensed or booking.state is not State.COMPLETED:
        return None
    if booking.started_at is None or booking.finished_at is None:
        return None
    before, after = booking.start_readings, booking.finish_readings
    own = booking.payer is Payer.SELF
    trip = Trip(
        booking.id,
        booking.resource_id,
        driven.pool_id,
        booking.holder_id,
        driven.plate,
        booking.started_at,
        booking.finished_at,
        None if own else (before and before.place) or driven.station,
        None if own else (after and after.place) or driven.station,
    )
    entry = Entry(
        1,
        before.odometer_km if before else None,
        after.odometer_km if after else None,
        TripKind.RENTAL if own else None,
        SYSTEM,
        now,
    )
    return Logged(trip, (entry,))


def may_see(actor: Actor, trip: Trip) -> bool:
    """Its driver, and whoever runs the vehicle's pool."""
    return trip.driver_id == actor.id or runs(actor, trip.pool_id)


def entered(command: EnterTrip, logged: Logged | None, actor: Actor, now: datetime) -> Entry | Refusal[NotLogged]:
    """The next version. The driver completes what is open without a word; whoever changes what was entered, or enters something
    for her, says why. Destination and purpose are those of the booking where the driver says nothing else."""
    if logged is None or not may_see(actor, logged.trip):
        return Refusal(NotLogged.UNKNOWN_TRIP)
    if command.seen not in {None, logged.current.version}:
        return Refusal(NotLogged.VERSION_MISMATCH)
    said, current = _planned(command, logged), logged.current
    if refusal := _does_not_fit(said, current):
        return refusal
    before = current.odometer_start if said.odometer_start is None else said.odometer_start
    after = current.odometer_end if said.odometer_end is None else said.odometer_end
    if before is not None and after is not None and after < before:
        return Refusal(NotLogged.ODOMETER_RUNS_BACK, "/odometer_end")
    entry = Entry(
        current.version + 1,
        before,
        after,
        said.kind,
        actor.id,
        now,
        said.destination,
        said.purpose,
        said.partner,
        said.route,
        said.reason,
    )
    if _content(entry) == _content(current):
        return Refusal(NotLogged.NOTHING_CHANGES)
    if said.reason is None and (actor.id != logged.trip.driver_id or _changes(current, entry)):
        return Refusal(NotLogged.REASON_MISSING, "/reason")
    return entry


def state_of(logged: Logged, today: date, time_zone: str) -> TripState:
    """As the days are counted in the city."""
    last_day = COMPLETION.last_day(logged.trip.ended_at, time_zone)
    completed = completed_at(logged.entries)
    if completed is None:
        return TripState.OVERDUE if today > last_day else TripState.OPEN
    in_time = completed.astimezone(ZoneInfo(time_zone)).date() <= last_day
    return TripState.COMPLETE if in_time else TripState.LATE


def completed_at(entries: Sequence[Entry]) -> datetime | None:
    """When nothing was missing for the first time; None where something is."""
    if entries[-1].missing:
        return None
    return next(entry.entered_at for entry in entries if not entry.missing)


def _planned(command: EnterTrip, logged: Logged) -> EnterTrip:
    """Words that are left out stay as they are, or as the booking has them; empty ones go."""
    if command.kind in NOBODYS_AFFAIR:
        return command
    current, known = logged.current, {name: getattr(logged.current, name) for name in WORDS}
    if command.kind is TripKind.BUSINESS and current.kind is None:
        known |= {"destination": logged.planned_destination, "purpose": logged.planned_purpose}
    said = {name: getattr(command, name) for name in WORDS}
    return replace(command, **{name: (known[name] if word is None else word) or None for name, word in said.items()})


def _does_not_fit(said: EnterTrip, current: Entry) -> Refusal[NotLogged] | None:
    if (said.kind is TripKind.RENTAL) is not (current.kind is TripKind.RENTAL):
        return Refusal(NotLogged.KIND_DOES_NOT_FIT, "/kind")
    told = {name: getattr(said, name) for name in WORDS}
    if said.kind in NOBODYS_AFFAIR:
        name = next((name for name, value in told.items() if value is not None), None)
        return Refusal(NotLogged.KILOMETRES_ONLY, f"/{name}") if name else None
    if said.kind is TripKind.BUSINESS and told["destination"] is None:
        return Refusal(NotLogged.DESTINATION_MISSING, "/destination")
    if said.kind is TripKind.BUSINESS and told["purpose"] is None:
        return Refusal(NotLogged.PURPOSE_MISSING, "/purpose")
    return None


def _changes(current: Entry, entry: Entry) -> bool:
    """Whether something is said otherwise that was said before, and not only added."""
    return any(old is not None and old != new for old, new in zip(_content(current), _content(entry), strict=True))


def _content(entry: Entry) -> tuple[object, ...]:
    return entry.odometer_start, entry.odometer_end, entry.kind, *(getattr(entry, name) for name in WORDS)
