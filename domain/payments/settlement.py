"""What is to do next about a booking's money: recomputed from the facts each time, so that it resumes after any crash."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.money import Money
from domain.payments.payments import (
    AUTHORISE_BEFORE_START,
    HOLD_HORIZON,
    UNDER_WAY,
    Capture,
    Kind,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
)


class Phase(StrEnum):
    """`secure`: the use is ahead, its price must be safe. `owed`: it is over, the amount is final."""

    SECURE = "secure"
    OWED = "owed"


class Bill(Struct, frozen=True):
    """What a booking asks of its payments. `instalments` says that the amount is taken at once, not held."""

    booking_id: UUID
    holder_id: PersonId
    phase: Phase
    amount: Money
    start: datetime
    end: datetime
    instalments: bool = False


class Open(Struct, frozen=True, tag="open"):
    """The provider may not know this payment yet: tell it (again, under the same key)."""

    payment: Payment


class Begin(Struct, frozen=True, tag="begin"):
    """Make this new payment without the holder, with a saved card; then open it."""

    payment: Payment


class CaptureHold(Struct, frozen=True, tag="capture"):
    payment: Payment
    amount: int


class Release(Struct, frozen=True, tag="release"):
    payment: Payment


class Refund(Struct, frozen=True, tag="refund"):
    payment: Payment
    amount: int


Step: TypeAlias = Open | Begin | CaptureHold | Release | Refund


def first_payment(bill: Bill, payment_id: PaymentId, now: datetime) -> Payment:
    """How the holder pays: at once for instalments, a hold where it outlives the use, else the card is saved."""
    if bill.instalments:
        kind, capture = Kind.PAYMENT, Capture.AUTOMATIC
    elif bill.end <= now + HOLD_HORIZON:
        kind, capture = Kind.PAYMENT, Capture.MANUAL
    else:
        kind, capture = Kind.SETUP, Capture.MANUAL
    return _payment(bill, payment_id, now, kind=kind, purpose=Purpose.BOOKING, capture=capture, amount=bill.amount)


def next_step(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    """The one thing to do now, or None. `new_id` is used where a payment must be made."""
    under_way = next((p for p in payments if p.recovery_point in UNDER_WAY), None)
    if under_way is not None:
        return _resumed(under_way)
    unopened = next((p for p in payments if p.recovery_point is RecoveryPoint.RECORDED), None)
    if unopened is not None and (bill.phase is Phase.SECURE or unopened.is_off_session):
        return Open(unopened)
    if bill.phase is Phase.SECURE:
        return _secure(bill, payments, new_id, now)
    return _settle(bill, payments, new_id, now)


def begun(step: CaptureHold | Release | Refund, now: datetime) -> Payment:
    """The payment with the step written down, before the provider is asked."""
    points = {
        CaptureHold: RecoveryPoint.CAPTURING,
        Release: RecoveryPoint.RELEASING,
        Refund: RecoveryPoint.REFUNDING,
    }
    point = points[type(step)]
    amount = 0 if isinstance(step, Release) else step.amount
    payment = step.payment
    if payment.recovery_point is point:
        return payment
    return replace(payment, recovery_point=point, pending=amount, updated_at=now, version=payment.version + 1)


def _resumed(payment: Payment) -> Step:
    if payment.recovery_point is RecoveryPoint.CAPTURING:
        return CaptureHold(payment, payment.pending)
    if payment.recovery_point is RecoveryPoint.REFUNDING:
        return Refund(payment, payment.pending)
    return Release(payment)


def _secure(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    if any(p.kind is Kind.PAYMENT for p in payments):
        return None
    saved = next((p for p in payments if p.state is PaymentState.SAVED), None)
    if saved is None or now < bill.start - AUTHORISE_BEFORE_START:
        return None
    hold = _payment(
        bill, new_id, now, kind=Kind.PAYMENT, purpose=Purpose.LATER_HOLD, capture=Capture.MANUAL, amount=bill.amount
    )
    return Begin(replace(hold, method_id=saved.method_id))


def _settle(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    missing = bill.amount.amount - sum(p.kept for p in payments)
    hold = next((p for p in payments if p.state is PaymentState.AUTHORISED), None)
    if hold is not None:
        return CaptureHold(hold, min(missing, hold.amount.amount)) if missing > 0 else Release(hold)
    open_one = next((p for p in payments if _may_be_withdrawn(p)), None)
    if open_one is not None:
        return Release(open_one)
    if missing < 0:
        taken = max((p for p in payments if p.kept), key=lambda p: p.made_at)
        return Refund(taken, min(-missing, taken.kept))
    method = next((p.method_id for p in reversed(payments) if p.method_id), None)
    tried = any(p.purpose is Purpose.REMAINDER for p in payments)
    if missing > 0 and method is not None and not tried:
        amount = Money(missing, bill.amount.currency)
        rest = _payment(
            bill, new_id, now, kind=Kind.PAYMENT, purpose=Purpose.REMAINDER, capture=Capture.AUTOMATIC, amount=amount
        )
        return Begin(replace(rest, method_id=method))
    return None


def _may_be_withdrawn(payment: Payment) -> bool:
    return (
        payment.intent_id is not None
        and payment.purpose is not Purpose.REMAINDER
        and payment.state in {PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION}
    )


def _payment(
    bill: Bill, payment_id: PaymentId, now: datetime, *, kind: Kind, purpose: Purpose, capture: Capture, amount: Money
) -> Payment:
    return Payment(payment_id, bill.booking_id, bill.holder_id, kind, purpose, capture, amount, now, now)
