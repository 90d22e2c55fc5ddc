"""Examples of what messages are about."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from domain.booking.bookings import Booking
from domain.cities.settings import CitySettings
from domain.payments.payments import Capture, Kind, Payment, PaymentState
from services.notices.ports import BookingNotice, Holder, Place
from tests.examples import BERLIN, HERE, MARKET_SQUARE, a_booking, a_payment

BRAUNSCHWEIG = CitySettings(
    name="Stadt Braunschweig",
    legal_entity="Stadt Braunschweig, der Oberbürgermeister",
    address="Platz der Deutschen Einheit 1\n38100 Braunschweig",
    vat_id="DE114878770",
    iban="DE02120300000000202051",
    creditor_id="DE98ZZZ09999999999",
    leitweg_id="03101000-0001-59",
    time_zone=BERLIN,
    state="NI",
    postcodes=("38100",),
    languages=("de", "en"),
    imprint="https://www.braunschweig.example/impressum",
    terms={"general": "2025-1"},
    center=MARKET_SQUARE.location,
)
PLACE = Place("Ladepunkt 3", "Altstadtmarkt", "Altstadtmarkt 1, 38100 Braunschweig", MARKET_SQUARE.location)


def a_notice(booking: Booking | None = None, *payments: Payment, language: str = "de", **changes: Any) -> BookingNotice:
    """About Ada's booking of a charge point."""
    notice = BookingNotice(
        city=HERE,
        settings=BRAUNSCHWEIG,
        holder=Holder("ada@example.org", language),
        place=PLACE,
        booking=booking or a_booking(),
        payments=payments,
    )
    return replace(notice, **changes)


def held_for(booking: Booking, state: PaymentState = PaymentState.AUTHORISED, **changes: Any) -> Payment:
    """A hold on the card, which ends in seven days."""
    facts: dict[str, Any] = {"capture_before": booking.made_at + timedelta(days=7)}
    return a_payment(booking, state, **(facts | changes))


def saved_for(booking: Booking) -> Payment:
    return a_payment(booking, PaymentState.SAVED, kind=Kind.SETUP, method_id="pm_saved")


def taken_for(booking: Booking, **changes: Any) -> Payment:
    """The first instalment, taken at once."""
    amount = booking.quote.due_now.amount
    return a_payment(booking, PaymentState.CAPTURED, capture=Capture.AUTOMATIC, captured=amount, **changes)
