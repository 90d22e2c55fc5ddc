"""What a use costs within the city's own house: nobody pays, but one office owes it to another."""

from msgspec import Raw, Struct, json

from domain.booking.bookings import Booking, Payer, State
from domain.booking.life import driven_km, paid_by_instalments, usage_until
from domain.money import Money
from domain.pricing.quotes import Quote, price
from domain.pricing.tariffs import Tariff


class Allocated(Struct, frozen=True):
    """Who bears it, and how much without tax: within one body nothing is sold."""

    cost_centre: str
    amount: Money


class _Options(Struct, frozen=True):
    cost_centre: str = ""


def allocated(booking: Booking, tariff: Tariff, time_zone: str) -> Allocated | None:
    """What the use of a cost centre's booking comes to by the tariff that was booked; None while it lasts, or for others."""
    if booking.payer is not Payer.COST_CENTRE or booking.state is not State.COMPLETED or booking.finished_at is None:
        return None
    if paid_by_instalments(tariff):
        return None
    readings = booking.finish_readings
    driven = driven_km(booking, readings) if readings is not None else None
    quote = price(tariff, usage_until(booking, time_zone, driven, booking.finished_at))
    return Allocated(_cost_centre(booking.options), _net(quote)) if not quote.total.is_zero else None


def _net(quote: Quote) -> Money:
    return quote.total - quote.vat_total


def _cost_centre(options: Raw) -> str:
    """As it stands in the logbook; empty where a booking of before had none."""
    return json.decode(options, type=_Options).cost_centre
