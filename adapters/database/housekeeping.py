"""Forgetting what has grown old, and finding what the clock has ended; as the relay's role, across cities.

Everything comes in small batches, by an index where the table can be large, so that nobody waits for it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from adapters.database.connections import Statements
from domain.booking.bookings import BookingId
from domain.booking.overdue import AHEAD
from domain.identity import City
from domain.sign_in.codes import KEPT as KEPT_CODES

AT_ONCE = 1000

# How long it is kept, unless told otherwise, after the instant in the column. Answers: section 2 of the public contract. Callers' addresses: as
# long as abuse can be followed up. Quotes: they may be looked at for a day after they stop counting.
# Notices: as long as somebody may ask whether she was told. Deputies: as long as somebody may ask who decided for her.
# Waitlists: as long as somebody may ask why she was passed over.
# Stations: as long as a fault is looked into; a thousand of them say some millions of things a day.
# Charging sessions: those that were nobody's, as long as whoever looks after a station may ask.
# Faults and tickets: as long as somebody asks how reliable a station is, and what was done for it.
# Withdrawals: those that nobody confirmed, the relay sees no others.
KEPT = {
    ("answers", "answered_at"): timedelta(days=30),
    ("callers", "at"): timedelta(days=30),
    ("quotes", "expires_at"): timedelta(days=1),
    ("outbox", "done_at"): timedelta(days=7),
    ("notices", "planned_for"): timedelta(days=365),
    ("waitlist_entries", "settled_at"): timedelta(days=90),
    ("deputies", "ends"): timedelta(days=365),
    ("withdrawals", "declared_at"): timedelta(days=2),
    ("sign_in_codes", "made_at"): KEPT_CODES,  # to count how many were asked for
    ("guest_addresses", "made_at"): timedelta(days=3),  # a receipt comes hours after the charge
    ("sessions", "expires_at"): timedelta(days=1),
    ("revocations", "until"): timedelta(minutes=5),
    ("station_orders", "answered_at"): timedelta(days=90),
    ("station_messages", "at"): timedelta(days=14),
    ("charging_sessions", "strange_since"): timedelta(days=90),
    ("charging_faults", "ended_at"): timedelta(days=365),
    ("charging_tickets", "closed_at"): timedelta(days=3 * 365),
}

# Up to the thousandth oldest, and all that are as old: a DELETE has no LIMIT, and the relay may read no other column.
FORGET = """
WITH gone AS (
  DELETE FROM {table} WHERE {column} < $1::timestamptz AND {column} <= coalesce((
    SELECT {column} FROM {table} WHERE {column} < $1::timestamptz ORDER BY {column} OFFSET {at_once} - 1 LIMIT 1), 'infinity')
  RETURNING 1)
SELECT count(*) FROM gone
"""
# A booking gives its own claims back; what was claimed for a turnaround or a repair runs out by itself.
FREE = """
WITH gone AS (DELETE FROM claims WHERE kind <> 'booking' AND claimed_until < $1::timestamptz RETURNING 1)
SELECT count(*) FROM gone
"""

# In no order: bookings that fail each time must not fill every batch, and two workers should seldom meet.
FOUND = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM bookings WHERE {due} ORDER BY random() LIMIT $2::int) due
"""
LAPSED = FOUND.format(due="state = 'held' AND hold_expires_at <= $1::timestamptz")
# Each half by an index of its own: the end, and the instant from which the terms wait no longer.
UNUSED = FOUND.format(
    due="state = 'confirmed' AND ends <= $1::timestamptz OR state = 'confirmed' AND no_show_from <= $1::timestamptz"
)
# Who has less priority waits until those of the city that have more, and are due as well, have theirs; for a minute, as they may fail.
PROVISIONAL = FOUND.format(
    due="""final_at <= $1::timestamptz AND state IN ('held', 'confirmed') AND NOT EXISTS (
  SELECT FROM bookings h WHERE h.city = bookings.city AND h.priority > bookings.priority AND h.state IN ('held', 'confirmed')
    AND h.final_at <= $1::timestamptz AND h.final_at > $1::timestamptz - interval '1 minute')"""
)
TO_ASK_AGAIN = FOUND.format(due="approval_step_at <= $1::timestamptz")
OVERDUE = FOUND.format(due="state = 'in_use' AND coalesce(overdue_until, ends) <= $1::timestamptz")
UNPAID = FOUND.format(due="extension_expires_at <= $1::timestamptz")
TO_INVOICE = FOUND.format(due="invoice_due_at <= $1::timestamptz")
TO_ROLL = FOUND.format(due="rolls_at <= $1::timestamptz")

Due: TypeAlias = tuple[City, BookingId]
_found = msgspec.json.Decoder(tuple[Due, ...])


class Housekeeping:
    """Open across cities; every call is one statement or a few."""

    def __init__(self, statements: Statements, kept: Mapping[str, timedelta] | None = None) -> None:
        """`kept` goes over `KEPT`, by table."""
        self._statements = statements
        self._kept = {place: (kept or {}).get(place[0], usual) for place, usual in KEPT.items()}

    async def lapsed_holds(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings whose hold nobody confirmed in time."""
        return await self._due(LAPSED, now, limit)

    async def unused_bookings(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Confirmed bookings whose time passed without a start."""
        return await self._due(UNUSED, now, limit)

    async def provisional_bookings(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings whose resource is to become final."""
        return await self._due(PROVISIONAL, now, limit)

    async def to_ask_again(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings whose approvers are to be reminded, or the operators asked besides."""
        return await self._due(TO_ASK_AGAIN, now, limit)

    async def overdue_uses(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Uses in progress that come to their end, or to the end of what was claimed for them since."""
        return await self._due(OVERDUE, now + AHEAD, limit)

    async def lapsed_extensions(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings whose extension nobody paid for in time."""
        return await self._due(UNPAID, now, limit)

    async def bookings_to_invoice(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings that have come to a month, or to their end, of which nobody tells whoever writes invoices."""
        return await self._due(TO_INVOICE, now, limit)

    async def bookings_to_roll(self, now: datetime, limit: int) -> tuple[Due, ...]:
        """Bookings without a set end that are to be claimed for another month ahead."""
        return await self._due(TO_ROLL, now, limit)

    async def forget(self, now: datetime) -> int:
        """Delete a batch of everything that has grown old; how many rows went."""
        gone = 0
        async with self._statements.session() as session:
            for (table, column), kept in self._kept.items():
                sql = FORGET.format(table=table, column=column, at_once=AT_ONCE)
                gone += int(await session.one(sql, now - kept))
            return gone + int(await session.one(FREE, now))

    async def _due(self, sql: str, now: datetime, limit: int) -> tuple[Due, ...]:
        async with self._statements.session() as session:
            return _found.decode(await session.one(sql, now, limit))
