"""Asking the provider, and writing down what it says: the one way by which payments and bookings learn of money."""

from datetime import datetime, timedelta
from uuid import UUID

from domain.booking.changing import lost_extension, paid_extension
from domain.booking.life import bill
from domain.booking.paying import secured, waits_for_debit
from domain.identity import City
from domain.payments.payments import Intent, Payment, PaymentId, RecoveryPoint, observed
from domain.payments.schedule import is_due, looked_at, scheduled
from services.payments.ports import OpenBooks, Ports, ProviderRefused, ProviderUnavailable

# The provider forgets a key after a day: from then on it is asked whether it knows the payment, before it is told again.
KEYS_LAST = timedelta(hours=23)


async def opened(ports: Ports, city: City, payment: Payment, return_url: str | None = None) -> Intent:
    """Make the payment known to the provider, or find that it is. Raises what the gateway raises."""
    customer = None if payment.is_ad_hoc else await _customer(ports, city, payment)
    if ports.clock() - payment.made_at > KEYS_LAST:
        found = await ports.gateway.fetch(city, payment, customer)
        if found is not None:
            return found
    return await ports.gateway.open(city, payment, customer, return_url)


async def fetched(ports: Ports, city: City, payment: Payment) -> Intent | None:
    """What the provider says of the payment now, None where it does not know it."""
    account = await ports.accounts.of(city)
    customer = await ports.books.customer(account, payment.holder_id) if account else None
    return await ports.gateway.fetch(city, payment, customer)


async def learn(books: OpenBooks, payment_id: PaymentId, intent: Intent, now: datetime) -> Payment:
    """Write down what the provider says; a booking whose price is safe by that is confirmed along with it."""
    payment = next(p for p in books.payments if p.id == payment_id)
    seen = observed(payment, intent, now)
    booking = books.booking
    if seen is not payment and booking is not None:
        seen = scheduled(seen, bill(booking), now)
        await books.keep(seen)
    await follow_the_money(books, now)
    return seen


async def follow_the_money(books: OpenBooks, now: datetime) -> None:
    """Confirm a hold whose price is safe, and extend where the extension is paid; also what expired while its holder
    was paying, if its time is still free."""
    if books.booking is None:
        return
    event = secured(books.booking, books.payments, now, books.sharing)
    waiting = waits_for_debit(books.booking, books.payments, now, books.sharing)
    if event is not None:
        await books.change(event)
    elif waiting is not None:
        await books.change(waiting)
    extended = paid_extension(books.booking, books.payments, now)
    if extended is not None and not await books.change(extended):
        await books.change(lost_extension(books.booking, now))


async def look(ports: Ports, city: City, payment: Payment) -> bool:
    """Ask how the payment stands; whether that was news. Raises what the gateway raises."""
    intent = await fetched(ports, city, payment)

    async def seen(books: OpenBooks) -> bool:
        now = ports.clock()
        before = next(p for p in books.payments if p.id == payment.id)
        after = before if intent is None else await learn(books, payment.id, intent, now)
        if after is before and is_due(before, now):
            await books.keep(looked_at(before, now))
        return after is not before

    return await ports.books.work(city, payment.booking_id, seen)


async def refresh(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """Ask how the booking's open payments stand: a webhook may be late or lost. Raises nothing of the gateway's."""

    async def open_ones(books: OpenBooks) -> tuple[Payment, ...]:
        return tuple(p for p in books.payments if p.is_pending and p.recovery_point is RecoveryPoint.OPENED)

    for payment in await ports.books.work(city, booking_id, open_ones):
        try:
            await look(ports, city, payment)
        except (ProviderUnavailable, ProviderRefused):
            return


async def _customer(ports: Ports, city: City, payment: Payment) -> str:
    account = await ports.accounts.of(city)
    if account is None:
        raise ProviderUnavailable("the city has no account any more")
    known = await ports.books.customer(account, payment.holder_id)
    if known is None:
        known = await ports.gateway.customer(city, payment.holder_id)
        await ports.books.keep_customer(account, payment.holder_id, known)
    return known
