"""The queue of exceptions: what does not add up, who sees to it, until when, and what was done about it.

Most are found by looking, again each night: the same find is the same exception, by its source. What is no longer found
is resolved by itself, and opened again if it comes back; what a person has resolved stays so.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import SYSTEM, PersonId
from domain.ledger.accounts import AccountKey
from domain.reconciliation.clearing import Clearing, ClearingAccount, paid_back, written_off
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.statements import BankLineId
from domain.refusals import Refusal

ExceptionId = NewType("ExceptionId", UUID)


class ExceptionKind(StrEnum):
    """The first are found between bank and books, the others are what the payment provider's books bring up."""

    UNEXPLAINED_LINE = "unexplained_line"
    AMBIGUOUS_LINE = "ambiguous_line"
    AMOUNT_DIFFERS = "amount_differs"
    PAID_TWICE = "paid_twice"
    RETURNED = "returned"
    REPEATED_LINE = "repeated_line"
    MISSING_AT_BANK = "missing_at_bank"
    MISSING_STATEMENT = "missing_statement"
    UNNUMBERED_STATEMENT = "unnumbered_statement"
    BALANCE_BREAK = "balance_break"
    REFUND_FAILED = "refund_failed"
    PAYOUT_FAILED = "payout_failed"
    PAYOUT_NOT_ITEMISED = "payout_not_itemised"
    DISPUTE = "dispute"
    CURRENCY_DIFFERS = "currency_differs"
    UNEXPLAINED_MOVEMENT = "unexplained_movement"
    BOOKS_DIFFER = "books_differ"


# Days until somebody should have seen to it; what may cost a deadline, or hides other faults, comes first.
DUE_IN = dict.fromkeys(ExceptionKind, 5) | {
    ExceptionKind.MISSING_STATEMENT: 2,
    ExceptionKind.BALANCE_BREAK: 2,
    ExceptionKind.PAYOUT_FAILED: 2,
    ExceptionKind.BOOKS_DIFFER: 2,
    ExceptionKind.REFUND_FAILED: 3,
    ExceptionKind.UNNUMBERED_STATEMENT: 14,
}


class Finding(Struct, frozen=True):
    """What does not add up, as found by a look. `source` is the same whenever the same is found.

    `on` is the day from which it has been so; `amount` is what is at stake, signed; `about` is the thing that it is about, as
    `things` names it.
    """

    kind: ExceptionKind
    source: str
    words: str
    on: date
    amount: int = 0
    currency: str = "EUR"
    line_id: BankLineId | None = None
    expected_id: ExpectedId | None = None
    about: str | None = None


class Resolution(StrEnum):
    GONE = "gone"  # by itself: it is no longer found
    MATCHED = "matched"
    BOOKED = "booked"
    WRITTEN_OFF = "written_off"
    PAID_BACK = "paid_back"
    ACCEPTED = "accepted"


# These are posted, without the words that were said with them.
BOOKS = frozenset({Resolution.BOOKED, Resolution.WRITTEN_OFF, Resolution.PAID_BACK})


class StepKind(StrEnum):
    RAISED = "raised"
    ASSIGNED = "assigned"
    POSTPONED = "postponed"
    NOTED = "noted"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class Step(Struct, frozen=True):
    """What was done, by whom: the history is the steps, and they only grow. `account` and `amount` are there where
    something was booked by it."""

    kind: StepKind
    by: PersonId
    at: datetime
    words: str = ""
    owner: PersonId | None = None
    due_on: date | None = None
    resolution: Resolution | None = None
    account: AccountKey | None = None
    amount: int | None = None


class Exceptional(Struct, frozen=True):
    """An exception as it stands. `since` is the day from which it has been so, `raised_at` when it was found; `cleared` is how
    much was booked by its resolution, on the account `cleared_to`."""

    id: ExceptionId
    finding: Finding
    raised_at: datetime
    due_on: date
    owner: PersonId | None = None
    resolution: Resolution | None = None
    resolved_at: datetime | None = None
    resolved_by: PersonId | None = None
    cleared: int | None = None
    cleared_to: AccountKey | None = None

    @property
    def is_open(self) -> bool:
        return self.resolution is None

    def age_days(self, today: date) -> int:
        """Since when the thing itself is so, not since when it is known."""
        return max((today - self.finding.on).days, 0)

    def is_overdue(self, today: date) -> bool:
        return self.is_open and today > self.due_on


class Act(StrEnum):
    ASSIGN = "assign"
    POSTPONE = "postpone"
    NOTE = "note"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class Handle(Struct, frozen=True):
    """What a person does about an exception; `words` say why, and are needed for all but taking it on. `account` is where
    what was unexplained is booked."""

    act: Act
    words: str = ""
    owner: PersonId | None = None
    due_on: date | None = None
    resolution: Resolution | None = None
    account: ClearingAccount | None = None


class NotHandled(StrEnum):
    UNKNOWN_EXCEPTION = "unknown_exception"
    ALREADY_RESOLVED = "already_resolved"
    NOT_RESOLVED = "not_resolved"
    NO_WORDS = "no_words"
    NO_DATE = "no_date"
    NO_RESOLUTION = "no_resolution"
    NO_ACCOUNT = "no_account"
    NOTHING_TO_BOOK = "nothing_to_book"
    DATE_PASSED = "date_passed"
    UNKNOWN_OWNER = "unknown_owner"


