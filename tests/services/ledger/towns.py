"""A city that writes invoices and keeps a ledger, and what happens in it."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.invoicing.invoices import SqlInvoiceBooks
from domain.booking.bookings import Booking, BookingId, State
from domain.payments.payments import PaymentId, PaymentState
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.ledger.posting import Fact, post
from tests.adapters.database.ledgers import Books
from tests.adapters.database.lives import World
from tests.database import Databases
from tests.examples import a_booking, a_payment
from tests.invoices import CITY, TODAY

BALANCES = """
SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::int FROM ledger_legs WHERE city = :city
GROUP BY account HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
"""


async def posted(books: Books, fact: Fact, subject: UUID) -> int:
    return await post(fact, books.city, subject, ledgers=books.ledgers)


async def balances(books: Books) -> dict[str, int]:
    return dict(await books.rows(BALANCES))


async def sources(books: Books) -> list[str]:
    rows = await books.rows("SELECT source FROM ledger_entries WHERE city = :city ORDER BY 1")
    return [source for (source,) in rows]


async def a_town(database: Databases) -> tuple[World, Books]:
    """A city that can write invoices."""
    world = World(database, await database.new_city())
    books = Books(database, world.city.city)
    settings = msgspec.json.encode(CITY).decode()
    await books.write("UPDATE cities SET settings = CAST(:it AS jsonb) WHERE city = :city", it=settings)
    return world, books


async def used(world: World, payment_state: PaymentState, **changes: object) -> Booking:
    """A use that is over, with a hold on a card."""
    booking = replace(a_booking(State.COMPLETED, world.city.charge_points[0]), id=BookingId(new_id()))
    payment = a_payment(
        booking, payment_state, id=PaymentId(new_id()), intent_id=new_id().hex, capture_before=TODAY, **changes
    )
    return await world.place(booking, None, payment)


async def issue(world: World, booking: Booking, now: datetime = TODAY) -> list[UUID]:
    books = SqlInvoiceBooks(world.database.app.transactions, new_id, lambda: None)
    issued = await issue_for_booking(world.city.city, booking.id, books=books, clock=lambda: now, new_id=new_id)
    return [each.id for each in issued]


async def paid_by_transfer(books: Books, invoice: UUID) -> tuple[UUID, UUID]:
    """A line over 2.40, matched with the invoice by hand."""
    statement, line, match = new_id(), new_id(), new_id()
    async with books.databases.app.transactions.city(books.city) as connection:
        for sql in (
            """INSERT INTO bank_statements (city, id, iban, named, page, currency, opening, closing, opened_on, closed_on,
                 line_count, digest, file, imported_at, imported_by)
               VALUES (:city, :statement, 'x', 'S', 1, 'EUR', 0, 240, '2030-06-05', '2030-06-06', 1, 'd', 'f', now(), :line)""",
            """INSERT INTO bank_lines (city, id, statement_id, position, booked_on, value_on, amount, currency, end_to_end_id,
                 "references", text, counterparty, counterparty_iban, bank_reference, mandate_id, code, returned, reversal)
               VALUES (:city, :line, :statement, 1, '2030-06-06', '2030-06-06', 240, 'EUR', '', '{}', '', '', '', '', '', '',
                 '', false)""",
            """INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
               VALUES (:city, :match, 'by_hand', 100, 'r', :line, now())""",
            """INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
               VALUES (:city, :match, :line, :expected, 240, 240)""",
        ):
            named = {
                "city": books.city,
                "statement": statement,
                "line": line,
                "match": match,
                "expected": f"invoice:{invoice}",
            }
            await connection.execute(text(sql), {name: value for name, value in named.items() if f":{name}" in sql})
    return match, statement


async def given_up_with_a_fee(books: Books, booking: Booking, invoice: UUID) -> None:
    """2.40, and a reminder's fee of 5.00 that is not invoiced yet."""
    charges = '[{"step": 2, "amount": 500, "made_at": "2030-06-20T00:00:00Z"}]'
    claims = f'[{{"invoice_id": "{invoice}", "number": "1", "cash_reference": "1", "open": 240}}]'
    await books.write(
        "INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version,"
        " updated_at, closed_at, closed_by, charges, claims) VALUES (:city, :id, :id, 240, 'EUR', '2030-06-04', 2, 500, 'written_off', '',"
        " 1, now(), '2030-06-04 09:16', :id, CAST(:charges AS json), CAST(:claims AS json))",
        id=booking.id,
        charges=charges,
        claims=claims,
    )
