"""The booking that the OpenAPI document shows, made by the same decisions as every other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.changing import Following, Surroundings
from domain.booking.previews import cancellation, extension, shortening
from domain.booking.price_list import price_list
from domain.booking.resources import Resource, ResourceId, Service, Station, StationId
from domain.booking.terms import Deal, PolicyStep, TermsPolicy, frozen_terms
from domain.identity import Actor, City, PersonId, Role
from domain.payments.payments import Capture, Kind, Payment, PaymentId, PaymentState, Purpose
from domain.periods import Period
from domain.places import Location
from domain.pricing.quotes import Usage, price
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit
from services.booking.views import PlugView, booking_view

_MADE_AT = datetime(2026, 11, 29, 16, 3, 12, tzinfo=UTC)
_PERIOD = Period(datetime(2026, 12, 1, 17, tzinfo=UTC), datetime(2026, 12, 1, 19, tzinfo=UTC))
_ZONE = "Europe/Berlin"
_HOLDER = Actor(
    PersonId(UUID("01890a5d-ac96-774b-8f53-3f2a5a0d7c20")), City("braunschweig"), frozenset({Role.RESIDENT})
)
_STATION = Station(
    StationId(UUID("3d2f1a90-4b1c-5e77-9d63-0c8f4a6b2e11")), "Parkhaus Wallstraße", Location(52.2598, 10.5226)
)
_POINT = Resource(
    id=ResourceId(UUID("0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11")),
    service=Service.CHARGING,
    name="Ladepunkt 1",
    station=_STATION,
    in_service=True,
    bookable=True,
    pool_id=None,
    shared=True,
    buffer_before_s=0,
    buffer_after_s=0,
)
_TARIFF = Tariff(
    id=TariffId("charging-standard"),
    version=1,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    name="Laden Standard",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    time=TimePrice(TimeUnit.HOUR, Decimal("1.20")),
)
_POLICY = TermsPolicy(
    version="2026-1",
    hold_s=600,
    free_cancel_before_s=86400,
    steps=(PolicyStep(3600, 50),),
    no_show_fee_percent=100,
    start_before_s=900,
    min_duration_s=900,
    max_duration_s=43200,
    max_ahead_s=7776000,
)
_QUOTE = price(_TARIFF, Usage(_PERIOD, _ZONE))
_BOOKING = Booking(
    id=BookingId(UUID("01890a5d-ac96-774b-bcce-b302099a8057")),
    service=Service.CHARGING,
    resource_id=_POINT.id,
    holder_id=_HOLDER.id,
    booked_by=_HOLDER.id,
    start=_PERIOD.start,
    end=_PERIOD.end,
    state=State.CONFIRMED,
    payer=Payer.SELF,
    options=msgspec.Raw(b'{"connector":"IEC_62196_T2"}'),
    quote=_QUOTE,
    terms=frozen_terms(_POLICY, _PERIOD, _QUOTE, _MADE_AT, Deal(_ZONE, "NI", _TARIFF.vat_rate, consumer=True)),
    tariff_id=_TARIFF.id,
    tariff_version=_TARIFF.version,
    hold_expires_at=None,
    made_at=_MADE_AT,
    updated_at=_MADE_AT + timedelta(minutes=2),
    version=2,
)
_PAYMENT = Payment(
    id=PaymentId(UUID("01890a5d-ac96-774b-9a11-7a2b1c3d4e5f")),
    booking_id=_BOOKING.id,
    holder_id=_HOLDER.id,
    kind=Kind.PAYMENT,
    purpose=Purpose.BOOKING,
    capture=Capture.MANUAL,
    amount=_QUOTE.due_now,
    made_at=_MADE_AT,
    updated_at=_MADE_AT,
    state=PaymentState.AUTHORISED,
)
_SEEN_AT = _MADE_AT + timedelta(minutes=3)
_VIEW = booking_view(
    _BOOKING,
    _POINT,
    _ZONE,
    payment=_PAYMENT,
    actor=_HOLDER,
    now=_SEEN_AT,
    plug=PlugView("honoured", "KZ3TQ6W4MPD5XAJ7RBCN"),
)

BOOKING: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_VIEW))
_FIRST = msgspec.structs.replace(
    _BOOKING,
    state=State.HELD,
    hold_expires_at=_MADE_AT + timedelta(seconds=_POLICY.hold_s),
    updated_at=_MADE_AT,
    version=1,
)
HELD: dict[str, Any] = msgspec.json.decode(
    msgspec.json.encode(booking_view(_FIRST, _POINT, _ZONE, payment=None, actor=_HOLDER, now=_MADE_AT))
)
QUOTE: dict[str, Any] = msgspec.json.decode(
    msgspec.json.encode(
        {
            "id": UUID("01890a5d-ac96-774b-8a2c-5d1e7f3b9a64"),
            "service": _BOOKING.service,
            "resource_id": _POINT.id,
            "resource_final": True,
            "lines": _QUOTE.lines,
            "total": _QUOTE.total,
            "vat_total": _QUOTE.vat_total,
            "due_now": _QUOTE.due_now,
            "expires_at": _MADE_AT + timedelta(minutes=15),
            "terms": _BOOKING.terms,
            "prices": price_list(_TARIFF, _POLICY.blocking),
        }
    )
)
PREVIEW: object = msgspec.json.decode(msgspec.json.encode(cancellation(_BOOKING, _POINT, (_PAYMENT,), True, _SEEN_AT)))

_HOUR = timedelta(hours=1)
_AROUND = Surroundings(_POINT, _ZONE, _TARIFF, _POLICY, _PERIOD.end, Following(_PERIOD.end + 3 * _HOUR, None))
_LONGER = extension(_BOOKING, _PERIOD.end + _HOUR, _AROUND, payments=(_PAYMENT,), by=_HOLDER.id, now=_SEEN_AT)
_SHORTER = shortening(_BOOKING, _PERIOD.end - _HOUR, _AROUND, payments=(_PAYMENT,), by_holder=True, now=_SEEN_AT)
PREVIEWED_EXTENSION: object = msgspec.json.decode(msgspec.json.encode(_LONGER))
PREVIEWED_SHORTENING: object = msgspec.json.decode(msgspec.json.encode(_SHORTER))
