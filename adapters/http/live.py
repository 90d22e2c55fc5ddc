"""`GET /v1/{city}/events`: server-sent events (WHATWG HTML, section 9.2) about one's own bookings and one's pools."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from litestar.response import Stream
from msgspec import Struct

from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply
from adapters.http.problems import Fault, Rejected
from domain.booking.bookings import BookingId, State
from domain.booking.resources import Service
from services.calls import Unavailable
from services.live import Live
from services.live.ports import Feed, Happening, Mark

HEARTBEAT_S = 15.0
RETRY_MS = 3000
REPLAYED = timedelta(hours=24)
PLACE = re.compile(r"(\d{1,19})-([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})")
EXAMPLE = (
    "retry: 3000\n\n"
    "id: 4711-01890a5d-ac96-774b-bcce-b302099a8057\n"
    "event: booking.confirmed\n"
    'data: {"type":"booking.confirmed","at":"2026-11-29T16:04:00Z","booking":{"id":"01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",'
    '"service":"charging","state":"confirmed","version":2,"start":"2026-12-01T17:00:00Z","end":"2026-12-01T19:00:00Z"}}\n\n'
)
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class BookingNow(Struct, frozen=True):
    """The booking as it stands now, to decide whether to fetch it."""

    id: BookingId
    service: Service
    state: State
    version: int
    start: datetime
    end: datetime


class Event(Struct, frozen=True):
    type: str
    at: datetime
    booking: BookingNow


def live(offered: Live) -> tuple[Endpoint, ...]:
    async def follow_events(ask: Ask) -> Reply:
        given = ask.header("last-event-id")
        place = _place(given) if given else None
        # What is older is no longer told piece by piece: the client had better read its bookings again.
        missed = place is not None and _written_at(place.entry) < ask.now - REPLAYED
        feed = await offered.follow(ask.actor, None if missed else place)
        if feed is None:
            raise Rejected("rate_limited")
        return Stream(_events(ask, feed, missed), media_type="text/event-stream", headers=HEADERS)

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            "/v1/{city:str}/events",
            "followEvents",
            "booking",
            "What happens to one's own bookings and in the pools one runs, as server-sent events; "
            "Last-Event-ID goes on where an earlier connection ended, up to 24 hours back. An event `reset` says that "
            "more was missed: read the bookings again",
            follow_events,
            {200: None},
            codes=("malformed", "rate_limited"),
            streams=True,
            media="text/event-stream",
            examples={200: EXAMPLE},
        ),
    )


async def _events(ask: Ask, feed: Feed, missed: bool) -> AsyncIterator[bytes]:
    """Ends when the token does, or its bearer's right; a client comes again with another."""
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        if missed or feed.begins_anew:
            yield b"event: reset\ndata: {}\n\n"
        while await _still_admitted(ask):
            happenings = await feed.next(HEARTBEAT_S)
            if happenings is None:
                return
            yield b"".join(map(_event, happenings)) or b":\n\n"
    finally:
        feed.leave()


def _event(happening: Happening) -> bytes:
    seen, mark = happening.booking, happening.mark
    now = BookingNow(seen.id, seen.service, seen.state, seen.version, seen.start, seen.end)
    data = msgspec.json.encode(Event(happening.type, happening.at, now)).decode()
    return f"id: {mark.transaction}-{mark.entry}\nevent: {happening.type}\ndata: {data}\n\n".encode()


async def _still_admitted(ask: Ask) -> bool:
    ask.now = ask.edge.clock()
    try:
        await ask.admit()
    except (Rejected, Unavailable):
        return False
    return True


def _place(given: str) -> Mark:
    found = PLACE.fullmatch(given)
    if found is None:
        raise Rejected("malformed", errors=(Fault("not an id of these events", parameter="Last-Event-ID"),))
    return Mark(int(found[1]), UUID(found[2]))


def _written_at(entry: UUID) -> datetime:
    """The instant in a UUID of version 7: milliseconds since 1970 in its first 48 bits (RFC 9562)."""
    milliseconds: int = entry.int >> 80
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
