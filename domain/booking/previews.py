"""What an action would do, before it is asked for."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.booking.bookings import Booking, State
from domain.booking.life import BookingCancelled, cancel, nothing_of
from domain.money import Money
from domain.payments.payments import Payment, PaymentState


class Preview(Struct, frozen=True):
    """`price` is what the booking would cost in all, `delta` its difference to the price now, `fee` the part of it
    that is a penalty, `refund` what would go back to the holder: taken, or held on a card.

    It counts until `valid_until`, None where the action is not possible. `latest_end` is for extensions.
    """

    allowed: bool
    end: datetime
    price: Money
    delta: Money
    fee: Money
    refund: Money
    latest_end: datetime | None
    valid_until: datetime | None


def cancellation(booking: Booking, payments: Sequence[Payment], by_holder: bool, now: datetime) -> Preview:
    """What it would mean to cancel now."""
    nothing, price = nothing_of(booking), booking.quote.total
    outcome = cancel(booking, by_holder, now)
    if not isinstance(outcome, BookingCancelled):
        return Preview(False, booking.end, price, nothing, nothing, nothing, None, None)
    fee = outcome.booking.fee or nothing
    at_hand = sum(p.amount.amount if p.state is PaymentState.AUTHORISED else p.kept for p in payments)
    back = Money(max(at_hand - fee.amount, 0), price.currency)
    return Preview(True, booking.end, fee, fee - price, fee, back, None, _counts_until(booking, by_holder, now))


def _counts_until(booking: Booking, by_holder: bool, now: datetime) -> datetime:
    if booking.state is State.HELD and booking.hold_expires_at is not None:
        return max(booking.hold_expires_at, now)
    until = booking.terms.cancellation(now).until if by_holder else booking.end
    return min(until, booking.end)
