"""`/v1/{city}/finance/refunds`: money given back, proposed by one and above the city's limit decided by another."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.examples import PROPOSAL, REFUND
from adapters.http.finance.pages import Query, named, page_of, wanted
from adapters.http.problems import Rejected
from adapters.http.tags import seen, tagged
from domain.money import Money
from domain.payments.payments import PaymentId
from domain.payments.refunds import Refund, RefundId, RefundProposal, RefundState
from services.calls import Answer
from services.settlement import Settlement
from services.settlement.refunding import DecideRefund
from services.settlement.views import RefundView, refund_view

LIST = "/v1/{city:str}/finance/refunds"
ONE = f"{LIST}/{{refund_id:uuid}}"
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Cents: TypeAlias = Annotated[int, Meta(ge=1, le=10**12)]


class RefundsQuery(Query, forbid_unknown_fields=True, frozen=True):
    booking_id: UUID | None = None
    state: Annotated[tuple[RefundState, ...], Meta(examples=[["proposed"]])] = ()


class Amount(Struct, forbid_unknown_fields=True, frozen=True):
    amount: Cents
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class RefundRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Of a booking's payments; without `payment_id` of the latest that has so much left."""

    booking_id: UUID
    amount: Amount
    reason: Words
    payment_id: UUID | None = None


class DecisionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    approve: bool
    reason: Words


class RefundList(Struct, frozen=True):
    items: tuple[RefundView, ...]
    next_cursor: str | None


def finance_refunds(offered: Settlement) -> tuple[Endpoint, ...]:
    async def list_refunds(ask: Ask) -> Reply:
        asked = ask.query(RefundsQuery)
        found = await offered.refunds(ask.city, wanted(asked, asked.state, asked.booking_id))
        shown, following = page_of(found, asked.limit, [(each.proposed_at, each.id) for each in found])
        return answer(RefundList(tuple(refund_view(each, ask.city) for each in shown), following))

    async def get_refund(ask: Ask) -> Reply:
        found = await offered.refund(ask.city, named(ask, "refund_id"))
        if found is None:
            raise Rejected("unknown_refund")
        return tagged(ask, refund_view(found, ask.city))

    async def propose_refund(ask: Ask) -> Reply:
        asked = await ask.body(RefundRequest)

        def render(refund: Refund) -> Answer:
            return answer(refund_view(refund, ask.city), 201)

        command = RefundProposal(
            refund_id=RefundId(ask.edge.new_id()),
            booking_id=asked.booking_id,
            amount=Money(asked.amount.amount, asked.amount.currency),
            reason=asked.reason,
            payment_id=PaymentId(asked.payment_id) if asked.payment_id else None,
        )
        return await offered.propose(ask.call(asked, render), command)

    async def decide_refund(ask: Ask) -> Reply:
        asked = await ask.body(DecisionRequest)
        refund_id = RefundId(named(ask, "refund_id"))

        def render(refund: Refund) -> Answer:
            return answer(refund_view(refund, ask.city))

        command = DecideRefund(refund_id, asked.approve, asked.reason, seen(ask))
        return await offered.decide(ask.call((refund_id, asked), render), command)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listRefunds",
            "finance",
            "Refunds, newest first: those that people proposed, and those that followed from bookings",
            list_refunds,
            {200: RefundList},
            query=RefundsQuery,
            examples={200: {"items": [REFUND], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getRefund",
            "finance",
            "A refund, with an ETag",
            get_refund,
            {200: RefundView, 304: None},
            codes=("unknown_refund",),
            examples={200: REFUND},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "proposeRefund",
            "finance",
            "Give money back; above the city's limit somebody else decides",
            propose_refund,
            {201: RefundView},
            codes=("unknown_booking", "nothing_taken", "more_than_taken", "currencies_differ", "disputed"),
            body=RefundRequest,
            keyed=True,
            example=PROPOSAL,
            examples={201: REFUND},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/decision",
            "decideRefund",
            "finance",
            "Approve or reject what somebody else proposed",
            decide_refund,
            {200: RefundView},
            codes=("unknown_refund", "own_proposal", "already_decided", "version_mismatch"),
            body=DecisionRequest,
            keyed=True,
            example={"approve": True, "reason": "Der Ladepunkt war defekt."},
            examples={200: REFUND},
        ),
    )
