"""What paying does to a booking: who may pay when, how a hold waits for the card, and what a secured price changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, ReasonCode, State
from domain.booking.events import BookingConfirmed
from domain.booking.life import bill, is_still_shared, is_trusted
from domain.booking.sharing import Sharing
from domain.identity import Actor
from domain.payments.payments import (
    DEBT_WAITS,
    PAY_BEFORE_START,
    Capture,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
    Share,
)
from domain.payments.settlement import (
    Asked,
    Bill,
    debt,
    deposit_in_person,
    first_payment,
    in_person,
    is_unsecured,
    replacement,
    shared_alike,
)
from domain.refusals import Refusal

# Time for an authentication with the bank (3-D Secure), given once.
PAYING_TAKES = timedelta(minutes=15)


class NotPayable(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    WRONG_STATE = "wrong_state"
    NOTHING_TO_PAY = "nothing_to_pay"
    TOO_LATE_TO_PAY = "too_late_to_pay"
    PAYMENTS_NOT_AVAILABLE = "payments_not_available"
    PAYMENT_DECLINED = "payment_declined"
    UNKNOWN_PAYMENT_METHOD = "unknown_payment_method"
    DEBIT_CANNOT_HOLD = "debit_cannot_hold"
    DEBIT_NOT_OFFERED = "debit_not_offered"
    MANDATE_REQUIRED = "mandate_required"
    VERSION_MISMATCH = "version_mismatch"


class PaymentDue(Struct, frozen=True):
    """The payment to go on with, made or found, and the booking, whose hold may have been prolonged for it."""

    payment: Payment
    booking: Booking

    @property
    def expires_at(self) -> datetime | None:
        """Until when the holder may pay; None once there is nothing to wait for."""
        if not self.payment.is_pending:
            return None
        if self.payment.purpose is Purpose.DEBT:
            return self.payment.made_at + DEBT_WAITS
        if self.payment.is_deposit:
            return self.booking.end
        if self.payment.is_for_extension:
            return self.booking.waiting.expires_at if self.booking.waiting else None
        return self.booking.hold_expires_at or self.booking.start - PAY_BEFORE_START


def pay(
    booking: Booking | None,
    payments: Sequence[Payment],
    actor: Actor,
    new_id: PaymentId,
    now: datetime,
    *,
    creditor_id: str | None = None,
    asked: Asked | None = None,
    share: Share | None = None,
) -> PaymentDue | Refusal[NotPayable]:
    """Find or make the payment by which the holder, and nobody else, pays now. `payments` in the order they were made.

    `creditor_id` is the city's, where it offers direct debits. `asked` is what the booking's dunning case asks for, if there
    is one. `share` is what another operator gets of a booking's first payment.
    """
    due = _due(booking, payments, actor, new_id, now, asked)
    if isinstance(due, Refusal) or due.payment.id != new_id:
        return due
    made = shared_alike(replace(due.payment, share=share), payments)
    return replace(due, payment=replace(made, creditor_id=creditor_id) if is_debitable(due, now) else made)


def is_debitable(due: PaymentDue, now: datetime) -> bool:
    """Whether the terms let a bank account be debited: for what is taken at once, while there is time to mend it should the
    bank not pay, or when the use is over."""
    payment, booking = due.payment, due.booking
    if booking.terms.debits is None or payment.capture is not Capture.AUTOMATIC:
        return False
    return payment.purpose is Purpose.DEBT or now < booking.start - PAY_BEFORE_START


def _due(  # noqa: PLR0917 - what `pay` was given
    booking: Booking | None,
    payments: Sequence[Payment],
    actor: Actor,
    new_id: PaymentId,
    now: datetime,
    asked: Asked | None,
) -> PaymentDue | Refusal[NotPayable]:
    if booking is None or booking.holder_id != actor.id:
        return Refusal(NotPayable.UNKNOWN_BOOKING)
    owed = bill(booking)
    if owed.extra is not None:
        return _pay_for_more(booking, owed, payments, new_id, now)
    if booking.is_live and owed.amount.is_zero:
        return Refusal(NotPayable.NOTHING_TO_PAY)
    begun = next((p for p in reversed(payments) if _goes_on(p)), None)
    if booking.state is State.HELD:
        if booking.hold_expires_at is not None and booking.hold_expires_at <= now:
            return Refusal(NotPayable.WRONG_STATE)
        return PaymentDue(begun or first_payment(owed, new_id, now), _prolonged(booking, now))
    if booking.state is not State.CONFIRMED:
        return _pay_debt(booking, payments, new_id, now, asked)
    if not is_unsecured(owed, payments):
        found = deposit_in_person(owed, payments, new_id, now) or begun
        return PaymentDue(found, booking) if found is not None else Refusal(NotPayable.WRONG_STATE)
    if now >= booking.start - PAY_BEFORE_START:
        return Refusal(NotPayable.TOO_LATE_TO_PAY)
    if begun is not None and begun.is_pending:
        return PaymentDue(begun, booking)
    return PaymentDue(replacement(owed, new_id, now), booking)


def _pay_for_more(
    booking: Booking, owed: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime
) -> PaymentDue | Refusal[NotPayable]:
    """The payment for more time that waits, unless the card that is known is being asked right now."""
    if booking.waiting is None or owed.extra is None or booking.waiting.expires_at <= now:
        return Refusal(NotPayable.WRONG_STATE)
    begun = [p for p in payments if p.is_for_extension and p.made_at >= owed.extra.asked_at and p.is_pending]
    if any(p.is_off_session for p in begun):
        return Refusal(NotPayable.WRONG_STATE)
    return PaymentDue(begun[-1] if begun else in_person(owed, owed.extra, new_id, now), booking)


def _pay_debt(
    booking: Booking, payments: Sequence[Payment], new_id: PaymentId, now: datetime, asked: Asked | None
) -> PaymentDue | Refusal[NotPayable]:
    """What is owed, where the card was refused in the holder's absence, or a bank did not pay or took it back."""
    due = debt(bill(booking), new_id, payments, now, asked)
    if due is None:
        return Refusal(NotPayable.WRONG_STATE)
    begun = next((p for p in reversed(payments) if p.purpose is Purpose.DEBT and p.is_pending), None)
    return PaymentDue(begun or due, booking)


