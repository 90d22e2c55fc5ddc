"""Stories of a booking's money, told so that any line may be told again: what a holder or the worker does twice under
the same key happens once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias

from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from domain.booking.terms import AdHoc, DepositAsked
from domain.payments.payments import PaymentState
from services.calls import Unavailable
from tests.examples import euros
from tests.fakes.gateway import ACCOUNT, FakeGateway
from tests.services.payments.faults import Crash, FaultyBooks, FaultyGateway, Fuse
from tests.services.payments.world import ASKS, DECLINES, FAILS_LATER, VISA, World, shown

Line: TypeAlias = Callable[[World, Booking], Awaitable[object]]
TRIES = 5
A_WHILE = timedelta(minutes=16)
"""What passes between two lines, three times: what was put off is done then."""
LEASE: dict[str, Any] = {
    "service": Service.BIKE_LEASING,
    "starts_in": timedelta(days=9),
    "lasts": timedelta(days=90),
}


class Story:
    """`lines` follow each other; the worker works after each of them."""

    def __init__(
        self,
        *lines: Line,
        service: Service = Service.CHARGING,
        starts_in: timedelta = timedelta(days=1),
        lasts: timedelta = timedelta(hours=2),
        deposit: DepositAsked | None = None,
        ad_hoc: AdHoc | None = None,
    ) -> None:
        self.lines = lines
        self.deposit = deposit
        self.ad_hoc = ad_hoc
        self.service = service
        self.starts_in = starts_in
        self.lasts = lasts


def pays(method: str | None, key: str = "first") -> Line:
    return lambda world, booking: _asks(world, booking, method, key)


def debits(key: str = "first") -> Line:
    """The holder lets her account be debited."""
    return lambda world, booking: _asks(world, booking, ACCOUNT, key, agreed=True)


async def _asks(world: World, booking: Booking, method: str | None, key: str, *, agreed: bool = False) -> None:
    """Where she is only told now that an earlier payment had failed, as nobody heard of that before, she asks once more."""
    answer = await world.pay(booking, method, key=key, agreed=agreed)
    if answer.status != 200 or shown(answer).state != PaymentState.FAILED:
        return
    if (await world.payment(booking)).made_at < world.clock() - A_WHILE:
        await world.pay(booking, method, key=f"{key} again", agreed=agreed)


def bank(*, pays: bool) -> Line:
    """The bank has spoken, days later."""

    async def line(world: World, booking: Booking) -> None:
        world.clock.pass_by(days=3)
        provider = world.provider
        assert isinstance(provider, FakeGateway)
        for payment in await world.office.payments(booking.id):
            if provider.intents[payment.id].state is PaymentState.PROCESSING:
                provider.debit_ended(payment, paid=pays)

    return line


def ends(state: State, fee: str) -> Line:
    async def line(world: World, booking: Booking) -> None:
        if await world.state(booking) is not state:
            await world.end(booking, state, euros(fee))

    return line


def waits(**time: float) -> Line:
    async def line(world: World, _booking: Booking) -> None:
        world.clock.pass_by(**time)

    return line


def extends(**by: float) -> Line:
    return lambda world, booking: world.extend(booking, timedelta(**by))


def extends_in_person(method: str | None, **by: float) -> Line:
    """The holder is quicker with a card than we are with the one that is known."""

    async def line(world: World, booking: Booking) -> None:
        await world.claim(booking, timedelta(**by))
        await world.pay(booking, method, key="more")

    return line


async def asks_her_bank(world: World, booking: Booking) -> None:
    """The holder comes through her bank's page; in her absence the card says no."""
    await world.pay(booking, ASKS, key="first")
    provider, payment = world.provider, await world.payment(booking)
    assert isinstance(provider, FakeGateway)
    if provider.intents[payment.id].state is PaymentState.REQUIRES_ACTION:
        provider.authenticated(payment)


