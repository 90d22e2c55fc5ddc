"""Saying yes or no to bookings that wait for it."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.booking.actions import ONE, booking_id, call_with_or_without_key
from adapters.http.booking.example import BOOKING
from adapters.http.booking.life import Nothing, Text
from adapters.http.endpoints import WORKERS_AND_OPERATOR, Ask, Endpoint, Reply
from adapters.http.tags import seen
from domain.booking.approving import ApproveBooking, RejectBooking
from services.booking import Bookings
from services.booking.views import BookingView


class RejectRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The reason is told to the holder, word for word."""

    reason: Text | None = None


def approvals(bookings: Bookings) -> tuple[Endpoint, ...]:
    async def approve_booking(ask: Ask) -> Reply:
        wanted = booking_id(ask)
        await ask.body_or(Nothing, Nothing())
        call = call_with_or_without_key(ask, wanted)
        return await bookings.approve(call, ApproveBooking(wanted, seen(ask)))

    async def reject_booking(ask: Ask) -> Reply:
        wanted = booking_id(ask)
        asked = await ask.body_or(RejectRequest, RejectRequest())
        call = call_with_or_without_key(ask, (wanted, asked))
        return await bookings.reject(call, RejectBooking(wanted, asked.reason, seen(ask)))

    return (
        _decision("approve", "Say yes: the booking is confirmed once it is paid, at once if it is", approve_booking),
        _decision(
            "reject",
            "Say no: the booking is cancelled, and costs nothing",
            reject_booking,
            body=RejectRequest,
            example={"reason": "Das Fahrzeug wird für den Winterdienst gebraucht"},
        ),
    )


def _decision(
    name: str,
    summary: str,
    handler: Callable[[Ask], Awaitable[Reply]],
    *,
    body: type[Struct] | None = None,
    example: Any = None,
) -> Endpoint:
    return Endpoint(
        HttpMethod.POST,
        WORKERS_AND_OPERATOR,
        f"{ONE}/{name}",
        f"{name}Booking",
        "booking",
        summary,
        handler,
        {200: BookingView},
        codes=(
            *("unknown_booking", "wrong_state", "decided_otherwise", "version_mismatch", "forbidden", "own_booking"),
            *("key_reused", "in_flight"),
        ),
        body=body,
        example=example,
        examples={200: BOOKING},
    )
