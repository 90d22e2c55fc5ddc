"""What the actions on a booking share: their address, their caller's version, and how they are declared."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.booking.example import BOOKING
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from domain.booking.bookings import BookingId
from services.booking.ports import Done
from services.booking.views import BookingView
from services.calls import Answer, Call

LIST = "/v1/{city:str}/bookings"
ONE = f"{LIST}/{{booking_id:uuid}}"


def action(
    name: str,
    summary: str,
    handler: Callable[[Ask], Awaitable[Reply]],
    *,
    answers: Any = BookingView,
    codes: tuple[str, ...] = (),
    body: type[Struct] | None = None,
    example: Any = None,
    query: type[Struct] | None = None,
    keyed: bool = True,
    looked_at: object = None,
) -> Endpoint:
    return Endpoint(
        HttpMethod.POST,
        BOOKERS_AND_OPERATOR,
        f"{ONE}/{name}",
        f"{name}Booking",
        "booking",
        summary,
        handler,
        {200: answers},
        codes=("unknown_booking", "wrong_state", "version_mismatch", *codes),
        body=body,
        example=example,
        query=query,
        keyed=keyed,
        examples={200: BOOKING if looked_at is None else looked_at},
    )


def booking_id(ask: Ask) -> BookingId:
    return BookingId(ask.path("booking_id"))


def shown(done: Done) -> Answer:
    return answer(done.view)


def call_with_or_without_key(ask: Ask, asked: object) -> Call[Any]:
    """For what does nothing twice: a key is welcome and not required."""
    return ask.unkeyed(shown) if ask.header("idempotency-key") is None else ask.call(asked, shown)
