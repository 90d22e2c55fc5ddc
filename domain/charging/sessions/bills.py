"""What a session measured, and what its booking costs by it so far."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from domain.booking.bookings import Booking
from domain.booking.metered import NOTHING, Metered, price_metered
from domain.booking.resources import Resource
from domain.charging.metering.proofs import MeterProof, invoiceable
from domain.charging.sessions.courses import Course
from domain.pricing.charging.sessions import Activity
from domain.pricing.quotes import Quote
from domain.pricing.tariffs import Tariff
from domain.refusals import Refusal


class Billing(Struct, frozen=True):
    """What the price of a booking depends on, `tariff` as it was booked; `before` is what earlier sessions of it measured."""

    booking: Booking
    resource: Resource
    tariff: Tariff
    time_zone: str
    before: Metered = NOTHING

    def cost(self, measured: Metered, until: datetime) -> Quote:
        """If it were over then; `measured` is what this session did."""
        return price_metered(
            self.booking,
            self.resource,
            self.before + measured,
            tariff=self.tariff,
            time_zone=self.time_zone,
            until=until,
        )


def proven(measured: Metered, by: MeterProof | None) -> Metered:
    """The same, with the energy that may be invoiced by what the meter signed, if it signed anything."""
    kwh = measured.energy_kwh if by is None else invoiceable(by, measured.energy_kwh)
    return Metered(Decimal(0) if isinstance(kwh, Refusal) else kwh, measured.parked)


def metered(went: Course, *, clock_wrong: bool = False) -> Metered:
    """Whole watt-hours, rounded down. By a clock that is wrong no time is billed."""
    parked = timedelta() if clock_wrong else _parked(went)
    return Metered(Decimal(int(went.energy_wh)) / 1000, parked)


def _parked(went: Course) -> timedelta:
    spans: Iterable[timedelta] = (each.period.length for each in went.periods if each.activity is Activity.PARKED)
    return sum(spans, timedelta())
