"""`/v1/{city}/finance/legal-holds`: what is kept whatever its age, because somebody may still have to prove it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.refunds import Words
from adapters.http.problems import Fault, Rejected
from domain.retention.holds import Hold, HoldId, HoldOn, PlaceHold
from services.calls import Answer
from services.retention import LegalHolds

LIST = "/v1/{city:str}/finance/legal-holds"
EXAMPLE: dict[str, Any] = {
    "id": "01a2221c-6a7e-7d0e-9e0a-3b6f4f2d9c11",
    "on": "document",
    "subject_id": "e3a340ff-05ce-547a-877a-77f8aa269810",
    "reason": "Klage vor dem Amtsgericht, Az. 12 C 345/26",
    "placed_by": "d0f6a6ea-44b1-5c5c-8f2c-8a4c8f0d3b8e",
    "placed_at": "2026-12-02T09:15:00Z",
    "lifted_by": None,
    "lifted_at": None,
    "lifted_because": None,
}
LIFTED = EXAMPLE | {
    "lifted_by": EXAMPLE["placed_by"],
    "lifted_at": "2027-03-01T10:00:00Z",
    "lifted_because": "Vergleich geschlossen",
}


class HoldsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`lifted`: those that were lifted as well."""

    lifted: Annotated[bool, Meta(examples=[True])] = False


class HoldRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`on` the city, everything is held, as while a tax audit runs, and there is no `subject_id`; on a person her file and all
    her bookings, on a booking its payments and documents; a document is an invoice, a withdrawal, a bank statement or a line
    of it."""

    on: HoldOn
    reason: Words
    subject_id: UUID | None = None


class LiftRequest(Struct, forbid_unknown_fields=True, frozen=True):
    reason: Words


class HoldView(Struct, frozen=True):
    id: UUID
    on: HoldOn
    subject_id: UUID | None
    reason: str
    placed_by: UUID
    placed_at: datetime
    lifted_by: UUID | None
    lifted_at: datetime | None
    lifted_because: Annotated[str | None, Meta(description="Why it was lifted; null while it is in force")]


class HoldList(Struct, frozen=True):
    items: tuple[HoldView, ...]


def legal_holds(offered: LegalHolds) -> tuple[Endpoint, ...]:
    async def list_holds(ask: Ask) -> Reply:
        found = await offered.list(ask.city, ask.query(HoldsQuery).lifted)
        return answer(HoldList(tuple(map(_view, found))))

    async def place_hold(ask: Ask) -> Reply:
        asked = await ask.body(HoldRequest)
        if (asked.subject_id is None) != (asked.on is HoldOn.CITY):
            words = "is named for all but the city"
            raise Rejected("invalid_input", errors=(Fault(words, pointer="/subject_id"),))

        def render(hold: Hold) -> Answer:
            return answer(_view(hold), 201)

        command = PlaceHold(HoldId(ask.edge.new_id()), asked.on, asked.subject_id, asked.reason)
        return await offered.place(ask.call(asked, render), command)

    async def lift_hold(ask: Ask) -> Reply:
        asked = await ask.body(LiftRequest)
        hold_id = HoldId(ask.path("hold_id"))

        def render(hold: Hold) -> Answer:
            return answer(_view(hold))

        return await offered.lift(ask.call((hold_id, asked), render), hold_id, asked.reason)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listLegalHolds",
            "finance",
            "Legal holds in force, newest first",
            list_holds,
            {200: HoldList},
            query=HoldsQuery,
            examples={200: {"items": [EXAMPLE]}},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "placeLegalHold",
            "finance",
            "Keep something, whatever its age, until the hold is lifted",
            place_hold,
            {201: HoldView},
            codes=("unknown_subject",),
            body=HoldRequest,
            keyed=True,
            example={name: EXAMPLE[name] for name in ("on", "subject_id", "reason")},
            examples={201: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{LIST}/{{hold_id:uuid}}/lift",
            "liftLegalHold",
            "finance",
            "Lift a hold: what it kept goes by its age again",
            lift_hold,
            {200: HoldView},
            codes=("unknown_hold", "already_lifted"),
            body=LiftRequest,
            keyed=True,
            example={"reason": LIFTED["lifted_because"]},
            examples={200: LIFTED},
        ),
    )


def _view(hold: Hold) -> HoldView:
    return HoldView(
        hold.id,
        hold.on,
        hold.subject_id,
        hold.reason,
        hold.placed_by,
        hold.placed_at,
        hold.lifted_by,
        hold.lifted_at,
        hold.lifted_because,
    )