async def visits(world: World, booking: Booking) -> None:
    """Whoever has no account pays at the page that she was shown; nobody hears of it."""
    provider, payment = world.provider, await world.payment(booking)
    assert isinstance(provider, FakeGateway)
    if (page := provider.intents[payment.id].action_url) is not None:
        provider.visited(page)


async def visits_too_late(world: World, booking: Booking) -> None:
    await visits(world, booking)
    await ends(State.CANCELLED, "0.00")(world, booking)


def claims(amount: int) -> Line:
    """Of the deposit, for damage."""
    return lambda world, booking: world.claim_deposit(booking, amount, key="claim")


def shortens(**by: float) -> Line:
    return lambda world, booking: world.shorten(booking, timedelta(**by))


async def lapses(world: World, booking: Booking) -> None:
    await world.lapse(booking)


STORIES = {
    "used as booked": Story(pays(VISA), ends(State.COMPLETED, "4.80")),
    "used for less": Story(pays(VISA), ends(State.COMPLETED, "3.00")),
    "used for more": Story(pays(VISA), ends(State.COMPLETED, "7.20")),
    "paid at the second try": Story(pays(DECLINES), pays(VISA, "second"), ends(State.COMPLETED, "4.80")),
    "cancelled free of charge": Story(pays(VISA), ends(State.CANCELLED, "0.00")),
    "cancelled for a fee": Story(pays(VISA), ends(State.CANCELLED, "2.40")),
    "not used": Story(pays(VISA), ends(State.NO_SHOW, "4.80")),
    "never paid": Story(pays(None), waits(minutes=16), ends(State.EXPIRED, "0.00")),
    "first month given back in part": Story(
        pays(VISA), ends(State.CANCELLED, "9.00"), service=Service.BIKE_LEASING, lasts=timedelta(days=90)
    ),
    "saved, held, used for more": Story(
        pays(VISA),
        waits(days=9, minutes=1),
        waits(days=3),
        ends(State.COMPLETED, "95.00"),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
    ),
    "saved, refused, paid in person": Story(
        pays(FAILS_LATER),
        waits(days=9, minutes=1),
        pays(VISA, "second"),
        waits(days=3),
        ends(State.COMPLETED, "80.00"),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
    ),
    "saved, refused, cancelled unpaid": Story(
        pays(FAILS_LATER),
        waits(days=9, minutes=1),
        waits(hours=22, minutes=1),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
    ),
    "saved, cancelled for a fee": Story(
        pays(VISA),
        ends(State.CANCELLED, "45.00"),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
    ),
}


STORIES |= {
    "extended, used to the end": Story(pays(VISA), extends(hours=1), ends(State.COMPLETED, "7.20")),
    "extended, used for less": Story(pays(VISA), extends(hours=1), ends(State.COMPLETED, "4.00")),
    "extended twice, cancelled for a fee": Story(
        pays(VISA), extends(hours=1), extends(hours=2), ends(State.CANCELLED, "4.80")
    ),
    "extended, shortened, used to the end": Story(
        pays(VISA), extends(hours=1), shortens(hours=1), ends(State.COMPLETED, "2.40")
    ),
    "extended in person": Story(pays(VISA), extends_in_person(VISA, hours=1), ends(State.COMPLETED, "7.20")),
    "extended and never paid": Story(
        pays(VISA), extends_in_person(None, hours=1), lapses, ends(State.COMPLETED, "4.80")
    ),
    "saved, extended, held as a whole": Story(
        pays(VISA),
        extends(hours=10),
        waits(days=9, minutes=1),
        waits(days=3),
        ends(State.COMPLETED, "135.00"),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
    ),
}


