"""What reconciliation asks is read from indexes that hold no more than it asks for, as the app's role behind the row
policies."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from sqlalchemy import text

from adapters.database.banking.expectations import SINCE, TRANSFERS
from adapters.database.banking.three_books import LOOK
from adapters.database.exporting import MORE_TIME
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.ledger.gaps import KINDS
from domain.booking.bookings import State
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from tests.adapters.database.lives import World
from tests.invoices import CITY, TODAY

pytestmark = pytest.mark.database

COLLECTED, BY_TRANSFER = 1_000, 20
# Copies of one invoice, as it is or to be transferred, in a series of their own.
MANY = """
INSERT INTO invoices (city, id, kind, series, position, number, source, booking_id, debtor_id, service, issued_on, issued_at, gross,
  currency, cash_reference, content, digest)
SELECT i.city, gen_random_uuid(), i.kind, :series, n, :series || n, :series || n, i.booking_id, i.debtor_id, i.service, i.issued_on,
  i.issued_at, i.gross, i.currency, :series || n, c.content, encode(sha256(convert_to(c.content, 'UTF8')), 'hex')
FROM invoices i, generate_series(1, CAST(:many AS int)) n,
  LATERAL (SELECT regexp_replace(i.content, '"collected".(true|false)', '"collected"' || chr(58) || :collected) AS content) c
WHERE i.city = :city AND i.series NOT LIKE 'many%'
"""
PAYOUTS = """
INSERT INTO payouts (city, id, payout_id, amount, currency, state, is_automatic, is_reconciled, created_at, arrives_on, itemised_at,
  version, updated_at)
SELECT :city, gen_random_uuid(), 'po_' || n, 20, 'EUR', 'paid', true, true, :now, :day, :now, 1, :now FROM generate_series(1, 300) n
"""
ITEMS = """
INSERT INTO provider_transactions (city, id, transaction_id, kind, type, category, amount, fee, net, currency, created_at, available_at,
  payout_id, fees, seen_at)
SELECT :city, gen_random_uuid(), 'txn_' || n, 'charge', 'charge', 'charge', 1, 0, 1, 'EUR', :now, :now, 'po_' || (1 + n % 300), '[]', :now
FROM generate_series(1, 6000) n
"""


async def scans(world: World, table: str, sql: str, **values: object) -> list[dict[str, Any]]:
    """Where the table is read, by the plan that was executed. It may read a whole table, or blocks of it, only where no index
    serves: over as few rows as a test has they cost nearly the same."""
    async with world.database.app.transactions.city(world.city.city) as connection:
        for way in ("seqscan", "bitmapscan"):
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "kommobil_app"
        asked = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        found = (await connection.execute(asked, {"city": world.city.city} | values)).scalar_one()
    (explained,) = found if isinstance(found, list) else json.loads(found)
    return [node for node in nodes(explained["Plan"]) if node.get("Relation Name") == table]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.fixture
async def town(world: World) -> World:
    """A city that issued an invoice, to be transferred, and copied it many times."""
    city, transactions = world.city.city, world.database.app.transactions
    settings = {"settings": msgspec.json.encode(CITY).decode()}
    await world.rows("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city RETURNING 1", **settings)
    booking = await world.booked(State.COMPLETED)
    books = SqlInvoiceBooks(transactions, new_id, lambda: None)
    await issue_for_booking(city, booking.id, books=books, clock=lambda: TODAY, new_id=new_id)
    for series, many, collected in (("many", COLLECTED, "true"), ("many-by-transfer", BY_TRANSFER, "false")):
        async with transactions.city(city) as connection:
            named = {"city": city, "series": series}
            begin = "INSERT INTO invoice_series (city, series, last, last_on) VALUES (:city, :series, 0, '0001-01-01')"
            await connection.execute(MORE_TIME)
            await connection.execute(text(begin), named)
            await connection.execute(text(MANY), named | {"many": many, "collected": collected})
    async with world.database.owner.transactions.everywhere() as connection:
        await connection.execute(text("ANALYZE invoices"))
    return world


async def test_what_is_expected_at_the_bank_is_found_without_reading_what_is_collected(town: World) -> None:
    found = await scans(town, "invoices", TRANSFERS + SINCE, since=TODAY.date())
    read = sum((scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"] for scan in found)
    assert {scan.get("Index Name") for scan in found} == {"invoices_by_transfer", "credit_notes_of_invoice"}
    assert read == 1 + BY_TRANSFER


async def test_what_payouts_are_made_of_is_summed_up_from_the_index_alone(world: World, postgres: DatabaseUrls) -> None:
    async with world.database.app.transactions.city(world.city.city) as connection:
        for sql in (PAYOUTS, ITEMS):
            named = {"city": world.city.city, "now": TODAY, "day": TODAY.date()}
            await connection.execute(text(sql), {name: value for name, value in named.items() if f":{name}" in sql})
    owner = await asyncpg.connect(postgres.owner)
    await owner.execute("VACUUM (ANALYZE) provider_transactions")
    await owner.execute("ANALYZE payouts")
    await owner.close()
    since = {"kinds": KINDS, "sealed": 0, "marked": TODAY + timedelta(days=1), "since": TODAY.date()}
    found = await scans(world, "provider_transactions", LOOK, **since)
    (summed,) = [scan for scan in found if "payout_id" in scan.get("Index Cond", "")]
    assert (summed["Node Type"], summed["Index Name"]) == ("Index Only Scan", "items_of_payouts")
    assert summed["Actual Loops"] == 300
