"""A booking as it stands, and the facts that change it."""

from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.booking.resources import Resource, ResourceId, Service
from domain.booking.terms import Terms
from domain.identity import PersonId
from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import Quote
from domain.pricing.tariffs import TariffId

BookingId = NewType("BookingId", UUID)
QuoteId = NewType("QuoteId", UUID)


class State(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    IN_USE = "in_use"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


LIVE = frozenset({State.HELD, State.CONFIRMED, State.IN_USE})


class Payer(StrEnum):
    SELF = "self"
    COST_CENTRE = "cost_centre"


class ReasonCode(StrEnum):
    """Why a booking ended otherwise than by being used."""

    BY_HOLDER = "by_holder"
    BY_STAFF = "by_staff"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_FAILED = "payment_failed"
    NOT_STARTED = "not_started"


class Readings(Struct, frozen=True, omit_defaults=True):
    """What the instruments showed. Kilometres, and percent of a battery."""

    odometer_km: int | None = None
    soc: int | None = None
    cleanliness: str | None = None


class Booking(Struct, frozen=True):
    """The record of one use of one resource by one holder; `options` is the service's own JSON, kept as it came.

    `reason` are the words of whoever cancelled it, `reason_code` is ours. `fee` is what is owed once it is over.
    """

    id: BookingId
    service: Service
    resource_id: ResourceId
    holder_id: PersonId
    booked_by: PersonId
    start: datetime
    end: datetime
    state: State
    payer: Payer
    options: msgspec.Raw
    quote: Quote
    terms: Terms
    tariff_id: TariffId
    tariff_version: int
    hold_expires_at: datetime | None
    made_at: datetime
    updated_at: datetime
    version: int = 1
    hold_extended: bool = False
    reason_code: ReasonCode | None = None
    reason: str | None = None
    fee: Money | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    start_readings: Readings | None = None
    finish_readings: Readings | None = None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class Grant(Struct, frozen=True):
    """A booking just made, the span that it claims, and the resource as it was then.

    `open_at_most` is how many open bookings of the service the holder may have with it, where that is limited: whoever
    records it counts once more.
    """

    booking: Booking
    claimed: Period
    resource: Resource
    time_zone: str
    open_at_most: int | None = None


class Booked(Protocol):
    """Every service's event that makes a booking carries the kernel's grant."""

    @property
    def grant(self) -> Grant: ...
