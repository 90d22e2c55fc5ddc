"""A city's books at the bank in PostgreSQL, and what is expected there as the test says."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adapters.database.banking.books import SqlBankAccounts, SqlBankBooks
from adapters.database.banking.case_archive import SqlCaseArchive
from adapters.database.banking.statement_archive import SqlStatementArchive
from adapters.database.ledger.journal import SqlLedgers
from adapters.jobs.posting import POSTED
from domain.identity import City, Role
from domain.reconciliation.expected import Expected
from domain.reconciliation.statements import BankStatement
from infra.ids import new_id
from services.calls import Answer, Call
from services.ledger.posting import post
from services.reconciliation import Reconciliation, bound
from services.reconciliation.importing import ImportFile, Importing
from services.reconciliation.ports import Ports
from services.reconciliation.reading import FileProblem, Unreadable
from tests.database import Databases
from tests.domain.reconciliation.statements import IBAN
from tests.examples import an_actor, person_id

NOW = datetime.fromisoformat("2026-11-24T02:00:00+00:00")
SET_IBAN = text(
    "UPDATE cities SET settings = settings || jsonb_build_object('iban', CAST(:iban AS text)) WHERE city = :city"
)


class Office:
    """`now` and `expected` are the test's to change. A file's bytes stand for the statements that the test put there."""

    def __init__(self, databases: Databases, city: City) -> None:
        self.databases = databases
        self.city = city
        self.now = NOW
        self.expected: tuple[Expected, ...] = ()
        self._files: dict[bytes, tuple[BankStatement, ...]] = {}
        transactions = databases.app.transactions
        self.books = SqlBankBooks(transactions, lambda: self.now, new_id, lambda: None)
        ports = Ports(self.books, SqlBankAccounts(transactions), (self,), lambda: self.now, new_id)
        self.desk: Reconciliation = bound(
            ports, self._read, SqlStatementArchive(transactions), SqlCaseArchive(transactions)
        )

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:  # noqa: ARG002 - the port's signature
        return self.expected

    def file(self, *statements: BankStatement) -> ImportFile:
        raw = repr(statements).encode()
        self._files[raw] = statements
        return ImportFile("umsaetze.xml", raw)

    async def take_in(self, *statements: BankStatement) -> Importing:
        taken = await self.desk.take_in(self.city, person_id("finance"), self.file(*statements))
        await self.post("bank.statement_imported")
        return taken

    async def post(self, *kinds: str) -> None:
        """The ledger is told what happened of these kinds."""
        told = await self.rows("SELECT kind, subject_id FROM outbox WHERE city = :city ORDER BY id")
        ledgers = SqlLedgers(self.databases.app.statements, lambda: self.now, new_id)
        for kind, subject_id in told:
            if kind in kinds:
                await post(POSTED[kind], self.city, subject_id, ledgers=ledgers)

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.databases.rows(self.city, sql, **values)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def call(self, answer: Callable[[Any], Answer], key: str = "") -> Call[Any]:
        actor = an_actor("finance", Role.FINANCE, city=self.city)
        return Call(self.city, actor, "banking", key, "f", "r", "", answer)

    def _read(self, raw: bytes, zone: ZoneInfo) -> tuple[BankStatement, ...]:  # noqa: ARG002 - likewise
        if raw not in self._files:
            raise Unreadable(FileProblem.NOT_XML, "it cannot be read as XML", "a.xml")
        return self._files[raw]


async def an_office(databases: Databases) -> Office:
    seeded = await databases.new_city()
    async with databases.app.transactions.city(seeded.city) as connection:
        await connection.execute(SET_IBAN, {"city": seeded.city, "iban": f"{IBAN[:4]} {IBAN[4:]}"})
    return Office(databases, seeded.city)
