"""Reminding whoever has to see to it, before something runs out and once it has."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.documents import Document, DocumentKind, counting, next_reminder
from domain.fleet.logbook import COMPLETION, Logged, TripState, state_of
from domain.identity import PersonId

TIME_LEFT = timedelta(days=2)
"""So long before its time is over a driver is reminded of a trip."""


class PapersDue(Struct, frozen=True, tag="fleet.papers_due"):
    """It is time to remind of a vehicle's papers."""

    vehicle_id: ResourceId


class LicenceDue(Struct, frozen=True, tag="fleet.licence_due"):
    """It is time to remind that a driver's licence has to be looked at again."""

    person_id: PersonId


class TripDue(Struct, frozen=True, tag="fleet.trip_due"):
    """It is time to remind a driver of what her trip is not complete without."""

    trip_id: BookingId


class TripOverdue(Struct, frozen=True, tag="fleet.trip_overdue"):
    """Its seven days are over, and it is flagged until somebody completes it."""

    trip_id: BookingId


class UseShortened(Struct, frozen=True, tag="fleet.use_shortened"):
    """A vehicle's papers end sooner than before: what was booked beyond that is to be looked at."""

    vehicle_id: ResourceId


class Due(Struct, frozen=True):
    """A paper that ends soon, or has ended: the last day on which it counts."""

    kind: DocumentKind
    last_day: date


def reminders(papers: Iterable[Document], known: Iterable[Document], today: date) -> Mapping[DocumentKind, date | None]:
    """When to remind next of each kind of paper that counts otherwise now than as the vehicle was `known`; None where there
    is nothing to remind of. What is registered for renting from now on is inspected sooner, though its plaque is the old
    one."""
    before = counting(known)
    return {
        kind: next_reminder(paper.valid_until, today) if paper.valid_until else None
        for kind, paper in counting(papers).items()
        if before.get(kind) != paper
    }


def due_papers(papers: Iterable[Document], today: date) -> tuple[Due, ...]:
    """What of a vehicle's papers is to be reminded of by now, the first to end first: nothing else ends within the time in
    which one is reminded."""
    found = [
        Due(kind, paper.valid_until)
        for kind, paper in counting(papers).items()
        if paper.valid_until is not None and is_near(paper.valid_until, today)
    ]
    return tuple(sorted(found, key=lambda due: (due.last_day, due.kind)))


def is_near(last_day: date, today: date) -> bool:
    """Whether the first reminder has come."""
    first = next_reminder(last_day, date.min)
    return first is not None and first <= today


def asked_for(logged: Logged, today: date, time_zone: str) -> TripDue | TripOverdue | None:
    """Whom to remind of a trip by now, if anybody."""
    state = state_of(logged, today, time_zone)
    if state is TripState.OVERDUE:
        return TripOverdue(logged.trip.id)
    last_day = COMPLETION.last_day(logged.trip.ended_at, time_zone)
    return TripDue(logged.trip.id) if state is TripState.OPEN and today >= last_day - TIME_LEFT else None


def asked_next(logged: Logged, today: date, time_zone: str) -> date | None:
    """When to look at it again; None where nobody is reminded any more."""
    if state_of(logged, today, time_zone) is not TripState.OPEN:
        return None
    last_day = COMPLETION.last_day(logged.trip.ended_at, time_zone)
    first = last_day - TIME_LEFT
    return first if today < first else last_day + timedelta(days=1)
