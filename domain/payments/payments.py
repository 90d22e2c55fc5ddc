"""A payment's life: a card is saved or held, a hold is captured or released, what was taken may be given back."""

from datetime import date, datetime, timedelta
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
# Minor units: cards are asked for no less, and no less is taken of a hold. Stripe, for euros:
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST_TAKEN = 50
# Where a card was saved instead, it is held so long before the start: time enough for the holder to mend a refusal.
AUTHORISE_BEFORE_START = timedelta(hours=24)
# After a refused hold the holder may pay until so long before the start; then the booking is cancelled free of charge.
PAY_BEFORE_START = timedelta(hours=2)
# So long a payment of a debt waits for its holder; she may begin another.
DEBT_WAITS = timedelta(days=1)


class Kind(StrEnum):
    PAYMENT = "payment"
    SETUP = "setup"


class Purpose(StrEnum):
    """What a payment is for: the booking itself, the later hold on a saved card, or what a hold did not cover; and more
    time, held on the card that is known already, or where that was refused by the holder in person. `debt` is what is owed
    for a use that is over and no card paid in the holder's absence: she pays it herself. `deposit` is held beside the price,
    on the card that is known, or where that was refused by the holder in person. `ad_hoc` holds the most that a use without an
    account may cost, at the provider's own page; its card is asked once and forgotten."""

    BOOKING = "booking"
    LATER_HOLD = "later_hold"
    REMAINDER = "remainder"
    EXTENSION = "extension"
    EXTENSION_IN_PERSON = "extension_in_person"
    DEBT = "debt"
    DEPOSIT = "deposit"
    DEPOSIT_IN_PERSON = "deposit_in_person"
    AD_HOC = "ad_hoc"


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


