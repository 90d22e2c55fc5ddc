"""Which statements are kept, and where they do not join up."""

import random
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.reconciliation.statements import (
    Break,
    BreakKind,
    Fault,
    Heading,
    NotImportable,
    breaks,
    faults,
    written,
)
from tests.domain.reconciliation.statements import IBAN, MONDAY, a_heading, a_statement

OURS = frozenset({IBAN})


def reasons(found: tuple[Fault, ...]) -> list[NotImportable]:
    return [fault.reason for fault in found]


def test_a_statement_that_adds_up_is_kept() -> None:
    assert faults(a_statement(2470, -990), OURS, None) == ()


def test_a_statement_that_does_not_add_up_is_refused_with_its_figures() -> None:
    wrong = a_statement(2470, closing=102_471)
    words = f"statement 17/2026 of {IBAN} opens with 1000.00, moves 24.70 and closes with 1024.71"
    assert faults(wrong, OURS, None) == (Fault(NotImportable.TOTALS_DIFFER, words),)


def test_another_account_than_the_citys_is_refused() -> None:
    assert reasons(faults(a_statement(), frozenset({"DE02120300000000202051"}), None)) == [
        NotImportable.UNKNOWN_ACCOUNT
    ]


def test_several_currencies_in_one_statement_are_refused() -> None:
    statement = a_statement(100)
    mixed = replace(statement, lines=(replace(statement.lines[0], currency="USD"),))
    assert reasons(faults(mixed, OURS, None)) == [NotImportable.CURRENCIES_DIFFER]


@pytest.mark.parametrize(("days", "kept"), [(-32, True), (-33, False), (31, True), (32, False)])
def test_a_line_is_booked_at_most_a_month_beside_the_days_of_its_statement(days: int, *, kept: bool) -> None:
    """A statement is of the day after its opening balance: 22 to 23 November."""
    statement = a_statement(100)
    booked_on = MONDAY + timedelta(days=days)
    strange = replace(statement, lines=(replace(statement.lines[0], booked_on=booked_on),))
    words = f"statement 17/2026 of {IBAN} is of 2026-11-22 to 2026-11-23, with a line of {booked_on}"
    assert faults(strange, OURS, None) == (() if kept else (Fault(NotImportable.DATES_DIFFER, words),))


def test_a_statement_sent_again_says_the_same_whatever_it_is_called() -> None:
    first = a_statement(2470)
    again = a_statement(2470, named="RESENT", skipped=1)
    assert again.heading.id == first.heading.id
    assert faults(again, OURS, first.digest) == ()


def test_a_statement_that_says_something_else_under_its_number_is_refused() -> None:
    assert reasons(faults(a_statement(2471), OURS, a_statement(2470).digest)) == [NotImportable.STATEMENT_DIFFERS]


def test_ids_are_the_same_wherever_a_line_is_read() -> None:
    """They stand in the ledger: `bank:<line>`."""
    assert a_heading().line_id(1) == UUID("30ed7522-e558-5167-a9fe-4ba731fc79f5")


def test_a_number_counts_again_from_one_each_year() -> None:
    last = a_heading(250, closed_on=date(2026, 12, 30))
    first = a_heading(1, closed_on=date(2027, 1, 4))
    assert breaks([first, last]) == ()
    assert first.key != a_heading(1, closed_on=date(2026, 1, 4)).key


def test_a_number_may_run_on_into_the_next_year() -> None:
    assert breaks([a_heading(250, closed_on=date(2026, 12, 30)), a_heading(251, closed_on=date(2027, 1, 4))]) == ()


def test_a_missing_statement_is_named() -> None:
    before, after = a_heading(17), a_heading(19)
    words = f"between statement 17/2026 of {IBAN} and statement 19/2026 of {IBAN} at least one is missing"
    source = f"gap:{before.id}:{after.id}"
    assert breaks([before, after]) == (Break(BreakKind.MISSING, source, words, after.closed_on),)


def test_the_last_statements_of_a_year_are_missed_by_their_balance() -> None:
    before, after = a_heading(17), a_heading(1, closed_on=date(2027, 1, 4), opening=99_000, closing=99_000)
    assert [each.kind for each in breaks([before, after])] == [BreakKind.BALANCE]


def test_a_balance_that_moved_overnight_is_named() -> None:
    before, after = a_heading(17), a_heading(18, opening=100_001, closing=100_001)
    words = f"statement 17/2026 of {IBAN} closes with 1000.00, statement 18/2026 of {IBAN} opens with 1000.01"
    assert [each.words for each in breaks([after, before])] == [words]


def test_pages_follow_each_other() -> None:
    pages = [a_heading(17, page=1), a_heading(17, page=2), a_heading(18)]
    assert breaks(pages) == ()
    assert [each.kind for each in breaks([a_heading(17, page=1), a_heading(17, page=3)])] == [BreakKind.MISSING]


def test_without_a_number_only_balances_join() -> None:
    loose = a_heading(None, named="X", closed_on=MONDAY + timedelta(days=1))
    assert [each.kind for each in breaks([a_heading(17), loose])] == [BreakKind.UNNUMBERED]
    moved = replace(loose, opening=5, closing=5)
    assert [each.kind for each in breaks([a_heading(17), moved])] == [BreakKind.UNNUMBERED, BreakKind.BALANCE]


@given(st.sets(st.integers(1, 30), min_size=1), st.randoms(use_true_random=False))
def test_gaps_are_the_same_in_whatever_order_statements_come(numbers: set[int], order: random.Random) -> None:
    headings: list[Heading] = [a_heading(number) for number in numbers]
    shuffled = order.sample(headings, len(headings))
    assert breaks(shuffled) == breaks(headings)
    missing = sum(1 for number in numbers if number + 1 not in numbers) - 1
    assert len(breaks(headings)) == missing


@pytest.mark.parametrize(("amount", "words"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-123_456, "-1234.56")])
def test_amounts_are_written_as_people_do(amount: int, words: str) -> None:
    assert written(amount) == words
