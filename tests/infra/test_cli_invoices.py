"""`kommobil invoice`."""

import asyncio

import msgspec
import pytest

from adapters.database.invoicing.invoices import SqlInvoiceBooks
from domain.booking.bookings import State
from infra.clock import now
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from tests.adapters.database.lives import World
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said
from tests.invoices import CITY as SETTINGS

pytestmark = pytest.mark.database


async def test_a_wrong_invoice_is_cancelled_and_issued_anew(kommobil: CommandLine, database: Databases) -> None:
    world = World(database, await database.new_city())
    city = world.city.city
    sql = "UPDATE cities SET settings = CAST(:it AS jsonb) WHERE city = :city RETURNING city"
    await world.rows(sql, it=msgspec.json.encode(SETTINGS).decode())
    booking = await world.booked(State.COMPLETED)
    books = SqlInvoiceBooks(database.app.transactions, new_id, lambda: None)
    (wrong,) = await issue_for_booking(city, booking.id, books=books, clock=now, new_id=new_id)
    year = wrong.issued_on.year

    said = await kommobil.aside("invoice", "replace", wrong.number, "--city", city)
    assert said == Said(0, f"{wrong.number} is cancelled by RK-{year}-000001; RE-{year}-000002 takes its place\n", "")
    again = await kommobil.aside("invoice", "replace", f"RE-{year}-000002", "--city", city, "--json")
    assert again.json == {
        "credit_note": f"RK-{year}-000002",
        "invoice": f"RE-{year}-000003",
        "gross": {"amount": 240, "currency": "EUR"},
    }
    told = await world.rows("SELECT kind FROM outbox WHERE city = :city AND kind LIKE '%.issued' ORDER BY id")
    assert [row[0] for row in told] == ["invoice.issued", *(["credit_note.issued", "invoice.issued"] * 2)]


async def test_what_cannot_be_replaced_is_told(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    said = await kommobil.aside("invoice", "replace", "RE-1", "--city", city)
    assert said == Said(1, "", "Error: RE-1: there is no such invoice\n")
