"""Disputes: a cardholder tells her bank that a payment was not right, and the bank takes the money until it is decided.

An inquiry takes nothing yet. Who answers is decided on as Stripe's test mode does: evidence of `winning_evidence` wins at
once, `losing_evidence` loses; other evidence waits until somebody decides by hand. Who does not answer in time has lost,
and so has, at once, whose SEPA debit was returned.
"""

from datetime import timedelta
from typing import Literal, TypeAlias

from msgspec.structs import replace
from stripe.params import DisputeCloseParams, DisputeListParams, DisputeRetrieveParams, DisputeUpdateParams

from adapters.payments.sandbox import balance, debits
from adapters.payments.sandbox.call import Call, merged
from adapters.payments.sandbox.errors import invalid, refused
from adapters.payments.sandbox.objects import (
    Charge,
    Dispute,
    DisputedCard,
    DisputedMethod,
    DisputeStatus,
    EvidenceDetails,
)
from adapters.payments.sandbox.presentation import Page, page

# Card networks leave one to three weeks, of which Stripe passes on the part that it does not need itself.
TO_ANSWER = int(timedelta(days=9).total_seconds())
UNANSWERED: frozenset[DisputeStatus] = frozenset({"warning_needs_response", "needs_response"})
OPEN: frozenset[DisputeStatus] = frozenset({*UNANSWERED, "warning_under_review", "under_review"})
VERDICTS: dict[str, Literal["won", "lost"]] = {"winning_evidence": "won", "losing_evidence": "lost"}
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
Outcome: TypeAlias = Literal["won", "lost", "escalated"]


def by_card(call: Call, charge_id: str, reason: str) -> None:
    """What the test cards that dispute do, soon after the charge."""
    opened(call, call.get(Charge, charge_id), reason, inquiry=reason == "inquiry")


def opened(call: Call, charge: Charge, reason: str, *, inquiry: bool, amount: int | None = None) -> Dispute:
    """The bank asks, or takes `amount`; left out, all that was taken and not given back."""
    left = charge.amount - charge.amount_refunded  # the released part of a hold counts as refunded
    wanted = left if amount is None else amount
    if charge.status != "succeeded" or not charge.captured or not 0 < wanted <= left:
        raise refused(f"Of charge {charge.id} there are {left} to dispute, not {wanted}.")
    by_card = charge.payment_method_details.type == "card"
    dispute = Dispute(
        id=call.new_id("dp"),
        created=call.now,
        amount=wanted,
        charge=charge.id,
        currency=charge.currency,
        evidence_details=EvidenceDetails(due_by=call.now + TO_ANSWER),
        is_charge_refundable=inquiry,
        payment_intent=charge.payment_intent,
        reason="general" if reason == "inquiry" else reason,
        status="warning_needs_response" if inquiry else "needs_response",
        network_reason_code=REASON_CODES.get(reason),
        payment_method_details=_method(charge, reason, inquiry=inquiry) if by_card else None,
    )
    if not by_card:
        dispute = replace(dispute, evidence_details=EvidenceDetails(due_by=None), status="lost")
    call.store.save(replace(charge, disputed=True))
    call.store.save(dispute)
    call.emit("charge.dispute.created", dispute)
    if not by_card:
        return _returned(call, charge, dispute)
    call.store.plan(dispute.id, "evidence_due", call.now + TO_ANSWER)
    return dispute if inquiry else _withdrawn(call, dispute)


def _returned(call: Call, charge: Charge, dispute: Dispute) -> Dispute:
    """A debit that the bank takes back is lost: there is nobody to answer."""
    gone = _withdrawn(call, dispute)
    call.emit("charge.dispute.closed", gone)
    debits.revoked(call, charge)
    return gone


def _method(charge: Charge, reason: str, *, inquiry: bool) -> DisputedMethod:
    card = charge.payment_method_details.charged_card
    return DisputedMethod(
        card=DisputedCard(
            brand=card.brand,
            case_type="inquiry" if inquiry else "chargeback",
            network=card.network,
            network_reason_code=REASON_CODES.get(reason),
        )
    )


def _withdrawn(call: Call, dispute: Dispute) -> Dispute:
    """The money goes, and a fee with it."""
    moved = balance.move(
        call,
        "adjustment",
        "dispute",
        dispute.id,
        -dispute.amount,
        fee=call.fees.dispute,
        fee_for=balance.DISPUTING,
        description=f"Chargeback withdrawal for {dispute.charge}",
        paid_in=dispute.currency,
        at_once=True,
    )
    taken = replace(dispute, balance_transactions=[*dispute.balance_transactions, moved])
    call.store.save(taken)
    call.emit("charge.dispute.funds_withdrawn", taken)
    return taken


