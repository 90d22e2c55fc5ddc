"""`/v1/{city}/charging/plans`: how many charge points of which power a city needs where, for a share of electric cars."""

from typing import Annotated

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.charging.plan_examples import ASKED, PLANNED
from adapters.http.endpoints import JSON, OPERATORS, Ask, Endpoint, Reply
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import escaped
from domain.charging.planning.plan import Wanted
from services.calls import Answer
from services.charging.plan_views import PlanView
from services.charging.planning import PlanFormat, Planning

LARGEST = 2**21  # bytes: 500 districts with a hundred corners each
FILES = ("text/csv", "application/geo+json", "image/svg+xml")


class PlanQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """As what the plan is written; a chart is an SVG."""

    format: Annotated[PlanFormat, Meta(examples=["json"])] = PlanFormat.JSON


def charging_plans(offered: Planning) -> tuple[Endpoint, ...]:
    async def plan(ask: Ask) -> Reply:
        form = ask.query(PlanQuery).format
        wanted = await ask.document(Wanted)
        faults = [
            Fault(said, pointer="".join(f"/{escaped(str(step))}" for step in path)) for path, said in wanted.faults()
        ]
        if faults:
            raise Rejected("invalid_input", errors=tuple(faults))
        file = await offered.planned(ask.city, wanted, form)
        if file.media_type == JSON:
            return Answer(200, JSON, file.content.decode())
        headers = {"content-disposition": f'attachment; filename="{file.name}"'}
        return Response(file.content, status_code=200, media_type=file.media_type, headers=headers)

    return (
        Endpoint(
            HttpMethod.POST,
            OPERATORS,
            "/v1/{city:str}/charging/plans",
            "planCharging",
            "charging",
            "How many charge points of which power are needed where, for a share of electric cars; nothing is kept of it",
            plan,
            {200: PlanView},
            query=PlanQuery,
            body=Wanted,
            more_media=FILES,
            largest=LARGEST,
            example=ASKED,
            examples={200: PLANNED},
        ),
    )
