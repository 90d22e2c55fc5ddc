"""Calendar feeds: `/v1/{city}/feeds/{file}`, which any calendar app reads, and who makes and ends them."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.endpoints import PUBLIC, SIGNED_IN, STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.vehicles import ONE, vehicle_id_of
from adapters.http.me import ME
from domain.booking.resources import ResourceId
from domain.cities.identifiers import is_slug
from domain.refusals import Refusal
from services.calls import Answer
from services.fleet.feeds import Feeds

CALENDAR = "text/calendar"
ENDING = ".ics"


class FeedView(Struct, frozen=True):
    """`href` is all that a calendar app needs, behind this server's name. It is a secret, and is not shown again."""

    href: str
    vehicle_id: UUID | None
    made_at: datetime


def feeds(offered: Feeds) -> tuple[Endpoint, ...]:
    async def made(ask: Ask, vehicle_id: ResourceId | None) -> Reply:
        found = await offered.make(ask.actor, vehicle_id)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        href = f"/v1/{ask.city}/feeds/{found.token}{ENDING}"
        return answer(FeedView(href, found.feed.vehicle_id, found.feed.made_at), 201)

    async def ended(ask: Ask, vehicle_id: ResourceId | None) -> Reply:
        await offered.end(ask.actor, vehicle_id)
        return Answer(204, "", "")

    async def make_own(ask: Ask) -> Reply:
        return await made(ask, None)

    async def end_own(ask: Ask) -> Reply:
        return await ended(ask, None)

    async def make_vehicles(ask: Ask) -> Reply:
        return await made(ask, vehicle_id_of(ask))

    async def end_vehicles(ask: Ask) -> Reply:
        return await ended(ask, vehicle_id_of(ask))

    async def read(ask: Ask) -> Reply:
        name = ask.path("file")
        if not is_slug(ask.city) or not name.endswith(ENDING):
            return ask.problem("unknown_feed")
        found = await offered.read(ask.city, name.removesuffix(ENDING))
        return ask.refuse(found) if isinstance(found, Refusal) else _file(ask, found)

    own, of_vehicle = f"{ME}/calendar-feed", f"{ONE}/calendar-feed"
    return (
        Endpoint(
            HttpMethod.POST,
            SIGNED_IN,
            own,
            "makeOwnFeed",
            "me",
            "A new secret address at which a calendar app reads one's own bookings of vehicles; the one before ends",
            make_own,
            {201: FeedView},
            codes=("unknown_person",),
            examples={201: EXAMPLE | {"vehicle_id": None}},
        ),
        Endpoint(
            HttpMethod.DELETE, SIGNED_IN, own, "endOwnFeed", "me", "End one's own calendar feed", end_own, {204: None}
        ),
        Endpoint(
            HttpMethod.POST,
            STAFF,
            of_vehicle,
            "makeVehicleFeed",
            "fleet",
            "A new secret address at which a calendar app reads when the vehicle is booked, used and blocked, and nobody's "
            "name; the caller's one before ends",
            make_vehicles,
            {201: FeedView},
            codes=("unknown_vehicle", "unknown_person", "role_not_granted"),
            examples={201: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.DELETE,
            STAFF,
            of_vehicle,
            "endVehicleFeed",
            "fleet",
            "End the caller's calendar feed of a vehicle",
            end_vehicles,
            {204: None},
        ),
        Endpoint(
            HttpMethod.GET,
            PUBLIC,
            "/v1/{city:str}/feeds/{file:str}",
            "readFeed",
            "finding",
            "A calendar (RFC 5545), for whoever has its secret address, with an ETag; gone once it was ended, or its owner "
            "does not run the vehicle's pool any more",
            read,
            {200: None, 304: None},
            codes=("unknown_feed",),
            media=CALENDAR,
            examples={200: CALENDAR_EXAMPLE},
        ),
    )


def _file(ask: Ask, content: bytes) -> Reply:
    tag = f'"{crc32(content):08x}"'
    headers = {
        "etag": tag,
        "cache-control": "private, no-cache",
        "content-disposition": 'inline; filename="calendar.ics"',
    }
    known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
    if known & {tag, "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, status_code=200, media_type=CALENDAR, headers=headers)


EXAMPLE: dict[str, Any] = {
    "href": "/v1/braunschweig/feeds/AaIKh0gkeVW61yxa4P6b2o3v0Jx7mXq1tC9lYdKfRzEaQ2w8uP5sKb7nVd4hGjL0.ics",
    "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "made_at": "2026-11-29T17:00:00Z",
}
CALENDAR_EXAMPLE = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//kommobil//feeds//EN",
        "BEGIN:VEVENT",
        "UID:01890a5d-ac96-774b-bcce-b302099a8057@braunschweig.kommobil",
        "DTSTAMP:20261129T160400Z",
        "DTSTART:20261201T080000Z",
        "DTEND:20261201T113000Z",
        "SEQUENCE:2",
        "SUMMARY:Volkswagen ID.3: gebucht",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)
