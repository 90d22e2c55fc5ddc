"""`GET /v1/{city}/fleet/calendar`: what a fleet is booked for, was used for, and when it stands still."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import reading
from adapters.http.endpoints import JSON, STAFF, Ask, Endpoint, Reply
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant
from domain.identity import PoolId
from services.fleet.calendar import Calendar, CalendarAsked, ShowCalendar

# 62 days by a clock on the wall, also those with the hour that the night in autumn has twice.
LONGEST = timedelta(days=62, hours=1)


class CalendarQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Half-open, at most 62 days; of one `pool`, or of all that one runs."""

    from_: Annotated[Instant, Meta(examples=["2026-11-30T00:00:00+01:00"])] = msgspec.field(name="from")
    to: Annotated[Instant, Meta(examples=["2026-12-28T00:00:00+01:00"])]
    pool: str | None = None


def fleet_calendar(show: ShowCalendar) -> tuple[Endpoint, ...]:
    async def calendar(ask: Ask) -> Reply:
        asked = ask.query(CalendarQuery)
        period = reading.window(asked.from_, asked.to)
        if period.length > LONGEST:
            raise Rejected("period_too_long", errors=(Fault("at most 62 days", parameter="to"),))
        pool = PoolId(asked.pool) if asked.pool is not None else None
        found = await show(ask.actor, CalendarAsked(period, pool))
        return Response(bytes(found), status_code=200, media_type=JSON)

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            "/v1/{city:str}/fleet/calendar",
            "showFleetCalendar",
            "fleet",
            "A lane for each vehicle of the pools that one runs: its bookings, its uses, and when it stands still",
            calendar,
            {200: Calendar},
            codes=("period_too_long",),
            query=CalendarQuery,
            examples={200: EXAMPLE},
        ),
    )


EXAMPLE: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "items": [
        {
            "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
            "name": "Volkswagen ID.3",
            "kind": "car",
            "class": "compact",
            "pool_id": "rathaus",
            "station_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c12",
            "state": "in_service",
            "bookable": True,
            "usable_until": "2027-03-31T22:00:00Z",
            "buffer_before_s": 0,
            "buffer_after_s": 900,
            "bookings": [
                {
                    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "start": "2026-12-01T08:00:00Z",
                    "end": "2026-12-01T11:30:00Z",
                    "state": "confirmed",
                    "final": False,
                }
            ],
            "blocks": [
                {
                    "id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e61",
                    "kind": "block",
                    "start": "2026-12-02T07:00:00Z",
                    "end": "2026-12-02T15:00:00Z",
                    "reason": "Hauptuntersuchung",
                }
            ],
        }
    ],
    "next_cursor": None,
}
