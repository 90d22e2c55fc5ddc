"""What it costs to bring something back late, besides the time that it took."""

from datetime import datetime

from domain.booking.bookings import Booking, Payer
from domain.money import Money, percentage
from domain.periods import Period
from domain.pricing.quotes import price_of_time
from domain.pricing.tariffs import Tariff


def late_fee(booking: Booking, tariff: Tariff, time_zone: str, now: datetime, *, amiss: bool) -> Money:
    """The fee where it comes back now, taxed as the use is. Nothing where something is or was `amiss` with what was
    booked, or its holder was kept waiting for it herself."""
    late = booking.terms.late
    if late is None or booking.payer is not Payer.SELF or now <= late.after or amiss:
        return Money(0, booking.quote.total.currency)
    if booking.delays is None:
        return late.fee
    more = price_of_time(tariff, Period(booking.end, now), time_zone)
    return late.fee_if_awaited + Money(percentage(more.amount, late.time_percent), more.currency)
