"""A booking as whoever keeps the books sees it: what was used, from when to when, at which price, and how it was paid."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.resources import Service
from domain.identity import City, PersonId
from domain.money import Money
from domain.payments.payments import Kind, Payment, PaymentState, Purpose
from domain.pricing.quotes import Line


class Use(Struct, frozen=True):
    """`thing` is what was booked, `place` where it stands, by name."""

    booking: Booking
    payments: tuple[Payment, ...]
    thing: str
    place: str
    time_zone: str


class Uses(Protocol):
    async def use(self, city: City, booking_id: BookingId) -> Use | None:
        """None where there is no such booking. Raises Unavailable."""
        ...


class UsePaymentView(Struct, frozen=True):
    """`provider_id` is the payment's at the provider; what was `captured` is on the way to the bank, less what was given
    back."""

    id: UUID
    kind: Kind
    purpose: Purpose
    state: PaymentState
    amount: Money
    captured: Money
    refunded: Money
    provider_id: str | None


class UseView(Struct, frozen=True):
    """`start` and `end` are as booked, `started_at` and `finished_at` as used. `price` is the sum of its `lines`; `fee` is
    there where something else is owed than that, as after a cancellation."""

    id: BookingId
    service: Service
    thing: str
    place: str
    holder_id: PersonId
    booked_by: PersonId
    payer: Payer
    state: State
    start: datetime
    end: datetime
    time_zone: str
    started_at: datetime | None
    finished_at: datetime | None
    start_readings: Readings | None
    finish_readings: Readings | None
    lines: tuple[Line, ...]
    price: Money
    fee: Money | None
    payments: tuple[UsePaymentView, ...]
    invoices: str
    entries: str
    version: int


def use_view(use: Use, city: City) -> UseView:
    booking, at = use.booking, f"/v1/{city}/finance"
    return UseView(
        id=booking.id,
        service=booking.service,
        thing=use.thing,
        place=use.place,
        holder_id=booking.holder_id,
        booked_by=booking.booked_by,
        payer=booking.payer,
        state=booking.state,
        start=booking.start,
        end=booking.end,
        time_zone=use.time_zone,
        started_at=booking.started_at,
        finished_at=booking.finished_at,
        start_readings=booking.start_readings,
        finish_readings=booking.finish_readings,
        lines=booking.quote.lines,
        price=booking.quote.total,
        fee=booking.fee,
        payments=tuple(_payment(each) for each in use.payments),
        invoices=f"{at}/invoices?booking_id={booking.id}",
        entries=f"{at}/entries?booking_id={booking.id}",
        version=booking.version,
    )


def _payment(payment: Payment) -> UsePaymentView:
    currency = payment.amount.currency
    return UsePaymentView(
        payment.id,
        payment.kind,
        payment.purpose,
        payment.state,
        payment.amount,
        Money(payment.captured, currency),
        Money(payment.refunded, currency),
        payment.intent_id,
    )
