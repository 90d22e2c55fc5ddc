"""Matching bank lines with what is expected: by reference first, then by amount and date; never by force.

Everything that might belong together is proposed with a score and a reason. A proposal counts by itself only where its
score is high enough and no other claims the same line or the same money with a score nearly as high. The rest is for
people. Nothing here depends on the order in which lines come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.reconciliation.expected import Expected, ExpectedId
from domain.reconciliation.statements import BankLine, BankLineId

MatchId = NewType("MatchId", UUID)
Pair: TypeAlias = tuple[BankLineId, ExpectedId]

SURE = 75  # a proposal below is shown to people only
MARGIN = 5  # by so much a proposal must be better than what contradicts it


class Rule(StrEnum):
    REFERENCE = "reference"
    AMOUNT_AND_DATE = "amount_and_date"
    BY_HAND = "by_hand"


class Part(Struct, frozen=True, order=True):
    """So much of a line, signed as the line is, stands for so much of what was expected."""

    line_id: BankLineId
    expected_id: ExpectedId
    amount: int


class Proposal(Struct, frozen=True):
    """What may belong together. `score` is of 100; `reason` says in words what speaks for it."""

    parts: tuple[Part, ...]
    rule: Rule
    score: int
    reason: str

    @property
    def lines(self) -> frozenset[BankLineId]:
        return frozenset(part.line_id for part in self.parts)

    @property
    def expected(self) -> frozenset[ExpectedId]:
        return frozenset(part.expected_id for part in self.parts)

    @property
    def claims(self) -> frozenset[BankLineId | ExpectedId]:
        return self.lines | self.expected


class Chosen(Struct, frozen=True):
    """`taken` count; `contested` are sure by themselves, but contradict each other."""

    taken: tuple[Proposal, ...]
    contested: tuple[Proposal, ...]


def choose(proposals: Iterable[Proposal], rejected: frozenset[Pair] = frozenset()) -> Chosen:
    """Of the sure proposals those that nothing nearly as sure contradicts.

    `rejected` are pairs that a person has taken apart: they are not put together again by themselves.
    """
    sure = [each for each in proposals if each.score >= SURE and rejected.isdisjoint(_pairs(each))]
    waiting = sorted(sure, key=_order)
    by_claim: dict[BankLineId | ExpectedId, list[Proposal]] = defaultdict(list)
    for each in waiting:
        for claim in each.claims:
            by_claim[claim].append(each)
    taken: list[Proposal] = []
    contested: list[Proposal] = []
    used: set[BankLineId | ExpectedId] = set()
    for each in waiting:
        if not used.isdisjoint(each.claims):
            continue
        if any(
            rival is not each and rival.score > each.score - MARGIN and used.isdisjoint(rival.claims)
            for claim in each.claims
            for rival in by_claim[claim]
        ):
            contested.append(each)
        else:
            taken.append(each)
            used |= each.claims
    return Chosen(tuple(taken), tuple(each for each in contested if used.isdisjoint(each.lines)))


def rest(lines: Sequence[BankLine], matched: Iterable[Part]) -> dict[BankLineId, int]:
    """What of each line is not matched yet."""
    left = {line.id: line.amount for line in lines}
    for part in matched:
        if part.line_id in left:
            left[part.line_id] -= part.amount
    return left


class NotMatchable(StrEnum):
    """Why what somebody wants to match by hand is refused."""

    NOTHING_TO_MATCH = "nothing_to_match"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_EXPECTED = "unknown_expected"
    CURRENCIES_DIFFER = "currencies_differ"
    MORE_THAN_THE_LINE = "more_than_the_line"
    MORE_THAN_EXPECTED = "more_than_expected"
    UNKNOWN_MATCH = "unknown_match"


def may_match(
    parts: Sequence[Part],
    lines: Mapping[BankLineId, BankLine],
    left: Mapping[BankLineId, int],
    expected: Mapping[ExpectedId, Expected],
) -> NotMatchable | None:
    """What forbids to match so by hand; None where nothing does. `left` is what of each line is not matched yet.

    A line may stand for several things, and the other way round, as long as neither is exceeded and no sign is turned.
    """
    if not parts or any(part.amount == 0 for part in parts) or len({_pair(part) for part in parts}) < len(parts):
        return NotMatchable.NOTHING_TO_MATCH
    of_line: dict[BankLineId, list[int]] = defaultdict(list)
    of_expected: dict[ExpectedId, list[int]] = defaultdict(list)
    for part in parts:
        if part.line_id not in lines:
            return NotMatchable.UNKNOWN_LINE
        if part.expected_id not in expected:
            return NotMatchable.UNKNOWN_EXPECTED
        if expected[part.expected_id].currency != lines[part.line_id].currency:
            return NotMatchable.CURRENCIES_DIFFER
        of_line[part.line_id].append(part.amount)
        of_expected[part.expected_id].append(part.amount)
    if not all(_within(amounts, left[line_id]) for line_id, amounts in of_line.items()):
        return NotMatchable.MORE_THAN_THE_LINE
    if not all(_within(amounts, expected[expected_id].open) for expected_id, amounts in of_expected.items()):
        return NotMatchable.MORE_THAN_EXPECTED
    return None


def _within(amounts: Sequence[int], limit: int) -> bool:
    """Whether all go the way of the limit and together not beyond it."""
    sign = -1 if limit < 0 else 1
    return all(sign * amount > 0 for amount in amounts) and sign * sum(amounts) <= sign * limit


def _pair(part: Part) -> Pair:
    return part.line_id, part.expected_id


def _pairs(proposal: Proposal) -> frozenset[Pair]:
    return frozenset(_pair(part) for part in proposal.parts)


def _order(proposal: Proposal) -> tuple[int, tuple[Part, ...]]:
    return -proposal.score, proposal.parts
