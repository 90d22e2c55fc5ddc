"""`kommobil bench lease-books`: what finance asks of many leases, and what the closing of a month adds up.

The loader writes leases, charges and collections; the bikes come into the books as the product posts them. What is measured is the product's, through the
app's role: the list of what is owed, what bikes are worth in a year of months, and a month that closes before anybody has run it.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bike_leasing.month_ends import SqlResidualBooks
from adapters.database.bike_leasing.receivables import open_receivables
from adapters.database.connections import Database
from adapters.database.sheets import SqlSheets
from domain.bike_leasing.calculation.schedule import months_on
from domain.identity import SYSTEM, Actor, City
from domain.ledger.months import ClosedMonth, NotClosable
from domain.refusals import Refusal
from infra.bench.leases import NO_HURRY, bikes_of, lease_bench, many_leases
from infra.clock import now
from infra.finance.ledger import ledger
from infra.ids import new_id
from services.bike_leasing.money.residuals import residuals
from services.calls import Answer, Call

T = TypeVar("T")
GOAL_S = 10.0
CHARGED = """
INSERT INTO lease_charges (city, id, lease_id, number, month, due_on, payer, holder_id, employer, amount, vat_rate, vat, passed_on, currency, made_at)
SELECT i.city, gen_random_uuid(), i.lease_id, i.number, i.month, i.due_on, CASE WHEN i.employer IS NULL THEN 'holder' ELSE 'employer' END, l.holder_id,
  i.employer, i.amount, 0.19, i.amount - round(i.amount / 1.19), 0, 'EUR', i.due_on
FROM lease_instalments i JOIN leases l ON l.city = i.city AND l.id = i.lease_id WHERE i.city = :city AND i.month < :until
"""
POSTED = "UPDATE lease_instalments SET state = 'posted' WHERE city = :city AND month < :until"
# One debit in a hundred was taken back for good.
COLLECTED = """
INSERT INTO lease_collections (city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at, made_at, state, intent_id, updated_at)
SELECT c.city, c.id, c.id, c.lease_id, c.number, c.holder_id, 1, c.amount, 'EUR', 'pm', c.made_at, c.made_at,
  CASE WHEN row_number() OVER () % 100 = 0 THEN 'failed' ELSE 'paid' END, 'pi_' || c.id, c.made_at
FROM lease_charges c WHERE c.city = :city AND c.payer = 'holder'
"""


class Figures(Struct, frozen=True):
    """Seconds; `open` is how much is owed, in cents, by how many `receivables`; `closing_s` is of `months` that closed at once."""

    settings: dict[str, str]
    contracts: int
    charges: int
    receivables: int
    open: int
    receivables_s: float
    residuals_s: float
    months: int
    closing_s: float


async def run(
    *, contracts: int = 20_000, months: int = 12, url: str | None = None, say: Callable[[str], None] = print
) -> Figures:
    """Measure and print. All months but the last were charged; that one closes without."""
    this = now().date().replace(day=1)
    first, last = months_on(this, -months), months_on(this, -1)
    async with lease_bench(url, say) as bench:
        city, app = bench.city, bench.app
        async with bench.loading() as connection:
            await many_leases(connection, city, contracts, first=first, debited=contracts // 2, due_day=1)
            charges = await _charged(connection, city, last)
        async with app.transactions.city(city) as connection:
            await connection.execute(NO_HURRY)
            await bikes_of(connection, city, first)
        async with bench.loading() as connection:
            await connection.execute(text("ANALYZE"))
        say(f"{contracts:,} leases with their bikes in the books, {charges:,} months charged, half of them debited")
        desk = SqlSheets(app.transactions, now, new_id)
        found, owed_s = await _timed(lambda: desk.work(city, SYSTEM, "", open_receivables))
        owed = sum(each.open.amount for each in found)
        say(f"what is owed: {owed / 100:,.2f} EUR in {len(found):,} receivables, added up in {owed_s:.2f} s")
        worth, worth_s = await _timed(
            lambda: desk.work(city, SYSTEM, "", lambda sheet: residuals(first, last, books=SqlResidualBooks(sheet)))
        )
        say(f"what bikes are worth, in {len(worth)} months: {worth_s:.2f} s")
        _, closing_s = await _timed(lambda: _closed(app, city, last))
        say(f"{months} months closed, with depreciation of each and the accrual of the last, in {closing_s:.2f} s")
        say(f"goal: {GOAL_S:.0f} s each for 20,000 leases")
    return Figures(bench.settings, contracts, charges, len(found), owed, owed_s, worth_s, months, closing_s)


async def _charged(connection: AsyncConnection, city: City, until: date) -> int:
    scope: dict[str, Any] = {"city": city, "until": until}
    charges = (await connection.execute(text(CHARGED), scope)).rowcount
    for statement in (POSTED, COLLECTED):
        await connection.execute(text(statement), {k: v for k, v in scope.items() if f":{k}" in statement})
    return charges


async def _closed(app: Database, city: City, month: date) -> None:
    def heard(outcome: ClosedMonth | Refusal[NotClosable]) -> Answer:
        return Answer(409 if isinstance(outcome, Refusal) else 200, "text/plain", "")

    call = Call(city, Actor(SYSTEM, city, frozenset()), "bench close", "", "", "bench", "", heard)
    answered = await ledger(app.transactions, now, new_id).close(call, month)
    if answered.status != 200:
        raise RuntimeError("the month did not close")


async def _timed(do: Callable[[], Awaitable[T]]) -> tuple[T, float]:
    began = time.perf_counter()
    found = await do()
    return found, time.perf_counter() - began
