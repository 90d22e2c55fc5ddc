"""What the payments' books do, in PostgreSQL and in memory alike."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Extension, ReasonCode, State
from domain.booking.events import BookingCancelled, BookingConfirmed, BookingExpired
from domain.booking.extensions import BookingExtended, ExtensionAsked, ExtensionLapsed
from domain.booking.life import bill
from domain.booking.paying import secured
from domain.booking.resources import Service
from domain.payments.payments import Payment, PaymentId, PaymentState, RecoveryPoint
from domain.payments.settlement import first_payment
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer, Call, NotAnswerable
from services.payments.ports import OpenBooks
from tests.database import Databases
from tests.services.payments.offices import MemoryOffice, Moment, Office
from tests.services.payments.world import World, an_account, fake_world, memory_world

pytestmark = pytest.mark.database
ANSWER = Answer(200, "application/json", '{"name": "Jürgen"}')


@pytest.fixture(params=["memory", "sql"])
async def world(request: pytest.FixtureRequest, database: Databases) -> World:
    return memory_world() if request.param == "memory" else await fake_world(database)


@pytest.fixture
def office(world: World) -> Office:
    return world.office


@pytest.fixture
async def booking(world: World) -> Booking:
    return await world.booking(Service.FLEET)


def a_payment_for(booking: Booking, **changes: Any) -> Payment:
    made = first_payment(bill(booking), PaymentId(new_id()), booking.made_at)
    return replace(made, **changes)


def held(payment: Payment, intent_id: str) -> Payment:
    return replace(
        payment,
        state=PaymentState.AUTHORISED,
        recovery_point=RecoveryPoint.SETTLED,
        intent_id=intent_id,
        method_id="pm_1",
        capture_before=payment.made_at + timedelta(days=7),
        version=payment.version + 1,
    )


async def told(office: Office) -> list[str]:
    """What the outbox holds, struck out."""
    kinds = []
    while (entry := await office.first_entry()) is not None:
        kinds.append(entry.kind)
        await office.strike(entry)
    return kinds


async def kept(office: Office, *payments: Payment) -> None:
    async def write(books: OpenBooks) -> None:
        for payment in payments:
            await books.keep(payment)

    await office.books.work(office.city, payments[0].booking_id, write)


async def changed(office: Office, event: Any) -> bool:
    booking = event if isinstance(event, Booking) else event.booking
    return await office.books.work(office.city, booking.id, lambda books: books.change(event))


async def test_what_is_kept_is_found_whole(office: Office, booking: Booking) -> None:
    first = a_payment_for(booking)
    second = replace(
        held(a_payment_for(booking), f"pi_{booking.id}"),
        state=PaymentState.CAPTURED,
        captured=900,
        refunded=100,
        refunds=2,
        pending=50,
        failure="late",
        attempts=3,
        retry_at=booking.made_at,
        made_at=booking.made_at + timedelta(seconds=1),
    )
    await kept(office, second, first)
    assert await office.payments(booking.id) == (first, second)
    assert await office.books.find(office.city, second.id) == second
    assert await office.books.find_intent(office.city, f"pi_{booking.id}") == second
    assert await office.books.find(office.city, PaymentId(new_id())) is None
    assert await office.books.find_intent(office.city, "pi_of_nobody") is None


async def test_what_fails_on_the_way_leaves_nothing(office: Office, booking: Booking) -> None:
    async def fails(books: OpenBooks) -> None:
        await books.keep(held(a_payment_for(booking), f"pi_{booking.id}"))
        raise LookupError

    with pytest.raises(LookupError):
        await office.books.work(office.city, booking.id, fails)
    assert await office.payments(booking.id) == ()
    assert await told(office) == []


async def test_others_hear_of_news_and_of_nothing_else(office: Office, booking: Booking) -> None:
    payment = a_payment_for(booking)
    await kept(office, payment)
    await kept(office, replace(payment, attempts=1))
    await kept(office, held(payment, f"pi_{booking.id}"))
    await kept(office, replace(held(payment, f"pi_{booking.id}"), attempts=2))
    assert await told(office) == ["payment.authorised"]


async def test_a_hold_waits_longer_without_anybody_hearing_of_it(office: Office, booking: Booking) -> None:
    assert booking.hold_expires_at is not None
    longer = replace(
        booking,
        hold_expires_at=booking.hold_expires_at + timedelta(minutes=5),
        hold_extended=True,
        version=booking.version + 1,
    )
    assert await changed(office, longer)
    assert await office.booking(booking.id) == longer
    assert await told(office) == []


async def test_what_happened_to_the_booking_is_kept_and_told(office: Office, booking: Booking) -> None:
    confirmed = secured(booking, [held(a_payment_for(booking), "pi_1")], booking.made_at)
    assert isinstance(confirmed, BookingConfirmed)
    assert await changed(office, confirmed)
    assert await office.booking(booking.id) == confirmed.booking
    assert await told(office) == ["booking.confirmed"]


def expired(booking: Booking) -> BookingExpired:
    return BookingExpired(
        replace(
            booking,
            state=State.EXPIRED,
            reason_code=ReasonCode.HOLD_EXPIRED,
            fee=replace(booking.quote.total, amount=0),
            hold_expires_at=None,
            version=booking.version + 1,
        )
    )


async def regained(office: Office, booking: Booking) -> bool:
    now = await office.booking(booking.id)
    event = secured(now, [held(a_payment_for(booking), "pi_1")], booking.made_at)
    assert event is not None
    return await changed(office, event)


async def test_an_expired_hold_is_regained_while_its_time_is_free(office: Office, booking: Booking) -> None:
    await changed(office, expired(booking))
    assert await regained(office, booking)
    assert (await office.booking(booking.id)).state is State.CONFIRMED


async def test_an_expired_hold_is_not_regained_once_its_time_is_taken(
    world: World, office: Office, booking: Booking
) -> None:
    await changed(office, expired(booking))
    if isinstance(office, MemoryOffice):
        office.books.taken.add(booking.id)
    else:
        await world.booking(Service.FLEET)
    assert not await regained(office, booking)
    assert (await office.booking(booking.id)).state is State.EXPIRED
    assert await told(office) == ["booking.expired"]


async def lapsed(office: Office, booking: Booking) -> Booking:
    """An hour more was asked for, and not paid in time."""
    confirmed = replace(booking, state=State.CONFIRMED, hold_expires_at=None, version=booking.version + 1)
    await changed(office, BookingConfirmed(confirmed))
    hour = timedelta(hours=1)
    more = Extension(
        end=booking.end + hour,
        quote=booking.quote,
        terms=booking.terms,
        delta=booking.quote.total,
        missing=booking.quote.total,
        asked_at=booking.made_at,
        expires_at=booking.made_at,
        claimed_from=booking.end,
        claimed_until=booking.end + hour,
    )
    asked = replace(confirmed, extension=more, version=confirmed.version + 1)
    assert await changed(office, ExtensionAsked(asked, more.claimed_until))
    over = replace(asked, extension=replace(more, lapsed=True), version=asked.version + 1)
    assert await changed(office, ExtensionLapsed(over, booking.end))
    return over


def extended(booking: Booking) -> BookingExtended:
    more = booking.extension
    assert more is not None
    longer = replace(booking, end=more.end, extension=None, version=booking.version + 1)
    return BookingExtended(longer, more.claimed_until)


async def test_an_extension_that_lapsed_is_regained_while_its_time_is_free(office: Office, booking: Booking) -> None:
    event = extended(await lapsed(office, booking))
    assert await changed(office, event)
    assert await office.booking(booking.id) == event.booking


async def test_an_extension_that_lapsed_is_not_regained_once_its_time_is_taken(
    world: World, office: Office, booking: Booking
) -> None:
    before = await lapsed(office, booking)
    if isinstance(office, MemoryOffice):
        office.books.taken.add(booking.id)
    else:
        away = booking.end + timedelta(minutes=30) - world.clock()
        await world.booking(Service.FLEET, starts_in=away, lasts=timedelta(hours=1))
    assert not await changed(office, extended(before))
    assert await office.booking(booking.id) == before
    assert (await told(office))[-1] == "booking.extension_lapsed"


async def test_what_ended_frees_its_time(world: World, office: Office, booking: Booking) -> None:
    over = BookingCancelled(
        replace(
            booking, state=State.CANCELLED, hold_expires_at=None, fee=booking.quote.total, version=booking.version + 1
        )
    )
    await changed(office, over)
    assert (await world.booking(Service.FLEET)).state is State.HELD


async def test_nobody_decides_on_what_somebody_else_is_changing(office: Office, booking: Booking) -> None:
    async def makes_one(books: OpenBooks) -> int:
        known = len(books.payments)
        await asyncio.sleep(0.2)  # time enough for the others to read what is not decided yet, if they could
        if not known:  # a payment of which there may be many, so that no constraint says what the lock should
            await books.keep(a_payment_for(booking, state=PaymentState.RELEASED))
        return known

    found = await asyncio.gather(*(office.books.work(office.city, booking.id, makes_one) for _ in range(4)))
    assert sorted(found) == [0, 1, 1, 1]
    assert len(await office.payments(booking.id)) == 1


def a_call(world: World, asked: str = "once") -> Call[Any]:
    return replace(world.call("key", None), fingerprint=sha256(asked.encode()).hexdigest())


async def answered(office: Office, booking: Booking, call: Call[Any]) -> None:
    await office.books.work(office.city, booking.id, lambda books: books.answer(call, ANSWER, "payment.begun"))


async def earlier(office: Office, booking: Booking, call: Call[Any]) -> Any:
    return await office.books.work(office.city, booking.id, lambda books: books.earlier(call))


async def test_an_answer_is_kept_for_its_key_and_its_request(world: World, office: Office, booking: Booking) -> None:
    assert await earlier(office, booking, a_call(world)) is None
    await answered(office, booking, a_call(world))
    assert await earlier(office, booking, a_call(world)) == replace(ANSWER, replayed=True)
    assert await earlier(office, booking, a_call(world, "otherwise")) == Refusal(NotAnswerable.KEY_REUSED)
    assert await earlier(office, booking, replace(a_call(world), key="another")) is None
    assert await earlier(office, booking, replace(a_call(world), route="another")) is None
    assert await earlier(office, booking, world.call("key", None, holder="ben")) is None


async def test_a_person_stays_the_customer_that_she_became_first(office: Office, booking: Booking) -> None:
    account = an_account(office.city)
    assert await office.books.customer(account, booking.holder_id) is None
    for customer in ("cus_1", "cus_2"):
        await office.books.keep_customer(account, booking.holder_id, customer)
    assert await office.books.customer(account, booking.holder_id) == "cus_1"
    assert await office.books.customer(replace(account, id="acct_other"), booking.holder_id) is None


async def test_a_booking_that_nobody_knows_has_empty_books(office: Office) -> None:
    async def read(books: OpenBooks) -> tuple[Booking | None, tuple[Payment, ...]]:
        return books.booking, books.payments

    assert await office.books.work(office.city, new_id(), read) == (None, ())


async def test_what_is_due_is_found_across_cities_and_nothing_else(office: Office, booking: Booking) -> None:
    now = Moment()()
    due = a_payment_for(booking, retry_at=now - timedelta(seconds=1))
    later = held(a_payment_for(booking, retry_at=now + timedelta(days=1)), f"pi_{booking.id}")
    await kept(office, due)
    assert await office.due() == [due.id]
    await kept(office, replace(due, retry_at=None))
    assert await office.due() == []
    await kept(office, replace(later, kind=due.kind, state=PaymentState.RELEASED))
    assert await office.due() == []
