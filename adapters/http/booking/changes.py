"""Giving a booking back, in whole or in part, and making it longer; and looking at what each would mean."""

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from adapters.http.booking.actions import action, booking_id, shown
from adapters.http.booking.example import PREVIEW, PREVIEWED_EXTENSION, PREVIEWED_SHORTENING
from adapters.http.endpoints import Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant, in_utc
from adapters.http.tags import seen
from domain.booking.changing import ExtendBooking, ShortenBooking
from domain.booking.life import CancelBooking
from domain.booking.previews import Preview
from domain.refusals import Refusal
from services.booking import Bookings
from services.booking.changing import Previewed
from services.booking.views import BookingView

Text: TypeAlias = Annotated[str, Meta(max_length=500)]


class DryRun(Struct, forbid_unknown_fields=True, frozen=True):
    """With `dry_run` nothing happens and no Idempotency-Key is needed."""

    dry_run: bool = False


class CancelRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """In the caller's own words."""

    reason: Text | None = None


class EndRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """When the booking is to end instead."""

    end: Instant

    def in_utc(self) -> datetime:
        """Raises Rejected for times beyond all bookings."""
        return in_utc(self.end, pointer="/end")


def booking_changes(bookings: Bookings) -> tuple[Endpoint, ...]:
    async def cancel_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        only_looking = ask.query(DryRun).dry_run
        asked = await ask.body_or(CancelRequest, CancelRequest())
        command = CancelBooking(of, asked.reason, seen(ask))
        if only_looking:
            return await _previewed(ask, command)
        return await bookings.cancel(ask.call((of, asked), shown), command)

    async def extend_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        only_looking = ask.query(DryRun).dry_run
        asked = await ask.body(EndRequest)
        command = ExtendBooking(of, asked.in_utc(), seen(ask))
        if only_looking:
            return await _previewed(ask, command)
        return await bookings.extend(ask.call((of, asked), shown), command)

    async def shorten_booking(ask: Ask) -> Reply:
        of = booking_id(ask)
        only_looking = ask.query(DryRun).dry_run
        asked = await ask.body(EndRequest)
        command = ShortenBooking(of, asked.in_utc(), seen(ask))
        if only_looking:
            return await _previewed(ask, command)
        return await bookings.shorten(ask.call((of, asked), shown), command)

    async def _previewed(ask: Ask, command: Previewed) -> Reply:
        preview = await bookings.preview(ask.actor, command)
        return ask.refuse(preview) if isinstance(preview, Refusal) else answer(preview)

    return (
        action(
            "cancel",
            "Cancel at the price of the terms, or with dry_run see what that would be",
            cancel_booking,
            answers=(BookingView, Preview),
            body=CancelRequest,
            example={"reason": "Der Termin fällt aus"},
            query=DryRun,
            looked_at=PREVIEW,
        ),
        action(
            "extend",
            "End later: at once where nothing is to pay or a card covers it, else once the extra time is paid; with"
            " dry_run see what it would cost and how long it could last",
            extend_booking,
            answers=(BookingView, Preview),
            codes=(
                *("resource_taken", "out_of_service", "not_usable_then", "payment_required", "end_does_not_fit"),
                *("outside_sharing", "period_in_the_past", "period_too_long", "not_whole_months", "licence_not_valid"),
                "ends_by_notice",
            ),
            body=EndRequest,
            example={"end": "2026-12-01T21:00:00+01:00"},
            query=DryRun,
            looked_at=PREVIEWED_EXTENSION,
        ),
        action(
            "shorten",
            "End earlier and give the rest back, at the price of the terms, or with dry_run see what that would be; the"
            " present end takes back an extension that waits",
            shorten_booking,
            answers=(BookingView, Preview),
            codes=("end_does_not_fit", "period_in_the_past", "period_too_short", "not_whole_months", "ends_by_notice"),
            body=EndRequest,
            example={"end": "2026-12-01T19:00:00+01:00"},
            query=DryRun,
            looked_at=PREVIEWED_SHORTENING,
        ),
    )
