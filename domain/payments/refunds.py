"""Money given back because a person says so: by one up to the city's limit, by two above it; and what became of it.

The system gives back by itself what a booking does not cost any more (domain/payments/settlement.py). Those refunds stand
here too once the provider has them, so that one that fails days later is seen whoever asked for it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import SYSTEM, PersonId
from domain.money import Money
from domain.payments.payments import UNDER_WAY, Payment, PaymentId, PaymentState, RecoveryPoint
from domain.payments.transactions import Dispute
from domain.refusals import Refusal

RefundId = NewType("RefundId", UUID)


class RefundState(StrEnum):
    """`proposed`: a second person decides. `approved`: about to be asked for. `asked`: the provider may have it.
    `paid`: it has. `failed`: it came back, or could not be asked for any more."""

    PROPOSED = "proposed"
    REJECTED = "rejected"
    APPROVED = "approved"
    ASKED = "asked"
    PAID = "paid"
    FAILED = "failed"


# A refund that seemed to be with the card may come back from its bank days later, and never the other way round.
RANK = {state: rank for rank, state in enumerate(RefundState)}
PROMISED = frozenset({RefundState.PROPOSED, RefundState.APPROVED})
GIVEN_UP = frozenset({RefundState.REJECTED, RefundState.FAILED})


class NotRefundable(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    UNKNOWN_REFUND = "unknown_refund"
    NOTHING_TAKEN = "nothing_taken"
    MORE_THAN_TAKEN = "more_than_taken"
    CURRENCIES_DIFFER = "currencies_differ"
    DISPUTED = "disputed"
    OWN_PROPOSAL = "own_proposal"
    ALREADY_DECIDED = "already_decided"
    VERSION_MISMATCH = "version_mismatch"


class RefundProposal(Struct, frozen=True):
    """The id comes from the edge. Without `payment_id` it is the latest payment that has so much left."""

    refund_id: RefundId
    booking_id: UUID
    amount: Money
    reason: str
    payment_id: PaymentId | None = None


class Refund(Struct, frozen=True):
    """`number` is the payment's count of refunds when it was asked for: by it the provider's refund is known again.
    `needs_second` says that whoever proposed it does not decide it."""

    id: RefundId
    booking_id: UUID
    payment_id: PaymentId
    amount: Money
    reason: str
    state: RefundState
    needs_second: bool
    proposed_by: PersonId
    proposed_at: datetime
    updated_at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    decision_reason: str = ""
    number: int | None = None
    provider_id: str | None = None
    failure: str | None = None
    version: int = 1


class ProviderRefund(Struct, frozen=True):
    """What the provider says of a refund. `number` is what we wrote on it, None where it was not we who asked."""

    id: str
    number: int | None
    amount: int
    currency: str
    state: RefundState
    made_at: datetime
    failure: str | None = None


def propose(
    command: RefundProposal,
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    disputes: Iterable[Dispute],
    *,
    holder: PersonId,
    limit: int,
    by: PersonId,
    now: datetime,
) -> Refund | Refusal[NotRefundable]:
    """Approved at once up to the city's limit for the whole booking, else proposed; proposed, too, where it is the proposer's
    own money. `payments` are the booking's, oldest first."""
    taken = [p for p in payments if p.captured and command.payment_id in {None, p.id}]
    if not taken:
        return Refusal(NotRefundable.NOTHING_TAKEN)
    if any(p.amount.currency != command.amount.currency for p in taken):
        return Refusal(NotRefundable.CURRENCIES_DIFFER, pointer="/amount/currency")
    fitting = [p for p in reversed(taken) if left(p, refunds) >= command.amount.amount]
    if not fitting:
        return Refusal(NotRefundable.MORE_THAN_TAKEN, pointer="/amount/amount")
    held_up = {dispute.payment_id for dispute in disputes if dispute.forbids_refunds}
    payment = next((p for p in fitting if p.id not in held_up), None)
    if payment is None:
        return Refusal(NotRefundable.DISPUTED)
    by_word = sum(r.amount.amount for r in refunds if r.proposed_by != SYSTEM and r.state not in GIVEN_UP)
    needs_second = by_word + command.amount.amount > limit or by == holder
    return Refund(
        id=command.refund_id,
        booking_id=command.booking_id,
        payment_id=payment.id,
        amount=command.amount,
        reason=command.reason,
        state=RefundState.PROPOSED if needs_second else RefundState.APPROVED,
        needs_second=needs_second,
        proposed_by=by,
        proposed_at=now,
        updated_at=now,
        decided_by=None if needs_second else by,
        decided_at=None if needs_second else now,
    )


