"""Bank statements: what the bank says of an account, a stretch at a time, and whether the stretches join up.

Amounts are signed minor units of the account's currency: what came in is above zero. Ids are made of the account, the
stretch and the line, so the same line has the same id however often, and wherever, its file is read.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import NewType
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

StatementId = NewType("StatementId", UUID)
BankLineId = NewType("BankLineId", UUID)

NAMESPACE = UUID("6f1a7c9e-2d0b-5e57-8b0f-0c1f5c7a0530")
BESIDE = timedelta(days=31)
"""How far beside a statement's days the bank may book a line of it. The line's day says into which month it is posted."""


class BankLine(Struct, frozen=True):
    """One transaction on the account; of a batch that the bank booked as one sum, each of its parts is a line.

    `end_to_end_id` is the payer's own, `bank_reference` the bank's; `references` are the structured ones (creditor
    references). `text` is the whole remittance text, put together again. `original` is the amount that was asked for
    where the bank's differs, as in a return with a fee. `reversal` flags what undoes an earlier line: the sign is that
    of `amount` all the same. `code` is the bank's (GVC in Germany, `166`), `returned` why money came back (`AC04`).
    """

    id: BankLineId
    booked_on: date
    value_on: date
    amount: int
    currency: str
    end_to_end_id: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    counterparty: str = ""
    counterparty_iban: str = ""
    bank_reference: str = ""
    mandate_id: str = ""
    code: str = ""
    returned: str = ""
    original: int | None = None
    reversal: bool = False


class Heading(Struct, frozen=True):
    """A statement without its lines. `sequence` counts an account's statements of a year, `page` the parts of one.

    `named` is the bank's own name of it. `skipped` counts what it mentions without having booked it.
    """

    iban: str
    named: str
    sequence: int | None
    page: int
    currency: str
    opening: int
    closing: int
    opened_on: date
    closed_on: date
    made_at: datetime | None = None
    skipped: int = 0

    @property
    def key(self) -> str:
        """Which stretch of its account it is: two statements with one key are the same, or one of them is wrong."""
        if self.sequence is None:
            return f"named {self.named} page {self.page}"
        return f"{self.closed_on.year} number {self.sequence} page {self.page}"

    @property
    def id(self) -> StatementId:
        return StatementId(uuid5(NAMESPACE, f"{self.iban} {self.key}"))

    def line_id(self, position: int) -> BankLineId:
        return BankLineId(uuid5(self.id, str(position)))


class BankStatement(Struct, frozen=True):
    heading: Heading
    lines: tuple[BankLine, ...]

    @property
    def digest(self) -> str:
        """The same for statements that say the same, whenever they were made and whatever their file looked like."""
        heading = self.heading
        named = heading.named if heading.sequence is None else ""
        said = msgspec.structs.replace(heading, named=named, made_at=None, skipped=0), self.lines
        return sha256(msgspec.json.encode(said)).hexdigest()


class NotImportable(StrEnum):
    """Why a whole file is refused. Nothing of it is kept then."""

    NO_STATEMENTS = "no_statements"
    UNKNOWN_ACCOUNT = "unknown_account"
    TOTALS_DIFFER = "totals_differ"
    CURRENCIES_DIFFER = "currencies_differ"
    DATES_DIFFER = "dates_differ"
    STATEMENT_DIFFERS = "statement_differs"


class Fault(Struct, frozen=True):
    """What is wrong with which statement, in words for whoever asks the bank about it."""

    reason: NotImportable
    words: str


def faults(statement: BankStatement, ibans: frozenset[str], earlier: str | None) -> tuple[Fault, ...]:
    """What forbids to keep the statement; `ibans` are the city's, `earlier` the digest of the one with its key.

    That it does not join the one before forbids nothing: statements come late, and the gap is an exception until then.
    """
    found = []
    heading = statement.heading
    if heading.iban not in ibans:
        found.append(Fault(NotImportable.UNKNOWN_ACCOUNT, f"{heading.iban} is none of the city's accounts"))
    if any(line.currency != heading.currency for line in statement.lines):
        found.append(Fault(NotImportable.CURRENCIES_DIFFER, f"{_called(heading)} has lines of several currencies"))
    turnover = sum(line.amount for line in statement.lines)
    if heading.opening + turnover != heading.closing:
        opening, moved, closing = (written(amount) for amount in (heading.opening, turnover, heading.closing))
        words = f"{_called(heading)} opens with {opening}, moves {moved} and closes with {closing}"
        found.append(Fault(NotImportable.TOTALS_DIFFER, words))
    since, until = heading.opened_on - BESIDE, heading.closed_on + BESIDE
    if strange := next((line for line in statement.lines if not since <= line.booked_on <= until), None):
        words = (
            f"{_called(heading)} is of {heading.opened_on} to {heading.closed_on}, with a line of {strange.booked_on}"
        )
        found.append(Fault(NotImportable.DATES_DIFFER, words))
    if earlier is not None and earlier != statement.digest:
        words = f"{_called(heading)} is known, and said something else then"
        found.append(Fault(NotImportable.STATEMENT_DIFFERS, words))
    return tuple(found)


class BreakKind(StrEnum):
    MISSING = "missing_statement"
    UNNUMBERED = "unnumbered_statement"
    BALANCE = "balance_break"


class Break(Struct, frozen=True):
    """Where two statements of an account, or one and nothing, do not join. `source` is the same as long as it is there."""

    kind: BreakKind
    source: str
    words: str
    on: date


def breaks(headings: Sequence[Heading]) -> tuple[Break, ...]:
    """Where the statements that are known of one account do not join up, in whatever order they came.

    The first of them joins nothing. A year's numbering begins with 1, and what closed it is what opens the next.
    """
    ordered = sorted(headings, key=_order)
    found = [
        Break(BreakKind.UNNUMBERED, f"unnumbered:{each.id}", f"{_called(each)} has no number", each.closed_on)
        for each in ordered
        if each.sequence is None
    ]
    for before, after in pairwise(ordered):
        pair = f"{before.id}:{after.id}"
        if not _follows(before, after):
            words = f"between {_called(before)} and {_called(after)} at least one is missing"
            found.append(Break(BreakKind.MISSING, f"gap:{pair}", words, after.closed_on))
        elif before.closing != after.opening:
            closing, opening = written(before.closing), written(after.opening)
            words = f"{_called(before)} closes with {closing}, {_called(after)} opens with {opening}"
            found.append(Break(BreakKind.BALANCE, f"balance:{pair}", words, after.closed_on))
    return tuple(found)


def written(amount: int) -> str:
    """Minor units as people write them: `-1234.50`."""
    major, minor = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{major}.{minor:02}"


def _order(heading: Heading) -> tuple[int, date, int, int, str]:
    """By number within a year; those without one stand by the day on which they close."""
    return (heading.closed_on.year, heading.closed_on, heading.sequence or 0, heading.page, heading.named)


def _follows(before: Heading, after: Heading) -> bool:
    if before.sequence is None or after.sequence is None:
        return True  # only the balances can tell
    same_year = before.closed_on.year == after.closed_on.year
    if same_year and after.sequence == before.sequence:
        return after.page == before.page + 1
    return after.sequence == before.sequence + 1 or (not same_year and after.sequence == 1)


def _called(heading: Heading) -> str:
    number = f"statement {heading.sequence}/{heading.closed_on.year}" if heading.sequence is not None else heading.named
    page = f" page {heading.page}" if heading.page > 1 else ""
    return f"{number}{page} of {heading.iban}"
