"""Invoices in PostgreSQL: numbers without gap or double whatever fails beside them, and seals that hold."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.database.connections import Database
from adapters.database.housekeeping import Housekeeping
from adapters.database.invoicing.invoices import SqlInvoiceBooks, content_of
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.invoicing import NotReplaceable
from domain.identity import City
from domain.invoicing.invoices import Invoice, InvoiceKind
from domain.payments.payments import PaymentState
from domain.periods import Period
from domain.references import CheckDigits, is_intact
from domain.refusals import Refusal
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking, replace_invoice
from services.invoicing.ports import OpenInvoices
from tests.adapters.database.lives import World
from tests.examples import NOON, a_booking, a_payment, an_order, hours
from tests.invoices import CITY, TODAY

pytestmark = pytest.mark.database
FORBIDDEN = "42501"
T = TypeVar("T")
COLUMNS = (
    *(
        "city",
        "id",
        "kind",
        "series",
        "position",
        "number",
        "source",
        "booking_id",
        "debtor_id",
        "service",
        "issued_on",
    ),
    *("issued_at", "gross", "currency", "cash_reference", "corrects", "content", "digest"),
)
COPY = "INSERT INTO invoices ({{columns}}) SELECT {} FROM invoices WHERE city = :city"


class Broken(Exception):
    """What happens to a transaction that had a number already."""


class BreakingBooks(Struct, frozen=True):
    """Books whose work may end in a crash when all is written and nothing committed."""

    books: SqlInvoiceBooks
    breaks: bool

    async def work(self, city: City, booking_id: BookingId, do: Callable[[OpenInvoices], Awaitable[T]]) -> T:
        async def then_break(open_: OpenInvoices) -> T:
            done = await do(open_)
            if self.breaks:
                raise Broken
            return done

        return await self.books.work(city, booking_id, then_break)


@pytest.fixture
async def town(world: World) -> World:
    """The city has settings by which it can write invoices."""
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": world.city.city, "settings": msgspec.json.encode(CITY).decode()},
        )
    return world


def books(world: World) -> SqlInvoiceBooks:
    return SqlInvoiceBooks(world.database.app.transactions, new_id, lambda: None)


async def issue(world: World, booking: Booking, now: datetime = TODAY) -> tuple[Invoice, ...]:
    return await issue_for_booking(world.city.city, booking.id, books=books(world), clock=lambda: now, new_id=new_id)


async def numbers(world: World) -> list[tuple[object, ...]]:
    return await world.rows(
        "SELECT series, position, number FROM invoices WHERE city = :city ORDER BY series, position"
    )


async def test_an_invoice_is_issued_once_however_often_it_is_asked_for(town: World) -> None:
    booking = await town.booked(State.COMPLETED)
    (first,) = await issue(town, booking)
    assert await issue(town, booking) == ()
    assert (first.number, first.subject.thing, first.seller.short) == ("RE-2030-000001", "charging 1", "Okerstadt")
    assert await numbers(town) == [("RE-2030-{number:6}", 1, "RE-2030-000001")]
    assert (await town.happened(replace(booking, id=BookingId(first.id)))) == (["invoice.issued"], ["invoice.issued"])


async def test_two_that_issue_at_once_issue_one(town: World) -> None:
    booking = await town.booked(State.COMPLETED)
    made = await asyncio.gather(*(issue(town, booking) for _ in range(5)))
    assert sorted(len(each) for each in made) == [0, 0, 0, 0, 1]


async def test_a_refund_makes_a_credit_note_in_a_series_of_its_own(town: World) -> None:
    booking = replace(a_booking(State.COMPLETED, town.city.charge_points[0]), id=BookingId(new_id()))
    payment = a_payment(booking, PaymentState.CAPTURED, id=new_id(), intent_id=new_id().hex, captured=240)
    await town.place(booking, None, payment)
    await issue(town, booking)
    async with town.database.app.transactions.city(town.city.city) as connection:
        await connection.execute(text("UPDATE payments SET refunded = 100"))
    (note,) = await issue(town, booking)
    assert (note.kind, note.number, note.gross.amount) == (InvoiceKind.CREDIT_NOTE, "RK-2030-000001", 100)
    assert [row[2] for row in await numbers(town)] == ["RE-2030-000001", "RK-2030-000001"]
    assert await issue(town, booking) == ()


async def test_fifty_at_once_with_a_fifth_broken_off_leave_no_gap_and_no_double(town: World) -> None:
    bookings = [await town.booked(State.COMPLETED) for _ in range(50)]
    chance = random.Random(16)
    breaks = {booking.id: chance.random() < 0.2 for booking in bookings}
    clock = iter(TODAY + timedelta(days=n // 12) for n in range(10_000))

    async def one(booking: Booking) -> None:
        breaking = BreakingBooks(books(town), breaks.pop(booking.id, False))
        await issue_for_booking(town.city.city, booking.id, books=breaking, clock=lambda: next(clock), new_id=new_id)

    outcomes = await asyncio.gather(*(one(booking) for booking in bookings), return_exceptions=True)
    broken = [booking for booking, outcome in zip(bookings, outcomes, strict=True) if isinstance(outcome, Broken)]
    assert 5 <= len(broken) <= 15
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {
        "NoneType": 50 - len(broken),
        "Broken": len(broken),
    }
    await asyncio.gather(*(one(booking) for booking in broken))  # they come again

    rows = await town.rows(
        "SELECT position, number, issued_on, cash_reference FROM invoices WHERE city = :city ORDER BY position"
    )
    assert [row[0] for row in rows] == list(range(1, 51))
    assert [row[1] for row in rows] == [f"RE-2030-{n:06}" for n in range(1, 51)]
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    assert len({row[3] for row in rows}) == 50
    assert all(is_intact(row[3], CheckDigits.MOD97) for row in rows)


async def test_an_invoice_is_kept_as_it_was_said(town: World) -> None:
    (made,) = await issue(town, await town.booked(State.COMPLETED))
    ((content, digest),) = await town.rows("SELECT content, digest FROM invoices WHERE city = :city")
    assert msgspec.json.decode(content, type=Invoice) == made
    assert (content, digest) == content_of(made)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE invoices SET gross = gross + 1",
        "DELETE FROM invoices",
        "TRUNCATE invoices CASCADE",
        "UPDATE invoice_documents SET content = ''",
        "DELETE FROM invoice_documents",
        "DELETE FROM invoice_series",
        "UPDATE invoice_series SET series = 'X'",
    ],
)
async def test_what_was_issued_is_never_changed(town: World, change: str) -> None:
    await issue(town, await town.booked(State.COMPLETED))
    await refused(town.database.app, town, change, FORBIDDEN)
    if "SET series" not in change:
        await refused(town.database.owner, town, change, FORBIDDEN)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE invoice_series SET last = last + 2", "goes up by one"),
        ("UPDATE invoice_series SET last = last - 1", "goes up by one"),
        ("UPDATE invoice_series SET last = last + 1, last_on = last_on - 1", "never back in time"),
        (COPY.format("{gap}"), "no_gap"),
        (COPY.format("{earlier}"), "later day"),
        (COPY.format("{torn}"), "sealed"),
        (COPY.format("{more}"), "no more is given back"),
    ],
)
async def test_what_must_never_happen_is_refused_by_the_database(town: World, statement: str, why: str) -> None:
    await issue(town, await town.booked(State.COMPLETED))
    same = {column: column for column in COLUMNS}
    other = same | {"id": "gen_random_uuid()", "number": "'X'", "source": "'X'", "cash_reference": "'X'"}
    rows = {
        "gap": other | {"position": "3"},
        "earlier": other | {"position": "2", "issued_on": "issued_on - 1"},
        "torn": other | {"position": "2", "content": "content || ' '"},
        "more": other | {"position": "2", "kind": "'credit_note'", "corrects": "id", "gross": "gross + 1"},
    }
    filled = {name: ", ".join(str(row[column]) for column in COLUMNS) for name, row in rows.items()}
    sql = statement.format(columns=", ".join(COLUMNS), **filled)
    with pytest.raises(DBAPIError, match=why) as error:
        async with town.database.app.transactions.city(town.city.city) as connection:
            await connection.execute(text(sql), {"city": town.city.city} if ":city" in sql else {})
    assert sqlstate(error.value) in {"23514", "23503"}


async def test_a_new_year_begins_its_own_series(town: World) -> None:
    await issue(town, await town.booked(State.COMPLETED))
    (made,) = await issue(town, await town.booked(State.COMPLETED), TODAY + hours(24 * 300))
    assert (made.number, made.position, made.cash_reference[:11]) == ("RE-2031-000001", 1, "20310000001")


# -- month by month, and what nobody told of


async def due(world: World, now: datetime) -> list[BookingId]:
    found = await Housekeeping(world.database.relay.statements).bookings_to_invoice(now, 10_000)
    return [booking_id for city, booking_id in found if city == world.city.city]


async def a_lease(world: World, state: State = State.IN_USE) -> Booking:
    """Three months, 29.00 each, the first of which is paid."""
    bike = world.city.bikes[0]
    order = an_order(bike, period=Period(NOON, NOON + timedelta(days=92)))
    booking = replace(a_booking(state, bike, order=order), id=BookingId(new_id()))
    payment = a_payment(booking, PaymentState.CAPTURED, id=new_id(), intent_id=new_id().hex, captured=2900)
    return await world.place(booking, bike, payment)


async def test_a_lease_is_invoiced_month_by_month_by_whoever_looks(town: World) -> None:
    lease, month = await a_lease(town), timedelta(days=31)
    counts: list[int | None] = []
    for now in (NOON, NOON + month - hours(30), NOON + month, NOON + month, NOON + 2 * month):
        seen = not counts or lease.id in await due(town, now)
        counts.append(len(await issue(town, lease, now)) if seen else None)
    assert counts == [1, None, 1, None, 1]
    assert [row[2] for row in await numbers(town)] == [f"RE-2030-00000{n}" for n in (1, 2, 3)]
    contents = await town.rows("SELECT content FROM invoices WHERE city = :city ORDER BY position")
    assert [msgspec.json.decode(row[0])["collected"] for row in contents] == [True, False, False]


async def test_months_that_passed_while_no_worker_ran_are_made_up_for_once(town: World) -> None:
    lease = await a_lease(town)
    later = NOON + timedelta(days=300)
    made = await asyncio.gather(*(issue(town, lease, later) for _ in range(4)))
    assert sorted(len(each) for each in made) == [0, 0, 0, 3]


async def test_a_booking_that_ended_and_was_told_to_nobody_is_found_until_it_is_invoiced(town: World) -> None:
    booking = await town.booked(State.COMPLETED)
    await town.rows("UPDATE bookings SET invoice_due_at = '-infinity' WHERE city = :city RETURNING id")
    with pytest.raises(Broken):
        await issue_for_booking(
            town.city.city, booking.id, books=BreakingBooks(books(town), True), clock=lambda: TODAY, new_id=new_id
        )
    assert await due(town, TODAY) == [booking.id]
    assert len(await issue(town, booking)) == 1
    assert await due(town, TODAY + timedelta(days=900)) == []


async def test_a_booking_that_goes_on_is_looked_at_after_its_end(town: World) -> None:
    booking = await town.booked(State.CONFIRMED)
    await issue(town, booking, booking.start - hours(2))
    assert await due(town, booking.end) == []
    assert await due(town, booking.end + hours(1)) == [booking.id]


async def test_a_wrong_invoice_is_cancelled_and_issued_anew_both_or_neither(town: World) -> None:
    booking = await town.booked(State.COMPLETED)
    (wrong,) = await issue(town, booking)

    def again(store: Any) -> Any:
        return replace_invoice(town.city.city, booking.id, wrong.id, books=store, clock=lambda: TODAY, new_id=new_id)

    with pytest.raises(Broken):
        await again(BreakingBooks(books(town), True))
    assert len(await numbers(town)) == 1
    cancelled, right = await again(books(town))
    assert (cancelled.number, cancelled.corrects.number) == ("RK-2030-000001", wrong.number)
    assert (right.number, right.gross) == ("RE-2030-000002", wrong.gross)
    assert await again(books(town)) == Refusal(NotReplaceable.NOTHING_LEFT)
    assert await issue(town, booking) == ()


async def refused(database: Database, world: World, sql: str, code: str) -> None:
    with pytest.raises(DBAPIError) as error:
        async with database.transactions.city(world.city.city) as connection:
            await connection.execute(text(sql))
    assert sqlstate(error.value) == code
