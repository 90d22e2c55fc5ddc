"""Offering what is free to those who wait for it, one after the other."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.booking.bookings import BookingId, Payer
from domain.booking.waiting import (
    EntryState,
    WaitlistEntryId,
    WaitlistOffered,
    close,
    is_protected,
    is_too_near,
    looked_at,
    offer,
    term_of,
)
from domain.identity import City
from domain.refusals import Refusal
from services.waitlist.ports import Line, Turn, WaitlistBooks, WishDesk

T = TypeVar("T")


async def ask_in_turn(city: City, *, line: Line) -> int:
    """End what is over, then offer what is free: first what pools have for themselves to those who work there, then the rest in
    order of coming. How many were offered something.

    Whoever cannot be dealt with does not keep the others from it; that it failed is raised in the end.
    """
    failures: list[Exception] = []

    async def tried(step: Awaitable[T]) -> T | None:
        try:
            return await step
        except Exception as failure:  # noqa: BLE001 - all of them are raised below
            failures.append(failure)
            return None

    for entry_id in await line.over(city):
        await tried(line.close(city, entry_id))
    waiting = await line.waiting(city)
    at_work = [each.id for each in waiting if each.payer is Payer.COST_CENTRE]
    turns = {entry_id: await tried(line.offer(city, entry_id, only_protected=True)) for entry_id in at_work}
    for each in waiting:
        if each.id not in turns or turns[each.id] is Turn.PASSED:
            turns[each.id] = await tried(line.offer(city, each.id, only_protected=False))
    if failures:
        raise ExceptionGroup("some who wait could not be asked", failures)
    return sum(turn is Turn.OFFERED for turn in turns.values())


async def offer_to(
    entry_id: WaitlistEntryId,
    *,
    books: WaitlistBooks,
    desk: WishDesk,
    city: City,
    now: datetime,
    only_protected: bool = False,
) -> Turn:
    """Try the wish as its holder's, and claim for her what she would get. What she could not answer in time is not tried: nobody
    is moved for it."""
    entry = await books.find(entry_id)
    if entry is None or entry.state is not EntryState.WAITING:
        return Turn.NOTHING_FREE
    if is_too_near(entry.start, now):
        await books.record(looked_at(entry, now))
        return Turn.NOTHING_FREE
    tried = await desk.tried(entry.service, entry.order(BookingId(entry.id)), entry.holder(city))
    if only_protected and not isinstance(tried, Refusal) and not is_protected(tried):
        return Turn.PASSED
    rules = await books.rules()
    settings = rules.within(None if isinstance(tried, Refusal) else tried.resource.pool_id)
    term = term_of(entry.start, now, settings, rules.notices.quiet, ZoneInfo(rules.time_zone))
    outcome = offer(entry, tried, term, now)
    await books.record(outcome)
    return Turn.OFFERED if isinstance(outcome, WaitlistOffered) else Turn.NOTHING_FREE


async def close_entry(entry_id: WaitlistEntryId, *, books: WaitlistBooks, now: datetime) -> None:
    entry = await books.find(entry_id)
    if entry is not None and (event := close(entry, now)) is not None:
        await books.record(event)
