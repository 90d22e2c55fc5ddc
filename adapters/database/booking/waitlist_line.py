"""Opening the books of those who wait: for a call, again where somebody was quicker, and for whoever's turn it is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text

from adapters.database.answering import LapsedHolds, LostRace, retried
from adapters.database.booking.choosing import NeedsRoom, Wish
from adapters.database.booking.looking import unasked
from adapters.database.booking.waitlist import SqlWaitlistBooks, SqlWishDesk, Trial, look_again
from adapters.database.booking.waitlist_reading import BEFORE
from adapters.database.connections import Statements, Transactions
from adapters.database.transacting import answered_unless_refused, in_city
from domain.booking.bookings import Payer
from domain.booking.resources import Service
from domain.booking.waiting import LOOKED_AGAIN, WaitlistEntryId
from domain.identity import City
from domain.periods import Period
from services.calls import Answer, Call, Unavailable
from services.waitlist.offering import close_entry, offer_to
from services.waitlist.ports import Turn, Waiting

MOST_AT_ONCE = 200
OVER = text("""
SELECT id FROM waitlist_entries
WHERE city = :city AND due_at <= :now AND (state = 'offered' OR starts <= :now) ORDER BY due_at, id LIMIT :most
""")
# Whoever came before is looked at before, unless that was done since the other one was due: so a long line comes to its end.
# What is due as it starts, not before, was looked at when it was too near for an offer.
WAITING = text(f"""
SELECT o.id, o.payer FROM waitlist_entries o
WHERE o.city = :city AND o.settled_at IS NULL AND o.state = 'waiting' AND o.starts > :now AND (o.due_at <= :now OR EXISTS (
  SELECT FROM waitlist_entries e WHERE {BEFORE} AND e.settled_at IS NULL AND e.state = 'waiting' AND e.due_at <= :now
    AND o.due_at < least(e.due_at + CAST(:again AS interval), o.starts)))
ORDER BY o.joined_at, o.id LIMIT :most
""")
# What a booking was shortened by, or did not get more of, lies before the latest end that it could have had.
FREED = text("""
SELECT resource_id, starts, greatest(ends, overdue_until, CAST(terms ->> 'latest_end' AS timestamptz)) AS ends
FROM bookings WHERE city = :city AND id = :id
UNION ALL SELECT resource_id, starts, ends FROM blocks WHERE city = :city AND id = :id
""")
DUE = """
SELECT coalesce(json_agg(city), '[]'::json)::text
FROM (SELECT DISTINCT city FROM waitlist_entries WHERE due_at <= $1::timestamptz LIMIT $2::int) due
"""
DONE = Answer(204, "", "")

_due = msgspec.json.Decoder(tuple[City, ...])


class Books(Struct, frozen=True):
    """What is open for one call."""

    entries: SqlWaitlistBooks
    desk: SqlWishDesk
    now: datetime


class SqlWaitlist:
    """`expire` lets go of holds that lapsed, `make_room` moves others for a wish, as for whoever books."""

    def __init__(
        self,
        transactions: Transactions,
        trials: Mapping[Service, Trial],
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        expire: Callable[[City, Sequence[UUID]], Awaitable[None]],
        make_room: Callable[[City, Wish], Awaitable[None]],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._trials = trials
        self._clock = clock
        self._new_id = new_id
        self._expire = expire
        self._make_room = make_room
        self._written = written

    async def answered(self, call: Call[Any], do: Callable[[Books], Awaitable[Any]]) -> Answer:
        """What is refused leaves nothing but its answer, if that is kept."""
        answer = await answered_unless_refused(
            self._transactions,
            call,
            lambda connection, now: do(self._books(connection, call, now)),
            self._clock,
            lambda ids: self._expire(call.city, ids),
        )
        self._written()
        return answer

    async def freed(self, city: City, subject_id: UUID) -> None:
        async def work(connection: Any) -> None:
            for row in (await connection.execute(FREED, {"city": city, "id": subject_id})).all():
                await look_again(connection, city, row.resource_id, Period(row.starts, row.ends), self._clock())

        await in_city(self._transactions, city, work)

    async def over(self, city: City) -> Sequence[WaitlistEntryId]:
        async with self._transactions.city(city) as connection:
            rows = await connection.execute(OVER, self._scope(city))
            return [WaitlistEntryId(row) for row in rows.scalars()]

    async def waiting(self, city: City) -> Sequence[Waiting]:
        async with self._transactions.city(city) as connection:
            rows = await connection.execute(WAITING, self._scope(city))
            return [Waiting(WaitlistEntryId(row.id), Payer(row.payer)) for row in rows]

    async def close(self, city: City, entry_id: WaitlistEntryId) -> None:
        async def work(connection: Any) -> None:
            now = self._clock()
            books = self._books(connection, unasked(city), now)
            await close_entry(entry_id, books=books.entries, now=now)

        await in_city(self._transactions, city, work)
        self._written()

    async def offer(self, city: City, entry_id: WaitlistEntryId, only_protected: bool) -> Turn:
        """Others are moved for whoever waits as they would be for whoever books: else the second would be served first."""
        found, moved = [Turn.NOTHING_FREE], set[UUID]()

        async def once() -> Answer:
            now = self._clock()
            try:
                async with self._transactions.city(city) as connection:
                    books = self._books(connection, unasked(city), now, moved)
                    turn = await offer_to(
                        entry_id,
                        books=books.entries,
                        desk=books.desk,
                        city=city,
                        now=now,
                        only_protected=only_protected,
                    )
            except NeedsRoom as needs:
                try:
                    await self._make_room(city, needs.wish)
                except LapsedHolds:
                    moved.clear()
                    raise
                raise LostRace from needs
            found.append(turn)
            return DONE

        await retried(once, lambda ids: self._expire(city, ids), _unavailable)
        self._written()
        return found[-1]

    def _books(self, connection: Any, call: Call[Any], now: datetime, moved: set[UUID] | None = None) -> Books:
        entries = SqlWaitlistBooks(connection, call, self._new_id, now)
        return Books(entries, SqlWishDesk(connection, call, self._trials, self._new_id, now, moved=moved), now)

    def _scope(self, city: City) -> dict[str, object]:
        return {"city": city, "now": self._clock(), "most": MOST_AT_ONCE, "again": LOOKED_AGAIN}


async def due_waitlists(relay: Statements, now: datetime, limit: int) -> tuple[City, ...]:
    """The cities in which somebody is to be looked at."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))


def _unavailable() -> Answer:
    raise Unavailable("somebody was quicker each time")
