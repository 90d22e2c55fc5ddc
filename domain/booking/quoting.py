"""A quote: an order with its price and terms, frozen until it expires."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import QuoteId
from domain.booking.holds import Agreed, Order
from domain.booking.resources import Service

QUOTE_LASTS = timedelta(minutes=15)


class NotQuotable(StrEnum):
    UNKNOWN_QUOTE = "unknown_quote"
    QUOTE_EXPIRED = "quote_expired"


class Quoted(Struct, frozen=True, tag="booking.quoted"):
    """What the holder was offered; the order's `booking_id` is not used yet."""

    id: QuoteId
    service: Service
    order: Order
    agreed: Agreed
    expires_at: datetime

    def counts(self, now: datetime) -> bool:
        return now < self.expires_at


def quoted(quote_id: QuoteId, service: Service, order: Order, agreed: Agreed, now: datetime) -> Quoted:
    """Freeze price and terms. Nothing is claimed: the resource may be taken before the quote expires."""
    found = replace(order, resource_id=agreed.resource_id or order.resource_id)
    return Quoted(quote_id, service, found, agreed, now + QUOTE_LASTS)