def secured(
    booking: Booking, payments: Sequence[Payment], now: datetime, sharing: Sharing | None = None
) -> BookingConfirmed | None:
    """The booking, confirmed because its price is safe; None where it is not, or changes nothing, where an approval is awaited
    besides, or where its pool does not share it any more.

    A hold that expired while its holder was paying comes back to life, if its time is still free: whoever records this
    claims it again, and leaves the booking as it was where that fails, so that the money goes back.
    """
    if not any(_secures(booking, p, now) for p in payments) or now >= booking.end:
        return None
    if booking.awaits_approval or (booking.state is not State.HELD and not is_regained(booking)):
        return None
    if not is_still_shared(booking, sharing, now):
        return None
    return BookingConfirmed(
        replace(
            booking,
            state=State.CONFIRMED,
            reason_code=None,
            fee=None,
            terms=booking.terms.concluded(now),
            hold_expires_at=None,
            updated_at=now,
            version=booking.version + 1,
        )
    )


def waits_for_debit(
    booking: Booking, payments: Sequence[Payment], now: datetime, sharing: Sharing | None = None
) -> Booking | None:
    """The hold, made to wait for a debit whose success confirms it, as long as there is time to mend its failure; None
    where there is none to wait for."""
    until = booking.start - PAY_BEFORE_START
    if booking.state is not State.HELD or booking.awaits_approval or booking.hold_expires_at is None:
        return None
    under_way = any(p.is_debit and p.state is PaymentState.PROCESSING for p in payments)
    if (
        not under_way
        or not now < until
        or booking.hold_expires_at >= until
        or not is_still_shared(booking, sharing, now)
    ):
        return None
    return replace(booking, hold_expires_at=until, updated_at=now, version=booking.version + 1)


def _secures(booking: Booking, payment: Payment, now: datetime) -> bool:
    """Whether the price is safe by it."""
    settled = payment.is_secure and payment.recovery_point is RecoveryPoint.SETTLED
    return not payment.is_for_extension and not payment.is_deposit and (settled or is_trusted(booking, payment, now))


def is_regained(before: Booking) -> bool:
    """Whether confirming it takes its time again: its hold had expired, and with it the claim."""
    return before.state is State.EXPIRED and before.reason_code is ReasonCode.HOLD_EXPIRED


def _goes_on(payment: Payment) -> bool:
    """Whether the holder's own payment is under way or done."""
    own = payment.purpose is Purpose.BOOKING or payment.is_ad_hoc
    return own and (payment.is_pending or payment.is_secure)


def _prolonged(booking: Booking, now: datetime) -> Booking:
    until = now + PAYING_TAKES
    if (
        booking.hold_extended
        or booking.hold_expires_at is None
        or booking.awaits_approval
        or booking.terms.ad_hoc is not None
    ):
        return booking
    return replace(
        booking,
        hold_expires_at=max(booking.hold_expires_at, until),
        hold_extended=True,
        updated_at=now,
        version=booking.version + 1,
    )
