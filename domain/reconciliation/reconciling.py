"""One look at all that is open between the bank and what is expected there: what is matched, timing or an exception."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.reconciliation.exceptions import ExceptionKind, Finding
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import Pair, Proposal, choose
from domain.reconciliation.proposing import named_by, proposals
from domain.reconciliation.statements import BankLine, BankLineId, Break, written

# Days of grace: the provider's books may be read after the bank's, and money takes a weekend with holidays to arrive.
LINE_WAITS = timedelta(days=2)
PAYOUT_WAITS = timedelta(days=5)
TRANSFER_WAITS = timedelta(days=5)
WAITS = {
    ExpectedKind.PAYOUT: PAYOUT_WAITS,
    ExpectedKind.INVOICE: timedelta(days=7),
    ExpectedKind.TRANSFER: TRANSFER_WAITS,
}
PARTLY = "a part of it is matched, and the rest is not"
SHOWN = 3  # of what might be meant, named in an exception's words

# What such a look finds, and so may find gone.
OF_LINES = frozenset({
    *(ExceptionKind.UNEXPLAINED_LINE, ExceptionKind.AMBIGUOUS_LINE, ExceptionKind.AMOUNT_DIFFERS),
    *(ExceptionKind.PAID_TWICE, ExceptionKind.RETURNED, ExceptionKind.MISSING_AT_BANK),
})  # fmt: skip
OF_STATEMENTS = frozenset({
    *(ExceptionKind.MISSING_STATEMENT, ExceptionKind.UNNUMBERED_STATEMENT, ExceptionKind.BALANCE_BREAK),
    ExceptionKind.REPEATED_LINE,
})  # fmt: skip


class LineState(StrEnum):
    MATCHED = "matched"
    TIMING = "timing"
    EXCEPTION = "exception"


class Outcome(Struct, frozen=True):
    """`waiting_lines` and `waiting_expected` are a matter of timing: nothing is wrong with them yet."""

    matches: tuple[Proposal, ...]
    findings: tuple[Finding, ...]
    waiting_lines: tuple[BankLineId, ...]
    waiting_expected: tuple[ExpectedId, ...]


def reconcile(
    lines: Sequence[BankLine],
    left: Mapping[BankLineId, int],
    expected: Sequence[Expected],
    *,
    rejected: frozenset[Pair],
    today: date,
) -> Outcome:
    """Match what is sure, and say what is wrong with the rest.

    Of each line so much is `left`; one of which a person matched a part is not matched by itself any more. `expected` may
    hold what is settled, so that whoever pays it again is recognised; `rejected` are the pairs that a person took apart.
    """
    lines = [line for line in lines if left[line.id]]
    whole = [line for line in lines if left[line.id] == line.amount]
    chosen = choose(proposals(whole, expected), rejected)
    used = frozenset(claim for each in chosen.taken for claim in each.claims)
    still = _still_open(expected, chosen.taken)
    findings = [_finding(ExceptionKind.AMOUNT_DIFFERS, line, PARTLY) for line in lines if left[line.id] != line.amount]
    waiting_lines, waiting_expected = [], []
    for each in _doubts([line for line in whole if line.id not in used], expected, still, chosen.contested, rejected):
        if each.kind is ExceptionKind.UNEXPLAINED_LINE and today <= each.on + LINE_WAITS and each.line_id is not None:
            waiting_lines.append(each.line_id)
        else:
            findings.append(each)
    for one in (each for each in expected if still[each.id]):
        if one.kind in WAITS and today > one.due_on + WAITS[one.kind]:
            findings.append(_missing(one, still[one.id]))
        else:
            waiting_expected.append(one.id)
    return Outcome(
        chosen.taken,
        tuple(sorted(findings, key=lambda each: each.source)),
        tuple(sorted(waiting_lines)),
        tuple(sorted(waiting_expected)),
    )


def of_breaks(breaks: Iterable[Break]) -> tuple[Finding, ...]:
    """Where statements do not join up, as exceptions."""
    return tuple(Finding(ExceptionKind(each.kind.value), each.source, each.words, each.on) for each in breaks)


def repeated(line: BankLine, first: BankLine) -> Finding:
    """Two statements have what looks like one line."""
    words = f"{line.bank_reference} of {line.booked_on} over {written(line.amount)} stood in an earlier statement"
    return _finding(ExceptionKind.REPEATED_LINE, line, f"{words}, as {first.id}")


def _still_open(expected: Iterable[Expected], taken: Iterable[Proposal]) -> dict[ExpectedId, int]:
    still = {each.id: each.open for each in expected}
    for each in taken:
        for part in each.parts:
            still[part.expected_id] -= part.amount
    return still


def _doubts(
    lines: Sequence[BankLine],
    expected: Sequence[Expected],
    still: Mapping[ExpectedId, int],
    contested: Iterable[Proposal],
    rejected: frozenset[Pair],
) -> Iterator[Finding]:
    """Of each line that is not matched, what keeps it from being so."""
    rivals: dict[BankLineId, list[Proposal]] = defaultdict(list)
    for each in contested:
        for line_id in each.lines:
            rivals[line_id].append(each)
    for named in named_by(lines, expected):
        line = named.line
        meant = [each for each in named.expected if (line.id, each.id) not in rejected]
        if line.id in rivals:
            yield _finding(ExceptionKind.AMBIGUOUS_LINE, line, _several(rivals[line.id]))
        elif line.returned:
            yield _finding(ExceptionKind.RETURNED, line, f"money came back, for {line.returned}")
        elif not meant:
            yield _finding(ExceptionKind.UNEXPLAINED_LINE, line, "nothing that is expected surely fits it")
        elif not any(still[each.id] for each in meant):
            yield _finding(ExceptionKind.PAID_TWICE, line, f"it names {_names(meant)}, which is settled without it")
        else:
            words = f"it names {_names(meant)}, of which {written(sum(still[each.id] for each in meant))} are open"
            yield _finding(ExceptionKind.AMOUNT_DIFFERS, line, f"{words}, and has {written(line.amount)}")


def _missing(expected: Expected, still: int) -> Finding:
    words = f"{expected.id} over {written(still)} was due at the bank on {expected.due_on}"
    return Finding(
        ExceptionKind.MISSING_AT_BANK,
        f"{ExceptionKind.MISSING_AT_BANK}:{expected.id}",
        words,
        expected.due_on,
        still,
        expected.currency,
        expected_id=expected.id,
    )


def _finding(kind: ExceptionKind, line: BankLine, words: str) -> Finding:
    return Finding(kind, f"{kind}:{line.id}", words, line.booked_on, line.amount, line.currency, line_id=line.id)


def _several(proposals: Sequence[Proposal]) -> str:
    named = sorted({expected_id for each in proposals for expected_id in each.expected})
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return f"it fits {', '.join(named[:SHOWN])}{more}, and so may others"


def _names(expected: Sequence[Expected]) -> str:
    more = f" and {len(expected) - SHOWN} more" if len(expected) > SHOWN else ""
    return ", ".join(each.id for each in expected[:SHOWN]) + more
