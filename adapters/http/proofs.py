"""`/v1/{city}/proofs`: what people have shown to the city's staff; the same calls as `kommobil proof`."""

from datetime import date, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from adapters.http.roles import Email
from domain.identity import PersonId
from domain.proofs import Age, Proof, ProofKind
from domain.refusals import Refusal
from services.calls import Answer
from services.operator import Operator
from services.operator.proofs import Checked, Seen, may_check

LIST = "/v1/{city:str}/proofs"
Method: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")
]
VehicleClass: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{0,2}$")]
# Further ahead lies no check, and PostgreSQL's calendar ends somewhere too.
LATEST = date(2099, 12, 31)


class Whose(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """By `person_id`, or by `email`."""

    person_id: UUID | None = None
    email: Email | None = None

    @property
    def whose(self) -> str | PersonId:
        """Raises Rejected where that is not said, or said twice."""
        if self.person_id is not None and self.email is None:
            return PersonId(self.person_id)
        if self.email is not None and self.person_id is None:
            return self.email.lower()
        raise Rejected("invalid_input", errors=(Fault("either person_id or email", pointer="/person_id"),))


class ProofRequest(Whose, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What was seen, and how; `valid_until` is the last day on which it counts, and a licence has one: it counts until then,
    for half a year at most. `classes` are those of the licence, and `years` those that an age says: that old she was seen to
    be, or older. No number, no birthday and no copy."""

    kind: ProofKind
    method: Method
    valid_until: date | None = None
    classes: Annotated[list[VehicleClass], Meta(max_length=20)] = []
    years: Age | None = None


class DropQuery(Whose, forbid_unknown_fields=True, frozen=True, kw_only=True):
    kind: ProofKind


class ProofView(Struct, frozen=True):
    """`checked_by` is who saw it; `years` are those of an age."""

    kind: ProofKind
    valid_until: date | None
    method: str
    classes: tuple[str, ...]
    years: int | None
    checked_by: PersonId
    checked_at: datetime


class ProofList(Struct, frozen=True):
    """All of one person's, one of each kind at most."""

    items: tuple[ProofView, ...]
    next_cursor: None = None


def proofs(operator: Operator) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_proofs(ask: Ask) -> Reply:
        found = await operator.proofs(ask.actor, ask.query(Whose).whose)
        return ask.refuse(found) if isinstance(found, Refusal) else answer(ProofList(tuple(map(_view, found))))

    async def keep_proof(ask: Ask) -> Reply:
        asked = await ask.body(ProofRequest)
        whose = asked.whose
        if asked.valid_until is not None and asked.valid_until > LATEST:
            raise Rejected("invalid_input", errors=(Fault("outside the years to 2099", pointer="/valid_until"),))
        _may(ask, asked.kind)
        seen = Seen(Proof(asked.kind, asked.valid_until, asked.years), asked.method.strip(), tuple(asked.classes))
        done = await operator.keep_proof(ask.unkeyed(nothing), whose, seen)
        return ask.refuse(done) if isinstance(done, Refusal) else answer(_view(done))

    async def drop_proof(ask: Ask) -> Reply:
        asked = ask.query(DropQuery)
        whose = asked.whose
        _may(ask, asked.kind)
        done = await operator.drop_proof(ask.unkeyed(nothing), whose, asked.kind)
        return ask.refuse(done) if isinstance(done, Refusal) else Answer(204, "", "")

    def endpoint(method: HttpMethod, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, STAFF, LIST, operation_id, "admin", summary, **more)

    said = {
        "kind": "licence",
        "valid_until": "2027-05-23",
        "method": "seen at the counter",
        "classes": ["AM", "B", "L"],
    }
    shown = said | {
        "years": None,
        "checked_by": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
        "checked_at": "2026-11-23T18:00:00Z",
    }
    return (
        endpoint(
            HttpMethod.GET,
            "listProofs",
            "What a person has shown, and until when it counts",
            handler=list_proofs,
            answers={200: ProofList},
            codes=("unknown_person", "checked_as_driver"),
            query=Whose,
            examples={200: {"items": [shown], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            "keepProof",
            "Enter that somebody has shown something; fleet managers look at licences, the operator at everything",
            handler=keep_proof,
            answers={200: ProofView},
            codes=(
                *("unknown_person", "not_valid_any_more", "licence_without_end", "years_of_age_only"),
                *("own_licence", "checked_as_driver"),
            ),
            body=ProofRequest,
            example=said | {"email": "ada@example.org"},
            examples={200: shown},
        ),
        endpoint(
            HttpMethod.DELETE,
            "dropProof",
            "It counts no longer, for bookings from now on",
            handler=drop_proof,
            answers={204: None},
            codes=("unknown_person", "checked_as_driver"),
            query=DropQuery,
        ),
    )


def _may(ask: Ask, kind: ProofKind) -> None:
    if not may_check(ask.actor, kind):
        raise Rejected("forbidden")


def _view(found: Checked) -> ProofView:
    seen = found.seen
    proof = seen.proof
    return ProofView(
        proof.kind, proof.valid_until, seen.method, seen.classes, proof.years, found.checked_by, found.checked_at
    )
