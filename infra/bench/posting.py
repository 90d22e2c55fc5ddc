"""What posting costs beside the booking that it is about: CPU of our process and of PostgreSQL, for one booking."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text

from adapters.database.connections import Database
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.ledger.journal import SqlLedgers
from adapters.database.ledger.seals import SqlSeals
from adapters.database.payments.settlements import SqlSettlementBooks
from adapters.documents.rendering import render
from adapters.jobs.relay import AT_ONCE
from domain.booking.bookings import BookingId
from domain.booking.resources import Service
from domain.identity import City
from domain.invoicing.invoices import Invoice
from domain.payments.payments import PaymentId
from domain.payments.transactions import ProviderTransaction, TransactionKind, filed_as
from infra.bench.city import CENTER, BenchCity, BenchResource
from infra.bench.running import RunningApi, http_request, load
from infra.bench.scaffold import cpu_of
from infra.clock import now
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.invoicing.ports import Format
from services.ledger.posting import Fact, post
from services.ledger.sealing import seal_all
from services.settlement.ports import Movement

CLIENTS = 8
RENDERED = 20
SETTINGS = {
    "name": "Benchtown",
    "legal_entity": "Stadt Benchtown",
    "address": "Markt 1\n38100 Benchtown",
    "vat_id": "DE999999995",
    "iban": "DE70999999990000003810",
    "creditor_id": "DE98ZZZ09999999999",
    "leitweg_id": "04011000-1234512345-06",
    "time_zone": "Europe/Berlin",
    "state": "NI",
    "postcodes": ["38100"],
    "languages": ["de", "en"],
    "imprint": "Stadt Benchtown",
    "terms": {"general": "2026-01"},
    "center": {"lat": CENTER.lat, "lon": CENTER.lon},
}
# The bookings that were just made are over, and were paid by a hold on a card.
USED = """
UPDATE bookings SET state = 'completed', started_at = starts, finished_at = ends, updated_at = now() WHERE city = :city RETURNING id
"""
PAID = """
INSERT INTO payments (city, id, booking_id, holder_id, kind, purpose, capture, amount, currency, state, recovery_point, intent_id,
  captured, capture_before, made_at, updated_at)
SELECT city, gen_random_uuid(), id, holder_id, 'payment', 'booking', 'manual', 240, 'EUR', 'captured', 'settled', 'pi_' || id, 240,
  now(), now(), now() FROM bookings WHERE city = :city RETURNING id, booking_id
