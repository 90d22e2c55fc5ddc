"""A use that something measures: it begins and ends where that says so, and costs what was measured.

That the use took place is a fact by then; nothing that would keep somebody from beginning is asked any more.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.events import AlreadyThere, Decision, NotPossible
from domain.booking.life import as_agreed, begun, is_amiss, price_of_use, usage_until, used
from domain.booking.resources import Resource
from domain.periods import Period
from domain.pricing.charging.sessions import ChargingPeriod, ChargingSession, Reservation, in_order
from domain.pricing.quotes import LineKind, Quote, unreserved, with_fee
from domain.pricing.tariffs import Tariff
from domain.refusals import Refusal


class Metered(Struct, frozen=True):
    """`parked` is how long the vehicle stood there without asking for power; that we gave none does not count. `periods` say what it did
    when, for tariffs that are OCPI's; the energy in them is the same."""

    energy_kwh: Decimal
    parked: timedelta = timedelta()
    periods: tuple[ChargingPeriod, ...] = ()

    def __add__(self, other: "Metered") -> "Metered":
        return Metered(
            self.energy_kwh + other.energy_kwh, self.parked + other.parked, in_order((*self.periods, *other.periods))
        )


NOTHING = Metered(Decimal(0))


def start_metered(booking: Booking, began_at: datetime, now: datetime) -> Decision:
    """The use began. What was given up for its holder while nobody could tell us stays so until its end is told."""
    if booking.state is State.CONFIRMED:
        return _started(booking, began_at, now)
    if booking.state in {State.IN_USE, State.COMPLETED, State.NO_SHOW}:
        return AlreadyThere(booking)
    return Refusal(NotPossible.WRONG_STATE)


def _started(booking: Booking, began_at: datetime, now: datetime) -> Decision:
    started = begun(booking, now)
    return replace(started, booking=replace(started.booking, started_at=began_at))


def finish_metered(
    booking: Booking,
    resource: Resource,
    metered: Metered,
    *,
    tariff: Tariff,
    time_zone: str,
    over_at: datetime,
    now: datetime,
) -> Decision:
    """End the use where it ended, and price it by what was measured. Who had it while the station was cut off, and was taken
    for not having come, pays for the use instead."""
    if booking.state is State.COMPLETED:
        return AlreadyThere(booking)
    if booking.state not in {State.CONFIRMED, State.IN_USE, State.NO_SHOW}:
        return Refusal(NotPossible.WRONG_STATE)
    booking = replace(booking, reason_code=None)
    quote = price_metered(booking, resource, metered, tariff=tariff, time_zone=time_zone, until=over_at)
    return used(booking, resource, quote, booking.finish_readings, at=over_at, now=now)


def price_metered(
    booking: Booking,
    resource: Resource,
    metered: Metered,
    *,
    tariff: Tariff,
    time_zone: str,
    until: datetime,
    agreed: bool = True,
) -> Quote:
    """What the booking costs if the use ends then: the booked time, or more where it took longer, the energy, and what standing
    there costs. Not `agreed` it is what that comes to, also where no more than was held is asked for it."""
    usage = replace(usage_until(booking, time_zone, None, until), energy_kwh=metered.energy_kwh)
    if tariff.charging is not None and metered.periods:
        usage = replace(usage, session=session_of(booking, resource, metered.periods, time_zone))
    elif booking.terms.ad_hoc is not None:
        usage = unreserved(usage)
    quote = price_of_use(booking, resource, usage, tariff=tariff, until=until)
    blocking = booking.terms.blocking
    fee = blocking.fee(metered.parked) if blocking is not None and not quote.due_now.is_zero else None
    quote = quote if fee is None or fee.is_zero else with_fee(quote, fee, tariff, LineKind.BLOCKING)
    return as_agreed(booking, quote, tariff) if agreed else quote


def session_of(
    booking: Booking, resource: Resource, periods: tuple[ChargingPeriod, ...], time_zone: str
) -> ChargingSession:
    """All that was charged by the booking, as one session under its OCPI tariff: it was reserved from its start until somebody plugged in.
    Nobody pays for a reservation that she could not use, or did not make."""
    periods = in_order(periods)
    if booking.terms.ad_hoc is not None:
        return ChargingSession(time_zone, periods)
    began = periods[0].period.start
    amiss = booking.hampered or is_amiss(booking, resource, began)
    kept = Period(booking.start, began) if booking.start < began and not amiss else None
    return ChargingSession(time_zone, periods, Reservation(kept))
