"""A charging session as its price sees it: what was reserved, and periods of one activity each."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.periods import Period
from domain.pricing.charging.tariffs import Dimension, Moment, Restrictions
from domain.pricing.windows import at_rest

HOUR = 3600
MILLION = 1_000_000
SECOND = timedelta(seconds=1)


class Activity(StrEnum):
    """What the vehicle does while it is plugged in.

    CHARGING draws power, however little the site gives. PARKED does not ask for any. WITHHELD asks and gets none, because
    the site has none to give: neither charging nor parking, whatever the tariff says (OCPI's correction of PARKING_TIME of
    2026: the vehicle does not request power).
    """

    CHARGING = "charging"
    PARKED = "parked"
    WITHHELD = "withheld"


TIMED = {Activity.CHARGING: Dimension.TIME, Activity.PARKED: Dimension.PARKING_TIME}


class ChargingPeriod(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`energy_kwh` was taken evenly over the period, so its power is the average. `current_a` is the average current, summed
    over the phases; only tariffs with bounds of current need it, and only of what is not parked or withheld."""

    period: Period
    activity: Activity
    energy_kwh: Decimal = Decimal(0)
    current_a: Decimal | None = None


class Reservation(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """From when the point was kept until the session began, or, `expired`, until nobody had come. Without a `period` it was
    kept for no time that is paid, as whoever reserved it was there in time."""

    period: Period | None
    expired: bool = False


class ChargingSession(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`periods` follow each other; gaps between them cost nothing. One of a reservation that expired has none."""

    time_zone: str
    periods: tuple[ChargingPeriod, ...] = ()
    reservation: Reservation | None = None


def in_order(periods: Iterable[ChargingPeriod]) -> tuple[ChargingPeriod, ...]:
    """By time. Clocks differ, so what overlaps begins when the one before is over; its energy stays, for a moment at least."""
    found = list[ChargingPeriod]()
    for use in sorted(periods, key=lambda each: (each.period.start, each.period.end)):
        since = found[-1].period.end if found else use.period.start
        late = use.period.start < since
        found.append(replace(use, period=Period(since, max(use.period.end, since + SECOND))) if late else use)
    return tuple(found)


class Piece(Struct, frozen=True):
    """A part of a period in which the same restrictions hold throughout: seconds, kWh, and the moment it begins."""

    activity: Activity
    length: Fraction
    kwh: Fraction
    begins: Moment

    def quantities(self) -> Iterator[tuple[Dimension, Fraction]]:
        """What there is to pay by the kWh and by the hour."""
        if self.kwh:
            yield Dimension.ENERGY, self.kwh
        if self.activity in TIMED:
            yield TIMED[self.activity], self.length / HOUR


def no_time(at: datetime, zone: ZoneInfo) -> Piece:
    """What is paid once is paid then, and nothing by the hour."""
    nothing = Fraction()
    return Piece(Activity.CHARGING, nothing, nothing, Moment(at.astimezone(zone), nothing, nothing, nothing, nothing))


def pieces(periods: Sequence[ChargingPeriod], restrictions: Iterable[Restrictions], zone: ZoneInfo) -> list[Piece]:
    """The periods, cut wherever one of the restrictions may begin or cease to hold."""
    restrictions, found, kwh = list(restrictions), list[Piece](), Fraction()
    for period in merged(periods, restrictions, zone):
        found += _cut(period, periods[0].period.start, kwh, restrictions, zone)
        kwh += Fraction(period.energy_kwh)
    return found


def merged(
    periods: Sequence[ChargingPeriod], restrictions: Sequence[Restrictions], zone: ZoneInfo
) -> Iterator[ChargingPeriod]:
    """The same, with those made one that follow each other and in which all costs the same: a meter is read each minute of a
    night, and prices change twice in it. Where power or current make a difference, each counts by itself."""
    if any(each.of_power or each.of_current for each in restrictions) or len(periods) < 2:
        yield from periods
        return
    bounds = _bounds(periods, restrictions, zone)
    run, before = periods[0], Decimal(0)
    for period in periods[1:]:
        whole = _joined(run, period)
        if whole is not None and not bounds.within(whole, before):
            run = whole
            continue
        yield run
        run, before = period, before + run.energy_kwh
    yield run


class _Bounds(Struct, frozen=True):
    """Where a restriction may begin or cease to hold: instants, and kWh of the session; both in order."""

    instants: list[datetime]
    kwh: list[Decimal]

    def within(self, use: ChargingPeriod, before: Decimal) -> bool:
        after = bisect_right(self.instants, use.period.start)
        if after < len(self.instants) and self.instants[after] < use.period.end:
            return True
        beyond = bisect_right(self.kwh, before)
        return beyond < len(self.kwh) and self.kwh[beyond] < before + use.energy_kwh


def _bounds(periods: Sequence[ChargingPeriod], restrictions: Sequence[Restrictions], zone: ZoneInfo) -> _Bounds:
    start, end = periods[0].period.start.astimezone(UTC), periods[-1].period.end.astimezone(UTC)
    instants = at_rest(start, end, [each.window for each in restrictions], zone)
    seconds = [bound for r in restrictions for bound in (r.min_duration, r.max_duration) if bound is not None]
    longest = (end - start).total_seconds()
    instants += [start + timedelta(seconds=bound) for bound in seconds if bound <= longest]
    kwh = [bound for r in restrictions for bound in (r.min_kwh, r.max_kwh) if bound is not None]
    return _Bounds(sorted(instants), sorted(kwh))


def _joined(first: ChargingPeriod, second: ChargingPeriod) -> ChargingPeriod | None:
    if first.activity is not second.activity or first.period.end != second.period.start:
        return None
    kwh = first.energy_kwh + second.energy_kwh
    return ChargingPeriod(Period(first.period.start, second.period.end), first.activity, kwh)


def _cut(
    use: ChargingPeriod, began: datetime, before: Fraction, restrictions: list[Restrictions], zone: ZoneInfo
) -> Iterator[Piece]:
    # In UTC: the difference of two times of one zone would be that of the clock, an hour off over a DST night.
    start, end = use.period.start.astimezone(UTC), use.period.end.astimezone(UTC)
    length, since = _seconds(end - start), _seconds(start - began.astimezone(UTC))
    per_second = Fraction(use.energy_kwh) / length
    cuts = {_seconds(at - start) for at in at_rest(start, end, [each.window for each in restrictions], zone)}
    cuts |= {bound - since for r in restrictions for bound in (r.min_duration, r.max_duration) if bound is not None}
    if per_second:
        bounds = [bound for r in restrictions for bound in (r.min_kwh, r.max_kwh) if bound is not None]
        cuts |= {(Fraction(bound) - before) / per_second for bound in bounds}
    for offset, until in pairwise(sorted(cut for cut in cuts if 0 <= cut <= length)):
        # Rounding down to what a clock can show never leaves a whole minute that was reached.
        shown = (start + timedelta(microseconds=offset * MILLION // 1)).astimezone(zone)
        current = Fraction(use.current_a or 0) if use.activity is Activity.CHARGING else Fraction()
        moment = Moment(shown, since + offset, before + offset * per_second, per_second * HOUR, current)
        yield Piece(use.activity, until - offset, (until - offset) * per_second, moment)


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta.resolution, MILLION)
