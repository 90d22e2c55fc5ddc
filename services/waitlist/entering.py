"""Entering a wish, answering an offer, and leaving the line."""

from datetime import datetime

from domain.booking.waiting import (
    JoinWaitlist,
    NotWaiting,
    WaitlistEntry,
    WaitlistEntryId,
    WaitlistEvent,
    accepted,
    decline,
    join,
    offered_to,
    withdraw,
)
from domain.identity import Actor
from domain.refusals import Refusal
from services.waitlist.ports import Accept, Accepting, Joining, Leaving, WaitlistBooks, WishDesk


async def join_waitlist(
    command: JoinWaitlist, *, books: WaitlistBooks, desk: WishDesk, actor: Actor, now: datetime
) -> Joining:
    """Wait for what was refused: it is tried once more, so that nobody waits for what can be had, or never can."""
    own = await books.own(actor.id)
    tried = await desk.tried(command.service, command.order, actor)
    settings = (await books.rules()).waitlist
    outcome = join(command, tried, own, settings=settings, actor=actor, now=now)
    if isinstance(outcome, Refusal):
        return outcome
    await books.record(outcome)
    return await books.in_line(outcome.entry.id)


async def accept_offer(
    command: Accept, *, books: WaitlistBooks, desk: WishDesk, actor: Actor, now: datetime
) -> Accepting:
    """Book what was offered, as anybody would book it now. A refusal leaves the offer as it is."""
    found = offered_to(actor, await books.find(command.entry_id), now)
    if isinstance(found, Refusal):
        return found
    await books.record(accepted(found, command.booking_id, now))
    return await desk.booked(found.service, found.order(command.booking_id), actor)


async def decline_offer(entry_id: WaitlistEntryId, *, books: WaitlistBooks, actor: Actor, now: datetime) -> Leaving:
    return await _left(entry_id, decline(actor, await books.find(entry_id), now), books)


async def leave_waitlist(entry_id: WaitlistEntryId, *, books: WaitlistBooks, actor: Actor, now: datetime) -> Leaving:
    return await _left(entry_id, withdraw(actor, await books.find(entry_id), now), books)


async def _left(
    entry_id: WaitlistEntryId, outcome: WaitlistEvent | WaitlistEntry | Refusal[NotWaiting], books: WaitlistBooks
) -> Leaving:
    if isinstance(outcome, Refusal):
        return outcome
    if not isinstance(outcome, WaitlistEntry):
        await books.record(outcome)
    return await books.in_line(entry_id)
