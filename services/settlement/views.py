"""Payouts, refunds and disputes as whoever keeps the city's books sees them; every figure leads to what it is made of."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.payments.refunds import Refund, RefundState
from domain.payments.transactions import DisputeState, PayoutState, ProviderTransaction, TransactionKind, filed_as
from services.settlement.ports import AnswerKind, Evidence, FiledDispute, FiledPayout, Total


class PayoutView(Struct, frozen=True):
    """A negative amount was drawn from the bank. `items` is where it says what it is made of, `itemised` whether all of
    that is known; `trace_id` is what the bank shows."""

    id: UUID
    provider_id: str
    amount: Money
    state: PayoutState
    automatic: bool
    itemised: bool
    created_at: datetime
    arrives_on: date
    trace_id: str | None
    failure: str | None
    items: str
    matches: str
    version: int


class TotalView(Struct, frozen=True):
    """Of what it is made of, all of one kind."""

    kind: TransactionKind
    count: int
    amount: Money
    fee: Money
    net: Money


class PayoutDetails(PayoutView, frozen=True):
    """`totals` sum up its items; their `net` is the payout's amount once it is itemised."""

    totals: tuple[TotalView, ...]


class PayoutItemView(Struct, frozen=True):
    """A movement of the provider's balance, under its name there; `booking` leads to what it is for, `movement` to itself."""

    id: str
    kind: TransactionKind
    amount: Money
    fee: Money
    net: Money
    source_id: str | None
    created_at: datetime
    payment_id: UUID | None
    booking_id: UUID | None
    booking: str | None
    movement: str


class MovementView(PayoutItemView, frozen=True):
    """`payout` is the one that it went out with, as far as that is known; `entries` lead to what the ledger says of it."""

    payout: str | None
    entries: tuple[str, ...]


class RefundView(Struct, frozen=True):
    """`needs_second`: whoever proposed it does not decide it. `failure` says why the money did not arrive, or came back."""

    id: UUID
    booking_id: UUID
    payment_id: UUID
    amount: Money
    reason: str
    state: RefundState
    needs_second: bool
    proposed_by: PersonId
    proposed_at: datetime
    decided_by: PersonId | None
    decided_at: datetime | None
    decision_reason: str
    provider_id: str | None
    failure: str | None
    booking: str
    version: int


class DisputeAnswerView(Struct, frozen=True):
    kind: AnswerKind
    evidence: Evidence
    answered_by: PersonId
    answered_at: datetime
    handed_in_at: datetime | None
    failure: str | None


class DisputeView(Struct, frozen=True):
    """`withdrawn` is what the bank has of the money now. `answer_by` is until when the city may answer, None where it has
    no say."""

    id: UUID
    provider_id: str
    amount: Money
    withdrawn: Money
    fee: Money
    reason: str
    state: DisputeState
    opened_at: datetime
    answer_by: datetime | None
    answer: DisputeAnswerView | None
    payment_id: UUID | None
    booking_id: UUID | None
    booking: str | None
    version: int


def payout_view(filed: FiledPayout, city: City) -> PayoutView:
    return PayoutView(**_payout(filed, city))


def payout_details(filed: FiledPayout, totals: Sequence[Total], city: City) -> PayoutDetails:
    currency = filed.payout.currency
    return PayoutDetails(
        **_payout(filed, city),
        totals=tuple(
            TotalView(
                each.kind,
                each.count,
                Money(each.amount, currency),
                Money(each.fee, currency),
                Money(each.net, currency),
            )
            for each in totals
        ),
    )


def _payout(filed: FiledPayout, city: City) -> dict[str, Any]:
    payout = filed.payout
    return {
        "id": filed.id,
        "provider_id": payout.id,
        "amount": Money(payout.amount, payout.currency),
        "state": payout.state,
        "automatic": payout.is_automatic,
        "itemised": filed.itemised_at is not None,
        "created_at": payout.created_at,
        "arrives_on": payout.arrives_on,
        "trace_id": payout.trace_id,
        "failure": payout.failure,
        "items": f"/v1/{city}/finance/payouts/{filed.id}/items",
        "matches": f"/v1/{city}/finance/matches?expected_id=payout:{payout.id}",
        "version": filed.version,
    }


def item_view(item: ProviderTransaction, city: City) -> PayoutItemView:
    return PayoutItemView(**_item(item, city))


def movement_view(item: ProviderTransaction, city: City) -> MovementView:
    at = f"/v1/{city}/finance"
    return MovementView(
        **_item(item, city),
        payout=None if item.payout_id is None else f"{at}/payouts/{filed_as(city, item.payout_id)}",
        entries=tuple(f"{at}/entries?source={entry.source}" for entry in movement(item, None)),
    )


def _item(item: ProviderTransaction, city: City) -> dict[str, Any]:
    return {
        "id": item.id,
        "kind": item.kind,
        "amount": Money(item.amount, item.currency),
        "fee": Money(item.fee, item.currency),
        "net": Money(item.net, item.currency),
        "source_id": item.source_id,
        "created_at": item.created_at,
        "payment_id": item.payment_id,
        "booking_id": item.booking_id,
        "booking": _booking(city, item.booking_id),
        "movement": f"/v1/{city}/finance/movements/{filed_as(city, item.id)}",
    }


def refund_view(refund: Refund, city: City) -> RefundView:
    return RefundView(
        id=refund.id,
        booking_id=refund.booking_id,
        payment_id=refund.payment_id,
        amount=refund.amount,
        reason=refund.reason,
        state=refund.state,
        needs_second=refund.needs_second,
        proposed_by=refund.proposed_by,
        proposed_at=refund.proposed_at,
        decided_by=refund.decided_by,
        decided_at=refund.decided_at,
        decision_reason=refund.decision_reason,
        provider_id=refund.provider_id,
        failure=refund.failure,
        booking=f"/v1/{city}/finance/bookings/{refund.booking_id}",
        version=refund.version,
    )


def dispute_view(filed: FiledDispute, city: City) -> DisputeView:
    dispute, answer = filed.dispute, filed.answer
    return DisputeView(
        id=filed.id,
        provider_id=dispute.id,
        amount=Money(dispute.amount, dispute.currency),
        withdrawn=Money(dispute.withdrawn, dispute.currency),
        fee=Money(dispute.fee, dispute.currency),
        reason=dispute.reason,
        state=dispute.state,
        opened_at=dispute.opened_at,
        answer_by=dispute.evidence_due_at if dispute.may_be_answered and answer is None else None,
        answer=None
        if answer is None
        else DisputeAnswerView(
            answer.kind,
            answer.evidence,
            answer.answered_by,
            answer.answered_at,
            answer.handed_in_at,
            answer.failure,
        ),
        payment_id=dispute.payment_id,
        booking_id=dispute.booking_id,
        booking=_booking(city, dispute.booking_id),
        version=filed.version,
    )


def _booking(city: City, booking_id: UUID | None) -> str | None:
    return f"/v1/{city}/finance/bookings/{booking_id}" if booking_id is not None else None
