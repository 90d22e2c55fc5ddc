"""`/v1/{city}/waitlist`: waiting for what is taken, and answering what is offered; `/fleet/waitlist`: who waits for vehicles."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration import PageQuery
from adapters.http.booking.bookings import NO_OPTIONS, ByClass, QuoteRequest, booking_shown, order_of
from adapters.http.booking.doors import Door
from adapters.http.booking.example import HELD
from adapters.http.endpoints import BOOKERS, STAFF, Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant
from domain.booking.bookings import BookingId, Payer
from domain.booking.classes import ClassRequest
from domain.booking.resources import Service
from domain.booking.waiting import EntryState, JoinWaitlist, NotWaiting, WaitlistEntryId
from domain.identity import PersonId, PoolId
from domain.refusals import Refusal
from services.booking.views import BookingView
from services.waitlist import Waitlist
from services.waitlist.ports import Accept, InLine
from services.waitlist.reading import EntriesWanted, EntryMark, InPools

LIST = "/v1/{city:str}/waitlist"
ONE = f"{LIST}/{{entry_id:uuid}}"


class WaitlistRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a booking that was refused: what is wanted, when, and who pays. The caller waits for herself."""

    service: Service
    start: Instant
    end: Instant
    resource_id: UUID | None = None
    request: ByClass | None = None
    options: msgspec.Raw = msgspec.field(default_factory=lambda: NO_OPTIONS)
    payer: Payer | None = None
    early_start: bool = False

    @property
    def wish(self) -> QuoteRequest:
        return QuoteRequest(
            *(self.service, self.start, self.end, self.resource_id, self.request, self.options),
            payer=self.payer,
            early_start=self.early_start,
        )


class OwnEntriesQuery(PageQuery, frozen=True):
    """With `open` those that wait or have an offer only."""

    open: Annotated[bool, Meta(examples=[True])] = False


class InPoolsQuery(PageQuery, frozen=True):
    """Of one `pool`, or of all that one runs."""

    pool: str | None = None


class OfferView(Struct, frozen=True):
    """Nobody else can have it until then; it is booked at the price of the moment in which it is accepted."""

    resource_id: UUID
    made_at: datetime
    until: datetime


class WaitlistView(Struct, frozen=True):
    """`position` is the place in line, 1 being the next; null once something was offered, or it is over. `resource` and
    `station` are the names of what is offered, or asked for where that is a certain one."""

    id: WaitlistEntryId
    holder_id: PersonId
    service: Service
    resource_id: UUID | None
    request: ClassRequest | None
    resource: str | None
    station: str | None
    start: datetime
    end: datetime
    time_zone: str
    payer: Payer
    options: msgspec.Raw
    joined_at: datetime
    state: EntryState
    position: int | None
    offer: OfferView | None
    booking_id: UUID | None
    settled_at: datetime | None


class WaitlistPage(Struct, frozen=True):
    items: tuple[WaitlistView, ...]
    next_cursor: str | None


def waitlist_view(found: InLine) -> WaitlistView:
    entry, offer = found.entry, found.entry.offer
    return WaitlistView(
        id=entry.id,
        holder_id=entry.holder_id,
        service=entry.service,
        resource_id=entry.resource_id,
        request=entry.request,
        resource=found.resource,
        station=found.station,
        start=entry.start.astimezone(UTC),
        end=entry.end.astimezone(UTC),
        time_zone=found.time_zone,
        payer=entry.payer,
        options=entry.options,
        joined_at=entry.joined_at,
        state=entry.state,
        position=found.ahead + 1 if found.ahead is not None else None,
        offer=OfferView(offer.resource_id, offer.made_at, offer.term.until) if offer is not None else None,
        booking_id=entry.booking_id,
        settled_at=entry.settled_at,
    )


