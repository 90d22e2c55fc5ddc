"""What Stripe's objects say, read into types of ours and put in our terms."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
import stripe
from msgspec import Struct, field

from domain.payments.payments import Intent, Payment, PaymentState

STATES = {
    "requires_payment_method": PaymentState.REQUIRES_PAYMENT_METHOD,
    "requires_confirmation": PaymentState.REQUIRES_PAYMENT_METHOD,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORISED,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.RELEASED,
}
NOT_GIVEN_BACK = frozenset({"failed", "canceled"})
T = TypeVar("T")


class CardFacts(Struct, frozen=True):
    capture_before: int | None = None


class DebitFacts(Struct, frozen=True):
    mandate: str | None = None
    expected_debit_date: date | None = None


class DetailFacts(Struct, frozen=True):
    card: CardFacts | None = None
    sepa_debit: DebitFacts | None = None


class TakenFacts(Struct, frozen=True):
    """The movement by which a charge was captured."""

    created: int


class ChargeFacts(Struct, frozen=True):
    amount_refunded: int = 0
    balance_transaction: TakenFacts | str | None = None
    status: str = ""
    payment_method_details: DetailFacts | None = None


class ErrorFacts(Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None


class RedirectFacts(Struct, frozen=True):
    url: str | None = None


class ActionFacts(Struct, frozen=True):
    redirect_to_url: RedirectFacts | None = None


class RefundFacts(Struct, frozen=True):
    amount: int
    status: str | None = None
    balance_transaction: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    id: str = ""
    currency: str = ""
    created: int = 0
    failure_reason: str | None = None

    @property
    def moves_money(self) -> bool:
        """Whether it is more than the unused part of a hold, which Stripe showed as a refund before 2025-03-31."""
        return "payment_id" in self.metadata or self.balance_transaction is not None

    @property
    def gives_money_back(self) -> bool:
        return self.status not in NOT_GIVEN_BACK and self.moves_money


class PaymentFacts(Struct, frozen=True):
    """`latest_charge` and its movement are expanded where we asked for them, and ids in events and errors."""

    id: str
    status: str
    canceled_at: int | None = None
    amount_received: int = 0
    client_secret: str | None = None
    payment_method: str | None = None
    latest_charge: ChargeFacts | str | None = None
    last_payment_error: ErrorFacts | None = None
    next_action: ActionFacts | None = None

    @property
    def may_be_refunded(self) -> bool:
        charge = self.latest_charge
        return self.amount_received > 0 and not (isinstance(charge, ChargeFacts) and charge.amount_refunded == 0)

    @property
    def debit(self) -> DebitFacts | None:
        """What is known of the account that was debited last, if it was one."""
        details = self.latest_charge.payment_method_details if isinstance(self.latest_charge, ChargeFacts) else None
        return details.sepa_debit if details is not None else None

    @property
    def was_not_debited(self) -> bool:
        """Whether the bank said in the end that it does not pay."""
        failed = isinstance(self.latest_charge, ChargeFacts) and self.latest_charge.status == "failed"
        return failed and self.debit is not None


class SepaFacts(Struct, frozen=True):
    reference: str


class MandateDetailFacts(Struct, frozen=True):
    sepa_debit: SepaFacts


class MandateFacts(Struct, frozen=True):
    payment_method_details: MandateDetailFacts


class MethodFacts(Struct, frozen=True):
    """Whose it is, and whether a card or a bank account."""

    type: str
    customer: str | None = None


class OwnerFacts(Struct, frozen=True):
    customer: str | None = None


class SetupFacts(Struct, frozen=True):
    id: str
    status: str
    client_secret: str | None = None
    payment_method: str | None = None
    last_setup_error: ErrorFacts | None = None
    next_action: ActionFacts | None = None


def facts_of(thing: stripe.StripeObject | dict[str, Any], wanted: type[T]) -> T:
    """The fields that we use; whatever else Stripe adds is passed over."""
    return msgspec.convert(thing if isinstance(thing, dict) else thing.to_dict(), wanted)


def payment_intent(
    payment: Payment, facts: PaymentFacts, refunds: Sequence[RefundFacts], mandate: str | None = None
) -> Intent:
    """Captured is what was received; refunded what refunds gave back, never `amount_refunded` of a partial capture.

    Another account or a card may be asked after a debit failed; but that was days ago, and nobody waits there any more.
    """
    refunded = min(sum(r.amount for r in refunds if r.gives_money_back), facts.amount_received)
    state = STATES[facts.status]
    failure = _code(facts.last_payment_error)
    if state is PaymentState.CAPTURED and refunded == facts.amount_received:
        state = PaymentState.REFUNDED
    if facts.was_not_debited and state is PaymentState.REQUIRES_PAYMENT_METHOD:
        state = PaymentState.FAILED
    if payment.is_off_session and state in {PaymentState.REQUIRES_PAYMENT_METHOD, PaymentState.REQUIRES_ACTION}:
        # Nobody is there to choose another card or to authenticate: what waits for the holder has failed.
        state, failure = PaymentState.FAILED, failure or "authentication_required"
    return Intent(
        intent_id=facts.id,
        state=state,
        method_id=facts.payment_method,
        captured=facts.amount_received,
        refunded=refunded,
        capture_before=_capture_before(facts.latest_charge),
        failure=failure,
        client_secret=facts.client_secret,
        action_url=_action(facts.next_action),
        ended_at=_ended_at(facts),
        mandate=mandate,
        debit_on=facts.debit.expected_debit_date if facts.debit is not None else None,
    )


def setup_intent(facts: SetupFacts) -> Intent:
    state = PaymentState.SAVED if facts.status == "succeeded" else STATES[facts.status]
    return Intent(
        intent_id=facts.id,
        state=state,
        method_id=facts.payment_method,
        failure=_code(facts.last_setup_error),
        client_secret=facts.client_secret,
        action_url=_action(facts.next_action),
    )


def _code(error: ErrorFacts | None) -> str | None:
    return (error.decline_code or error.code) if error else None


def _action(action: ActionFacts | None) -> str | None:
    return action.redirect_to_url.url if action and action.redirect_to_url else None


def _ended_at(facts: PaymentFacts) -> datetime | None:
    taken = facts.latest_charge.balance_transaction if isinstance(facts.latest_charge, ChargeFacts) else None
    at = taken.created if facts.status == "succeeded" and isinstance(taken, TakenFacts) else facts.canceled_at
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _capture_before(charge: ChargeFacts | str | None) -> datetime | None:
    details = charge.payment_method_details if isinstance(charge, ChargeFacts) else None
    if details is None or details.card is None or details.card.capture_before is None:
        return None
    return datetime.fromtimestamp(details.card.capture_before, UTC)
