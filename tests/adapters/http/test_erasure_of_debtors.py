"""Whoever still owes a month of a lease is erased once it came to the bank."""

from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace

from adapters.database.invoices import SqlInvoiceBooks
from domain.booking.bookings import BookingId, State
from domain.identity import PersonId
from domain.invoicing.invoices import Invoice
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.periods import Period
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from tests.adapters.http.settled import settled
from tests.adapters.http.test_me import Somebody, somebody
from tests.database import Databases
from tests.domain.reconciliation.statements import IBAN, a_statement
from tests.examples import NOON, a_booking, a_payment, an_order
from tests.services.reconciliation.offices import SET_IBAN, Office

pytestmark = pytest.mark.database
MATCH = """
WITH m AS (INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
  VALUES (:city, :id, 'by_hand', 100, 'r', :id, now()) RETURNING id)
INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
SELECT :city, :id, l.id, :expected, 2900, 2900 FROM bank_lines l WHERE l.city = :city AND l.position = :position RETURNING line_id
"""


async def a_lease(ada: Somebody) -> tuple[Invoice, ...]:
    """Three months of 29.00 that are over, of which a card paid the first; the invoices about them."""
    bike, city = ada.seeded.bikes[0], ada.city
    order = an_order(bike, period=Period(NOON, NOON + timedelta(days=92)))
    lease = replace(a_booking(State.COMPLETED, bike, order=order), id=BookingId(new_id()), holder_id=PersonId(ada.id))
    paid = a_payment(lease, PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, captured=2900, id=new_id())
    await ada.database.place(city, lease, bike, replace(paid, intent_id=new_id().hex))
    await settled(ada.database, city)
    books = SqlInvoiceBooks(ada.database.app.transactions, new_id, lambda: None)
    return await issue_for_booking(city, lease.id, books=books, clock=lambda: lease.end, new_id=new_id)


async def test_an_erasure_waits_until_every_month_was_transferred(http: httpx.AsyncClient, database: Databases) -> None:
    ada = await somebody(http, database)
    _, second, third = await a_lease(ada)
    async with database.app.transactions.city(ada.city) as connection:
        await connection.execute(SET_IBAN, {"city": ada.city, "iban": IBAN})
    await Office(database, ada.city).take_in(a_statement(2900, 2900))
    for position, invoice in enumerate((second, third), start=1):
        refused = await ada.ask("DELETE")
        assert (refused.status_code, refused.json()["open"]["unpaid"]) == (409, [str(invoice.subject.booking_id)])
        expected = f"invoice:{invoice.id}"
        await database.rows(ada.city, MATCH, id=new_id(), expected=expected, position=position)
    assert (await ada.ask("DELETE")).status_code == 204
