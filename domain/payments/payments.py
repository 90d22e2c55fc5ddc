"""A payment's life: a card is saved or held, a hold is captured or released, what was taken may be given back."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.money import Money

PaymentId = NewType("PaymentId", UUID)

# A hold on a card lives 7 days at most; one that is taken for a use within 6 leaves a day to capture it.
HOLD_HORIZON = timedelta(days=6)
# Where a card was saved instead, it is held so long before the start: time enough for the holder to mend a refusal.
AUTHORISE_BEFORE_START = timedelta(hours=24)
# After a refused hold the holder may pay until so long before the start; then the booking is cancelled free of charge.
PAY_BEFORE_START = timedelta(hours=2)


class Kind(StrEnum):
    PAYMENT = "payment"
    SETUP = "setup"


class Purpose(StrEnum):
    """What a payment is for: the booking itself, the later hold on a saved card, or what a hold did not cover."""

    BOOKING = "booking"
    LATER_HOLD = "later_hold"
    REMAINDER = "remainder"


class Capture(StrEnum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"


class PaymentState(StrEnum):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    SAVED = "saved"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUNDED = "refunded"
    FAILED = "failed"


PENDING = frozenset({PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING})
SECURE = frozenset({PaymentState.AUTHORISED, PaymentState.SAVED, PaymentState.CAPTURED})
# A later state never gives way to an earlier one, whatever order the provider's messages arrive in.
RANK = {
    PaymentState.REQUIRES_PAYMENT_METHOD: 0,
    PaymentState.REQUIRES_ACTION: 0,
    PaymentState.PROCESSING: 1,
    PaymentState.SAVED: 2,
    PaymentState.AUTHORISED: 2,
    PaymentState.FAILED: 2,
    PaymentState.CAPTURED: 3,
    PaymentState.RELEASED: 4,
    PaymentState.REFUNDED: 4,
}


class RecoveryPoint(StrEnum):
    """How far a payment is known to have come; whoever finds it after a crash goes on from here.

    `recorded`: ours, perhaps not yet the provider's. `opened`: the provider has it. `capturing`, `releasing`,
    `refunding`: asked for, the outcome unknown. `settled`: nothing is under way.
    """

    RECORDED = "recorded"
    OPENED = "opened"
    CAPTURING = "capturing"
    RELEASING = "releasing"
    REFUNDING = "refunding"
    SETTLED = "settled"


UNDER_WAY = frozenset({RecoveryPoint.CAPTURING, RecoveryPoint.RELEASING, RecoveryPoint.REFUNDING})


class Payment(Struct, frozen=True):
    """One attempt to secure or take money for a booking. Amounts beside `amount` are minor units of its currency."""

    id: PaymentId
    booking_id: UUID
    holder_id: PersonId
    kind: Kind
    purpose: Purpose
    capture: Capture
    amount: Money
    made_at: datetime
    updated_at: datetime
    state: PaymentState = PaymentState.REQUIRES_PAYMENT_METHOD
    recovery_point: RecoveryPoint = RecoveryPoint.RECORDED
    intent_id: str | None = None
    method_id: str | None = None
    captured: int = 0
    refunded: int = 0
    refunds: int = 0
    pending: int = 0
    capture_before: datetime | None = None
    failure: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    version: int = 1

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    @property
    def is_secure(self) -> bool:
        return self.state in SECURE

    @property
    def kept(self) -> int:
        """What was taken and not given back."""
        return self.captured - self.refunded

    @property
    def is_off_session(self) -> bool:
        return self.purpose is not Purpose.BOOKING


class Intent(Struct, frozen=True):
    """What the provider says of a payment right now. `client_secret` passes through and is never kept."""

    intent_id: str
    state: PaymentState
    method_id: str | None = None
    captured: int = 0
    refunded: int = 0
    capture_before: datetime | None = None
    failure: str | None = None
    client_secret: str | None = None
    action_url: str | None = None


def observed(payment: Payment, intent: Intent, now: datetime) -> Payment:
    """The payment after what the provider says of it; the same payment where that is no news.

    States only move forward and amounts only grow, so that messages may come twice and in any order. A pending payment
    may be asked for another card or an authentication as often as the holder tries.
    """
    backwards = RANK[intent.state] < RANK[payment.state]
    retried = payment.state is PaymentState.FAILED and intent.state in SECURE
    state = payment.state if backwards and not retried else intent.state
    refunded = max(payment.refunded, intent.refunded)
    captured = max(payment.captured, intent.captured)
    news = replace(
        payment,
        state=state,
        recovery_point=_reached(payment, state, captured, refunded),
        intent_id=intent.intent_id,
        method_id=intent.method_id or payment.method_id,
        captured=captured,
        refunded=refunded,
        capture_before=intent.capture_before or payment.capture_before,
        failure=intent.failure if state is intent.state else payment.failure,
        attempts=0,
        retry_at=None,
    )
    if news.recovery_point is not RecoveryPoint.REFUNDING and payment.recovery_point is RecoveryPoint.REFUNDING:
        news = replace(news, refunds=payment.refunds + 1, pending=0)
    elif news.recovery_point is RecoveryPoint.SETTLED:
        news = replace(news, pending=0)
    if news == payment:
        return payment
    return replace(news, updated_at=now, version=payment.version + 1)


def _reached(payment: Payment, state: PaymentState, captured: int, refunded: int) -> RecoveryPoint:
    before = payment.recovery_point
    if before is RecoveryPoint.REFUNDING and refunded < payment.refunded + payment.pending:
        return before
    if before is RecoveryPoint.CAPTURING and not captured and state is PaymentState.AUTHORISED:
        return before
    if before is RecoveryPoint.RELEASING and state not in {PaymentState.RELEASED, PaymentState.CAPTURED}:
        return before
    return RecoveryPoint.OPENED if state in PENDING else RecoveryPoint.SETTLED
