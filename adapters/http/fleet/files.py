"""`/v1/{city}/fleet/vehicles/export` and `/import`: the fleet as a table, CSV or XLSX."""

from hashlib import sha256
from typing import Annotated

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.vehicles import LIST
from adapters.http.problems import Rejected
from services.fleet.exporting import FleetFiles, Format
from services.fleet.files import Report, Unreadable

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 2**22  # bytes: ten times what the most rows have


class ExportQuery(Struct, forbid_unknown_fields=True, frozen=True):
    format: Annotated[Format, Meta(examples=["xlsx"])] = Format.CSV


def fleet_files(offered: FleetFiles) -> tuple[Endpoint, ...]:
    async def export(ask: Ask) -> Reply:
        file = await offered.give(ask.city, ask.actor, ask.query(ExportQuery).format)
        headers = {
            "cache-control": "private, no-cache",
            "content-disposition": f'attachment; filename="{file.name}"',
        }
        return Response(file.content, status_code=200, media_type=file.media_type, headers=headers)

    async def take_in(ask: Ask) -> Reply:
        content = await ask.file()
        try:
            return await offered.take_in(ask.call(sha256(content).hexdigest(), answer), content)
        except Unreadable as problem:
            raise Rejected("fleet_file_invalid", detail=str(problem)) from problem

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            f"{LIST}/export",
            "exportVehicles",
            "fleet",
            "The vehicles of the pools that one runs as a table, which can be taken in again: CSV, or XLSX if asked for",
            export,
            {200: None},
            query=ExportQuery,
            media=CSV,
            more_media=(XLSX,),
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            f"{LIST}/import",
            "importVehicles",
            "fleet",
            "Take vehicles in from a table, CSV or XLSX: each row is added, changed, or rejected with its reason; a file that"
            " cannot be read changes nothing",
            take_in,
            {200: Report},
            codes=("fleet_file_invalid",),
            keyed=True,
            takes=(CSV, XLSX),
            largest=LARGEST,
            examples={
                200: {
                    "read": 2,
                    "added": 1,
                    "changed": 0,
                    "unchanged": 0,
                    "rejected": 1,
                    "rows": [
                        {
                            "row": 2,
                            "outcome": "added",
                            "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
                            "name": "Volkswagen ID.3",
                        },
                        {"row": 3, "outcome": "rejected", "code": "plate_ambiguous", "column": "plate"},
                    ],
                }
            },
        ),
    )
