"""What becomes of a lease that is paid by direct debit when its bank says no, or wants its money back weeks later."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.database.booking.reading import SqlBookingReader
from domain.booking.bookings import Booking, State
from domain.booking.events import BookingStarted
from domain.booking.resources import Service
from services.booking.reading import find_booking
from services.booking.views import BookingView
from services.payments.ports import OpenBooks
from tests.adapters.payments.sandbox.debits import FAILS_LATER, PAYS, PAYS_LATER, bank_account
from tests.examples import an_actor
from tests.services.payments.world import VISA, code, shown
from tests.services.settlement.debtors import case
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database


async def leased(town: Treasury, iban: str) -> Booking:
    """Three months of a bike from the day after tomorrow, whose first 29 euros are being debited."""
    booking = await town.world.booking(
        Service.BIKE_LEASING, starts_in=timedelta(days=2), lasts=timedelta(days=91), hold_lasts=timedelta(minutes=10)
    )
    account = await bank_account(town.sandbox, iban)
    assert shown(await town.world.pay(booking, account, agreed=True)).state == "processing"
    assert await town.world.state(booking) is State.CONFIRMED
    return booking


async def began(town: Treasury, booking: Booking) -> None:
    await town.pass_by(days=2)

    async def write(books: OpenBooks) -> None:
        assert books.booking is not None
        begun = replace(
            books.booking, state=State.IN_USE, started_at=town.world.clock(), version=books.booking.version + 1
        )
        await books.change(BookingStarted(begun))

    await town.world.office.books.work(town.city, booking.id, write)


async def actions(town: Treasury, booking: Booking) -> set[str]:
    """What its holder may do by what is shown of it."""
    async with town.databases.app.statements.session() as session:
        books, holder = SqlBookingReader(session, town.city), an_actor("ada", city=town.city)
        found = await find_booking(booking.id, books=books, actor=holder, now=town.world.clock())
    assert isinstance(found, BookingView)
    return set(found.actions)


async def told(town: Treasury) -> None:
    """The worker looks at what is due, and does what follows."""
    for payment_id in await town.world.office.due():
        await town.world.payments.complete(town.city, payment_id)
    await town.work()


async def test_what_the_bank_did_not_pay_is_owed_from_the_beginning_of_the_use(lent: Treasury) -> None:
    booking = await leased(lent, FAILS_LATER)
    await began(lent, booking)
    await told(lent)
    assert await lent.world.money(booking) == [("booking", "failed", 2900, 0, 0)]
    assert await case(lent) == [("open", 2900, 0, 0)]
    await lent.gather()
    assert await lent.moved() == [("charge", -2900, 0), ("charge", 2900, 35)]

    paid = shown(await lent.world.pay(booking, await bank_account(lent.sandbox, PAYS_LATER), agreed=True))
    assert (paid.state, paid.amount.amount) == ("processing", 2900)
    await lent.settlement.remind(lent.city, booking.id)
    assert await case(lent) == [("open", 2900, 0, 0)]
    await lent.pass_by(minutes=70)
    await told(lent)
    assert await lent.world.money(booking) == [
        ("booking", "failed", 2900, 0, 0),
        ("debt", "captured", 2900, 2900, 0),
    ]
    assert await case(lent) == [("paid", 2900, 0, 0)]
    assert code(await lent.world.pay(booking, "pm_card_visa")) == "wrong_state"


async def test_a_debit_that_comes_back_weeks_later_opens_a_case_while_the_lease_goes_on(lent: Treasury) -> None:
    booking = await leased(lent, PAYS)
    await began(lent, booking)
    await told(lent)
    assert await lent.world.money(booking) == [("booking", "captured", 2900, 2900, 0)]
    assert await case(lent) == []
    await lent.pass_by(days=42)
    charge = (await lent.sandbox.city.v1.charges.list_async()).data[0].id
    await lent.sandbox.by_hand("disputes", charge=charge, reason="debit_not_authorized")
    await lent.gather()
    await lent.work()
    assert await case(lent) == [("open", 2900, 0, 0)]
    assert await lent.world.state(booking) is State.IN_USE


async def test_of_a_debit_that_came_back_only_what_was_used_is_owed_and_nothing_is_given_back_beside_it(
    lent: Treasury,
) -> None:
    booking = await leased(lent, PAYS)
    await began(lent, booking)
    await told(lent)
    charge = (await lent.sandbox.city.v1.charges.list_async()).data[0].id
    await lent.sandbox.by_hand("disputes", charge=charge, reason="debit_not_authorized")
    await lent.gather()
    await lent.work()
    await lent.world.end(booking, State.CANCELLED, replace(booking.quote.due_now, amount=900))
    await lent.world.payments.settle(lent.city, booking.id)
    await lent.work()
    assert await lent.world.money(booking) == [("booking", "captured", 2900, 2900, 0)]
    await lent.settlement.review(lent.city, booking.id)
    assert await case(lent) == [("open", 900, 0, 0)]


async def test_a_debit_that_came_back_is_paid_by_card_once(lent: Treasury) -> None:
    booking = await leased(lent, PAYS)
    await began(lent, booking)
    await told(lent)
    assert code(await lent.world.pay(booking, VISA)) == "wrong_state"
    charge = (await lent.sandbox.city.v1.charges.list_async()).data[0].id
    await lent.sandbox.by_hand("disputes", charge=charge, reason="debit_not_authorized")
    await lent.gather()
    await lent.work()
    assert await actions(lent, booking) >= {"pay"}

    begun = shown(await lent.world.pay(booking))
    assert (begun.state, begun.amount.amount) == ("requires_payment_method", 2900)
    await told(lent)
    paid = shown(await lent.world.pay(booking, VISA))
    assert (paid.id, paid.state) == (begun.id, "captured")
    await told(lent)
    assert await case(lent) == [("paid", 2900, 0, 0)]
    assert code(await lent.world.pay(booking, VISA)) == "wrong_state"
    assert "pay" not in await actions(lent, booking)
    await lent.world.end(booking, State.COMPLETED, booking.quote.due_now)
    await lent.world.payments.settle(lent.city, booking.id)
    assert await lent.world.money(booking) == [
        ("booking", "captured", 2900, 2900, 0),
        ("debt", "captured", 2900, 2900, 0),
    ]


async def test_a_lease_that_is_cancelled_while_the_bank_is_asked_gets_its_money_back_when_that_has_come(
    town: Treasury,
) -> None:
    booking = await leased(town, PAYS_LATER)
    await town.world.end(booking, State.CANCELLED, replace(booking.quote.due_now, amount=0))
    await town.world.payments.settle(town.city, booking.id)
    assert await town.world.money(booking) == [("booking", "processing", 2900, 0, 0)]
    await town.pass_by(minutes=5)
    await told(town)
    assert await town.world.money(booking) == [("booking", "refunded", 2900, 2900, 2900)]
