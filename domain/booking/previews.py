"""What an action would do, before it is asked for."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.booking.bookings import Booking, State
from domain.booking.changing import Surroundings, extend, latest_end, shorten
from domain.booking.events import AlreadyThere, BookingCancelled, BookingWithdrawn, Decision, NotPossible
from domain.booking.extensions import BookingExtended, BookingShortened, ExtensionAsked
from domain.booking.life import nothing_of
from domain.booking.resources import Resource
from domain.booking.withdrawing import cancel_or_withdraw
from domain.identity import PersonId
from domain.money import Money
from domain.payments.payments import Payment, PaymentState
from domain.pricing.quotes import fees_in
from domain.refusals import Refusal


class Preview(Struct, frozen=True):
    """`price` is what the booking would cost in all, `delta` its difference to the price now, `fee` the part of it
    that is a penalty or is owed for what was used, `refund` what would go back to the holder: taken, or held on a card.

    It counts until `valid_until`, None where the action is not possible. `latest_end` is for extensions: until when the
    booking could last; with `needs_approval` somebody has to say yes
    to it first. Nothing is claimed by looking: somebody else may take the time before.
    """

    allowed: bool
    end: datetime
    price: Money
    delta: Money
    fee: Money
    refund: Money
    latest_end: datetime | None
    valid_until: datetime | None
    needs_approval: bool = False


def cancellation(
    booking: Booking, resource: Resource, payments: Sequence[Payment], by_holder: bool, now: datetime
) -> Preview:
    """What it would mean to cancel now, or to withdraw where the holder may."""
    nothing, price = nothing_of(booking), booking.quote.total
    outcome = cancel_or_withdraw(booking, resource, by_holder, now)
    if not isinstance(outcome, BookingCancelled | BookingWithdrawn):
        return Preview(False, booking.end, price, nothing, nothing, nothing, None, None)
    fee = outcome.booking.fee or nothing
    back = Money(max(_at_hand(payments) - fee.amount, 0), price.currency)
    return Preview(True, booking.end, fee, fee - price, fee, back, None, _counts_until(booking, by_holder, now))


def extension(
    booking: Booking,
    end: datetime,
    around: Surroundings,
    *,
    payments: Sequence[Payment],
    by: PersonId,
    now: datetime,
) -> Preview | Refusal[NotPossible]:
    """What it would mean to extend now. An end that no booking could have is refused."""
    outcome = extend(booking, end, around, payments=payments, by=by, now=now)
    latest = latest_end(booking, around)
    asks = False
    if isinstance(outcome, BookingExtended):
        price = outcome.booking.quote.total
    elif isinstance(outcome, ExtensionAsked) and outcome.booking.extension is not None:
        more = outcome.booking.extension
        price, asks = more.quote.total, more.awaits_approval
    else:
        return _unchanged(booking, outcome, latest)
    nothing = nothing_of(booking)
    until = booking.end if booking.end > now else end
    return Preview(True, end, price, price - booking.quote.total, nothing, nothing, latest, until, asks)


def shortening(
    booking: Booking,
    end: datetime,
    around: Surroundings,
    *,
    payments: Sequence[Payment],
    by_holder: bool,
    now: datetime,
) -> Preview | Refusal[NotPossible]:
    """What it would mean to shorten now."""
    outcome = shorten(booking, end, around, by_holder, now)
    if not isinstance(outcome, BookingShortened):
        return _unchanged(booking, outcome, None)
    after = outcome.booking
    fee = fees_in(after.quote) - fees_in(booking.quote)
    price, back = after.quote.total, _at_hand(payments) - after.quote.due_now.amount
    until = after.terms.cancellation(now).until if by_holder else after.end
    return Preview(
        allowed=True,
        end=end,
        price=price,
        delta=price - booking.quote.total,
        fee=fee,
        refund=Money(max(back, 0), price.currency),
        latest_end=None,
        valid_until=max(now, min(until, end)),
    )


def _unchanged(booking: Booking, outcome: Decision, latest: datetime | None) -> Preview | Refusal[NotPossible]:
    """The booking as it is: it is there already, or its state does not allow what is asked."""
    if isinstance(outcome, Refusal) and outcome.pointer:
        return outcome
    nothing = nothing_of(booking)
    there = isinstance(outcome, AlreadyThere)
    until = booking.end if there else None
    return Preview(there, booking.end, booking.quote.total, nothing, nothing, nothing, latest, until)


def _at_hand(payments: Sequence[Payment]) -> int:
    """What was taken and kept of the price, or is held on cards for it, in minor units."""
    price = [p for p in payments if not p.is_deposit]
    return sum(p.amount.amount if p.state is PaymentState.AUTHORISED else p.kept for p in price)


def _counts_until(booking: Booking, by_holder: bool, now: datetime) -> datetime:
    if booking.state is State.HELD and booking.hold_expires_at is not None:
        return max(booking.hold_expires_at, now)
    if booking.state is State.IN_USE:
        return now  # what was used grows
    until = booking.terms.cancellation(now).until if by_holder else booking.end
    return min(until, booking.end)