def waitlist(offered: Waitlist, doors: Mapping[Service, Door]) -> tuple[Endpoint, ...]:
    """The operations, over their use cases; an order is read as that of a booking."""

    async def join(ask: Ask) -> Reply:
        asked = await ask.body(WaitlistRequest)
        order, _ = await order_of(ask, asked.wish, doors[asked.service])
        call = ask.call(asked, lambda found: answer(waitlist_view(found), 201))
        return await offered.join(call, JoinWaitlist(WaitlistEntryId(ask.edge.new_id()), asked.service, order))

    async def own(ask: Ask) -> Reply:
        asked = ask.query(OwnEntriesQuery)
        return _paged(
            await offered.own(ask.actor, EntriesWanted(asked.limit + 1, _mark(asked), asked.open)), asked.limit
        )

    async def one(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, _entry_of(ask))
        return answer(waitlist_view(found)) if found else ask.refuse(Refusal(NotWaiting.UNKNOWN_ENTRY))

    async def accept(ask: Ask) -> Reply:
        entry_id = _entry_of(ask)
        command = Accept(entry_id, BookingId(ask.edge.new_id()))
        return await offered.accept(ask.call(entry_id, booking_shown(ask)), command)

    async def decline(ask: Ask) -> Reply:
        entry_id = _entry_of(ask)
        return await offered.decline(ask.call(entry_id, lambda found: answer(waitlist_view(found))), entry_id)

    async def leave(ask: Ask) -> Reply:
        return await offered.withdraw(ask.unkeyed(lambda found: answer(waitlist_view(found))), _entry_of(ask))

    async def in_pools(ask: Ask) -> Reply:
        asked = ask.query(InPoolsQuery)
        pool = PoolId(asked.pool) if asked.pool is not None else None
        return _paged(await offered.in_pools(ask.actor, InPools(asked.limit + 1, _mark(asked), pool)), asked.limit)

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            LIST,
            "joinWaitlist",
            "booking",
            "Wait for what is taken: when it gets free it is offered to one after the other",
            join,
            {201: WaitlistView},
            codes=(*WHY_NOT, "still_available", "already_waiting", "too_many_waitlist_entries"),
            body=WaitlistRequest,
            keyed=True,
            example=EXAMPLE,
            examples={201: WAITING},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS,
            LIST,
            "listWaitlist",
            "booking",
            "What one waits for, and waited for, the latest first",
            own,
            {200: WaitlistPage},
            query=OwnEntriesQuery,
            examples={200: {"items": [OFFERED], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS,
            ONE,
            "getWaitlistEntry",
            "booking",
            "A wish with its place in line, or what is offered for it",
            one,
            {200: WaitlistView},
            codes=("unknown_waitlist_entry",),
            examples={200: OFFERED},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            f"{ONE}/accept",
            "acceptOffer",
            "booking",
            "Book what is offered: as any booking, to be paid or approved where that is so",
            accept,
            {201: BookingView},
            codes=(*WHY_NOT, "resource_taken", *NO_OFFER),
            keyed=True,
            examples={201: HELD},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            f"{ONE}/decline",
            "declineOffer",
            "booking",
            "Pass on what is offered; one waits for it no longer",
            decline,
            {200: WaitlistView},
            codes=NO_OFFER,
            keyed=True,
            examples={200: OFFERED | {"state": "declined", "settled_at": "2026-11-30T16:20:00Z"}},
        ),
        Endpoint(
            HttpMethod.DELETE,
            BOOKERS,
            ONE,
            "leaveWaitlist",
            "booking",
            "Wait no longer, whether something is offered or not",
            leave,
            {200: WaitlistView},
            codes=("unknown_waitlist_entry",),
            examples={200: WAITING | {"state": "withdrawn", "position": None, "settled_at": "2026-11-30T16:20:00Z"}},
        ),
        Endpoint(
            HttpMethod.GET,
            STAFF,
            "/v1/{city:str}/fleet/waitlist",
            "listFleetWaitlist",
            "fleet",
            "Who waits for vehicles of the pools that one runs, the first in line first, and what is offered to whom",
            in_pools,
            {200: WaitlistPage},
            query=InPoolsQuery,
            examples={200: {"items": [OFFERED, WAITING], "next_cursor": None}},
        ),
    )


def _entry_of(ask: Ask) -> WaitlistEntryId:
    return WaitlistEntryId(ask.path("entry_id"))


def _mark(asked: PageQuery) -> EntryMark | None:
    if asked.cursor is None:
        return None
    place = cursors.read(asked.cursor)
    return EntryMark(place.at, WaitlistEntryId(place.id))


def _paged(found: tuple[InLine, ...], limit: int) -> Reply:
    last = found[limit - 1].entry if len(found) > limit else None
    cursor = cursors.written(cursors.Place(last.joined_at, last.id)) if last is not None else None
    return answer(WaitlistPage(tuple(map(waitlist_view, found[:limit])), cursor))


NO_OFFER = ("unknown_waitlist_entry", "nothing_offered", "offer_over")
WHY_NOT = (
    *("forbidden", "unknown_resource", "not_bookable", "out_of_service", "not_usable_then", "outside_sharing"),
    *("period_in_the_past", "period_too_short", "period_too_long", "too_short_notice", "too_far_ahead"),
    *(
        "cost_centre_not_allowed",
        "cost_centre_required",
        "cost_centre_missing",
        "plug_does_not_fit",
        "not_enough_power",
    ),
    *("energy_out_of_range", "too_many_passengers", "distance_out_of_range", "unknown_plan", "too_many_bookings"),
    *("quota_used_up", "not_eligible"),
)
EXAMPLE: dict[str, Any] = {
    "service": "fleet",
    "request": {"station_id": "3d2f1a90-4b1c-5e77-9d63-0c8f4a6b2e11", "class": "compact"},
    "start": "2026-12-01T08:00:00+01:00",
    "end": "2026-12-01T10:00:00+01:00",
    "options": {"cost_centre": "5100", "purpose": "Baustellenbegehung"},
}
WAITING: dict[str, Any] = {
    "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d77",
    "holder_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d42",
    "service": "fleet",
    "resource_id": None,
    "request": {
        "station_id": "3d2f1a90-4b1c-5e77-9d63-0c8f4a6b2e11",
        "pool_id": None,
        "wanted": {"class": "compact"},
    },
    "resource": None,
    "station": "Parkhaus Wallstraße",
    "start": "2026-12-01T07:00:00Z",
    "end": "2026-12-01T09:00:00Z",
    "time_zone": "Europe/Berlin",
    "payer": "cost_centre",
    "options": {"cost_centre": "5100", "purpose": "Baustellenbegehung"},
    "joined_at": "2026-11-29T15:00:00Z",
    "state": "waiting",
    "position": 2,
    "offer": None,
    "booking_id": None,
    "settled_at": None,
}
OFFERED: dict[str, Any] = WAITING | {
    "resource": "Volkswagen ID.3",
    "state": "offered",
    "position": None,
    "offer": {
        "resource_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
        "made_at": "2026-11-30T16:00:00Z",
        "until": "2026-11-30T17:00:00Z",
    },
}