# A deposit of 150.00 that is kept for two days after the use.
DEPOSIT: dict[str, Any] = {"deposit": DepositAsked(euros("150.00"), 2 * 86400)}
STORIES |= {
    "deposit held and let go": Story(pays(VISA), ends(State.COMPLETED, "4.80"), waits(days=3), **DEPOSIT),
    "deposit claimed in part": Story(pays(VISA), ends(State.COMPLETED, "7.20"), claims(9000), waits(days=3), **DEPOSIT),
    "cancelled with a deposit": Story(pays(VISA), ends(State.CANCELLED, "2.40"), **DEPOSIT),
    "saved, held with a deposit, claimed as a whole": Story(
        pays(VISA),
        waits(days=9, minutes=1),
        waits(days=3),
        ends(State.COMPLETED, "90.00"),
        claims(15000),
        service=Service.FLEET,
        starts_in=timedelta(days=10),
        lasts=timedelta(days=2),
        **DEPOSIT,
    ),
    "deposit refused, held in person": Story(
        asks_her_bank, pays(VISA, "second"), ends(State.COMPLETED, "4.80"), claims(100), **DEPOSIT
    ),
}


# Told in memory alone: what the bank says there is a value.
BY_DEBIT = {
    "debited, used": Story(debits(), bank(pays=True), ends(State.COMPLETED, "29.00"), **LEASE),
    "debited, not paid, paid by card": Story(
        debits(), bank(pays=False), pays(VISA, "second"), ends(State.COMPLETED, "29.00"), **LEASE
    ),
    "debited, not paid, debited again": Story(
        debits(), bank(pays=False), debits("second"), bank(pays=True), ends(State.COMPLETED, "29.00"), **LEASE
    ),
    "debited, not paid, cancelled unpaid": Story(debits(), bank(pays=False), waits(days=7), **LEASE),
    "debited, cancelled, paid after that": Story(debits(), ends(State.CANCELLED, "9.00"), bank(pays=True), **LEASE),
    "debited, used for more": Story(
        debits(), bank(pays=True), ends(State.COMPLETED, "31.00"), bank(pays=True), **LEASE
    ),
}


# Told in memory alone, too: who pays at the page has no key.
AD_HOC: dict[str, Any] = {"ad_hoc": AdHoc(euros("4.80"))}
AT_A_PAGE = {
    "ad hoc, used for less": Story(pays(None), visits, ends(State.COMPLETED, "3.00"), **AD_HOC),
    "ad hoc, used for all": Story(pays(None), visits, ends(State.COMPLETED, "4.80"), **AD_HOC),
    "ad hoc, never began": Story(pays(None), visits, ends(State.CANCELLED, "0.00"), **AD_HOC),
    "ad hoc, page left": Story(pays(None), ends(State.EXPIRED, "0.00"), **AD_HOC),
    "ad hoc, paid while it was left": Story(pays(None), visits_too_late, **AD_HOC),
}


async def told(world: World, story: Story, fuse: Fuse, *, workers: int = 1) -> Booking:
    """Tell the story to its end, whatever the fuse does; a line that was cut short is told again, as its teller would.

    After each line the fuse is mended for a while, so that what was put off is done before the story goes on.
    """
    booking = await world.booking(
        story.service,
        starts_in=story.starts_in,
        lasts=story.lasts,
        hold_lasts=timedelta(hours=12),
        deposit=story.deposit,
        ad_hoc=story.ad_hoc,
    )
    world.provider = real = world.gateway
    world.gateway, world.books = FaultyGateway(real, fuse), FaultyBooks(world.books, fuse)
    for line in story.lines:
        await _through(lambda line=line: line(world, booking), fuse)  # type: ignore[misc]  # a default in a lambda
        await asyncio.gather(*(_through(world.work, fuse) for _ in range(workers)))
        fuse.mended = True
        for _ in range(3):
            world.clock.pass_by(seconds=A_WHILE.total_seconds())
            await world.work()
        fuse.mended = False
    return booking


async def _through(what: Callable[[], Awaitable[object]], fuse: Fuse) -> None:
    for attempt in range(TRIES):
        fuse.mended = fuse.mended or attempt == TRIES - 1
        try:
            await what()
        except (Crash, Unavailable):
            continue
        return
    raise AssertionError("it never came through")
