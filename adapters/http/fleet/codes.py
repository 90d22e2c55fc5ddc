"""`/v1/{city}/fleet/vehicles/{vehicle_id}/qr-code`: what is stuck onto the dashboard, and opens the booking."""

from typing import Annotated

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply
from adapters.http.fleet.vehicles import ONE, vehicle_id_of
from services.fleet.codes import DashboardCodes, Picture

SVG, PNG = "image/svg+xml", "image/png"
MEDIA = {Picture.SVG: SVG, Picture.PNG: PNG}


class CodeQuery(Struct, forbid_unknown_fields=True, frozen=True):
    format: Annotated[Picture, Meta(examples=["png"])] = Picture.SVG


def fleet_codes(offered: DashboardCodes) -> tuple[Endpoint, ...]:
    async def get_code(ask: Ask) -> Reply:
        picture = ask.query(CodeQuery).format
        drawn = await offered.draw(ask.city, ask.actor, vehicle_id_of(ask), picture)
        if drawn is None:
            return ask.problem("unknown_vehicle")
        headers = {"cache-control": "private, no-cache"}
        return Response(drawn, status_code=200, media_type=MEDIA[picture], headers=headers)

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            f"{ONE}/qr-code",
            "getVehicleCode",
            "fleet",
            "The vehicle's QR code, SVG, or PNG if asked for: the city's booking link, or the code alone where it has none",
            get_code,
            {200: None},
            codes=("unknown_vehicle",),
            query=CodeQuery,
            media=SVG,
            more_media=(PNG,),
        ),
    )
