"""Reminding whoever has to see to it, before something runs out and once it has."""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.documents import Document, DocumentKind, counting, next_reminder
from domain.identity import PersonId


class PapersDue(Struct, frozen=True, tag="fleet.papers_due"):
    """It is time to remind of a vehicle's papers."""

    vehicle_id: ResourceId


class LicenceDue(Struct, frozen=True, tag="fleet.licence_due"):
    """It is time to remind that a driver's licence has to be looked at again."""

    person_id: PersonId


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
