"""From what others wrote down to the ledger: once each, whatever comes first, however often, and whatever breaks."""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.ledger.journal import SqlLedgers
from domain.booking.bookings import BookingId, Payer, Readings, State
from domain.booking.life import finish
from domain.identity import City
from domain.payments.payments import PaymentState
from domain.pricing.quotes import LineKind
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from infra.ids import new_id
from services.ledger.ports import OpenLedger
from services.ledger.posting import Fact, document_of, post
from tests.adapters.database.ledgers import Books
from tests.database import Databases
from tests.domain.reconciliation.statements import MONDAY, a_heading, a_line, a_statement
from tests.examples import FLEET_STANDARD, NOON, a_booking, a_resource, an_order, hours, person_id
from tests.invoices import CITY, an_invoice
from tests.invoices import a_line as an_item
from tests.services.ledger.towns import a_town, balances, issue, paid_by_transfer, posted, sources, used
from tests.services.reconciliation.offices import an_office

T = TypeVar("T")
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
