"""A city whose books are kept, and whoever keeps them, at a day that the test says: what was told is posted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec

from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.ledger.journal import SqlLedgers
from adapters.jobs.posting import POSTED
from domain.booking.bookings import BookingId, State
from domain.cities.finance import Accounting
from domain.identity import PersonId, Role
from domain.invoicing.invoices import Invoice
from infra.bootstrap import Outside, api, application
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.ledger.posting import post
from tests.adapters.http.bank import Office, paid, reference
from tests.adapters.http.test_invoices import Resident
from tests.api import KEY, KEY_ID, a_token, client
from tests.database import Databases
from tests.examples import a_booking
from tests.invoices import CITY

AFTERWARDS = datetime.fromisoformat("2031-01-01T00:00:00+00:00")
DATEV = Accounting(consultant=29098, client=55003, label="MaaS")


class Books:
    """`now` is the test's to change."""

    def __init__(self, database: Databases, resident: Resident, http: httpx.AsyncClient) -> None:
        self.database = database
        self.resident = resident
        self.now = datetime.fromisoformat("2030-07-02T06:00:00+00:00")
        self.office = Office(http, resident, a_token(resident.city.city, Role.FINANCE, exp=AFTERWARDS))
        self.ledgers = SqlLedgers(database.app.statements, self.clock, new_id)

    def clock(self) -> datetime:
        return self.now

    async def invoiced(self, at: str) -> Invoice:
        """An hour of charging, invoiced at that moment and to be transferred."""
        city, point = self.resident.city, self.resident.city.charge_points[0]
        booking = msgspec.structs.replace(
            a_booking(State.COMPLETED, point), id=BookingId(new_id()), holder_id=PersonId(self.resident.id)
        )
        await self.database.place(city.city, booking, point)
        books = SqlInvoiceBooks(self.database.app.transactions, new_id, lambda: None)
        moment = datetime.fromisoformat(at)
        (made,) = await issue_for_booking(city.city, booking.id, books=books, clock=lambda: moment, new_id=new_id)
        await self.told()
        return made

    async def transferred(self, invoice: Invoice, on: str, before: str) -> None:
        raw = paid((invoice.gross.amount, reference(invoice)), on=on, before=before)
        assert (await self.office.upload(raw.replace(b"2026-11-23", on.encode()))).status_code == 201
        outside = Outside(self.clock, new_id, lambda secret: secret)
        await application(self.database.app, outside).reconciliation.run(self.resident.city.city)
        await self.told()

    async def told(self) -> None:
        """The worker posts what happened."""
        for kind, subject in await self.rows("SELECT kind, subject_id FROM outbox WHERE city = :city ORDER BY id"):
            if kind in POSTED:
                await post(POSTED[kind], self.resident.city.city, subject, ledgers=self.ledgers)

    async def export(self, path: str, **params: Any) -> httpx.Response:
        return await self.office.ask("GET", f"exports/{path}", params=params)

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.database.rows(self.resident.city.city, sql, **values)


@asynccontextmanager
async def kept_books(database: Databases) -> AsyncIterator[Books]:
    found: list[Books] = []
    outside = Outside(lambda: found[0].now, new_id, lambda secret: secret, webhook_key=b"k" * 32)
    async with client(api(database.app, outside, {KEY_ID: KEY.public_key()})) as http:
        resident = Resident(http, database, await database.new_city(), new_id())
        books = Books(database, resident, http)
        found.append(books)
        await resident.settings(accounting=DATEV, iban=CITY.iban)
        await books.rows(
            "INSERT INTO persons (city, id, email, name, made_at) VALUES (:city, :id, 'ada@example.org', 'Ada', now()) RETURNING id",
            id=resident.id,
        )
        yield books
