"""What may belong together: evidence from references, then from amounts and dates, each with a score and a reason."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TypeVar

from msgspec import Struct

from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import Part, Proposal, Rule
from domain.reconciliation.references import References
from domain.reconciliation.statements import BankLine, written

T = TypeVar("T")

# Of 100. What names a reference and has its amount is as sure as it gets; a lower sum is a part payment.
EXACT, SUM_OF_NAMED, SUM_OF_LINES, ONE_OF_NAMED, PART_PAYMENT = 100, 98, 97, 95, 85
# By amount and date: payouts are large and odd, and few; invoices are small and alike, and need a person.
BY_AMOUNT = {ExpectedKind.PAYOUT: 80, ExpectedKind.INVOICE: 55, ExpectedKind.TRANSFER: 55, ExpectedKind.OTHER: 55}
SAME_NAME, OTHER_NAME, A_DAY, IN_A_SUM = 15, -25, -4, -5
NEAR_DAYS = {ExpectedKind.PAYOUT: 5, ExpectedKind.INVOICE: 45, ExpectedKind.TRANSFER: 10, ExpectedKind.OTHER: 45}
MOST_IN_A_SUM = 4
MOST_TO_SUM_FROM = 10  # more make more sums than sense


class Named(Struct, frozen=True):
    """A line, and what it refers to of its own currency and direction; `together` is all that is asked for under a reference
    that it names."""

    line: BankLine
    expected: tuple[Expected, ...]
    together: tuple[Expected, ...] = ()


def proposals(lines: Sequence[BankLine], expected: Sequence[Expected]) -> tuple[Proposal, ...]:
    """Everything that may belong together, of lines that are not matched at all and what is open."""
    open_ = [each for each in expected if each.open]
    named = named_by(lines, open_)
    unnamed = [each.line for each in named if not each.expected]
    found = (*_by_reference(named), *_by_amount(unnamed, open_), *_by_sum(unnamed, open_))
    return tuple(sorted(found, key=lambda each: (-each.score, each.parts)))


def named_by(lines: Sequence[BankLine], expected: Sequence[Expected]) -> tuple[Named, ...]:
    references, shared = References(expected), References(expected, together=True)
    by_id = {each.id: each for each in expected}
    found = []
    for line in lines:
        mine = [by_id[name] for name in sorted(references.named_in(line)) if _same_way(line, by_id[name])]
        also = [by_id[name] for name in sorted(shared.named_in(line)) if _same_way(line, by_id[name])]
        found.append(Named(line, tuple(mine), tuple(also)))
    return tuple(found)


def _by_reference(named: Sequence[Named]) -> Iterator[Proposal]:
    lines_of: dict[ExpectedId, list[Named]] = defaultdict(list)
    for each in named:
        for one in each.expected:
            lines_of[one.id].append(each)
    for each in named:
        yield from _of_one_line(each)
    for expected_id, naming in lines_of.items():
        (one,) = [found for found in naming[0].expected if found.id == expected_id]
        yield from _of_one_expected(one, naming)


def _of_one_line(named: Named) -> Iterator[Proposal]:
    """All that a line names, together, or all that is asked for under what it names, when they sum to it."""
    if _sums(named.expected, named.line):
        parts = [Part(named.line.id, each.id, each.open) for each in named.expected]
        yield _proposal(
            parts, Rule.REFERENCE, SUM_OF_NAMED, f"it names {len(parts)} references, and their sum is its amount"
        )
    elif _sums(named.together, named.line):
        parts = [Part(named.line.id, each.id, each.open) for each in named.together]
        reason = f"it names the reference of {len(parts)} that a reminder asks for, and their sum is its amount"
        yield _proposal(parts, Rule.REFERENCE, SUM_OF_NAMED, reason)


def _sums(several: Sequence[Expected], line: BankLine) -> bool:
    return len(several) > 1 and sum(each.open for each in several) == line.amount


def _of_one_expected(one: Expected, naming: Sequence[Named]) -> Iterator[Proposal]:
    """A line with its amount, the first where it was paid twice; else all that name it and nothing else, together."""
    exact = [each for each in naming if each.line.amount == one.open]
    for each in exact:
        if each.line.booked_on == min(other.line.booked_on for other in exact):
            score = EXACT if len(each.expected) == 1 else ONE_OF_NAMED
            part = Part(each.line.id, one.id, one.open)
            yield _proposal([part], Rule.REFERENCE, score, "it names the reference, and the amount is the same")
    if exact:
        return
    alone = [each.line for each in naming if len(each.expected) == 1]
    paid = sum(line.amount for line in alone)
    parts = [Part(line.id, one.id, line.amount) for line in alone]
    if len(alone) > 1 and paid == one.open:
        yield _proposal(parts, Rule.REFERENCE, SUM_OF_LINES, f"{len(alone)} lines name the reference, and sum to it")
    elif alone and 0 < abs(paid) < abs(one.open):
        reason = f"it names the reference; {written(one.open - paid)} of it stay open"
        yield _proposal(parts, Rule.REFERENCE, PART_PAYMENT, reason)


def _by_amount(lines: Sequence[BankLine], expected: Sequence[Expected]) -> Iterator[Proposal]:
    by_amount: dict[tuple[str, int], list[Expected]] = defaultdict(list)
    for each in expected:
        by_amount[each.currency, each.open].append(each)
    for line in lines:
        for each in by_amount[line.currency, line.amount]:
            if (days := _apart(line, each)) <= NEAR_DAYS[each.kind]:
                score = BY_AMOUNT[each.kind] + A_DAY * days + _name(line, each)
                reason = f"the amount is the same, {_days(days)} apart{_in_name(line, each)}"
                yield _proposal([Part(line.id, each.id, each.open)], Rule.AMOUNT_AND_DATE, max(score, 1), reason)


def _by_sum(lines: Sequence[BankLine], expected: Sequence[Expected]) -> Iterator[Proposal]:
    """Payouts that a bank put into one line, and payouts that came in several."""
    payouts = [each for each in expected if each.kind is ExpectedKind.PAYOUT]
    for line in lines:
        near = [each for each in payouts if _may_sum(line, each) and abs(each.open) < abs(line.amount)]
        for some in _summing([(each, each.open) for each in near], line.amount):
            score = min(_summed_score(line, each) for each in some)
            parts = [Part(line.id, each.id, each.open) for each in some]
            yield _proposal(parts, Rule.AMOUNT_AND_DATE, score, f"{len(some)} payouts sum to its amount")
    for each in payouts:
        around = [line for line in lines if _may_sum(line, each) and abs(line.amount) < abs(each.open)]
        for few in _summing([(line, line.amount) for line in around], each.open):
            score = min(_summed_score(line, each) for line in few)
            parts = [Part(line.id, each.id, line.amount) for line in few]
            yield _proposal(parts, Rule.AMOUNT_AND_DATE, score, f"{len(few)} lines sum to the payout")


def _summing(of: Sequence[tuple[T, int]], total: int) -> Iterator[list[T]]:
    """Every few of them that sum to the total; none where there are too many to tell."""
    if not 1 < len(of) <= MOST_TO_SUM_FROM:
        return
    for size in range(2, MOST_IN_A_SUM + 1):
        for some in combinations(of, size):
            if sum(amount for _, amount in some) == total:
                yield [each for each, _ in some]


def _may_sum(line: BankLine, each: Expected) -> bool:
    return _same_way(line, each) and _apart(line, each) <= NEAR_DAYS[each.kind] and _name(line, each) > 0


def _summed_score(line: BankLine, each: Expected) -> int:
    return BY_AMOUNT[each.kind] + A_DAY * _apart(line, each) + _name(line, each) + IN_A_SUM


def _same_way(line: BankLine, each: Expected) -> bool:
    return line.currency == each.currency and line.amount * each.amount > 0


def _apart(line: BankLine, each: Expected) -> int:
    return abs((line.booked_on - each.due_on).days)


def _name(line: BankLine, each: Expected) -> int:
    if not line.counterparty or not each.counterparty:
        return 0
    return SAME_NAME if _is_named(line, each) else OTHER_NAME


def _is_named(line: BankLine, each: Expected) -> bool:
    return each.counterparty.casefold() in line.counterparty.casefold()


def _in_name(line: BankLine, each: Expected) -> str:
    if not line.counterparty or not each.counterparty:
        return ""
    return ", under the name expected" if _is_named(line, each) else ", under another name"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _proposal(parts: Iterable[Part], rule: Rule, score: int, reason: str) -> Proposal:
    return Proposal(tuple(sorted(parts)), rule, score, reason)
