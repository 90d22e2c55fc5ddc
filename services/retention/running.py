"""Showing what the law keeps no longer, and letting it go: a batch in a transaction, so that a crash loses neither record nor
proof and the next run goes on."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.retention.rules import Due, Record, due
from services.retention.ports import (
    Counted,
    Deletion,
    Held,
    Letter,
    Letters,
    OpenRetention,
    RetentionBooks,
    Review,
)

BATCH = 200
# Photos before the bookings that they are of, and those before persons: somebody who was erased stays for as long as a booking or a lease of hers does.
# Leases before what is of many of them: an order with its last transfer, a reminder with its last charge, an account with its last payment,
# and what was agreed after all that. How a party is called goes after everything that names it.
ORDER = (
    *(Record.USE_PHOTOS, Record.BOOKINGS, Record.STATEMENTS, Record.DECLARATIONS, Record.LETTERS),
    *(Record.DAMAGES, Record.LEASES, Record.PAYMENT_ORDERS, Record.EMPLOYERS_REMINDERS, Record.PARTY_ACCOUNTS),
    *(Record.PERSONNEL_NUMBERS, Record.FRAMEWORKS, Record.CONSUMER_TERMS, Record.ACCREDITATIONS),
    *(Record.PAYROLL_LAYOUTS, Record.PARTY_NAMES, Record.AUDIT, Record.PERSONS),
)


class Standing(Struct, frozen=True):
    """How one record stands: what is due by which rule, and how much of it went."""

    due: Due
    counted: Counted
    gone: int = 0


async def review(
    city: City,
    by: PersonId,
    *,
    apply: bool | None = None,
    books: RetentionBooks,
    letters: Letters,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> tuple[Standing, ...] | None:
    """Count what is due, let it go where that is wanted, and write down that somebody looked; None where there is no such
    city. Whoever does not say whether to `apply` it leaves that to the city's settings. Raises Unavailable."""
    keeping = await books.keeping(city)
    if keeping is None:
        return None
    now, letting_go = clock(), keeping.applies if apply is None else apply
    wanted = [due(record, now, keeping.time_zone) for record in ORDER]
    standings = []
    for each in wanted:
        if each.record is Record.LETTERS:
            post = _Post(city, books, letters, new_id)
            standings.append(await post.review(each, by, now, apply=letting_go))
            continue
        counted = await books.work(city, partial(_count, each))
        gone = await _let_go(city, by, each, books=books, now=now, new_id=new_id) if letting_go and counted.count else 0
        standings.append(Standing(each, counted, gone))
    found = {standing.due.record: standing.counted.count for standing in standings}
    await books.work(city, partial(_note, Review(new_id(), now, letting_go, found)))
    return tuple(standings)


async def _let_go(
    city: City, by: PersonId, wanted: Due, *, books: RetentionBooks, now: datetime, new_id: Callable[[], UUID]
) -> int:
    gone = 0
    while True:
        went = await books.work(city, partial(_delete, Deletion(new_id(), wanted, by, now)))
        gone += went
        if went < BATCH:
            return gone


class _Post(Struct, frozen=True):
    """A city's letters, which are files: their proof is committed before they go. After a crash in between the next run finds
    them again and proves them again, rather a proof too many than a deletion without."""

    city: City
    books: RetentionBooks
    letters: Letters
    new_id: Callable[[], UUID]

    async def review(self, wanted: Due, by: PersonId, now: datetime, *, apply: bool) -> Standing:
        old = await self.letters.old(self.city, wanted.before)
        held = await self.books.work(self.city, _held)
        going = [letter for letter in old if not held.holds(letter)]
        oldest = going[0].written_at if going else None
        counted = Counted(len(going), len(old) - len(going), oldest)
        if not apply:
            return Standing(wanted, counted)
        for first in range(0, len(going), BATCH):
            batch = going[first : first + BATCH]
            await self.books.work(self.city, partial(_prove, Deletion(self.new_id(), wanted, by, now), batch))
            await self.letters.remove(batch)
        return Standing(wanted, counted, len(going))


async def _held(open_: OpenRetention) -> Held:
    return await open_.held_letters()


async def _prove(deletion: Deletion, batch: Sequence[Letter], open_: OpenRetention) -> None:
    await open_.prove(deletion, "letters", [letter.name for letter in batch])


async def _count(wanted: Due, open_: OpenRetention) -> Counted:
    return await open_.count(wanted)


async def _delete(deletion: Deletion, open_: OpenRetention) -> int:
    return await open_.delete(deletion, BATCH)


async def _note(found: Review, open_: OpenRetention) -> None:
    await open_.reviewed(found)
