"""The books of leases in PostgreSQL, and what is read of them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from adapters.database.bike_leasing.collections import SqlCollections
from adapters.database.bike_leasing.leases import SqlAgreementBooks, SqlLeaseBooks
from adapters.database.bike_leasing.runs import SqlAccountBooks, SqlBikeBooks, SqlChargedMonths, SqlRunBooks
from adapters.database.sheets import Sheet, SqlSheets
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.money.collecting import LEASE_UNDONE
from domain.identity import Actor, City
from infra.bike_leasing.running import calendar_of_leases
from infra.ids import new_id
from tests.adapters.http.leasing_office import SIGNED
from tests.database import Databases
from tests.models.leasing.town import START, Books, Charged

UNBALANCED = """SELECT entry_id FROM ledger_legs WHERE city = :city GROUP BY 1, currency
HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0"""
BALANCES = """SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs
WHERE city = :city GROUP BY 1"""
CHARGED = "SELECT lease_id, month, payer, employer, amount, vat, passed_on FROM lease_charges WHERE city = :city AND made_at = :now"
PROCESSING = (
    "SELECT id, intent_id FROM lease_collections WHERE city = :city AND state = 'processing' ORDER BY lease_id, number"
)
PLANS = """SELECT lease_id, count(*) FILTER (WHERE state IN ('posted', 'collected', 'failed')), count(*) FILTER (WHERE state = 'cut'),
  count(DISTINCT month), count(*) FROM lease_instalments WHERE city = :city GROUP BY 1"""
COLLECTED = f"""SELECT c.lease_id,
  array_agg(CASE c.failure WHEN '{LEASE_UNDONE}' THEN c.failure ELSE c.state END ORDER BY c.attempt), bool_and(c.amount = h.amount), min(i.state)
FROM lease_collections c JOIN lease_charges h ON h.city = c.city AND h.id = c.charge_id
JOIN lease_instalments i ON i.city = c.city AND i.lease_id = c.lease_id AND i.number = c.number
WHERE c.city = :city GROUP BY c.lease_id, c.charge_id"""


class PostgresShelf:
    def __init__(self, database: Databases, city: City) -> None:
        self.database, self.city, self.now = database, city, START
        transactions = database.app.transactions
        self._desk = SqlSheets(transactions, lambda: self.now, new_id)
        self._calendar = calendar_of_leases(database.app, database.relay, lambda: self.now, new_id)
        self.collections = SqlCollections(transactions, lambda: self.now, new_id)

    async def work(self, actor: Actor, do: Callable[[Books], Awaitable[Any]]) -> Any:
        async def opened(sheet: Sheet) -> Any:
            return await do(
                Books(
                    SqlLeaseBooks(sheet),
                    SqlAgreementBooks(sheet),
                    SqlRunBooks(sheet),
                    SqlBikeBooks(sheet),
                    SqlAccountBooks(sheet),
                    SqlChargedMonths(sheet),
                )
            )

        return await self._desk.work(self.city, actor.id, "", opened)

    async def enter(self, person: UUID) -> None:
        sql = "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, :at) RETURNING id"
        await self._rows(sql, id=person, email=f"{person}@example.org", at=self.now)

    async def sign(self, lease_id: LeaseId, person: UUID) -> None:
        await self._rows(SIGNED, lease=lease_id, by=person)

    async def keep_dates(self) -> None:
        while await self._calendar():
            pass

    async def states(self) -> dict[UUID, str]:
        return dict(await self._rows("SELECT id, state FROM leases WHERE city = :city"))

    async def charged(self) -> list[Charged]:
        return await self._rows(CHARGED, now=self.now)

    async def balances(self) -> dict[str, int]:
        return {account: cents for account, cents in await self._rows(BALANCES) if cents}

    async def unbalanced(self) -> list[Any]:
        return await self._rows(UNBALANCED)

    async def processing(self) -> list[tuple[UUID, str]]:
        return await self._rows(PROCESSING)

    async def plans(self) -> dict[UUID, tuple[int, int, int, int]]:
        return {lease: (posted, cut, months, rows) for lease, posted, cut, months, rows in await self._rows(PLANS)}

    async def collected(self) -> list[tuple[UUID, list[str], bool, str]]:
        return await self._rows(COLLECTED)

    async def steps(self) -> list[tuple[UUID, int, str]]:
        return await self._rows(
            "SELECT lease_id, version, act FROM lease_steps WHERE city = :city ORDER BY lease_id, version"
        )

    async def sheets(self) -> list[tuple[UUID, str, str]]:
        return await self._rows("SELECT lease_id, name, sheet FROM lease_sheets WHERE city = :city")

    async def _rows(self, sql: str, **values: object) -> list[Any]:
        return await self.database.rows(self.city, sql, **values)
