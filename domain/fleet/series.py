"""Booking series: an employee needs a vehicle again and again, at the same time by the clock of the city.

Each occurrence is a booking like any other, decided by the same rules and with a life of its own. What a series adds is that
it is asked for at once, and that what follows one of its bookings, or all of it, can be given back at once.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.approving import is_open
from domain.booking.bookings import Booking, BookingId
from domain.booking.holds import NotBookable
from domain.booking.resources import Resource
from domain.periods import Period
from domain.refusals import Refusal

SeriesId = NewType("SeriesId", UUID)
MOST_OCCURRENCES = 100


class OnConflict(StrEnum):
    """What becomes of a series of which some occurrences cannot be had: nothing is booked, or those are left out."""

    REFUSE = "refuse"
    SKIP = "skip"


class NotASeries(StrEnum):
    UNKNOWN_SERIES = "unknown_series"
    RULE_INVALID = "rule_invalid"
    RULE_WITHOUT_END = "rule_without_end"
    START_NOT_NAMED = "start_not_named"
    NO_OCCURRENCES = "no_occurrences"
    TOO_MANY_OCCURRENCES = "too_many_occurrences"
    SERIES_CONFLICTS = "series_conflicts"
    COST_CENTRE_MISSING = "cost_centre_missing"


class Occurrence(Struct, frozen=True):
    """The `number` counts from 1, in order of time, and stays whatever becomes of the others."""

    number: int
    booking_id: BookingId
    period: Period


class Tried(Struct, frozen=True):
    """An occurrence and what it came to: the booking and its resource, or why there is none and when instead."""

    number: int
    period: Period
    booking: Booking | None = None
    resource: Resource | None = None
    refusal: Refusal[Any] | None = None


class SeriesMade(Struct, frozen=True):
    """`rule` is the RRULE (RFC 5545) as it was asked for."""

    series_id: SeriesId
    rule: str
    tried: tuple[Tried, ...]
    time_zone: str


class SeriesLookedAt(Struct, frozen=True):
    """What would be; nothing was booked."""

    tried: tuple[Tried, ...]
    time_zone: str


def settled(
    series_id: SeriesId, rule: str, tried: Sequence[Tried], policy: OnConflict, time_zone: str
) -> SeriesMade | Refusal[Any]:
    """The series, if enough of it can be had: all of it, or with `skip` at least one. Else it names the times that cannot; or,
    where every one was refused for the same reason, it is that, unless somebody else was quicker."""
    missing = [each for each in tried if each.refusal is not None]
    if missing and (policy is OnConflict.REFUSE or len(missing) == len(tried)):
        why = {each.refusal.reason for each in missing if each.refusal is not None}
        if len(missing) == len(tried) and len(why) == 1 and why != {NotBookable.TAKEN}:
            return missing[0].refusal or Refusal(NotASeries.SERIES_CONFLICTS)
        return Refusal(NotASeries.SERIES_CONFLICTS, conflicts=tuple(each.period for each in missing))
    return SeriesMade(series_id, rule, tuple(tried), time_zone)


class SeriesBooking(Struct, frozen=True):
    """One of a series' bookings, with what it stands on."""

    number: int
    booking: Booking
    resource: Resource


class Series(Struct, frozen=True):
    """A series as it stands; of what was left out there is no booking. `bookings` are in order."""

    id: SeriesId
    rule: str
    made_at: datetime
    time_zone: str
    bookings: tuple[SeriesBooking, ...]


def to_be_cancelled(series: Series, since: int | None, until: int | None, now: datetime) -> tuple[BookingId, ...]:
    """Those of its bookings that have not begun: all, those from the number `since` on, or up to `until` as well."""
    return tuple(
        each.booking.id
        for each in _part(series, since, until)
        if each.booking.is_live and each.booking.started_at is None and each.booking.end > now
    )


def to_be_decided(series: Series, since: int | None, until: int | None, now: datetime) -> tuple[BookingId, ...]:
    """Those of the same part of it that wait for somebody's yes, and not only for one to more time."""
    return tuple(
        each.booking.id
        for each in _part(series, since, until)
        if each.booking.awaits_approval and is_open(each.booking, now)
    )


def _part(series: Series, since: int | None, until: int | None) -> tuple[SeriesBooking, ...]:
    return tuple(
        each
        for each in series.bookings
        if (since is None or each.number >= since) and (until is None or each.number <= until)
    )