def decide(
    refund: Refund, *, approve: bool, reason: str, by: PersonId, now: datetime
) -> Refund | Refusal[NotRefundable]:
    """A second person's word."""
    if refund.state is not RefundState.PROPOSED:
        return Refusal(NotRefundable.ALREADY_DECIDED)
    if by == refund.proposed_by:
        return Refusal(NotRefundable.OWN_PROPOSAL)
    return _next(
        replace(
            refund,
            state=RefundState.APPROVED if approve else RefundState.REJECTED,
            decided_by=by,
            decided_at=now,
            decision_reason=reason,
        ),
        now,
    )


def left(payment: Payment, refunds: Iterable[Refund]) -> int:
    """What of a payment can still be given back: taken, not given back or returned since, and promised to nobody."""
    promised = sum(r.amount.amount for r in refunds if r.payment_id == payment.id and r.state in PROMISED)
    return payment.kept + payment.came_back - payment.pending - promised


def asked(
    refund: Refund, payment: Payment, disputes: Iterable[Dispute], now: datetime
) -> tuple[Refund, Payment | None] | None:
    """The approved refund on its way, and the payment about to give it back; None where another step is under way.

    Without a payment it cannot be asked for any more: meanwhile the money was given back, or the bank has it.
    """
    if payment.recovery_point in UNDER_WAY:
        return None
    if any(d.payment_id == payment.id and d.forbids_refunds for d in disputes):
        return _next(replace(refund, state=RefundState.FAILED, failure=NotRefundable.DISPUTED), now), None
    if refund.amount.amount > payment.kept + payment.came_back:
        return _next(replace(refund, state=RefundState.FAILED, failure=NotRefundable.MORE_THAN_TAKEN), now), None
    again = min(payment.came_back, refund.amount.amount)
    ready = replace(
        payment,
        refunded=payment.refunded - again,
        came_back=payment.came_back - again,
        state=PaymentState.CAPTURED if again else payment.state,
    )
    return _next(replace(refund, state=RefundState.ASKED, number=payment.refunds), now), ready


def followed(refund: Refund, said: ProviderRefund, now: datetime) -> Refund:
    """The refund after what the provider says of it; the same where that is no news."""
    if RANK[said.state] <= RANK[refund.state] and refund.provider_id == said.id:
        return refund
    state = said.state if RANK[said.state] > RANK[refund.state] else refund.state
    return _next(replace(refund, state=state, provider_id=said.id, failure=said.failure or refund.failure), now)


def not_made(refund: Refund, now: datetime) -> Refund:
    """The provider refused it, and will not make it any more."""
    return _next(replace(refund, state=RefundState.FAILED, failure="refused"), now)


def found(said: ProviderRefund, payment: Payment, refund_id: RefundId, now: datetime) -> Refund:
    """A refund that no person proposed here: the system gave it back, or somebody did at the provider itself."""
    return Refund(
        id=refund_id,
        booking_id=payment.booking_id,
        payment_id=payment.id,
        amount=Money(said.amount, said.currency),
        reason="settled" if said.number is not None else "at_provider",
        state=said.state,
        needs_second=False,
        proposed_by=SYSTEM,
        proposed_at=said.made_at,
        updated_at=now,
        number=said.number,
        provider_id=said.id,
        failure=said.failure,
    )


def came_back(payment: Payment, refund: Refund, now: datetime) -> Payment:
    """The payment after the refund failed: owed again, and given back again only if a person says so.

    One that failed before it was ever seen to have been made ends its step all the same.
    """
    amount = refund.amount.amount
    later = replace(payment, updated_at=now, version=payment.version + 1)
    if payment.recovery_point is RecoveryPoint.REFUNDING and refund.number == payment.refunds:
        return replace(
            later,
            recovery_point=RecoveryPoint.SETTLED,
            refunded=payment.refunded + amount,
            came_back=payment.came_back + amount,
            refunds=payment.refunds + 1,
            pending=0,
            attempts=0,
            retry_at=None,
        )
    return replace(later, came_back=min(payment.came_back + amount, payment.refunded))


def news(before: Refund | None, after: Refund) -> tuple[str, ...]:
    """The facts that others act on, by name."""
    return (f"refund.{after.state}",) if before is None or before.state is not after.state else ()


def _next(refund: Refund, now: datetime) -> Refund:
    return replace(refund, updated_at=now, version=refund.version + 1)