class Changed(Struct, frozen=True):
    """The exception as it is now, and the step that led there."""

    now: Exceptional
    step: Step


def raised(finding: Finding, exception_id: ExceptionId, now: datetime, today: date) -> Changed:
    due_on = today + timedelta(days=DUE_IN[finding.kind])
    made = Exceptional(exception_id, finding, now, due_on)
    return Changed(made, Step(StepKind.RAISED, SYSTEM, now, finding.words, due_on=due_on))


def handled(  # noqa: C901 - one act, one rule
    found: Exceptional, command: Handle, by: PersonId, now: datetime, *, today: date, unexplained: int = 0
) -> Changed | Refusal[NotHandled]:
    """What a person does about an exception, or why it cannot be done. `unexplained` is how much of what it is about the ledger
    has on no account of its own, signed."""
    if command.act is Act.REOPEN and found.is_open:
        return Refusal(NotHandled.NOT_RESOLVED)
    if command.act not in {Act.REOPEN, Act.NOTE} and not found.is_open:
        return Refusal(NotHandled.ALREADY_RESOLVED)
    if command.act is not Act.ASSIGN and not command.words.strip():
        return Refusal(NotHandled.NO_WORDS, "/words")
    match command.act:
        case Act.ASSIGN:
            step = Step(StepKind.ASSIGNED, by, now, command.words, owner=command.owner)
            return Changed(replace(found, owner=command.owner), step)
        case Act.POSTPONE:
            if command.due_on is None:
                return Refusal(NotHandled.NO_DATE, "/due_on")
            if command.due_on < today:
                return Refusal(NotHandled.DATE_PASSED, "/due_on")
            step = Step(StepKind.POSTPONED, by, now, command.words, due_on=command.due_on)
            return Changed(replace(found, due_on=command.due_on), step)
        case Act.NOTE:
            return Changed(found, Step(StepKind.NOTED, by, now, command.words))
        case Act.RESOLVE:
            return _resolved(found, command, by, now, unexplained)
        case Act.REOPEN:
            return _reopened(found, by, now, command.words)


def _resolved(
    found: Exceptional, command: Handle, by: PersonId, now: datetime, unexplained: int
) -> Changed | Refusal[NotHandled]:
    if command.resolution in {None, Resolution.GONE}:
        return Refusal(NotHandled.NO_RESOLUTION, "/resolution")
    step = Step(StepKind.RESOLVED, by, now, command.words, resolution=command.resolution)
    done = replace(found, resolution=command.resolution, resolved_at=now, resolved_by=by)
    if command.resolution not in BOOKS:
        return Changed(done, step)
    if unexplained == 0:
        return Refusal(NotHandled.NOTHING_TO_BOOK, "/resolution")
    if command.resolution is Resolution.BOOKED:
        if command.account is None:
            return Refusal(NotHandled.NO_ACCOUNT, "/account")
        clearing = Clearing(AccountKey(command.account.value), unexplained)
    else:
        clearing = (paid_back if command.resolution is Resolution.PAID_BACK else written_off)(unexplained)
    return Changed(
        replace(done, cleared=clearing.amount, cleared_to=clearing.account),
        replace(step, account=clearing.account, amount=clearing.amount),
    )


class Review(Struct, frozen=True):
    """What a look changes: `new` findings have no exception yet, `changed` are those that come back or are gone."""

    new: tuple[Finding, ...]
    changed: tuple[Changed, ...]


def review(found: Iterable[Finding], known: Sequence[Exceptional], now: datetime) -> Review:
    """Compare what a look found with the exceptions that are known of the same kinds of looking."""
    by_source = {each.source: each for each in found}
    sources = {each.finding.source for each in known}
    changed = []
    for each in known:
        is_there = each.finding.source in by_source
        if each.is_open and not is_there:
            step = Step(StepKind.RESOLVED, SYSTEM, now, "it is no longer so", resolution=Resolution.GONE)
            gone = replace(each, resolution=Resolution.GONE, resolved_at=now, resolved_by=SYSTEM)
            changed.append(Changed(gone, step))
        elif is_there and (each.resolution is Resolution.GONE or _is_more(each)):
            changed.append(_reopened(each, SYSTEM, now, "it is so again"))
    new = sorted((each for each in by_source.values() if each.source not in sources), key=lambda each: each.source)
    return Review(tuple(new), tuple(changed))


def _is_more(known: Exceptional) -> bool:
    """A line is not found while what was booked is what is left of it: more is, since a match was taken apart. A repeated
    one is always found, whatever is left of it."""
    of_line = known.finding.line_id is not None and known.finding.kind is not ExceptionKind.REPEATED_LINE
    return known.cleared is not None and of_line


def _reopened(found: Exceptional, by: PersonId, now: datetime, words: str) -> Changed:
    again = replace(found, resolution=None, resolved_at=None, resolved_by=None, cleared=None, cleared_to=None)
    return Changed(again, Step(StepKind.REOPENED, by, now, words))
