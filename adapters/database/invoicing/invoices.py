"""Invoices in PostgreSQL: written once, sealed, numbered by a row that is locked until they are there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.changes import write_note
from adapters.database.booking.reading import BOOKING, PAYMENTS
from adapters.database.charging.meter_proofs import SIGNED_DIGEST
from adapters.database.connections import Transactions
from adapters.database.transacting import Transacting, in_city
from domain.booking.bookings import BookingId
from domain.identity import SYSTEM, Actor, City, Role
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.invoicing.issuing import Counter
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.invoicing.ports import Desk, OpenInvoices

T = TypeVar("T")

# Of documents i, those whose money somebody has to send: what is collected comes, or goes back, with a payout. Word for word as
# in the index of revision 0047, without which it would be looked for in everything that was ever issued.
BY_TRANSFER = "i.content::json ->> 'collected' = 'false'"
LOCK = text("SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR UPDATE")
# Whoever holds the booking or the lease, a person h who may have said whom her invoices are addressed to, d.
DEBTOR = """json_build_object('person_id', {}.holder_id, 'language', coalesce(h.language, 'de'), 'name', coalesce(d.name, h.name),
    'leitweg_id', d.leitweg_id, 'address', CASE WHEN d.person_id IS NOT NULL THEN json_build_object('street', d.street,
      'postcode', d.postcode, 'town', d.town, 'country', d.country) END)"""
DESK = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS}, 'settings', y.settings, 'thing', r.name,
  'place', CASE WHEN position(s.name in s.address) > 0 THEN s.address ELSE s.name || ', ' || s.address END,
  'debtor', {DEBTOR.format("b")},
  'issued', (SELECT coalesce(json_agg(i.content::json ORDER BY i.issued_at, i.position), '[]'::json) FROM invoices i
    WHERE i.city = b.city AND i.booking_id = b.id),
  'late', (SELECT coalesce(json_agg(json_build_object('case_id', k.id, 'since', k.opened_at, 'currency', k.currency, 'charge', c.charge)
      ORDER BY k.opened_at, c.step), '[]'::json) FROM dunning_cases k, json_array_elements(k.charges) WITH ORDINALITY c(charge, step)
    WHERE k.city = b.city AND k.booking_id = b.id),
  'evidence', (SELECT coalesce(json_agg(json_build_object('session_id', c.id, 'kwh', p.kwh::text, 'meter', p.meter,
      'verified', p.verdict = 'verified', 'digest', (SELECT {SIGNED_DIGEST} FROM charging_signed_values v
        WHERE v.city = c.city AND v.session_id = c.id)) ORDER BY c.began_at, c.id), '[]'::json)
    FROM charging_sessions c JOIN charging_meter_proofs p ON p.city = c.city AND p.session_id = c.id
    WHERE c.city = b.city AND c.booking_id = b.id AND p.verdict <> 'not_verified' AND p.kwh IS NOT NULL))::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
  JOIN stations s ON s.city = r.city AND s.id = r.station_id JOIN cities y ON y.city = b.city
  LEFT JOIN persons h ON h.city = b.city AND h.id = b.holder_id
  LEFT JOIN debtors d ON d.city = b.city AND d.person_id = b.holder_id
WHERE b.city = :city AND b.id = :id
""")
BEGIN = text(
    "INSERT INTO invoice_series (city, series, last, last_on) VALUES (:city, :series, 0, '0001-01-01') ON CONFLICT DO NOTHING"
)
COUNTER = text("SELECT last, last_on FROM invoice_series WHERE city = :city AND series = :series FOR UPDATE")
COUNT = text("UPDATE invoice_series SET last = last + 1, last_on = :on WHERE city = :city AND series = :series")
KEEP = text("""
INSERT INTO invoices (city, id, kind, series, position, number, source, booking_id, lease_id, debtor_id, employer, service, issued_on,
  issued_at, gross, currency, cash_reference, corrects, content, digest)
VALUES (:city, :id, :kind, :series, :position, :number, :source, :booking_id, :lease_id, :debtor_id, :employer, :service, :issued_on, :issued_at,
  :gross, :currency, :cash_reference, :corrects, :content, :digest)
""")
LOOK_AGAIN = text("""
UPDATE bookings SET invoice_due_at = :at WHERE city = :city AND id = :id AND invoice_due_at IS DISTINCT FROM :at
""")

NAMED = text("SELECT id, booking_id FROM invoices WHERE city = :city AND number = :number")
ABOUT = text("SELECT booking_id FROM invoices WHERE city = :city AND id = :id")

_desk = msgspec.json.Decoder(Desk)
_encode = msgspec.json.Encoder(order="deterministic").encode
NOTHING = Answer(204, "", "")


