"""What people do: match by hand, take apart, see to exceptions."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.identity import PersonId
from domain.reconciliation.exceptions import Exceptional, ExceptionId, Handle, NotHandled, handled
from domain.reconciliation.expected import Expected
from domain.reconciliation.matching import MatchId, NotMatchable, Part, Proposal, Rule, may_match
from domain.reconciliation.proposing import proposals
from domain.reconciliation.statements import BankLineId
from domain.refusals import Refusal
from services.reconciliation.ports import Match, OpenBooks
from services.reconciliation.running import settled


class MatchByHand(Struct, frozen=True):
    """The id comes from the edge."""

    match_id: MatchId
    parts: tuple[Part, ...]
    reason: str


class UndoMatch(Struct, frozen=True):
    match_id: MatchId
    reason: str


class HandleException(Struct, frozen=True):
    exception_id: ExceptionId
    handle: Handle


Matching: TypeAlias = Match | Refusal[NotMatchable]
Handling: TypeAlias = Exceptional | Refusal[NotHandled]


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
    refusal = may_match(
        command.parts, {line.id: line for line, _ in lines}, {line.id: left for line, left in lines}, known
    )
    if refusal is not None:
        return Refusal(refusal)
    proposal = Proposal(tuple(sorted(command.parts)), Rule.BY_HAND, 100, command.reason)
    amounts = {expected_id: known[expected_id].amount for expected_id in proposal.expected}
    match = Match(command.match_id, proposal, amounts, by, now)
    await books.matches.keep(match)
    return match


async def undo_match(command: UndoMatch, *, books: OpenBooks, by: PersonId, now: datetime) -> Matching:
    """Take apart what was put together; it is not put together again by itself. Doing it again changes nothing."""
    if await books.matches.find(command.match_id) is None:
        return Refusal(NotMatchable.UNKNOWN_MATCH)
    await books.matches.undo(command.match_id, by, command.reason, now)
    found = await books.matches.find(command.match_id)
    return found if found is not None else Refusal(NotMatchable.UNKNOWN_MATCH)


async def handle_exception(command: HandleException, *, books: OpenBooks, by: PersonId, now: datetime) -> Handling:
    changed = handled(await books.exceptions.find(command.exception_id), command.handle, by, now)
    if isinstance(changed, Refusal):
        return changed
    await books.exceptions.write(changed)
    await books.note(f"exception.{changed.step.kind}", command.exception_id)
    return changed.now
