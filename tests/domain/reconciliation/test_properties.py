"""What holds of matching whatever the bank sends and whatever is expected."""

import random
from collections import Counter, defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import MARGIN, SURE, Part
from domain.reconciliation.proposing import proposals
from domain.reconciliation.reconciling import Outcome, reconcile
from domain.reconciliation.statements import BankLine, BankLineId
from tests.domain.reconciliation.statements import MONDAY, a_heading, a_line

HEADING = a_heading()
TODAY = MONDAY + timedelta(30)
AMOUNTS = st.sampled_from([-2470, -500, 500, 1000, 1500, 2470, 2970])
REFERENCES = [f"KZ54700000{number}" for number in range(5)]
DAYS = st.integers(0, 9).map(lambda days: MONDAY + timedelta(days))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[BankLine], list[Expected]]:
    """Few amounts, few references and few days, so that much fits much."""
    lines = [
        a_line(
            HEADING,
            position,
            draw(AMOUNTS),
            booked_on=draw(DAYS),
            text=" ".join(draw(st.lists(st.sampled_from(REFERENCES), max_size=2))),
            counterparty=draw(st.sampled_from(["", "STRIPE", "Ada Lang"])),
        )
        for position in range(draw(st.integers(0, 7)))
    ]
    expected = [
        Expected(
            ExpectedId(f"x:{number}"),
            draw(st.sampled_from(ExpectedKind)),
            amount := draw(AMOUNTS),
            "EUR",
            draw(DAYS),
            tuple(draw(st.lists(st.sampled_from(REFERENCES), max_size=1))),
            draw(st.sampled_from(["", "stripe"])),
            draw(st.sampled_from([0, 0, 0, amount // 2, amount])),
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    return lines, expected


def look(lines: list[BankLine], expected: list[Expected], parts: tuple[Part, ...] = ()) -> Outcome:
    left = {line.id: line.amount for line in lines}
    for part in parts:
        left[part.line_id] -= part.amount
    return reconcile(lines, left, expected, rejected=frozenset(), today=TODAY)


def parts_of(outcome: Outcome) -> list[Part]:
    return [part for each in outcome.matches for part in each.parts]


@given(worlds())
@settings(max_examples=100)
def test_no_line_and_nothing_expected_is_matched_beyond_its_amount(
    world: tuple[list[BankLine], list[Expected]],
) -> None:
    lines, expected = world
    of_line: Counter[BankLineId] = Counter()
    of_expected: Counter[ExpectedId] = Counter()
    for part in parts_of(look(lines, expected)):
        of_line[part.line_id] += part.amount
        of_expected[part.expected_id] += part.amount
    amounts = {line.id: line.amount for line in lines}
    assert all(amount == amounts[line_id] for line_id, amount in of_line.items())  # whole lines, by itself
    open_ = {each.id: each.open for each in expected}
    for expected_id, amount in of_expected.items():
        assert 0 < amount * (1 if open_[expected_id] > 0 else -1) <= abs(open_[expected_id])


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_changes_nothing(world: tuple[list[BankLine], list[Expected]], order: random.Random) -> None:
    lines, expected = world
    shuffled = look(order.sample(lines, len(lines)), order.sample(expected, len(expected)))
    assert shuffled == look(lines, expected)


@given(worlds())
@settings(max_examples=100)
def test_every_line_is_matched_waits_or_is_an_exception(world: tuple[list[BankLine], list[Expected]]) -> None:
    lines, expected = world
    outcome = look(lines, expected)
    states: dict[BankLineId, list[str]] = defaultdict(list)
    for line_id in {part.line_id for part in parts_of(outcome)}:
        states[line_id].append("matched")
    for line_id in outcome.waiting_lines:
        states[line_id].append("timing")
    for finding in outcome.findings:
        if finding.line_id is not None:
            states[finding.line_id].append("exception")
    assert {line.id: 1 for line in lines} == {line_id: len(found) for line_id, found in states.items()}


@given(worlds())
@settings(max_examples=100)
def test_nothing_is_matched_against_a_proposal_nearly_as_good(world: tuple[list[BankLine], list[Expected]]) -> None:
    lines, expected = world
    outcome = look(lines, expected)
    for taken in outcome.matches:
        assert taken.score >= SURE
        for rival in proposals(lines, expected):
            beaten_before = any(
                other.score >= taken.score and not other.claims.isdisjoint(rival.claims) for other in outcome.matches
            )
            if rival.parts != taken.parts and not rival.claims.isdisjoint(taken.claims):
                assert rival.score <= taken.score - MARGIN or rival.score < SURE or beaten_before


@given(worlds())
@settings(max_examples=100)
def test_what_is_matched_is_not_matched_again(world: tuple[list[BankLine], list[Expected]]) -> None:
    lines, expected = world
    matched = tuple(parts_of(look(lines, expected)))
    settled: Counter[ExpectedId] = Counter()
    for part in matched:
        settled[part.expected_id] += part.amount
    after = [replace(each, settled=each.settled + settled[each.id]) for each in expected]
    again = parts_of(look(lines, after, matched))
    assert {part.line_id for part in again}.isdisjoint({part.line_id for part in matched})
