"""What a session measured, and what its booking costs by it so far."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking
from domain.booking.metered import NOTHING, Metered, price_metered
from domain.booking.resources import Resource
from domain.charging.metering.proofs import MeterProof, invoiceable
from domain.charging.sessions.courses import Course, course
from domain.charging.sessions.limits import ahead_wh
from domain.charging.sessions.points import Point
from domain.charging.sessions.sessions import Flag, Session
from domain.money import shared
from domain.periods import Period
from domain.pricing.charging.sessions import MILLION, SECOND, Activity, ChargingPeriod, merged
from domain.pricing.quotes import Quote
from domain.pricing.tariffs import Tariff
from domain.refusals import Refusal


class Folded(Struct, frozen=True):
    """A session with all that was told of it."""

    session: Session
    points: tuple[Point, ...]


class Billing(Struct, frozen=True):
    """What the price of a booking depends on, `tariff` as it was booked; `before` is what earlier sessions of it measured, and `others`
    are these, where the tariff is OCPI's."""

    booking: Booking
    resource: Resource
    tariff: Tariff
    time_zone: str
    before: Metered = NOTHING
    others: tuple[Folded, ...] = ()

    @property
    def by_session(self) -> bool:
        """Whether it depends on what the session did when."""
        return self.tariff.charging is not None

    def in_short(self, measured: Metered) -> tuple[ChargingPeriod, ...]:
        """What a session did when, no finer than its price needs it."""
        charging = self.tariff.charging
        if charging is None:
            return ()
        restrictions = [element.restrictions for element in charging.elements]
        return tuple(merged(measured.periods, restrictions, ZoneInfo(self.time_zone)))

    def cost(self, measured: Metered, until: datetime, *, agreed: bool = True) -> Quote:
        """If it were over then; `measured` is what this session did. Not `agreed` it may be more than what was held."""
        others = [timed(each.session, course(each.points), each.session.measured) for each in self.others]
        return price_metered(
            self.booking,
            self.resource,
            sum(others, NOTHING) + measured if self.by_session else self.before + measured,
            tariff=self.tariff,
            time_zone=self.time_zone,
            until=until,
            agreed=agreed,
        )


def proven(measured: Metered, by: MeterProof | None) -> Metered:
    """The same, with the energy that may be invoiced by what the meter signed, if it signed anything."""
    kwh = measured.energy_kwh if by is None else invoiceable(by, measured.energy_kwh)
    return replace(measured, energy_kwh=Decimal(0) if isinstance(kwh, Refusal) else kwh)


def metered(went: Course, *, clock_wrong: bool = False) -> Metered:
    """Whole watt-hours, rounded down. By a clock that is wrong no time is billed."""
    parked = timedelta() if clock_wrong else _parked(went)
    return Metered(Decimal(int(went.energy_wh)) / 1000, parked)


def _parked(went: Course) -> timedelta:
    spans: Iterable[timedelta] = (each.period.length for each in went.periods if each.activity is Activity.PARKED)
    return sum(spans, timedelta())


def timed(session: Session, went: Course, measured: Metered) -> Metered:
    """The same, with what the session did when; its energy is shared out as the meter was read. By a clock that is wrong it is billed at
    our times, and no time with it."""
    began = session.began_at or went.first
    if Flag.CLOCK_WRONG in session.flags or not went.periods:
        until = max(session.over_at or session.heard_at, began + SECOND)
        alone = ChargingPeriod(Period(began, until), Activity.WITHHELD, measured.energy_kwh)
        return replace(measured, periods=(alone,))
    weights = [int(each.energy_kwh * MILLION) for each in went.periods]
    if not any(weights):
        weights = [each.period.length // SECOND + 1 for each in went.periods]
    parts = shared(int(measured.energy_kwh * MILLION), weights)
    periods = zip(went.periods, parts, strict=True)
    return replace(measured, periods=tuple(replace(each, energy_kwh=Decimal(mwh) / MILLION) for each, mwh in periods))


def next_look(measured: Metered, went: Course) -> Metered:
    """If as much more is taken as since the meter was read last."""
    last = went.periods[-1] if went.periods else None
    ahead = Decimal(int(ahead_wh(went))) / 1000
    if last is None or not ahead:
        return measured
    end = last.period.end
    following = replace(last, period=Period(end, end + last.period.length), energy_kwh=ahead)
    return Metered(measured.energy_kwh + ahead, measured.parked, (*measured.periods, following))
