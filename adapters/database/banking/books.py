"""The books at the bank, opened in one transaction: one at a time in a city, as matching looks at all that is open."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import asdict
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.banking.exceptions import SqlExceptions
from adapters.database.banking.matches import SqlMatches
from adapters.database.banking.statements import SqlStatements
from adapters.database.banking.three_books import three_books
from adapters.database.booking.changes import NOTE
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from adapters.database.transacting import Transacting
from domain.identity import City, PersonId
from domain.reconciliation.events import BankEvent
from services.calls import Answer, Call
from services.reconciliation.ports import BankAccounts, Looked, OpenBooks, Run

T = TypeVar("T")

# Before the row of any booking: whoever has one of these never waits for it.
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('matches ' || :city, 0))")
ACCOUNT = text("SELECT settings ->> 'iban' AS iban, time_zone FROM cities WHERE city = :city")
RAN = """
INSERT INTO reconciliations (city, id, ran_at, matched, raised, resolved, waiting_lines, waiting_expected, sealed, stated_differs)
VALUES (:city, :id, :now, :matched, :raised, :resolved, :waiting_lines, :waiting_expected, :sealed, :stated_differs)
"""
DUE = text("""
SELECT c.city FROM cities c WHERE NOT EXISTS (
  SELECT FROM reconciliations r WHERE r.city = c.city AND r.ran_at >= :since) ORDER BY random() LIMIT :limit
""")


class SqlBankBooks(Transacting):
    async def work(self, city: City, by: PersonId, do: Callable[[OpenBooks], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            return await do(await self._open(connection, city, by))

        return await self._done(city, work)

    async def answered(self, call: Call[Any], do: Callable[[OpenBooks], Awaitable[Any]]) -> Answer:
        async def work(connection: AsyncConnection, _: datetime) -> Any:
            return await do(await self._open(connection, call.city, call.actor.id, call.request_id, call.address))

        return await self._answered(call, work)

    async def _open(
        self, connection: AsyncConnection, city: City, by: PersonId, request_id: str = "banking", address: str = ""
    ) -> OpenBooks:
        await connection.execute(ALONE, {"city": city})
        sheet = Sheet(connection, city, by, request_id, self._clock(), self._new_id)

        async def write(action: str, subject_id: UUID, *, tell: bool) -> None:
            row = {"action": action, "subject_id": subject_id, "actor_id": by, "request_id": request_id, "tell": tell}
            ids = {"outbox_id": self._new_id(), "audit_id": self._new_id()}
            await connection.execute(NOTE, {"city": city, "address": address, "now": sheet.now} | row | ids)

        async def tell(event: BankEvent) -> None:
            await write(str(event.__struct_config__.tag), event.id, tell=True)

        async def ran(run: Run, looked: Looked) -> None:
            await sheet.write(RAN, id=self._new_id(), **asdict(run), **asdict(looked))

        return OpenBooks(
            SqlStatements(sheet),
            SqlMatches(sheet, tell),
            SqlExceptions(sheet),
            tell=tell,
            note=partial(write, tell=False),
            ran=ran,
            three=partial(three_books, sheet),
        )


class SqlBankAccounts:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of(self, city: City) -> BankAccounts | None:
        async with self._transactions.city(city) as connection:
            row = (await connection.execute(ACCOUNT, {"city": city})).one_or_none()
        if row is None:
            return None
        return BankAccounts(frozenset({row.iban.replace(" ", "")} if row.iban else ()), ZoneInfo(row.time_zone))


async def due_reconciliations(relay: Transactions, since: datetime, limit: int) -> list[City]:
    """Across cities, those that have not been reconciled since."""
    async with relay.everywhere() as connection:
        return [City(city) for (city,) in await connection.execute(DUE, {"since": since, "limit": limit})]