def decided(call: Call, identifier: str, outcome: Outcome) -> Dispute:
    """The bank's word. ApiError 400 where it has spoken already."""
    dispute = call.get(Dispute, identifier)
    if dispute.status not in OPEN:
        raise refused(f"This dispute is {dispute.status} already.")
    is_inquiry = dispute.status.startswith("warning_")
    if outcome == "escalated":
        if not is_inquiry:
            raise refused("Only an inquiry can become a dispute.")
        due = replace(dispute.evidence_details, due_by=call.now + TO_ANSWER)
        call.store.plan(dispute.id, "evidence_due", call.now + TO_ANSWER)
        grown = replace(dispute, status="needs_response", is_charge_refundable=False, evidence_details=due)
        return _withdrawn(call, grown)
    call.store.unplan(dispute.id, "evidence_due")
    closed = replace(dispute, status="warning_closed" if is_inquiry else outcome)
    if outcome == "won" and dispute.balance_transactions:
        back = balance.move(
            call,
            "adjustment",
            "dispute_reversal",
            dispute.id,
            dispute.amount,
            description=f"Chargeback reversal for {dispute.charge}",
            paid_in=dispute.currency,
            at_once=True,
        )
        closed = replace(closed, balance_transactions=[*closed.balance_transactions, back])
    call.store.save(closed)
    call.emit("charge.dispute.closed", closed)
    if len(closed.balance_transactions) > len(dispute.balance_transactions):
        call.emit("charge.dispute.funds_reinstated", closed)
    return closed


def overdue(call: Call, identifier: str) -> None:
    """Nobody answered in time."""
    dispute = call.get(Dispute, identifier)
    if dispute.status in UNANSWERED:
        late = replace(dispute, evidence_details=replace(dispute.evidence_details, past_due=True))
        call.store.save(late)
        decided(call, identifier, "lost")


def update(call: Call, identifier: str, params: DisputeUpdateParams) -> Dispute:
    """Stage evidence or, unless `submit` is false, hand it in; once handed in, the bank has it."""
    dispute = call.get(Dispute, identifier)
    given = params.get("evidence") or {}
    if given and dispute.status not in UNANSWERED:
        raise refused("This dispute is already closed, or its evidence was handed in.", code="dispute_not_open")
    for name, value in given.items():
        if not isinstance(value, str):
            raise invalid(f"The sandbox does not model evidence[{name}].", param=f"evidence[{name}]")
    details = replace(dispute.evidence_details, has_evidence=dispute.evidence_details.has_evidence or bool(given))
    changed = replace(
        dispute,
        evidence={**dispute.evidence, **given},
        evidence_details=details,
        metadata=merged(dispute.metadata, params.get("metadata")),
    )
    if details.has_evidence and params.get("submit", True) and dispute.status in UNANSWERED:
        changed = _submitted(call, changed)
    call.store.save(changed)
    call.emit("charge.dispute.updated", changed)
    return changed


def _submitted(call: Call, dispute: Dispute) -> Dispute:
    call.store.unplan(dispute.id, "evidence_due")
    verdict = VERDICTS.get(str(dispute.evidence["uncategorized_text"]))
    if verdict is not None:
        call.store.plan(dispute.id, f"dispute_{verdict}", call.now)
    details = replace(
        dispute.evidence_details,
        submission_count=dispute.evidence_details.submission_count + 1,
        submission_method="manual",
    )
    under_review: DisputeStatus = (
        "warning_under_review" if dispute.status == "warning_needs_response" else "under_review"
    )
    return replace(dispute, status=under_review, evidence_details=details)


def close(call: Call, identifier: str, params: DisputeCloseParams) -> Dispute:  # noqa: ARG001 - one shape
    """Give in; it cannot be taken back."""
    dispute = call.get(Dispute, identifier)
    if dispute.status not in UNANSWERED:
        raise refused(f"This dispute is {dispute.status}: it cannot be closed.", code="dispute_not_open")
    return decided(call, identifier, "lost")


def retrieve(call: Call, identifier: str, params: DisputeRetrieveParams) -> Dispute:  # noqa: ARG001 - one shape
    return call.get(Dispute, identifier)


def listed(call: Call, params: DisputeListParams) -> Page:
    return page(call, Dispute, "/v1/disputes", params, named=("charge", "payment_intent"))


def forbids_refund(call: Call, charge: Charge) -> bool:
    """Whether the charge's money is with the bank, or about to be."""
    if not charge.disputed:
        return False
    known = call.store.everything(Dispute, charge=charge.id)
    return any(not each.is_charge_refundable and each.status not in {"won", "prevented"} for each in known)
