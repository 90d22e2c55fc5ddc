"""A vehicle's dated papers: what was examined, until when it counts, and what that means for driving and renting.

Only results and dates are kept. Security codes of the registration are secrets and are no part of this.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.periods import Interval
from domain.refusals import Refusal


class DocumentKind(StrEnum):
    """`hu` is the general inspection (Hauptuntersuchung, § 29 StVZO), `uvv` the yearly one of the accident insurers
    (DGUV Vorschrift 70), `registration` what the registration certificate says (Zulassungsbescheinigung Teil I)."""

    HU = "hu"
    UVV = "uvv"
    INSURANCE = "insurance"
    REGISTRATION = "registration"


HU = Interval(24, date(2012, 7, 1), "Anlage VIII Nr. 2.1.2.1 StVZO", to_the_end_of_the_month=True)
HU_OF_RENTALS = Interval(12, date(2012, 7, 1), "Anlage VIII Nr. 2.2 StVZO", to_the_end_of_the_month=True)
UVV = Interval(12, date(2000, 1, 1), "§ 57 Abs. 1 DGUV Vorschrift 70")

# Days before the last one on which whoever runs the pool is reminded; at 0 it is the last, and once more when it is over.
REMINDERS = (60, 30, 7, 0, -1)


class Document(Struct, frozen=True):
    """`done_on` is when it was examined, concluded or registered; `valid_until` the last day on which it counts, in the
    city, None for good. `rental` says that it knows of the renting to people who drive themselves: the entry in the
    certificate (Selbstfahrervermietung, § 15 FZV), or the insurer that was told."""

    kind: DocumentKind
    done_on: date | None = None
    valid_until: date | None = None
    rental: bool = False
    reference: str | None = None

    def counts_on(self, day: date) -> bool:
        return self.valid_until is None or day <= self.valid_until


class NotADocument(StrEnum):
    DATE_MISSING = "date_missing"
    DATE_IN_THE_FUTURE = "date_in_the_future"
    VALID_TOO_LONG = "valid_too_long"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"


def interval(kind: DocumentKind, *, rental: bool) -> Interval | None:
    """What the law allows between two of the kind; None where it says nothing."""
    match kind:
        case DocumentKind.HU:
            return HU_OF_RENTALS if rental else HU
        case DocumentKind.UVV:
            return UVV
    return None


def entered(document: Document, *, rental: bool, today: date) -> Document | Refusal[NotADocument]:
    """The document with the day until which it counts, or why it cannot be one. What is over already is taken as well: that
    is what takes the vehicle off the road. `rental` says that the vehicle is registered for renting.

    A first inspection that nobody did yet has no `done_on`, only the day that the plaque shows.
    """
    done_on, until = document.done_on, document.valid_until
    if done_on is not None and done_on > today:
        return Refusal(NotADocument.DATE_IN_THE_FUTURE, "/done_on")
    if document.kind is DocumentKind.REGISTRATION:
        return document if done_on is not None else Refusal(NotADocument.DATE_MISSING, "/done_on")
    if document.kind is DocumentKind.INSURANCE:
        if until is None:
            return Refusal(NotADocument.DATE_MISSING, "/valid_until")
    elif until is None and done_on is None:
        return Refusal(NotADocument.DATE_MISSING, "/done_on")
    allowed = interval(document.kind, rental=rental)
    latest = allowed.last_day(done_on) if allowed is not None and done_on is not None else None
    if until is None:
        return Document(document.kind, done_on, latest, document.rental, document.reference)
    if done_on is not None and until < done_on:
        return Refusal(NotADocument.ENDS_BEFORE_IT_BEGINS, "/valid_until")
    if latest is not None and until > latest:
        return Refusal(NotADocument.VALID_TOO_LONG, "/valid_until")
    return document


def in_force(entries: Iterable[Document]) -> dict[DocumentKind, Document]:
    """Of each kind the one that was entered last; the entries are in the order in which they were."""
    return {document.kind: document for document in entries}


def counting(entries: Iterable[Document]) -> dict[DocumentKind, Document]:
    """What is in force, each as long as it counts: the inspection of what has become a rental since counts for a year only,
    whatever its plaque says."""
    papers = in_force(entries)
    hu, latest = papers.get(DocumentKind.HU), rental_hu_until(papers)
    if hu is not None and hu.valid_until is not None and latest is not None:
        papers[DocumentKind.HU] = replace(hu, valid_until=min(hu.valid_until, latest))
    return papers


def rental_hu_until(papers: Mapping[DocumentKind, Document]) -> date | None:
    """The last day on which the inspection of what is registered for renting may count, whatever its plaque says: a year from
    the inspection, or before the first one from the registration. None where it is no rental, or nobody said when."""
    hu, registration = papers.get(DocumentKind.HU), papers.get(DocumentKind.REGISTRATION)
    if registration is None or not registration.rental:
        return None
    since = hu.done_on if hu is not None and hu.done_on is not None else registration.done_on
    return HU_OF_RENTALS.last_day(since) if since is not None else None


def overdue(entries: Iterable[Document], day: date) -> tuple[Document, ...]:
    """What no longer counts on that day, by kind."""
    return tuple(found for kind, found in sorted(counting(entries).items()) if not found.counts_on(day))


def drivable_until(entries: Iterable[Document]) -> date | None:
    """The last day on which all of them count; None for good."""
    return min((found.valid_until for found in counting(entries).values() if found.valid_until), default=None)


def next_reminder(valid_until: date, after: date) -> date | None:
    """The first day later than `after` on which to remind of it; None where there is no more."""
    days = (valid_until - timedelta(days=before) for before in REMINDERS)
    return min((day for day in days if day > after), default=None)


class NotRentable(StrEnum):
    """Why residents may not have it for money: they would drive a vehicle that is not registered, inspected or insured as
    one for people who rent it and drive themselves (§ 15 Abs. 3 FZV, Anlage VIII Nr. 2.2 StVZO)."""

    RENTAL_ENTRY_MISSING = "rental_entry_missing"
    HU_NOT_YEARLY = "hu_not_yearly"
    INSURER_NOT_TOLD = "insurer_not_told"


def rentable(entries: Iterable[Document]) -> Refusal[NotRentable] | None:
    """Whether the papers of a motor vehicle allow that it is rented to residents; None where they do."""
    papers = in_force(entries)
    registration, insurance, hu = (
        papers.get(kind) for kind in (DocumentKind.REGISTRATION, DocumentKind.INSURANCE, DocumentKind.HU)
    )
    if registration is None or not registration.rental:
        return Refusal(NotRentable.RENTAL_ENTRY_MISSING)
    latest = rental_hu_until(papers)
    if hu is None or hu.valid_until is None or latest is None or hu.valid_until > latest:
        return Refusal(NotRentable.HU_NOT_YEARLY)
    if insurance is None or not insurance.rental:
        return Refusal(NotRentable.INSURER_NOT_TOLD)
    return None
