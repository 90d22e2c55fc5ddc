"""What a reader may do with a booking right now, and which of its payments speaks for it."""

from collections.abc import Sequence
from datetime import datetime

from domain.booking.bookings import Booking, Payer, State
from domain.booking.deposits import no_deposit
from domain.booking.life import awaits_readings, bill, is_too_early
from domain.booking.withdrawing import is_withdrawable
from domain.identity import Actor
from domain.payments.deposits import is_refused
from domain.payments.payments import PAY_BEFORE_START, Payment, PaymentState
from domain.payments.settlement import Asked, is_owing


def current_payment(payments: Sequence[Payment]) -> Payment | None:
    """The payment that matters: the latest that did not fail, else the latest.

    A saved card on which a later hold failed no longer secures anything: then the failed hold is the news.
    """
    current: Payment | None = None
    own = (payment for payment in payments if not payment.is_for_extension and not payment.is_deposit)
    for payment in sorted(own, key=lambda each: (each.made_at, each.id)):
        failed = payment.state is PaymentState.FAILED
        if current is None or not failed or current.state in {PaymentState.FAILED, PaymentState.SAVED}:
            current = payment
    return current


def extension_payment(booking: Booking, payments: Sequence[Payment]) -> Payment | None:
    """The latest payment for the extension that waits."""
    waiting = booking.waiting
    if waiting is None:
        return None
    mine = [p for p in payments if p.is_for_extension and p.made_at >= waiting.asked_at]
    return max(mine, key=lambda each: (each.made_at, each.id), default=None)


def is_indebted(booking: Booking, payments: Sequence[Payment], asked: Asked | None) -> bool:
    """Whether something is owed that no card or bank paid in the holder's absence, so that she pays it herself; `asked` is
    what the booking's dunning case asks for, None without one."""
    return booking.state not in {State.HELD, State.CONFIRMED} and is_owing(bill(booking), payments, asked)


def actions(
    booking: Booking,
    payment: Payment | None,
    actor: Actor,
    now: datetime,
    *,
    indebted: bool = False,
    deposit: Payment | None = None,
) -> tuple[str, ...]:
    """The actions that would succeed now by what is known, for somebody who may see the booking.

    `payment` is the current one. `confirm` stands for "look again": the provider may know more than we do once a
    payment was begun. `deposit` is the latest payment for the deposit.
    """
    possible = {
        "pay": booking.holder_id == actor.id
        and (indebted or _awaits_payment(booking, payment, now) or _awaits_deposit(booking, deposit, now)),
        "confirm": _may_be_confirmed(booking, payment),
        "cancel": booking.state in {State.HELD, State.CONFIRMED} or _may_withdraw(booking, actor, now),
        "start": _may_start(booking, now) and not _lacks_deposit(booking, deposit, now),
        "finish": booking.state is State.IN_USE and not is_too_early(booking, now),
        "extend": booking.terms.subscription is None
        and _may_grow(booking, payment, now)
        and (booking.payer is Payer.COST_CENTRE or booking.holder_id == actor.id),
        "shorten": booking.terms.subscription is None
        and booking.state in {State.CONFIRMED, State.IN_USE}
        and (now < booking.end or booking.waiting is not None),
    }
    return tuple(action for action, may in possible.items() if may)


def _may_start(booking: Booking, now: datetime) -> bool:
    """What the key has begun is started as well: there the instruments are read."""
    if booking.state is State.IN_USE:
        return awaits_readings(booking, now)
    return booking.state is State.CONFIRMED and booking.terms.earliest_start <= now < booking.end


def _may_withdraw(booking: Booking, actor: Actor, now: datetime) -> bool:
    return booking.holder_id == actor.id and is_withdrawable(booking, now)


def _may_grow(booking: Booking, payment: Payment | None, now: datetime) -> bool:
    """As far as the booking itself goes: who comes next is seen when it is asked."""
    stands = booking.state is State.IN_USE or (booking.state is State.CONFIRMED and now < booking.end)
    latest = booking.terms.latest_end
    return stands and booking.waiting is None and booking.end < latest and now < latest and not _was_refused(payment)


def _may_be_confirmed(booking: Booking, payment: Payment | None) -> bool:
    begun = payment is not None and payment.state is not PaymentState.FAILED
    return booking.state is State.HELD and begun and not booking.awaits_approval


def _awaits_payment(booking: Booking, payment: Payment | None, now: datetime) -> bool:
    """A hold waits to be paid; a confirmed booking only where the later hold on the saved card was refused."""
    if booking.waiting is not None:
        return now < booking.waiting.expires_at and not booking.waiting.awaits_approval
    if booking.state is State.HELD:
        lapsed = booking.hold_expires_at is not None and booking.hold_expires_at <= now
        return not lapsed and not booking.quote.due_now.is_zero and (payment is None or not payment.is_secure)
    return booking.state is State.CONFIRMED and _was_refused(payment) and now < booking.start - PAY_BEFORE_START


def _lacks_deposit(booking: Booking, deposit: Payment | None, now: datetime) -> bool:
    held = (deposit,) if deposit is not None else ()
    return booking.state is State.CONFIRMED and no_deposit(booking, held, now) is not None


def _awaits_deposit(booking: Booking, deposit: Payment | None, now: datetime) -> bool:
    """Whether its holder has to have the deposit held herself."""
    return booking.state is State.CONFIRMED and now < booking.end and deposit is not None and is_refused((deposit,))


def _was_refused(payment: Payment | None) -> bool:
    """Whether the later hold on the saved card failed, and is not mended yet."""
    return payment is not None and (payment.state is PaymentState.FAILED or _asks_the_holder(payment))


def _asks_the_holder(payment: Payment) -> bool:
    unanswered = payment.state in {PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION}
    return unanswered and not payment.is_off_session
