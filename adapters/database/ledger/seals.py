"""The chain over a city's entries in PostgreSQL, made and looked through in batches; and the sums by month of what is
sealed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.connections import Transactions
from domain.identity import City
from domain.ledger.chain import Content, Link, beginning, sealed
from domain.ledger.entries import EntryId
from services.ledger.ports import Chained, Standing

PAGE = 2000

# All that the two tables say, the times in UTC whatever the session's zone is. PostgreSQL has written JSON the same since 9.4.
SAID = """json_build_array(e.city, e.id, e.kind, e.source, e.effective_at AT TIME ZONE 'UTC', e.period,
  e.created_at AT TIME ZONE 'UTC', e.leg_count, e.booking_id, e.payment_id, e.invoice_id, e.provider_id, e.bank_line, e.text,
  e.reverses, (SELECT json_agg(json_build_array(l.number, l.account, l.side, l.amount, l.currency, l.debtor_id, l.cost_centre,
      l.vat_rate, l.effective_at AT TIME ZONE 'UTC', l.period) ORDER BY l.number)
    FROM ledger_legs l WHERE l.city = e.city AND l.entry_id = e.id))::text"""

ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger seals ' || :city, 0))")
LAST = text("SELECT position, entry_id, digest FROM ledger_seals WHERE city = :city ORDER BY position DESC LIMIT 1")
WAITING = text(f"""
SELECT e.id, {SAID} AS said FROM ledger_unsealed u JOIN ledger_entries e ON e.city = u.city AND e.id = u.entry_id
WHERE u.city = :city ORDER BY e.created_at, e.id LIMIT :at_most
""")
SEAL = text("""
INSERT INTO ledger_seals (city, position, entry_id, digest, sealed_at)
SELECT :city, s.position, s.entry_id, s.digest, :now
FROM unnest(CAST(:positions AS bigint[]), CAST(:ids AS uuid[]), CAST(:digests AS bytea[])) s(position, entry_id, digest)
""")
ADD_UP = text("""
INSERT INTO ledger_balances (city, account, currency, period, debit, credit)
SELECT l.city, l.account, l.currency, l.period, coalesce(sum(l.amount) FILTER (WHERE l.side = 'debit'), 0),
  coalesce(sum(l.amount) FILTER (WHERE l.side = 'credit'), 0)
FROM ledger_legs l WHERE l.city = :city AND l.entry_id = ANY (CAST(:ids AS uuid[])) GROUP BY 1, 2, 3, 4
ON CONFLICT (city, account, currency, period) DO UPDATE SET debit = ledger_balances.debit + excluded.debit,
  credit = ledger_balances.credit + excluded.credit
""")
DONE = text("DELETE FROM ledger_unsealed WHERE city = :city AND entry_id = ANY (CAST(:ids AS uuid[]))")
CHAIN = text(f"""
SELECT s.position, s.entry_id, s.digest, CASE WHEN e.id IS NOT NULL THEN {SAID} END AS said
FROM ledger_seals s LEFT JOIN ledger_entries e ON e.city = s.city AND e.id = s.entry_id
WHERE s.city = :city AND s.position > :after ORDER BY s.position LIMIT {PAGE}
""")
MORE_TIME = text("SELECT set_config('statement_timeout', '600000', true)")
STANDING = text("""
SELECT (SELECT count(*) FROM ledger_entries WHERE city = :city) AS entries,
  (SELECT count(*) FROM ledger_seals WHERE city = :city) AS sealed,
  (SELECT count(*) FROM ledger_unsealed WHERE city = :city) AS waiting,
  (SELECT count(*) FROM ledger_entries e WHERE e.city = :city
    AND NOT EXISTS (SELECT FROM ledger_seals s WHERE s.city = e.city AND s.entry_id = e.id)
    AND NOT EXISTS (SELECT FROM ledger_unsealed u WHERE u.city = e.city AND u.entry_id = e.id)) AS missing,
  (SELECT count(*) FROM (
    SELECT l.account, l.currency, l.period, coalesce(sum(l.amount) FILTER (WHERE l.side = 'debit'), 0) AS debit,
      coalesce(sum(l.amount) FILTER (WHERE l.side = 'credit'), 0) AS credit
    FROM ledger_seals s JOIN ledger_legs l ON l.city = s.city AND l.entry_id = s.entry_id WHERE s.city = :city GROUP BY 1, 2, 3) f
    FULL JOIN (SELECT account, currency, period, debit, credit FROM ledger_balances WHERE city = :city) b
      USING (account, currency, period)
    WHERE (f.debit, f.credit) IS DISTINCT FROM (b.debit, b.credit)) AS wrong_sums,
  (SELECT count(*) FROM (SELECT l.entry_id FROM ledger_legs l WHERE l.city = :city GROUP BY l.entry_id, l.currency
    HAVING sum(CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END) <> 0) u) AS unbalanced
""")
DUE = text("SELECT city FROM (SELECT DISTINCT city FROM ledger_unsealed) waiting ORDER BY random() LIMIT :limit")


class SqlSeals:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def seal(self, city: City, at_most: int, now: datetime) -> int:
        async def once() -> int:
            async with self._transactions.city(city) as connection:
                return await seal(connection, city, at_most, now)

        return await through(once)

    async def chain(self, city: City) -> AsyncIterator[tuple[Chained, ...]]:
        after = 0
        while page := await self._page(city, after):
            yield page
            after = page[-1].link.position

    async def standing(self, city: City) -> Standing:
        async with self._transactions.city(city) as connection:
            await connection.execute(MORE_TIME)
            row = (await connection.execute(STANDING, {"city": city})).one()
        return Standing(*row)

    async def _page(self, city: City, after: int) -> tuple[Chained, ...]:
        async with self._transactions.city(city) as connection:
            rows = (await connection.execute(CHAIN, {"city": city, "after": after})).all()
        return tuple(
            Chained(
                Link(row.position, EntryId(row.entry_id), row.digest),
                None if row.said is None else Content(EntryId(row.entry_id), row.said),
            )
            for row in rows
        )


async def seal(connection: AsyncConnection, city: City, at_most: int, now: datetime) -> int:
    """One at a time in a city: a link needs the one before it."""
    await connection.execute(ALONE, {"city": city})
    found = (await connection.execute(LAST, {"city": city})).one_or_none()
    last = beginning(city) if found is None else Link(found.position, EntryId(found.entry_id), found.digest)
    waiting = (await connection.execute(WAITING, {"city": city, "at_most": at_most})).all()
    links = list(sealed(last, (Content(EntryId(row.id), row.said) for row in waiting)))
    if links:
        await _keep(connection, city, links, now)
    return len(links)


async def _keep(connection: AsyncConnection, city: City, links: Sequence[Link], now: datetime) -> None:
    ids = [link.entry_id for link in links]
    row = {"positions": [link.position for link in links], "digests": [link.digest for link in links], "now": now}
    await connection.execute(SEAL, {"city": city, "ids": ids} | row)
    await connection.execute(ADD_UP, {"city": city, "ids": ids})
    await connection.execute(DONE, {"city": city, "ids": ids})


async def due_seals(relay: Transactions, limit: int) -> list[City]:
    """Across cities, those in which something is not sealed yet."""
    async with relay.everywhere() as connection:
        return [City(city) for (city,) in await connection.execute(DUE, {"limit": limit})]