EXTENSIONS = frozenset({Purpose.EXTENSION, Purpose.EXTENSION_IN_PERSON})
DEPOSITS = frozenset({Purpose.DEPOSIT, Purpose.DEPOSIT_IN_PERSON})
IN_PERSON = frozenset(
    {Purpose.BOOKING, Purpose.EXTENSION_IN_PERSON, Purpose.DEBT, Purpose.DEPOSIT_IN_PERSON, Purpose.AD_HOC}
)
ENDED = frozenset({PaymentState.CAPTURED, PaymentState.RELEASED, PaymentState.REFUNDED})
PENDING = frozenset({PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION, PaymentState.PROCESSING})
SECURE = frozenset({PaymentState.AUTHORISED, PaymentState.SAVED, PaymentState.CAPTURED})
# A later state never gives way to an earlier one, whatever order the provider's messages arrive in.
RANK = {
    PaymentState.REQUIRES_PAYMENT_METHOD: 0,
    PaymentState.REQUIRES_ACTION: 0,
    PaymentState.PROCESSING: 1,
    PaymentState.FAILED: 2,
    PaymentState.SAVED: 3,
    PaymentState.AUTHORISED: 3,
    PaymentState.CAPTURED: 4,
    PaymentState.RELEASED: 5,
    PaymentState.REFUNDED: 5,
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


class Share(Struct, frozen=True):
    """To whose account at the provider a payment is passed on, whole, and what the city gets back of it: so many hundredths of
    a percent, rounded to the nearest cent, half up."""

    account: str
    basis_points: int

    def fee(self, amount: int) -> int:
        return (amount * self.basis_points + 5_000) // 10_000


class Payment(Struct, frozen=True):
    """One attempt to secure or take money for a booking. Amounts beside `amount` are minor units of its currency.

    `pending` is the amount of the capture or refund under way; `refunds` counts those asked for so far, so that each has a
    key of its own; `came_back` is what of `refunded` the holder's bank sent back: it is owed to her still, and no concern
    of the next settling. `ended_at` is when the hold was taken or let go, by the provider's clock where it says. `attempts`
    counts looks and tries without news; `retry_at` is when to look again.

    `creditor_id` is the city's at the scheme for direct debits (Gläubiger-ID), where the payment may be made by one;
    `mandate` is the reference of the mandate by which an account was debited, None for a card; `debit_on` is when it will
    be, as expected. `share` is there where another operator gets the money.
    """

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
    came_back: int = 0
    capture_before: datetime | None = None
    failure: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1
    creditor_id: str | None = None
    mandate: str | None = None
    debit_on: date | None = None
    share: Share | None = None

    @property
    def may_be_debited(self) -> bool:
        return self.creditor_id is not None

    @property
    def is_debit(self) -> bool:
        """Whether a bank account was debited, or is being."""
        return self.mandate is not None

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    @property
    def is_secure(self) -> bool:
        return self.state in SECURE

    @property
    def is_held(self) -> bool:
        return self.state is PaymentState.AUTHORISED

    @property
    def kept(self) -> int:
        """What was taken and not given back."""
        return self.captured - self.refunded

    @property
    def is_off_session(self) -> bool:
        """Whether it is made with a saved card, in the holder's absence."""
        return self.purpose not in IN_PERSON

    @property
    def is_ad_hoc(self) -> bool:
        """Whether its payer has no account: she pays at the provider's page, and her card is not asked again."""
        return self.purpose is Purpose.AD_HOC

    @property
    def is_for_extension(self) -> bool:
        return self.purpose in EXTENSIONS

    @property
    def is_deposit(self) -> bool:
        return self.purpose in DEPOSITS

    @property
    def covers(self) -> int:
        """How much of the price it makes safe: what is held, or what was taken; a deposit is for what may come beside it."""
        if self.is_deposit:
            return 0
        if self.is_held:
            return 0 if self.recovery_point is RecoveryPoint.RELEASING else self.amount.amount
        return self.captured


class Intent(Struct, frozen=True):
    """What the provider says of a payment right now. `client_secret`, or at the provider's own page its address `action_url`,
    passes through and is never kept. `ended_at` is when it was captured or cancelled, where the provider says."""

    intent_id: str
    state: PaymentState
    method_id: str | None = None
    captured: int = 0
    refunded: int = 0
    capture_before: datetime | None = None
    failure: str | None = None
    client_secret: str | None = None
    action_url: str | None = None
    ended_at: datetime | None = None
    mandate: str | None = None
    debit_on: date | None = None


def observed(payment: Payment, intent: Intent, now: datetime) -> Payment:
    """The payment after what the provider says of it; the same payment where that is no news.

    States only move forward and amounts only grow, so that messages may come twice and in any order. A pending payment
    may be asked for another card or an authentication as often as the holder tries. One that we took for never made,
    as its opening was lost, is what the provider says it is. What a bank did not pay keeps its mandate.
    """
    backwards = payment.intent_id is not None and RANK[intent.state] < RANK[payment.state]
    state = payment.state if backwards else intent.state
    captured = max(payment.captured, intent.captured)
    # What came back the provider does not count as refunded; while nothing is under way that is no news.
    under_way = payment.recovery_point is RecoveryPoint.REFUNDING
    refunded = max(payment.refunded, intent.refunded + (payment.came_back if under_way else 0))
    reached = _reached(payment, state, captured, refunded)
    if reached is RecoveryPoint.REFUNDING:
        # A part that somebody else gave back must not be mistaken for a part of what is under way.
        state, refunded = payment.state, payment.refunded
    over = payment.recovery_point in UNDER_WAY and reached not in UNDER_WAY
    news = replace(
        payment,
        state=state,
        recovery_point=reached,
        intent_id=intent.intent_id,
        method_id=intent.method_id or payment.method_id,
        captured=captured,
        refunded=refunded,
        refunds=payment.refunds + (over and payment.recovery_point is RecoveryPoint.REFUNDING),
        pending=0 if over else payment.pending,
        capture_before=intent.capture_before or payment.capture_before,
        failure=payment.failure if backwards else intent.failure,
        ended_at=_ended_at(payment, intent, state, now),
        mandate=intent.mandate or (payment.mandate if intent.method_id in {None, payment.method_id} else None),
        debit_on=intent.debit_on or payment.debit_on,
    )
    if news == payment:
        return payment
    return replace(news, attempts=0, retry_at=None, updated_at=now, version=payment.version + 1)


def _ended_at(payment: Payment, intent: Intent, state: PaymentState, now: datetime) -> datetime | None:
    if state not in ENDED:
        return None
    return payment.ended_at if payment.state in ENDED else intent.ended_at or now


def _reached(payment: Payment, state: PaymentState, captured: int, refunded: int) -> RecoveryPoint:
    """Where the payment is now: what was asked for stays under way until its effect is seen, or cannot come any more."""
    before = payment.recovery_point
    if before is RecoveryPoint.CAPTURING and state is PaymentState.AUTHORISED and not captured:
        return before
    if before is RecoveryPoint.RELEASING and (state is PaymentState.AUTHORISED or state in PENDING):
        return before
    if before is RecoveryPoint.REFUNDING and refunded < payment.refunded + payment.pending:
        return before
    return RecoveryPoint.OPENED if state in PENDING else RecoveryPoint.SETTLED


def declined_for_good(payment: Payment, failure: str, now: datetime) -> Payment:
    """A payment that the provider would not even open: nothing was made of it and nothing will be."""
    return replace(
        payment,
        state=PaymentState.FAILED,
        recovery_point=RecoveryPoint.SETTLED,
        failure=failure,
        attempts=0,
        retry_at=None,
        updated_at=now,
        version=payment.version + 1,
    )


def abandoned(payment: Payment, now: datetime) -> Payment:
    """A payment that was written down, never reached the provider, and is not needed any more."""
    return replace(
        payment,
        state=PaymentState.RELEASED,
        recovery_point=RecoveryPoint.SETTLED,
        attempts=0,
        retry_at=None,
        ended_at=now,
        updated_at=now,
        version=payment.version + 1,
    )


def refused(payment: Payment, now: datetime) -> Payment:
    """A step that the provider refused for the state it found: it is over, and what to do is decided afresh, later."""
    was_refund = payment.recovery_point is RecoveryPoint.REFUNDING
    return replace(
        payment,
        recovery_point=RecoveryPoint.OPENED if payment.is_pending else RecoveryPoint.SETTLED,
        refunds=payment.refunds + was_refund,
        pending=0,
        updated_at=now,
        version=payment.version + 1,
    )


def news(before: Payment | None, after: Payment) -> tuple[str, ...]:
    """The facts that others act on, by name: `payment.authorised`, `payment.refunded` and their like."""
    found = []
    if after.state not in PENDING and (before is None or before.state is not after.state):
        found.append(f"payment.{after.state}")
    if after.refunded and (before is None or before.refunded < after.refunded):
        found.append("payment.refunded")
    return tuple(dict.fromkeys(found))
