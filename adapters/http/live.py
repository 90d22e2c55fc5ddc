"""Server-sent events (WHATWG HTML, section 9.2): `GET /v1/{city}/events` about one's own bookings and
waitlist entries and one's pools (operators also hear of charging tickets), and `GET /v1/{city}/fleet/events` about the vehicles of the pools that one runs."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from litestar.response import Stream
from msgspec import UNSET, Struct, UnsetType

from adapters.http.endpoints import BOOKERS_AND_OPERATOR, STAFF, Ask, Endpoint, Reply
from adapters.http.problems import Fault, Rejected
from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId, Service
from domain.booking.waiting import EntryState, WaitlistEntryId
from domain.identity import PoolId
from services.calls import Unavailable
from services.live import Live
from services.live.ports import (
    BookingSeen,
    EntrySeen,
    Feed,
    FleetBooking,
    FleetHappening,
    Follow,
    H,
    Happening,
    Mark,
    OfferSeen,
    TicketSeen,
)

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
OF_FLEET = (
    "retry: 3000\n\n"
    "id: 4711-01890a5d-ac96-774b-bcce-b302099a8057\n"
    "event: booking.started\n"
    'data: {"type":"booking.started","at":"2026-12-01T17:02:13Z","vehicle_id":"01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",'
    '"pool_id":"rathaus","detail":null,"booking":{"id":"0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52","state":"in_use","version":3,'
    '"start":"2026-12-01T17:00:00Z","end":"2026-12-01T19:00:00Z"}}\n\n'
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


class EntryNow(Struct, frozen=True):
    """An entry of a waitlist, likewise."""

    id: WaitlistEntryId
    service: Service
    state: EntryState
    start: datetime
    end: datetime
    offer: OfferSeen | None
    booking_id: BookingId | None


class Event(Struct, frozen=True):
    """About one of the three."""

    type: str
    at: datetime
    booking: BookingNow | UnsetType = UNSET
    waitlist_entry: EntryNow | UnsetType = UNSET
    charging_ticket: TicketSeen | UnsetType = UNSET


class FleetEvent(Struct, frozen=True):
    type: str
    at: datetime
    vehicle_id: ResourceId
    pool_id: PoolId | None
    detail: str | None
    booking: FleetBooking | None


def live(offered: Live) -> tuple[Endpoint, ...]:
    async def follow_events(ask: Ask) -> Reply:
        return await _followed(ask, offered.follow, _of_booking)

    async def follow_fleet(ask: Ask) -> Reply:
        return await _followed(ask, offered.follow_fleet, _in_fleet)

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            "/v1/{city:str}/events",
            "followEvents",
            "booking",
            "What happens to one's own bookings and waitlist entries and in the pools one runs, for operators to charging "
            "tickets too, as server-sent events; "
            "Last-Event-ID goes on where an earlier connection ended, up to 24 hours back. An event `reset` says that "
            "more was missed: read the bookings again",
            follow_events,
            {200: None},
            codes=("malformed", "rate_limited"),
            streams=True,
            media="text/event-stream",
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            "/v1/{city:str}/fleet/events",
            "followFleetEvents",
            "fleet",
            "What happens to the vehicles of the pools one runs and to their bookings, as server-sent events without a "
            "person in them; Last-Event-ID goes on where an earlier connection ended, up to 24 hours back. An event `reset` "
            "says that more was missed: read the calendar again",
            follow_fleet,
            {200: None},
            codes=("malformed", "rate_limited"),
            streams=True,
            media="text/event-stream",
            examples={200: OF_FLEET},
        ),
    )


async def _followed(ask: Ask, follow: Follow[H], shown: Callable[[H], Event | FleetEvent]) -> Reply:
    given = ask.header("last-event-id")
    place = _place(given) if given else None
    # What is older is no longer told piece by piece: the client had better read all again.
    missed = place is not None and _written_at(place.entry) < ask.now - REPLAYED
    feed = await follow(ask.actor, None if missed else place)
    if feed is None:
        raise Rejected("rate_limited")
    ask.ending.callback(feed.leave)
    return Stream(_events(ask, feed, missed, shown), media_type="text/event-stream", headers=HEADERS)


async def _events(
    ask: Ask, feed: Feed[H], missed: bool, shown: Callable[[H], Event | FleetEvent]
) -> AsyncIterator[bytes]:
    """Ends when the token does, or its bearer's right, or with what her right is for; a client comes again."""
    began = ask.actor
    yield f"retry: {RETRY_MS}\n\n".encode()
    if missed or feed.begins_anew:
        yield b"event: reset\ndata: {}\n\n"
    while await still_admitted(ask) and ask.actor == began:
        happenings = await feed.next(HEARTBEAT_S)
        if happenings is None:
            return
        yield b"".join(_written(each.mark, shown(each)) for each in happenings) or b":\n\n"


def _of_booking(happening: Happening) -> Event:
    match happening.about:
        case BookingSeen() as seen:
            now = BookingNow(seen.id, seen.service, seen.state, seen.version, seen.start, seen.end)
            return Event(happening.type, happening.at, booking=now)
        case EntrySeen() as seen:
            entry = EntryNow(seen.id, seen.service, seen.state, seen.start, seen.end, seen.offer, seen.booking_id)
            return Event(happening.type, happening.at, waitlist_entry=entry)
        case TicketSeen() as ticket:
            return Event(happening.type, happening.at, charging_ticket=ticket)


def _in_fleet(happening: FleetHappening) -> FleetEvent:
    return FleetEvent(
        happening.type, happening.at, happening.vehicle_id, happening.pool_id, happening.detail, happening.booking
    )


def _written(mark: Mark, event: Event | FleetEvent) -> bytes:
    data = msgspec.json.encode(event).decode()
    return f"id: {mark.transaction}-{mark.entry}\nevent: {event.type}\ndata: {data}\n\n".encode()


async def still_admitted(ask: Ask) -> bool:
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