"""


class Share(Struct, frozen=True):
    """Milliseconds of CPU for one booking: to make it over HTTP, to write its invoice, to render that; and to post and seal
    it in so many entries, `alone` one after the other, else as many at once as a worker under load delivers. What the
    payment provider is asked, and what else is done with a booking, is left out."""

    booking_ms: float
    invoice_ms: float
    document_ms: float
    posting_ms: float
    posting_alone_ms: float
    entries: float

    @property
    def of_a_booking(self) -> float:
        return self.posting_ms / (self.booking_ms + self.invoice_ms + self.document_ms)

    @property
    def of_booking_and_invoice(self) -> float:
        """Without what it costs to render the invoice."""
        return self.posting_ms / (self.booking_ms + self.invoice_ms)


async def measured(
    database: Database,
    api: RunningApi,
    city: BenchCity,
    resources: Sequence[BenchResource],
    *,
    count: int,
    postgres: int,
) -> Share:
    """Make the bookings, then invoice, post and seal them in this process; half of them are posted one after the other."""
    points = [resource for resource in resources if resource.service is Service.CHARGING]
    requests = _requests(api, city, points, 2 * count)
    await load(api, requests[:count], CLIENTS)  # so that statements are prepared and tokens known
    before = cpu_of((*api.pids, postgres))
    met = await load(api, requests[count:], CLIENTS)
    booking_ms = 1000 * (cpu_of((*api.pids, postgres)) - before) / met.asked
    paid = await _over(database, city.name)
    paid = paid[: min(count, len(paid))]

    async def invoiced() -> None:
        for _, booking in paid:
            await issue_for_booking(city.name, BookingId(booking), books=books, clock=now, new_id=new_id)

    books = SqlInvoiceBooks(database.transactions, new_id, _nobody)
    invoice_ms = await _cpu_of(invoiced, postgres) / len(paid)
    document_ms = await _document_ms(database, city.name, postgres)
    half = len(paid) // 2
    known = await _entries(database, city.name)
    alone = await _facts(database, city.name, paid[:half])
    alone_ms = await _cpu_of(lambda: _posted(database, city.name, alone, 1), postgres) / half
    rest = await _facts(database, city.name, paid[half:])
    posting_ms = await _cpu_of(lambda: _posted(database, city.name, rest, AT_ONCE), postgres) / (len(paid) - half)
    entries = (await _entries(database, city.name) - known) / len(paid)
    return Share(booking_ms, invoice_ms, document_ms, posting_ms, alone_ms, entries)


async def _posted(database: Database, city: City, facts: Sequence[tuple[Fact, UUID]], at_once: int) -> None:
    """As the worker does it, and sealed in the end."""
    ledgers = SqlLedgers(database.statements, now, new_id)
    waiting = iter(facts)

    async def one_after_the_other() -> None:
        for fact, subject in waiting:
            await post(fact, city, subject, ledgers=ledgers)

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    await seal_all(city, seals=SqlSeals(database.transactions), clock=now)


async def _over(database: Database, city: City) -> list[tuple[PaymentId, UUID]]:
    """Payments and their bookings."""
    settings = msgspec.json.encode(SETTINGS).decode()
    async with database.transactions.city(city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": city, "settings": settings},
        )
        await connection.execute(text(USED), {"city": city})
        return [(PaymentId(row.id), row.booking_id) for row in await connection.execute(text(PAID), {"city": city})]


async def _document_ms(database: Database, city: City, postgres: int) -> float:
    async with database.transactions.city(city) as connection:
        found = await connection.execute(
            text("SELECT content FROM invoices WHERE city = :city LIMIT :most"), {"city": city, "most": RENDERED}
        )
        invoices = [msgspec.json.decode(row.content, type=Invoice) for row in found]

    async def rendered() -> None:
        for invoice in invoices:
            await render(invoice, Format.PDF)

    return await _cpu_of(rendered, postgres) / len(invoices)


async def _facts(database: Database, city: City, paid: Sequence[tuple[PaymentId, UUID]]) -> list[tuple[Fact, UUID]]:
    """What the outbox tells of these bookings: held, finished and captured; invoiced; and what moved at the provider."""
    at = now()
    moved = [
        Movement(
            ProviderTransaction(
                f"txn_{payment}", TransactionKind.CHARGE, 240, 29, 211, "EUR", f"ch_{payment}", at, at + timedelta(3)
            ),
            "charge",
            "charge",
            payment_id=payment,
        )
        for payment, _ in paid
    ]
    await SqlSettlementBooks(database.transactions, new_id, _nobody).keep(city, moved, at)
    async with database.transactions.city(city) as connection:
        sql = text("SELECT id FROM invoices WHERE city = :city AND booking_id = ANY (:bookings)")
        found = await connection.execute(sql, {"city": city, "bookings": [booking for _, booking in paid]})
        invoices = [row.id for row in found]
    facts = [(Fact.BOOKING, booking) for _, booking in paid for _ in range(3)]
    facts += [(Fact.DOCUMENT, invoice) for invoice in invoices]
    return facts + [(Fact.MOVEMENT, filed_as(city, each.transaction.id)) for each in moved]


async def _entries(database: Database, city: City) -> int:
    async with database.transactions.city(city) as connection:
        counted = text("SELECT count(*) FROM ledger_entries WHERE city = :city")
        return int((await connection.execute(counted, {"city": city})).scalar_one())


async def _cpu_of(work: Callable[[], Awaitable[None]], postgres: int) -> float:
    """Milliseconds that it took, here and in PostgreSQL."""
    before, ours = cpu_of([postgres]), time.process_time()
    await work()
    return 1000 * (cpu_of([postgres]) - before + time.process_time() - ours)


def _requests(api: RunningApi, city: BenchCity, points: Sequence[BenchResource], count: int) -> list[bytes]:
    dice = random.Random(city.seed)  # noqa: S311 - reproducible, no secret
    token = api.token(city.name, new_id())
    first = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)

    def one(number: int) -> bytes:
        start = first + timedelta(hours=number // len(points))
        body = {
            "service": "charging",
            "resource_id": points[number % len(points)].id,
            "start": start,
            "end": start + timedelta(hours=1),
        }
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{dice.getrandbits(128):x}"}
        return http_request("POST", f"/v1/{city.name}/bookings", headers, msgspec.json.encode(body))

    return [one(number) for number in range(count)]


def _nobody() -> None:
    """No worker runs beside the measurement."""
