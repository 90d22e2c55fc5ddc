from datetime import date

import pytest
from msgspec.structs import replace

from domain.fleet.documents import (
    HU_OF_RENTALS,
    Document,
    DocumentKind,
    NotADocument,
    NotRentable,
    counting,
    drivable_until,
    entered,
    in_force,
    next_reminder,
    overdue,
    rentable,
)
from domain.refusals import Refusal

TODAY = date(2026, 11, 28)
HU = Document(DocumentKind.HU, date(2026, 3, 10))
UVV = Document(DocumentKind.UVV, date(2026, 3, 10))
INSURED = Document(DocumentKind.INSURANCE, date(2026, 1, 1), date(2026, 12, 31), rental=True)
REGISTERED = Document(DocumentKind.REGISTRATION, date(2025, 3, 3), rental=True)


def until(document: Document, *, rental: bool = False) -> date | None:
    found = entered(document, rental=rental, today=TODAY)
    assert isinstance(found, Document)
    return found.valid_until


def test_an_inspection_counts_for_two_years_to_the_end_of_the_month_and_of_rentals_for_one() -> None:
    assert until(HU) == date(2028, 3, 31)
    assert until(HU, rental=True) == date(2027, 3, 31)
    assert until(replace(HU, done_on=date(2026, 2, 1)), rental=True) == date(2027, 2, 28)


def test_the_accident_insurers_inspection_counts_for_a_year_to_the_day() -> None:
    assert until(UVV) == date(2027, 3, 10)
    assert until(replace(UVV, done_on=date(2024, 2, 29))) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("document", "rental", "reason", "pointer"),
    [
        (replace(HU, done_on=date(2026, 11, 29)), False, NotADocument.DATE_IN_THE_FUTURE, "/done_on"),
        (Document(DocumentKind.HU), False, NotADocument.DATE_MISSING, "/done_on"),
        (Document(DocumentKind.INSURANCE, TODAY), False, NotADocument.DATE_MISSING, "/valid_until"),
        (Document(DocumentKind.REGISTRATION), False, NotADocument.DATE_MISSING, "/done_on"),
        (replace(HU, valid_until=date(2028, 4, 1)), False, NotADocument.VALID_TOO_LONG, "/valid_until"),
        (replace(HU, valid_until=date(2027, 4, 1)), True, NotADocument.VALID_TOO_LONG, "/valid_until"),
        (replace(UVV, valid_until=date(2027, 3, 11)), False, NotADocument.VALID_TOO_LONG, "/valid_until"),
        (replace(HU, valid_until=date(2026, 3, 9)), False, NotADocument.ENDS_BEFORE_IT_BEGINS, "/valid_until"),
    ],
)
def test_a_paper_that_cannot_be_is_refused(
    document: Document, rental: bool, reason: NotADocument, pointer: str
) -> None:
    assert entered(document, rental=rental, today=TODAY) == Refusal(reason, pointer)


def test_what_ran_out_counts_to_the_end_of_its_last_day() -> None:
    papers = [INSURED, replace(HU, valid_until=date(2026, 11, 30)), REGISTERED]
    assert drivable_until(papers) == date(2026, 11, 30)
    assert overdue(papers, date(2026, 11, 30)) == ()
    assert [each.kind for each in overdue(papers, date(2026, 12, 1))] == [DocumentKind.HU]
    assert [each.kind for each in overdue(papers, date(2027, 1, 1))] == [DocumentKind.HU, DocumentKind.INSURANCE]


def test_what_was_entered_last_is_in_force() -> None:
    older, newer = replace(HU, valid_until=date(2026, 11, 30)), replace(HU, valid_until=date(2027, 3, 31))
    assert in_force([older, newer]) == {DocumentKind.HU: newer}
    assert overdue([older, newer], date(2026, 12, 24)) == ()
    assert drivable_until([]) is None


def test_what_has_become_a_rental_is_inspected_within_a_year_of_the_last_time() -> None:
    two_years = replace(HU, valid_until=date(2028, 3, 31))
    assert drivable_until([two_years]) == date(2028, 3, 31)
    assert drivable_until([two_years, REGISTERED]) == date(2027, 3, 31)
    assert [each.kind for each in overdue([two_years, REGISTERED], date(2027, 4, 1))] == [DocumentKind.HU]
    assert drivable_until([replace(two_years, valid_until=date(2026, 12, 31)), REGISTERED]) == date(2026, 12, 31)


def test_somebody_is_reminded_before_it_ends_on_the_last_day_and_once_it_is_over() -> None:
    last = date(2027, 3, 31)
    days, after = [], date(2026, 1, 1)
    while (day := next_reminder(last, after)) is not None:
        days.append(day)
        after = day
    assert days == [date(2027, 1, 30), date(2027, 3, 1), date(2027, 3, 24), date(2027, 3, 31), date(2027, 4, 1)]


class TestRenting:
    PAPERS = (REGISTERED, INSURED, replace(HU, valid_until=date(2027, 3, 31)))

    def test_a_vehicle_whose_papers_know_of_it_may_be_rented(self) -> None:
        assert rentable(self.PAPERS) is None

    def test_the_entry_in_the_certificate_is_needed(self) -> None:
        assert rentable([*self.PAPERS, replace(REGISTERED, rental=False)]) == Refusal(NotRentable.RENTAL_ENTRY_MISSING)
        assert rentable(self.PAPERS[1:]) == Refusal(NotRentable.RENTAL_ENTRY_MISSING)

    def test_an_inspection_for_two_years_is_not_enough(self) -> None:
        longer = replace(HU, valid_until=date(2028, 3, 31))
        assert rentable([*self.PAPERS, longer]) == Refusal(NotRentable.HU_NOT_YEARLY)

    def test_a_new_one_counts_from_its_registration(self) -> None:
        new = Document(DocumentKind.HU, None, date(2026, 3, 31))
        assert rentable([*self.PAPERS, new]) is None
        assert rentable([*self.PAPERS, replace(new, valid_until=date(2028, 3, 31))]) == Refusal(
            NotRentable.HU_NOT_YEARLY
        )

    def test_the_insurer_has_to_know(self) -> None:
        assert rentable([*self.PAPERS, replace(INSURED, rental=False)]) == Refusal(NotRentable.INSURER_NOT_TOLD)

    def test_what_becomes_a_rental_is_inspected_a_year_after_it_was_whatever_its_plaque_says(self) -> None:
        papers = (INSURED, replace(HU, valid_until=date(2028, 3, 31)))
        assert counting((*papers, replace(REGISTERED, rental=False)))[DocumentKind.HU].valid_until == date(2028, 3, 31)
        assert counting((*papers, REGISTERED))[DocumentKind.HU].valid_until == date(2027, 3, 31)

    def test_and_a_new_one_a_year_after_it_was_registered(self) -> None:
        """The day on its plaque is three years ahead."""
        new = Document(DocumentKind.HU, None, date(2029, 3, 31))
        assert REGISTERED.done_on is not None
        assert drivable_until((REGISTERED, new)) == HU_OF_RENTALS.last_day(REGISTERED.done_on)
        assert overdue((REGISTERED, new), date(2028, 12, 31)) == (
            replace(new, valid_until=drivable_until((REGISTERED, new))),
        )
