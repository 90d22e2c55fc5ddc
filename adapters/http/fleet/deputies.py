"""`/v1/{city}/fleet/deputies`: who decides on bookings for somebody while she is away."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import WORKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer, nothing
from adapters.http.fleet.approval_examples import DEPUTYSHIP, NAMING
from adapters.http.reading import Instant, in_utc
from domain.fleet.deputies import DeputyId, Deputyship, NameDeputy
from domain.identity import PersonId
from domain.refusals import Refusal
from services.fleet.deputies import Deputies

LIST = "/v1/{city:str}/fleet/deputies"
ONE = f"{LIST}/{{deputyship_id:uuid}}"


class DeputyRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """From `start` on and before `end` the deputy decides for whoever asks. An operator names `for` somebody else."""

    deputy_id: UUID
    start: Instant
    end: Instant
    for_: UUID | None = msgspec.field(name="for", default=None)


class DeputyshipView(Struct, frozen=True):
    """The deputy decides for the person; `ended_at` where that was ended sooner."""

    id: UUID
    person_id: UUID
    deputy_id: UUID
    start: datetime
    end: datetime
    named_by: UUID
    named_at: datetime
    ended_at: datetime | None


class DeputyList(Struct, frozen=True):
    items: tuple[DeputyshipView, ...]


def fleet_deputies(offered: Deputies) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_deputies(ask: Ask) -> Reply:
        return answer(DeputyList(tuple(map(_view, await offered.page(ask.city, ask.actor)))))

    async def name_deputy(ask: Ask) -> Reply:
        asked = await ask.body(DeputyRequest)
        person = PersonId(asked.for_) if asked.for_ is not None else ask.actor.id
        command = NameDeputy(
            DeputyId(ask.edge.new_id()),
            person,
            PersonId(asked.deputy_id),
            in_utc(asked.start, pointer="/start"),
            in_utc(asked.end, pointer="/end"),
        )
        return await offered.name(ask.call(asked, lambda named: answer(_view(named), 201)), command)

    async def end_deputyship(ask: Ask) -> Reply:
        ended = await offered.end(ask.unkeyed(nothing), DeputyId(ask.path("deputyship_id")))
        return ask.refuse(ended) if isinstance(ended, Refusal) else answer(_view(ended))

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, WORKERS_AND_OPERATOR, path, operation_id, "fleet", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listDeputies",
            "Who decides for one, and for whom one decides; for operators all of them",
            handler=list_deputies,
            answers={200: DeputyList},
            examples={200: {"items": [DEPUTYSHIP]}},
        ),
        endpoint(
            HttpMethod.POST,
            LIST,
            "nameDeputy",
            "While one is away, let somebody else decide on the bookings that one approves",
            handler=name_deputy,
            answers={201: DeputyshipView},
            codes=(
                *("unknown_deputy", "unknown_person", "own_deputy", "deputy_period_invalid", "too_many_deputies"),
                *("decides_nothing", "forbidden"),
            ),
            body=DeputyRequest,
            keyed=True,
            example=NAMING,
            examples={201: DEPUTYSHIP},
        ),
        endpoint(
            HttpMethod.DELETE,
            ONE,
            "endDeputyship",
            "Back sooner, or no longer willing: the deputy decides no more",
            handler=end_deputyship,
            answers={200: DeputyshipView},
            codes=("unknown_deputyship",),
            examples={200: DEPUTYSHIP | {"ended_at": "2026-12-29T09:00:00Z"}},
        ),
    )


def _view(stands: Deputyship) -> DeputyshipView:
    return DeputyshipView(**msgspec.structs.asdict(stands))
