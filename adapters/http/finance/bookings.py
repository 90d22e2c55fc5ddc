"""`/v1/{city}/finance/bookings`: what money was taken for, down to the minute of its use."""

from typing import Any

from litestar.enums import HttpMethod

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply
from adapters.http.problems import Rejected
from adapters.http.tags import tagged
from domain.booking.bookings import BookingId
from services.accounting.uses import Uses, UseView, use_view

ONE = "/v1/{city:str}/finance/bookings/{booking_id:uuid}"
ID, PERSON = "46e5d2ad-acb4-54ba-bc0a-b2fe8e84c504", "4020db74-2b2c-5853-b245-ccd04bcad027"
FULL = {"amount": 240, "currency": "EUR"}
EXAMPLE: dict[str, Any] = {
    "id": ID,
    "service": "charging",
    "thing": "Ladepunkt 1",
    "place": "Altstadtmarkt",
    "holder_id": PERSON,
    "booked_by": PERSON,
    "payer": "self",
    "state": "completed",
    "start": "2026-11-30T13:00:00Z",
    "end": "2026-11-30T15:00:00Z",
    "time_zone": "Europe/Berlin",
    "started_at": "2026-11-30T13:02:11Z",
    "finished_at": "2026-11-30T14:58:40Z",
    "start_readings": None,
    "finish_readings": None,
    "lines": [
        {
            "kind": "time",
            "description": "Ladepunkt reservieren",
            "quantity": "2",
            "unit": "h",
            "vat_rate": "0.19",
            "net": {"amount": 202, "currency": "EUR"},
            "vat": {"amount": 38, "currency": "EUR"},
            "gross": FULL,
        }
    ],
    "price": FULL,
    "fee": None,
    "payments": [
        {
            "id": "01a20a87-4824-7955-bad7-2c5ae0fe9b15",
            "kind": "payment",
            "purpose": "booking",
            "state": "captured",
            "amount": FULL,
            "captured": FULL,
            "refunded": {"amount": 0, "currency": "EUR"},
            "provider_id": "pi_1QK3L9",
        }
    ],
    "invoices": f"/v1/braunschweig/finance/invoices?booking_id={ID}",
    "entries": f"/v1/braunschweig/finance/entries?booking_id={ID}",
    "version": 4,
}


def finance_bookings(offered: Uses) -> tuple[Endpoint, ...]:
    async def get_use(ask: Ask) -> Reply:
        found = await offered.use(ask.city, BookingId(ask.path("booking_id")))
        if found is None:
            raise Rejected("unknown_booking")
        return tagged(ask, use_view(found, ask.city))

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getBookingForFinance",
            "finance",
            "What was used, from when to when, at which price, and how it was paid; with an ETag",
            get_use,
            {200: UseView, 304: None},
            codes=("unknown_booking",),
            examples={200: EXAMPLE},
        ),
    )
