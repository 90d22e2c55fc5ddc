"""Bookings after they were made: lists, single ones, and what is done with them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.booking.actions import LIST, ONE, action, booking_id, call_with_or_without_key, shown
from adapters.http.booking.example import BOOKING
from adapters.http.cursors import Place
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant, asked_in_utc
from adapters.http.tags import seen, tagged
from domain.booking.bookings import BookingId, Readings, State
from domain.booking.life import ConfirmBooking, FinishBooking, StartBooking
from domain.booking.resources import Service
from domain.identity import City
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.ports import After, Wanted
from services.booking.views import BookingView

LookAgain: TypeAlias = Callable[[City, BookingId], Awaitable[None]]
Kilometres: TypeAlias = Annotated[int, Meta(ge=0, lt=10_000_000)]
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=100)]
Text: TypeAlias = Annotated[str, Meta(max_length=500)]


class Nothing(Struct, forbid_unknown_fields=True, frozen=True):
    """A body that says nothing."""


class BookingsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`from` and `to` select by overlap; `state` may repeat; `cursor` is a page's `next_cursor`."""

    service: Service | None = None
    state: tuple[State, ...] = ()
    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None

    def wanted(self) -> Wanted:
        """Raises Rejected for a cursor that is none, and for times beyond all bookings."""
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise Rejected("invalid_input", errors=(Fault("the end comes after the start", parameter="to"),))
        place = cursors.read(self.cursor) if self.cursor is not None else None
        return Wanted(
            limit=self.limit,
            service=self.service,
            states=frozenset(self.state),
            since=asked_in_utc("from", self.from_),
            until=asked_in_utc("to", self.to),
            after=After(place.at, BookingId(place.id)) if place else None,
        )


class BookingList(Struct, frozen=True):
    items: tuple[BookingView, ...]
    next_cursor: str | None


class StartRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The code on the resource, as read there; kilometres and percent as the instruments show them; how clean it is, and
    where it stands."""

    code: Text | None = None
    odometer_km: Kilometres | None = None
    soc: Percent | None = None
    cleanliness: Text | None = None
    place: Text | None = None


class FinishRequest(Struct, forbid_unknown_fields=True, frozen=True):
    odometer_km: Kilometres | None = None
    soc: Percent | None = None
    cleanliness: Text | None = None
    place: Text | None = None


def booking_life(bookings: Bookings, look_again: LookAgain) -> tuple[Endpoint, ...]:
    """The operations on bookings that exist. `look_again` asks the payment provider how a booking's payments stand."""

    async def list_bookings(ask: Ask) -> Reply:
        page = await bookings.page(ask.actor, ask.query(BookingsQuery).wanted())
        following = cursors.written(Place(page.next.start, page.next.id)) if page.next else None
        return answer(BookingList(page.items, following))

    async def get_booking(ask: Ask) -> Reply:
        found = await bookings.find(ask.actor, booking_id(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else tagged(ask, found)

    async def confirm_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        await ask.body_or(Nothing, Nothing())
        call = ask.call(of, shown)
        known = await bookings.find(ask.actor, of)
        held = isinstance(known, BookingView) and known.state is State.HELD and known.payment is not None
        if held or (isinstance(known, BookingView) and known.extension is not None):
            await look_again(ask.city, of)
        return await bookings.confirm(call, ConfirmBooking(of, seen(ask)))

    async def start_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        asked = await ask.body_or(StartRequest, StartRequest())
        call = call_with_or_without_key(ask, (of, asked))
        readings = Readings(asked.odometer_km, asked.soc, asked.cleanliness, asked.place)
        return await bookings.start(call, StartBooking(of, readings, asked.code, seen(ask)))

    async def finish_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        asked = await ask.body_or(FinishRequest, FinishRequest())
        call = ask.call((of, asked), shown)
        readings = Readings(asked.odometer_km, asked.soc, asked.cleanliness, asked.place)
        return await bookings.finish(call, FinishBooking(of, readings, seen(ask)))

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            LIST,
            "listBookings",
            "booking",
            "One's own bookings, and those of the pools one runs; newest start first",
            list_bookings,
            {200: BookingList},
            query=BookingsQuery,
            examples={200: {"items": [BOOKING], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            ONE,
            "getBooking",
            "booking",
            "A booking as it stands, with an ETag",
            get_booking,
            {200: BookingView, 304: None},
            codes=("unknown_booking",),
            examples={200: BOOKING},
        ),
        action(
            "confirm",
            "Look whether the booking is paid, and confirm it if so",
            confirm_booking,
            codes=("payment_required", "approval_pending", "outside_sharing"),
        ),
        action(
            "start",
            "Begin the use",
            start_booking,
            codes=(
                "too_early",
                "still_in_use",
                "out_of_service",
                "not_usable_then",
                "deposit_required",
                "licence_not_valid",
                "licence_class_missing",
                "briefing_missing",
                "code_does_not_fit",
                "odometer_runs_back",
                "key_reused",
                "in_flight",
            ),
            body=StartRequest,
            example={"odometer_km": 18234, "soc": 83, "cleanliness": "clean", "place": "Tiefgarage, Platz 14"},
            keyed=False,
        ),
        action(
            "finish",
            "End the use and price it; what is left of the time is free for others",
            finish_booking,
            codes=("odometer_runs_back", "still_charging", "ends_by_notice"),
            body=FinishRequest,
            example={"odometer_km": 18279, "soc": 61, "cleanliness": "clean", "place": "Tiefgarage, Platz 11"},
        ),
    )
