"""From what others wrote down to the ledger: once each, whatever comes first, however often, and whatever breaks."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.invoices import SqlInvoiceBooks
from adapters.database.ledger import SqlLedgers
from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.invoicing import REMINDER
from domain.booking.life import finish
from domain.identity import City
from domain.invoicing.invoices import InvoiceKind
from domain.payments.payments import PaymentId, PaymentState
from domain.pricing.quotes import LineKind
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.ledger.ports import Losing, OpenLedger
from services.ledger.posting import Fact, document_of, lost_parts, post
from tests.adapters.database.ledgers import Books
from tests.adapters.database.lives import World
from tests.database import Databases
from tests.domain.ledger.facts import a_loss
from tests.domain.reconciliation.statements import MONDAY, a_heading, a_line, a_statement
from tests.examples import FLEET_STANDARD, NOON, a_booking, a_payment, a_resource, an_order, hours, person_id
from tests.invoices import CITY, TODAY, a_credit_note, an_invoice
from tests.invoices import a_line as an_item
from tests.services.reconciliation.offices import an_office

T = TypeVar("T")
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


pytestmark = pytest.mark.database


async def test_a_hold_is_in_the_books_until_it_ends(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.AUTHORISED)
    assert [await posted(books, Fact.BOOKING, booking.id) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"held": 240, "held_contra": -240}
    await books.write("UPDATE payments SET state = 'captured', captured = 240 WHERE city = :city")
    assert [await posted(books, Fact.BOOKING, booking.id) for _ in range(2)] == [1, 0]
    assert await balances(books) == {}


async def test_an_invoice_and_its_credit_note_are_posted_with_their_numbers(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.CAPTURED, captured=240)
    (invoice,) = await issue(world, booking)
    assert await posted(books, Fact.DOCUMENT, invoice) == 1
    assert await balances(books) == {"receivables": 240, "revenue.charging.19": -202, "vat.19": -38}
    await books.write("UPDATE payments SET refunded = 240 WHERE city = :city")
    (note,) = await issue(world, booking)
    assert [await posted(books, Fact.DOCUMENT, note) for _ in range(2)] == [1, 0]
    assert await balances(books) == {}
    texts = await books.rows("SELECT text FROM ledger_entries WHERE city = :city ORDER BY source DESC")
    assert texts == [("RE-2030-000001",), ("RK-2030-000001",)]


async def test_a_trip_for_an_office_is_charged_to_its_cost_centre_without_tax(database: Databases) -> None:
    world, books = await a_town(database)
    car = world.city.cars[0]
    order = an_order(car, payer=Payer.COST_CENTRE)
    order = replace(order, booking_id=BookingId(new_id()), options=msgspec.Raw(b'{"cost_centre":"5470-01"}'))
    driving = replace(
        a_booking(State.IN_USE, car, order=order), started_at=NOON, start_readings=Readings(odometer_km=1000)
    )
    done = finish(
        driving,
        a_resource(),
        Readings(odometer_km=1010),
        tariff=FLEET_STANDARD,
        time_zone=CITY.time_zone,
        now=NOON + hours(1),
    )
    booking = await world.place(done.booking, car)  # type: ignore[union-attr] # it is finished
    assert [await posted(books, Fact.BOOKING, booking.id) for _ in range(2)] == [1, 0]
    assert booking.quote.total.amount == 0  # an hour at 5.00 and 10 km at 0.30 would be 8.00, 6.72 of it net
    assert await balances(books) == {"cost_centres": 672, "internal": -672}
    assert await books.rows("SELECT cost_centre FROM ledger_legs WHERE city = :city AND account = 'cost_centres'") == [
        ("5470-01",)
    ]


async def test_a_line_is_unexplained_until_it_is_matched_and_again_when_that_is_undone(database: Databases) -> None:
    office = await an_office(database)
    books = Books(database, office.city)
    office.expected = (
        Expected(ExpectedId("payout:po_1"), ExpectedKind.PAYOUT, 1908, "EUR", MONDAY, ("STRIPE PO1",), "stripe"),
    )
    heading = a_heading(closing=100_000 + 1908)
    statement = replace(
        a_statement(1908), heading=heading, lines=(a_line(heading, 1, 1908, text="STRIPE PO1", counterparty="STRIPE"),)
    )
    await office.desk.take_in(office.city, person_id("finance"), office.file(statement))
    assert [await posted(books, Fact.STATEMENT, heading.id) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"bank": 1908, "unexplained": -1908}
    await office.desk.run(office.city)
    ((match,),) = await office.rows("SELECT id FROM matches WHERE city = :city")
    assert [await posted(books, Fact.MATCH, match) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"bank": 1908, "in_transit": -1908}
    await books.write(
        "INSERT INTO match_undoings (city, match_id, undone_by, undone_at, reason) VALUES (:city, :id, :id, now(), 'r')",
        id=match,
    )
    assert [await posted(books, Fact.MATCH, match) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"bank": 1908, "unexplained": -1908}


async def test_a_transfer_for_an_invoice_pays_it(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.CAPTURED, captured=240)
    (invoice,) = await issue(world, booking)
    match, statement = await paid_by_transfer(books, invoice)
    for fact, subject in ((Fact.MATCH, match), (Fact.DOCUMENT, invoice), (Fact.STATEMENT, statement)):
        assert await posted(books, fact, subject) == 1
    assert await balances(books) == {"bank": 240, "revenue.charging.19": -202, "vat.19": -38}
    debtors = "SELECT DISTINCT debtor_id FROM ledger_legs WHERE city = :city AND account = 'receivables'"
    assert await books.rows(debtors) == [(booking.holder_id,)]


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


@pytest.mark.parametrize("fact", [Fact.BOOKING, Fact.DOCUMENT, Fact.STATEMENT, Fact.MATCH])
async def test_of_what_is_not_there_nothing_is_posted(database: Databases, fact: Fact) -> None:
    _, books = await a_town(database)
    assert await posted(books, fact, new_id()) == 0


class Broken(Exception):
    """What happens when all is written and nothing committed."""


class BreakingLedgers(Struct, frozen=True):
    ledgers: SqlLedgers
    breaks: list[bool]

    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        async def then_break(open_: OpenLedger) -> T:
            if self.breaks.pop():
                raise Broken
            done = await do(open_)
            if self.breaks.pop():
                raise Broken
            return done

        return await self.ledgers.work(city, then_break)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_breaks_and_in_whatever_order_it_is_told_the_ledger_ends_the_same(
    database: Databases, seed: int
) -> None:
    chance = random.Random(seed)
    world, books = await a_town(database)
    facts: list[tuple[Fact, UUID]] = []
    for _ in range(6):
        booking = await used(world, chance.choice([PaymentState.CAPTURED, PaymentState.RELEASED]), captured=0)
        facts.append((Fact.BOOKING, booking.id))
        facts += [(Fact.DOCUMENT, invoice) for invoice in await issue(world, booking)]
    waiting = facts * 3
    chance.shuffle(waiting)
    while waiting:
        fact, subject = waiting.pop()
        breaking = BreakingLedgers(books.ledgers, [chance.random() < 0.3 for _ in range(2)])
        try:
            await post(fact, books.city, subject, ledgers=breaking)
        except Broken:
            waiting.insert(0, (fact, subject))  # the outbox tells it again
    ids = {fact: sorted(str(subject) for kind, subject in facts if kind is fact) for fact in Fact}
    payments = [str(row[0]) for row in await books.rows("SELECT id FROM payments WHERE city = :city")]
    expected = [f"invoice:{each}" for each in ids[Fact.DOCUMENT]]
    expected += [f"{kind}:{payment}" for payment in payments for kind in ("hold", "hold_end")]
    assert await sources(books) == sorted(expected)
    assert await books.seal() == len(expected)
    assert (await books.verified()).holds


def test_a_fee_that_makes_good_a_loss_is_damages_and_a_use_without_tax_is_not() -> None:
    untaxed = an_invoice(an_item("15.00", "0", LineKind.NO_SHOW))
    assert [part.damages for part in document_of(untaxed).parts] == [True]
    authority = an_invoice(an_item("15.00", "0"))
    assert [part.damages for part in document_of(authority).parts] == [False]


def test_what_is_lost_with_a_dispute_is_what_was_not_credited_before() -> None:
    invoice = an_invoice()
    note = a_credit_note(invoice, 500)
    loss = a_loss(seen_at=TODAY + hours(48))
    losing = Losing((invoice, note), (loss,), ())
    assert [(part.net, part.vat) for part in lost_parts(losing)["dispute_lost:dp_1"]] == [(1656, 314)]
    more = replace(losing, disputes=(replace(loss, amount=3000),))
    assert [part.gross for part in lost_parts(more)["dispute_lost:dp_1"]] == [1970]
    claimed = replace(losing, disputes=(replace(loss, is_claimed=True),))
    assert lost_parts(claimed) == {}
    assert note.kind is InvoiceKind.CREDIT_NOTE


def test_a_card_s_dispute_is_of_what_the_booking_asked_of_it_and_of_no_further_month_and_no_fee() -> None:
    first = an_invoice(name="1", source="booking:b:instalment:1")
    month = an_invoice(name="2", source="booking:b:instalment:2", collected=False)
    reminder = an_invoice(an_item("5.00", "0"), name="fee", source=f"{REMINDER}{new_id()}:2", collected=False)
    losing = Losing((first, month, reminder), (a_loss(3000, seen_at=TODAY + hours(48)),), ())
    assert [(part.net, part.vat) for part in lost_parts(losing)["dispute_lost:dp_1"]] == [(2076, 394)]
    assert lost_parts(replace(losing, issued=(month, reminder))) == {}
    damages = an_invoice(an_item("15.00", "0"), name="damages", source="booking:b:instalment:1:0")
    more = lost_parts(replace(losing, issued=(first, damages, month)))["dispute_lost:dp_1"]
    assert [(part.net, part.vat) for part in more] == [(1500, 0), (1261, 239)]


async def test_what_a_person_gives_up_is_a_loss_and_its_tax_comes_back(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await posted(books, Fact.DOCUMENT, invoice)
    await books.write(
        "INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version,"
        " updated_at) VALUES (:city, :id, :id, 240, 'EUR', now(), 0, 0, 'open', '', 1, now())",
        id=booking.id,
    )
    assert await posted(books, Fact.DEBTS, booking.id) == 0
    await books.write(
        "UPDATE dunning_cases SET state = 'written_off', closed_at = '2030-07-01', closed_by = booking_id WHERE city = :city"
    )
    assert [await posted(books, Fact.DEBTS, booking.id) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"bad_debt": 202, "revenue.charging.19": -202}


async def test_what_was_transferred_for_it_is_not_given_up(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await paid_by_transfer(books, invoice)
    await books.write(
        "INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version,"
        " updated_at, closed_at, closed_by) VALUES (:city, :id, :id, 240, 'EUR', now(), 0, 0, 'written_off', '', 1, now(), now(), :id)",
        id=booking.id,
    )
    assert await posted(books, Fact.DEBTS, booking.id) == 0


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


async def test_a_fee_that_is_invoiced_after_it_was_given_up_is_lost_then(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await given_up_with_a_fee(books, booking, invoice)
    assert await posted(books, Fact.DEBTS, booking.id) == 1
    (fee,) = await issue(world, booking, TODAY + hours(1))
    assert [await posted(books, Fact.DOCUMENT, each) for each in (invoice, fee)] == [1, 2]
    assert (await balances(books)).get("receivables", 0) == 0
