"""`/v1/{city}/finance/disputes`: payments that holders dispute at their banks, and what the city says to that."""

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Handler, Reply, answer
from adapters.http.finance.examples import DISPUTE, EVIDENCE
from adapters.http.finance.pages import Query, named, page_of, wanted
from adapters.http.problems import Fault, Rejected
from adapters.http.tags import seen, tagged
from domain.payments.transactions import DisputeState
from services.calls import Answer
from services.settlement import Settlement
from services.settlement.disputing import AnswerDispute
from services.settlement.ports import Evidence, FiledDispute
from services.settlement.views import DisputeView, dispute_view

LIST = "/v1/{city:str}/finance/disputes"
ONE = f"{LIST}/{{dispute_id:uuid}}"
LONGEST = 10_000
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=r"\S")]
WHY_NOT = ("unknown_dispute", "already_answered", "dispute_decided", "too_late_to_answer", "version_mismatch")


class DisputesQuery(Query, forbid_unknown_fields=True, frozen=True):
    booking_id: UUID | None = None
    state: Annotated[tuple[DisputeState, ...], Meta(examples=[["needs_response"]])] = ()


class EvidenceRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What the bank is told, in the provider's fields; at least one of them."""

    product_description: Words | None = None
    service_date: Words | None = None
    access_activity_log: Words | None = None
    cancellation_policy_disclosure: Words | None = None
    refund_policy_disclosure: Words | None = None
    refund_refusal_explanation: Words | None = None
    uncategorized_text: Words | None = None


class AcceptRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing is to be said."""


class DisputeList(Struct, frozen=True):
    items: tuple[DisputeView, ...]
    next_cursor: str | None


def finance_disputes(offered: Settlement) -> tuple[Endpoint, ...]:
    async def list_disputes(ask: Ask) -> Reply:
        asked = ask.query(DisputesQuery)
        found = await offered.disputes(ask.city, wanted(asked, asked.state, asked.booking_id))
        shown, following = page_of(found, asked.limit, [(each.dispute.opened_at, each.id) for each in found])
        return answer(DisputeList(tuple(dispute_view(each, ask.city) for each in shown), following))

    async def get_dispute(ask: Ask) -> Reply:
        found = await offered.dispute(ask.city, named(ask, "dispute_id"))
        if found is None:
            raise Rejected("unknown_dispute")
        return tagged(ask, dispute_view(found, ask.city))

    async def answer_dispute(ask: Ask) -> Reply:
        asked = await ask.body(EvidenceRequest, LONGEST)
        said = Evidence(**msgspec.structs.asdict(asked))
        if said == Evidence():
            raise Rejected("invalid_input", errors=(Fault("says nothing", pointer=""),))
        return await _answered(ask, said, asked)

    async def accept_dispute(ask: Ask) -> Reply:
        return await _answered(ask, None, await ask.body_or(AcceptRequest, AcceptRequest()))

    async def _answered(ask: Ask, said: Evidence | None, asked: object) -> Reply:
        dispute_id = named(ask, "dispute_id")

        def render(filed: FiledDispute) -> Answer:
            return answer(dispute_view(filed, ask.city))

        command = AnswerDispute(dispute_id, said, seen(ask))
        return await offered.answer(ask.call((dispute_id, asked), render), command)

    def answering(
        path: str, name: str, summary: str, handler: Handler, *, body: type[Struct], example: object
    ) -> Endpoint:
        return Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/{path}",
            name,
            "finance",
            summary,
            handler,
            {200: DisputeView},
            codes=WHY_NOT,
            body=body,
            keyed=True,
            example=example,
            examples={200: DISPUTE},
        )

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listDisputes",
            "finance",
            "Disputes, newest first",
            list_disputes,
            {200: DisputeList},
            query=DisputesQuery,
            examples={200: {"items": [DISPUTE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getDispute",
            "finance",
            "A dispute, with an ETag",
            get_dispute,
            {200: DisputeView, 304: None},
            codes=("unknown_dispute",),
            examples={200: DISPUTE},
        ),
        answering(
            "evidence",
            "answerDispute",
            "Answer a dispute, once; it cannot be taken back",
            answer_dispute,
            body=EvidenceRequest,
            example=EVIDENCE,
        ),
        answering(
            "accept",
            "acceptDispute",
            "Give in: the holder keeps her money; it cannot be taken back",
            accept_dispute,
            body=AcceptRequest,
            example={},
        ),
    )
