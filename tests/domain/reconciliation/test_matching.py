"""What is matched by itself, what is left to people, and why."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.reconciliation.exceptions import ExceptionKind, Finding
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import NotMatchable, Part, Proposal, Rule, may_match, rest
from domain.reconciliation.proposing import proposals
from domain.reconciliation.reconciling import Outcome, of_breaks, reconcile, repeated
from domain.reconciliation.statements import BankLine, BankLineId, Break, BreakKind
from tests.domain.reconciliation.statements import MONDAY, a_heading, a_line

HEADING = a_heading()
LATER = MONDAY + timedelta(days=3)  # no line of Monday waits any more
STRIPE = "STRIPE TECHNOLOGY EUROPE LTD"


def line(position: int, amount: int, **said: Any) -> BankLine:
    return a_line(HEADING, position, amount, **said)


def invoice(name: str, amount: int, **changes: Any) -> Expected:
    """Named by its number."""
    made = Expected(ExpectedId(f"invoice:{name}"), ExpectedKind.INVOICE, amount, "EUR", MONDAY, (name,))
    return replace(made, **changes)


def payout(name: str, amount: int, due_on: date = MONDAY, **changes: Any) -> Expected:
    made = Expected(ExpectedId(f"payout:{name}"), ExpectedKind.PAYOUT, amount, "EUR", due_on, (), "stripe")
    return replace(made, **changes)


def look(
    lines: list[BankLine],
    expected: list[Expected],
    *,
    rejected: frozenset[tuple[BankLineId, ExpectedId]] = frozenset(),
    left: dict[BankLineId, int] | None = None,
    today: date = LATER,
) -> Outcome:
    return reconcile(lines, left or rest(lines, ()), expected, rejected=rejected, today=today)


def matched(outcome: Outcome) -> list[tuple[int, list[tuple[BankLineId, str, int]]]]:
    return [
        (each.score, [(part.line_id, part.expected_id, part.amount) for part in each.parts]) for each in outcome.matches
    ]


def found(outcome: Outcome) -> list[tuple[ExceptionKind, str]]:
    return [(finding.kind, finding.words) for finding in outcome.findings]


# -- by reference


@pytest.mark.parametrize(
    "said",
    [
        {"text": "Rechnung RE-2026-000017 vom 3.11."},
        {"text": "re 2026 000017"},
        {"text": "RE2026000017Danke"},
        {"text": "SVWZ+RE-2026-0000 17"},
        {"end_to_end_id": "RE-2026-000017"},
        {"references": ("RF18", "RE/2026/000017")},
    ],
)
def test_a_line_that_names_the_reference_with_its_amount_is_sure(said: dict[str, Any]) -> None:
    outcome = look([line(1, 2470, **said)], [invoice("RE-2026-000017", 2470), invoice("RE-2026-0000", 2470)])
    reason = "it names the reference, and the amount is the same"
    parts = (Part(HEADING.line_id(1), ExpectedId("invoice:RE-2026-000017"), 2470),)
    assert outcome.matches == (Proposal(parts, Rule.REFERENCE, 100, reason),)
    assert outcome.findings == ()


@pytest.mark.parametrize("text", ["RE-2026-0000171", "XRE-2026-000017", "RE-2026-00001", "RE17"])
def test_a_reference_that_goes_on_is_another(text: str) -> None:
    assert look([line(1, 2470, text=text)], [invoice("RE-2026-000017", 2470)]).matches == ()


def test_a_short_reference_is_no_evidence() -> None:
    assert look([line(1, 2470, text="Danke fuer 12345")], [invoice("12345", 2470)]).matches == ()


def test_one_line_pays_several_invoices_that_it_names() -> None:
    paid = line(1, 5170, text="RE-2026-17, RE-2026-18")
    outcome = look([paid], [invoice("RE-2026-17", 2470), invoice("RE-2026-18", 2700), invoice("RE-2026-19", 5170)])
    assert matched(outcome) == [(98, [(paid.id, "invoice:RE-2026-17", 2470), (paid.id, "invoice:RE-2026-18", 2700)])]


def test_several_lines_pay_one_invoice_that_they_name() -> None:
    lines = [line(1, 1000, text="RE-2026-17"), line(2, 1470, text="RE-2026-17")]
    parts = sorted((each.id, "invoice:RE-2026-17", each.amount) for each in lines)
    assert matched(look(lines, [invoice("RE-2026-17", 2470)])) == [(97, parts)]


def test_a_lower_amount_is_a_part_payment() -> None:
    outcome = look([line(1, 1000, text="RE-2026-17")], [invoice("RE-2026-17", 2470)])
    assert matched(outcome) == [(85, [(HEADING.line_id(1), "invoice:RE-2026-17", 1000)])]
    assert outcome.matches[0].reason == "it names the reference; 14.70 of it stay open"
    assert outcome.waiting_expected == ("invoice:RE-2026-17",)


def test_the_last_part_is_what_was_left_open() -> None:
    outcome = look([line(1, 1470, text="RE-2026-17")], [invoice("RE-2026-17", 2470, settled=1000)])
    assert matched(outcome) == [(100, [(HEADING.line_id(1), "invoice:RE-2026-17", 1470)])]


def test_more_than_was_asked_for_is_an_exception() -> None:
    outcome = look([line(1, 3000, text="RE-2026-17")], [invoice("RE-2026-17", 2470)])
    words = "it names invoice:RE-2026-17, of which 24.70 are open, and has 30.00"
    assert (outcome.matches, found(outcome)) == ((), [(ExceptionKind.AMOUNT_DIFFERS, words)])


def test_what_was_paid_twice_is_matched_once_and_the_second_is_an_exception() -> None:
    first, second = line(1, 2470, text="RE-2026-17"), line(2, 2470, text="RE-2026-17", booked_on=MONDAY + timedelta(1))
    outcome = look([second, first], [invoice("RE-2026-17", 2470)])
    assert matched(outcome) == [(100, [(first.id, "invoice:RE-2026-17", 2470)])]
    words = "it names invoice:RE-2026-17, which is settled without it"
    assert outcome.findings == (
        Finding(
            ExceptionKind.PAID_TWICE,
            f"paid_twice:{second.id}",
            words,
            second.booked_on,
            2470,
            "EUR",
            line_id=second.id,
        ),
    )
    assert found(look([second], [invoice("RE-2026-17", 2470, settled=2470)])) == [(ExceptionKind.PAID_TWICE, words)]


def test_two_payments_of_one_day_are_not_chosen_from() -> None:
    lines = [line(1, 2470, text="RE-2026-17"), line(2, 2470, text="RE-2026-17")]
    words = "it fits invoice:RE-2026-17, and so may others"
    outcome = look(lines, [invoice("RE-2026-17", 2470)])
    assert (outcome.matches, found(outcome)) == ((), [(ExceptionKind.AMBIGUOUS_LINE, words)] * 2)


def test_one_reference_of_two_bills_is_not_chosen_from() -> None:
    outcome = look([line(1, 2470, text="KZ 5470001234")], [invoice("a", 2470, references=("5470001234",)),
                                                            invoice("b", 2470, references=("5470001234",))])  # fmt: skip
    assert [finding.kind for finding in outcome.findings] == [ExceptionKind.AMBIGUOUS_LINE]


def test_money_that_comes_back_is_no_payment() -> None:
    back = line(1, -2770, text="RE-2026-17", returned="AC04", original=-2470)
    outcome = look([back], [invoice("RE-2026-17", 2470)])
    assert (outcome.matches, found(outcome)) == ((), [(ExceptionKind.RETURNED, "money came back, for AC04")])


def test_another_currency_is_another_thing() -> None:
    outcome = look([line(1, 2470, text="RE-2026-17", currency="USD")], [invoice("RE-2026-17", 2470)])
    assert [finding.kind for finding in outcome.findings] == [ExceptionKind.UNEXPLAINED_LINE]


# -- by amount and date


@pytest.mark.parametrize(("days", "score"), [(0, 95), (1, 91), (4, 79), (-2, 87)])
def test_a_payout_is_known_by_its_amount_its_day_and_the_name(days: int, score: int) -> None:
    outcome = look([line(1, 1908, counterparty=STRIPE)], [payout("po_1", 1908, MONDAY + timedelta(days))])
    assert matched(outcome) == [(score, [(HEADING.line_id(1), "payout:po_1", 1908)])]


def test_a_payout_that_stripe_takes_is_known_by_its_sign() -> None:
    lines = [line(1, -3970, counterparty=STRIPE), line(2, 3970, counterparty=STRIPE)]
    assert matched(look(lines, [payout("po_1", -3970)])) == [(95, [(lines[0].id, "payout:po_1", -3970)])]


def test_a_payout_that_came_late_is_for_a_person() -> None:
    outcome = look([line(1, 1908, counterparty=STRIPE)], [payout("po_1", 1908, MONDAY - timedelta(6))])
    assert (outcome.matches, [finding.kind for finding in outcome.findings]) == (
        (),
        [ExceptionKind.MISSING_AT_BANK, ExceptionKind.UNEXPLAINED_LINE],
    )


def test_a_payout_under_another_name_is_for_a_person() -> None:
    assert look([line(1, 1908, counterparty="Ada Lang")], [payout("po_1", 1908)]).matches == ()


def test_payouts_of_one_amount_go_to_the_nearest_day() -> None:
    lines = [line(day, 1908, counterparty=STRIPE, booked_on=MONDAY + timedelta(2 * day)) for day in (0, 1)]
    expected = [payout("a", 1908, MONDAY), payout("b", 1908, MONDAY + timedelta(2))]
    parts = [(95, [(lines[0].id, "payout:a", 1908)]), (95, [(lines[1].id, "payout:b", 1908)])]
    assert sorted(matched(look(lines, expected))) == sorted(parts)


def test_payouts_of_one_amount_a_day_apart_are_not_chosen_from() -> None:
    lines = [line(day, 1908, counterparty=STRIPE, booked_on=MONDAY + timedelta(day)) for day in (0, 1)]
    outcome = look(
        lines, [payout("a", 1908, MONDAY), payout("b", 1908, MONDAY + timedelta(1))], today=MONDAY + timedelta(4)
    )
    assert (outcome.matches, [finding.kind for finding in outcome.findings]) == ((), [ExceptionKind.AMBIGUOUS_LINE] * 2)


def test_the_trace_id_tells_payouts_of_one_amount_apart() -> None:
    lines = [line(1, 1908, text="STRIPE TRACE77B"), line(2, 1908, text="STRIPE TRACE77A")]
    expected = [payout("a", 1908, references=("TRACE77A",)), payout("b", 1908, references=("TRACE77B",))]
    pairs = [parts[0][:2] for _, parts in matched(look(lines, expected))]
    assert sorted(pairs) == sorted([(lines[0].id, "payout:b"), (lines[1].id, "payout:a")])


def test_payouts_that_the_bank_put_into_one_line_are_found_by_their_sum() -> None:
    lump = line(1, 3000, counterparty=STRIPE)
    expected = [payout("a", 1000), payout("b", 2000), payout("c", 1700)]
    assert matched(look([lump], expected)) == [(90, [(lump.id, "payout:a", 1000), (lump.id, "payout:b", 2000)])]


def test_a_sum_that_can_be_made_in_two_ways_is_not_chosen_from() -> None:
    expected = [payout("a", 1000), payout("b", 2000), payout("c", 1700), payout("d", 1300)]
    outcome = look([line(1, 3000, counterparty=STRIPE)], expected)
    words = "it fits payout:a, payout:b, payout:c and 1 more, and so may others"
    assert (outcome.matches, found(outcome)) == ((), [(ExceptionKind.AMBIGUOUS_LINE, words)])


def test_a_payout_that_came_in_two_lines_is_found_by_their_sum() -> None:
    lines = [line(1, 1000, counterparty=STRIPE), line(2, 2000, counterparty=STRIPE)]
    parts = sorted((each.id, "payout:a", each.amount) for each in lines)
    assert matched(look(lines, [payout("a", 3000)])) == [(90, parts)]


def test_a_sum_of_too_many_is_not_looked_for() -> None:
    expected = [payout(f"p{number}", 1000 + number) for number in range(11)]
    assert proposals([line(1, 2001, counterparty=STRIPE)], expected) == ()


def test_invoices_of_one_amount_are_proposed_and_not_taken() -> None:
    paid = line(1, 2470, text="Danke", counterparty="Ada Lang")
    expected = [invoice("RE-2026-17", 2470), invoice("RE-2026-18", 2470, counterparty="Ada Lang")]
    assert [(each.score, each.reason) for each in proposals([paid], expected)] == [
        (70, "the amount is the same, 0 days apart, under the name expected"),
        (55, "the amount is the same, 0 days apart"),
    ]
    assert look([paid], expected).matches == ()


# -- what waits, and what is wrong


def test_a_line_of_today_waits_for_the_providers_books() -> None:
    outcome = look([line(1, 1908, counterparty=STRIPE)], [], today=MONDAY + timedelta(2))
    assert (outcome.findings, outcome.waiting_lines) == ((), (HEADING.line_id(1),))
    words = "nothing that is expected surely fits it"
    assert found(look([line(1, 1908)], [], today=LATER)) == [(ExceptionKind.UNEXPLAINED_LINE, words)]


def test_a_payout_waits_for_the_bank_and_is_missed_after_that() -> None:
    due = payout("po_1", 1908)
    assert look([], [due], today=MONDAY + timedelta(5)) == Outcome((), (), (), (due.id,))
    words = "payout:po_1 over 19.08 was due at the bank on 2026-11-23"
    assert found(look([], [due], today=MONDAY + timedelta(6))) == [(ExceptionKind.MISSING_AT_BANK, words)]


def test_an_invoice_that_nobody_transferred_is_an_exception_a_week_after_its_last_day() -> None:
    due = invoice("RE-2026-17", 2470)
    assert look([], [due], today=MONDAY + timedelta(7)).waiting_expected == (due.id,)
    words = "invoice:RE-2026-17 over 24.70 was due at the bank on 2026-11-23"
    assert found(look([], [due], today=MONDAY + timedelta(8))) == [(ExceptionKind.MISSING_AT_BANK, words)]


def test_a_line_with_the_sum_of_what_a_reminder_asks_for_pays_all_of_it_under_one_reference() -> None:
    month, other = invoice("RE-2026-17", 4900), invoice("RE-2026-18", 4900)
    fee = invoice("RE-2026-19", 250)
    asked = [replace(each, asked_with=("RE-2026-17",)) for each in (month, other, fee)]
    paid = line(1, 10_050, text="RE-2026-17")
    (match,) = look([paid], asked).matches
    assert [part.amount for part in match.parts] == [4900, 4900, 250]
    (only,) = look([line(1, 4900, text="RE-2026-17")], asked).matches
    assert only.expected == {month.id}
    (its,) = look([line(1, 4900, text="RE-2026-18")], asked).matches
    assert its.expected == {other.id}
    assert look([line(1, 9800, text="RE-2026-17")], asked).matches == ()


def test_what_moves_nothing_needs_nothing() -> None:
    assert look([line(1, 0)], []) == Outcome((), (), (), ())


def test_what_a_person_took_apart_stays_apart() -> None:
    paid, bill = line(1, 2470, text="RE-2026-17"), invoice("RE-2026-17", 2470)
    outcome = look([paid], [bill], rejected=frozenset({(paid.id, bill.id)}))
    assert (outcome.matches, [finding.kind for finding in outcome.findings]) == ((), [ExceptionKind.UNEXPLAINED_LINE])


def test_a_line_of_which_a_person_matched_a_part_is_hers() -> None:
    paid = line(1, 2470, text="RE-2026-17")
    outcome = look([paid], [invoice("RE-2026-17", 1470)], left={paid.id: 1470})
    assert (outcome.matches, found(outcome)) == (
        (),
        [(ExceptionKind.AMOUNT_DIFFERS, "a part of it is matched, and the rest is not")],
    )


def test_where_statements_do_not_join_is_an_exception() -> None:
    gap = Break(BreakKind.MISSING, "gap:a:b", "one is missing", MONDAY)
    assert of_breaks([gap]) == (Finding(ExceptionKind.MISSING_STATEMENT, "gap:a:b", "one is missing", MONDAY),)


def test_a_line_that_stood_in_an_earlier_statement_is_an_exception() -> None:
    first, again = line(1, 100, bank_reference="B1"), line(2, 100, bank_reference="B1")
    assert repeated(again, first).words == f"B1 of 2026-11-23 over 1.00 stood in an earlier statement, as {first.id}"


# -- by hand

BILL, OTHER = invoice("RE-2026-17", 2470), invoice("RE-2026-18", 1000)


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ([(1, "RE-2026-17", 2470)], None),
        ([(1, "RE-2026-17", 1), (1, "RE-2026-18", 1)], None),
        ([(1, "RE-2026-17", 2000), (2, "RE-2026-17", 470)], None),
        ([], NotMatchable.NOTHING_TO_MATCH),
        ([(1, "RE-2026-17", 0)], NotMatchable.NOTHING_TO_MATCH),
        ([(1, "RE-2026-17", 1), (1, "RE-2026-17", 1)], NotMatchable.NOTHING_TO_MATCH),
        ([(9, "RE-2026-17", 1)], NotMatchable.UNKNOWN_LINE),
        ([(1, "RE-2026-99", 1)], NotMatchable.UNKNOWN_EXPECTED),
        ([(3, "RE-2026-17", 1)], NotMatchable.CURRENCIES_DIFFER),
        ([(1, "RE-2026-17", -1)], NotMatchable.MORE_THAN_THE_LINE),
        ([(1, "RE-2026-17", 2470), (1, "RE-2026-18", 1000)], NotMatchable.MORE_THAN_THE_LINE),
        ([(1, "RE-2026-18", 1001)], NotMatchable.MORE_THAN_EXPECTED),
        ([(1, "RE-2026-17", 2470), (2, "RE-2026-17", 470)], NotMatchable.MORE_THAN_EXPECTED),
    ],
)
def test_a_person_may_match_what_is_within_both(
    parts: list[tuple[int, str, int]], refusal: NotMatchable | None
) -> None:
    lines = {each.id: each for each in (line(1, 3000), line(2, 470), line(3, 100, currency="USD"))}
    wanted = [Part(HEADING.line_id(at), ExpectedId(f"invoice:{name}"), amount) for at, name, amount in parts]
    assert (
        may_match(wanted, lines, rest(list(lines.values()), ()), {each.id: each for each in (BILL, OTHER)}) is refusal
    )
