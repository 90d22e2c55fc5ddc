"""`/v1/{city}/charging/sessions/{id}/meter-values`: what the meter signed, for whoever doubts the bill."""

from litestar import Response
from litestar.enums import HttpMethod

from adapters.http.charging.examples import METER_VALUES
from adapters.http.charging.sessions import ONE, session_id
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from domain.refusals import Refusal
from services.charging.meter_values import MeterValues, MeterValuesView

XML = "application/xml"


def meter_values(offered: MeterValues) -> tuple[Endpoint, ...]:
    async def get_meter_values(ask: Ask) -> Reply:
        found = await offered.show(ask.actor, session_id(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(found)

    async def get_meter_file(ask: Ask) -> Reply:
        of = session_id(ask)
        found = await offered.file(ask.actor, of)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        headers = {"cache-control": "private, no-cache", "content-disposition": f'attachment; filename="{of}.xml"'}
        return Response(found.content, status_code=200, media_type=XML, headers=headers)

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/meter-values",
            "getMeterValues",
            "charging",
            "What the meter signed, byte for byte, and whether it was verified with the public key of the charging register",
            get_meter_values,
            {200: MeterValuesView},
            codes=("unknown_session",),
            examples={200: METER_VALUES},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/meter-values/file",
            "getMeterFile",
            "charging",
            "The same as a file for S.A.F.E.'s Transparenzsoftware, by which everybody can check it",
            get_meter_file,
            {200: None},
            codes=("unknown_session",),
            media=XML,
        ),
    )
