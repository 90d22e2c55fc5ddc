"""Doing what a booking's money needs, one step at a time, so that a crash between any two lines can be resumed.

Each step is decided afresh from the books, written down before the provider is asked, and its outcome after. Whoever
finds a step under way takes it up again with the same key. Runs may overlap: the books are locked while they are
open, and never while the provider is asked.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec.structs import replace

from domain.booking.events import BookingCancelled
from domain.booking.life import bill, cancel_unpaid
from domain.identity import City
from domain.payments.payments import (
    UNDER_WAY,
    Intent,
    Payment,
    PaymentId,
    RecoveryPoint,
    abandoned,
    declined_for_good,
    observed,
    refused,
)
from domain.payments.schedule import looked_at, must_wait, scheduled
from domain.payments.settlement import (
    Begin,
    CancelUnpaid,
    CaptureHold,
    Find,
    Open,
    Refund,
    Release,
    begun,
    next_step,
)
from services.payments.asking import fetched, follow_the_money, learn, look, opened, refresh
from services.payments.ports import Declined, OpenBooks, Ports, ProviderRefused, ProviderUnavailable

Asking: TypeAlias = Open | Find | CaptureHold | Release | Refund
# A booking has two or three payments with two or three steps each; a loop that does not end by itself ends here.
MOST_STEPS = 20


async def settle(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """Bring the booking's money to where it belongs by now. Raises Unavailable where the books cannot be opened."""
    await _look_before_letting_go(ports, city, booking_id)
    for _ in range(MOST_STEPS):
        step = await ports.books.work(city, booking_id, lambda books: _decided(books, ports))
        if step is None or not await _done(ports, city, step):
            return


async def complete(city: City, payment_id: PaymentId, *, ports: Ports) -> None:
    """Look at a payment whose time has come, and do what follows: a lost message or a crash is made up for here."""
    payment = await ports.books.find(city, payment_id)
    if payment is None:
        return
    if payment.intent_id is not None and not _is_resumed(payment) and (payment.is_pending or payment.is_held):
        try:
            await look(ports, city, payment)
        except (ProviderUnavailable, ProviderRefused):
            await _put_off(ports, city, payment)
    await settle(city, payment.booking_id, ports=ports)


async def _look_before_letting_go(ports: Ports, city: City, booking_id: UUID) -> None:
    """A booking that ended, or an extension that lapsed, while its holder was paying: she may have succeeded just now."""

    async def is_over(books: OpenBooks) -> bool:
        booking = books.booking
        if booking is None or not any(p.is_pending for p in books.payments):
            return False
        return not booking.is_live or (booking.extension is not None and booking.extension.lapsed)

    if await ports.books.work(city, booking_id, is_over):
        await refresh(city, booking_id, ports=ports)


async def _decided(books: OpenBooks, ports: Ports) -> Asking | None:
    """The next step, written down; None where there is none, or none yet."""
    now = ports.clock()
    await follow_the_money(books, now)
    for _ in range(MOST_STEPS):
        booking = books.booking
        if booking is None:
            return None
        step = next_step(bill(booking), books.payments, PaymentId(ports.new_id()), now, await books.contested())
        if isinstance(step, CancelUnpaid):
            event = cancel_unpaid(booking, books.payments, now)
            if isinstance(event, BookingCancelled) and await books.change(event):
                continue
            step = None
        if isinstance(step, Begin):
            await books.keep(scheduled(step.payment, bill(booking), now))
            continue
        if step is None or (_is_resumed(step.payment) and must_wait(step.payment, now)):
            await _schedule(books, now)
            return None
        if isinstance(step, CaptureHold | Release | Refund):
            written = scheduled(begun(step, now), bill(booking), now)
            await books.keep(written)
            return replace(step, payment=written)
        return step
    return None


async def _schedule(books: OpenBooks, now: datetime) -> None:
    if books.booking is None:
        return
    for payment in books.payments:
        due = scheduled(payment, bill(books.booking), now)
        if due != payment:
            await books.keep(due)


async def _done(ports: Ports, city: City, step: Asking) -> bool:
    """Ask the provider and write down what it says; False where the next step has to wait."""
    payment = step.payment
    try:
        intent = await _asked(ports, city, step)
    except Declined as no:
        return await _write(ports, city, payment, no.intent, failure=no.code)
    except ProviderRefused as no:
        return await _refused(ports, city, payment, no.code)
    except ProviderUnavailable:
        return await _put_off(ports, city, payment)
    if isinstance(step, Find) and intent is None:
        return await _not_found(ports, city, payment)
    return await _write(ports, city, payment, intent, failure=None)


async def _asked(ports: Ports, city: City, step: Asking) -> Intent | None:
    match step:
        case Open(payment):
            return await opened(ports, city, payment)
        case Find(payment):
            return await fetched(ports, city, payment)
        case CaptureHold(payment, amount):
            return await ports.gateway.capture(city, payment, amount)
        case Release(payment):
            return await ports.gateway.give_back(city, payment, 0)
        case Refund(payment, amount):
            return await ports.gateway.give_back(city, payment, amount)


async def _write(ports: Ports, city: City, payment: Payment, intent: Intent | None, failure: str | None) -> bool:
    async def write(books: OpenBooks) -> bool:
        now = ports.clock()
        before = _fresh(books, payment)
        if intent is None:
            await books.keep(declined_for_good(before, failure or "declined", now))
            return True
        if await learn(books, payment.id, intent, now) is before:
            await books.keep(looked_at(before, now))
            return False
        return True

    return await ports.books.work(city, payment.booking_id, write)


async def _refused(ports: Ports, city: City, payment: Payment, code: str) -> bool:
    """The provider's state is not what we believed: take it over. Where that is no news, try again later."""
    try:
        intent = await fetched(ports, city, payment)
    except (ProviderUnavailable, ProviderRefused):
        return await _put_off(ports, city, payment)

    async def write(books: OpenBooks) -> bool:
        now, before = ports.clock(), _fresh(books, payment)
        if intent is None:
            if before.intent_id is not None:
                await books.keep(looked_at(before, now))
                return False
            await books.keep(declined_for_good(before, code, now))
            return True
        after = observed(before, intent, now)
        if after.recovery_point in UNDER_WAY:
            await books.keep(looked_at(refused(after, now), now))
            return False
        await learn(books, payment.id, intent, now)
        return True

    return await ports.books.work(city, payment.booking_id, write)


async def _not_found(ports: Ports, city: City, payment: Payment) -> bool:
    """Not there at the second look, a while after the first, is never: then no request can be on its way any more."""

    async def write(books: OpenBooks) -> bool:
        now, before = ports.clock(), _fresh(books, payment)
        never = before.attempts > 0
        await books.keep(abandoned(before, now) if never else looked_at(before, now))
        return never

    return await ports.books.work(city, payment.booking_id, write)


async def _put_off(ports: Ports, city: City, payment: Payment) -> bool:
    async def write(books: OpenBooks) -> bool:
        await books.keep(looked_at(_fresh(books, payment), ports.clock()))
        return False

    return await ports.books.work(city, payment.booking_id, write)


def _is_resumed(payment: Payment) -> bool:
    """Whether somebody tried before: the provider was asked, or was about to be."""
    return payment.recovery_point in UNDER_WAY or payment.recovery_point is RecoveryPoint.RECORDED


def _fresh(books: OpenBooks, payment: Payment) -> Payment:
    return next(p for p in books.payments if p.id == payment.id)