class SqlOpenInvoices:
    def __init__(self, connection: AsyncConnection, city: City, desk: Desk | None, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._city = city
        self._desk = desk
        self._new_id = new_id
        self._counted: list[str] = []

    @property
    def desk(self) -> Desk | None:
        return self._desk

    async def counter(self, series: str) -> Counter:
        scope = {"city": self._city, "series": series}
        found = (await self._connection.execute(COUNTER, scope)).one_or_none()
        if found is None:
            await self._connection.execute(BEGIN, scope)
            found = (await self._connection.execute(COUNTER, scope)).one()
        self._counted.append(series)
        return Counter(series, found.last, found.last_on)

    async def keep(self, invoice: Invoice) -> None:
        while self._counted:
            await self._connection.execute(
                COUNT, {"city": self._city, "series": self._counted.pop(0), "on": invoice.issued_on}
            )
        await self._connection.execute(KEEP, _row(self._city, invoice))
        await write_note(
            self._connection,
            _by_itself(self._city),
            f"{invoice.kind}.issued",
            invoice.id,
            tell=True,
            new_id=self._new_id,
            now=invoice.issued_at,
        )
        if self._desk is not None:
            self._desk = msgspec.structs.replace(self._desk, issued=(*self._desk.issued, invoice))

    async def look_again(self, at: datetime | None) -> None:
        if self._desk is not None:
            await self._connection.execute(LOOK_AGAIN, {"city": self._city, "id": self._desk.booking.id, "at": at})


class SqlInvoiceBooks:
    """`written` is called after each piece of work, to wake whoever reads the outbox."""

    def __init__(self, transactions: Transactions, new_id: Callable[[], UUID], written: Callable[[], None]) -> None:
        self._transactions = transactions
        self._new_id = new_id
        self._written = written

    async def work(self, city: City, booking_id: BookingId, do: Callable[[OpenInvoices], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            desk = await desk_of(connection, city, booking_id)
            return await do(SqlOpenInvoices(connection, city, desk, self._new_id))

        done = await in_city(self._transactions, city, work)
        self._written()
        return done


class SqlInvoiceCorrections(Transacting):
    async def answered(
        self, call: Call[Any], invoice_id: InvoiceId, do: Callable[[OpenInvoices], Awaitable[Any]]
    ) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            outcome = await do(await self._opened(connection, call.city, invoice_id))
            if not isinstance(outcome, Refusal):
                await write_note(
                    connection, call, "invoice.replaced", invoice_id, tell=False, new_id=self._new_id, now=now
                )
            return outcome

        return await self._answered(call, work)

    async def _opened(self, connection: AsyncConnection, city: City, invoice_id: InvoiceId) -> SqlOpenInvoices:
        booking = (await connection.execute(ABOUT, {"city": city, "id": invoice_id})).scalar_one_or_none()
        desk = await desk_of(connection, city, booking) if booking is not None else None
        return SqlOpenInvoices(connection, city, desk, self._new_id)


async def desk_of(connection: AsyncConnection, city: City, booking_id: UUID) -> Desk | None:
    """A booking with its documents, for nobody else at the same time."""
    scope = {"city": city, "id": booking_id}
    await connection.execute(LOCK, scope)
    # A second statement: one that had to wait for the lock would have read the payments before it.
    found = (await connection.execute(DESK, scope)).scalar_one_or_none()
    return _desk.decode(found) if found else None


async def invoice_named(transactions: Transactions, city: City, number: str) -> tuple[InvoiceId, BookingId] | None:
    """The invoice or credit note with that number, and the booking that it is about."""
    async with transactions.city(city) as connection:
        row = (await connection.execute(NAMED, {"city": city, "number": number})).one_or_none()
    return (InvoiceId(row.id), BookingId(row.booking_id)) if row is not None else None


def content_of(invoice: Invoice) -> tuple[str, str]:
    """All that the invoice says, always written the same, and its digest."""
    content = _encode(invoice)
    return content.decode(), sha256(content).hexdigest()


def _row(city: City, invoice: Invoice) -> dict[str, object]:
    content, digest = content_of(invoice)
    return {
        "city": city,
        "id": invoice.id,
        "kind": invoice.kind.value,
        "series": invoice.series,
        "position": invoice.position,
        "number": invoice.number,
        "source": invoice.source,
        "booking_id": invoice.subject.booking_id,
        "lease_id": invoice.subject.lease_id,
        "debtor_id": invoice.debtor.person_id,
        "employer": invoice.debtor.employer,
        "service": invoice.subject.service,
        "issued_on": invoice.issued_on,
        "issued_at": invoice.issued_at,
        "gross": invoice.gross.amount,
        "currency": invoice.gross.currency,
        "cash_reference": invoice.cash_reference,
        "corrects": invoice.corrects.id if invoice.corrects else None,
        "content": content,
        "digest": digest,
    }


def _by_itself(city: City) -> Call[Any]:
    """What the system does unasked."""
    return Call(city, Actor(SYSTEM, city, frozenset({Role.OPERATOR})), "invoices", "", "", "invoices", "", _unasked)


def _unasked(_outcome: Any) -> Answer:
    return NOTHING
