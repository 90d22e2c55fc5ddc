"""What people do: match by hand, take apart, see to exceptions."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.identity import PersonId
from domain.reconciliation.exceptions import ExceptionId, Handle, NotHandled, handled
from domain.reconciliation.expected import Expected
from domain.reconciliation.matching import MatchId, NotMatchable, Part, Proposal, Rule, may_match
from domain.reconciliation.proposing import proposals
from domain.reconciliation.statements import BankLineId
from domain.refusals import Refusal
from services.reconciliation.ports import Case, Match, OpenBooks
from services.reconciliation.running import settled
from services.reconciliation.telling import told


class MatchByHand(Struct, frozen=True):
    """The id comes from the edge; `currency` is that of all amounts."""

    match_id: MatchId
    parts: tuple[Part, ...]
    reason: str
    currency: str = "EUR"


class UndoMatch(Struct, frozen=True):
    """`seen` is the version that the person had before her; None where any will do."""

    match_id: MatchId
    reason: str
    seen: int | None = None


class HandleException(Struct, frozen=True):
    """`seen` is the version that the person had before her; None where any will do."""

    exception_id: ExceptionId
    handle: Handle
    seen: int | None = None


class NotSeen(StrEnum):
    """It has changed since the person looked at it."""

    VERSION_MISMATCH = "version_mismatch"


Matching: TypeAlias = Match | Refusal[NotMatchable] | Refusal[NotSeen]
Handling: TypeAlias = Case | Refusal[NotHandled] | Refusal[NotSeen]


async def propose(line_id: BankLineId, expected: Sequence[Expected], *, books: OpenBooks) -> tuple[Proposal, ...]:
    """What may fit the line, surest first; others of its lines may be needed for a sum."""
    open_lines = await books.matches.open_lines()
    whole = [line for line, left in open_lines if left == line.amount]
    found = proposals(whole, await settled(expected, books))
    return tuple(each for each in found if line_id in each.lines)


async def match_by_hand(
    command: MatchByHand, expected: Sequence[Expected], *, books: OpenBooks, by: PersonId, now: datetime
) -> Matching:
    """Put together what a person says belongs together, within what both are worth."""
    wanted = {part.line_id for part in command.parts}
    lines = await books.matches.open_lines(wanted)
    known = {each.id: each for each in await settled(expected, books)}
    if any(line.currency != command.currency for line, _ in lines):
        return Refusal(NotMatchable.CURRENCIES_DIFFER)
    refusal = may_match(
        command.parts, {line.id: line for line, _ in lines}, {line.id: left for line, left in lines}, known
    )
    if refusal is not None:
        return Refusal(refusal)
    proposal = Proposal(tuple(sorted(command.parts)), Rule.BY_HAND, 100, command.reason)
    amounts = {expected_id: known[expected_id].amount for expected_id in proposal.expected}
    match = Match(command.match_id, proposal, amounts, by, now, currency=command.currency)
    await books.matches.keep(match)
    return match


async def undo_match(command: UndoMatch, *, books: OpenBooks, by: PersonId, now: datetime) -> Matching:
    """Take apart what was put together; it is not put together again by itself. Doing it again changes nothing."""
    known = await books.matches.find(command.match_id)
    if known is None:
        return Refusal(NotMatchable.UNKNOWN_MATCH)
    if command.seen not in {None, known.version}:
        return Refusal(NotSeen.VERSION_MISMATCH)
    await books.matches.undo(command.match_id, by, command.reason, now)
    found = await books.matches.find(command.match_id)
    return found if found is not None else Refusal(NotMatchable.UNKNOWN_MATCH)


async def handle_exception(
    command: HandleException, *, books: OpenBooks, by: PersonId, now: datetime, today: date
) -> Handling:
    """What is said to be booked, written off or paid back is told to the ledger, and so is that it was not."""
    case = await books.exceptions.find(command.exception_id)
    if case is None:
        return Refusal(NotHandled.UNKNOWN_EXCEPTION)
    if command.seen not in {None, case.version}:
        return Refusal(NotSeen.VERSION_MISMATCH)
    owner = command.handle.owner
    if owner is not None and owner != by and not await books.exceptions.keeps_books(owner):
        return Refusal(NotHandled.UNKNOWN_OWNER, "/owner")
    unexplained = await books.exceptions.unexplained(case.now)
    changed = handled(case.now, command.handle, by, now, today=today, unexplained=unexplained)
    if isinstance(changed, Refusal):
        return changed
    await books.exceptions.write(changed)
    await told(case.now, changed, books)
    await books.note(f"exception.{changed.step.kind}", command.exception_id)
    return Case(changed.now, (*case.history, changed.step))
