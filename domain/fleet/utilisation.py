"""How much of the time, and on how many days, vehicles were in use."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.fleet.shares import percent
from domain.periods import Period


class Use(Struct, frozen=True):
    """A time in which a vehicle was booked or out of service; `km` where it was driven and somebody read the odometer."""

    vehicle_id: ResourceId
    period: Period
    blocked: bool = False
    km: int | None = None


class Utilisation(Struct, frozen=True):
    """Of the time in which the vehicle could be had, so much was booked; of the days, on so many it was used."""

    there: timedelta
    booked: timedelta
    days: int
    days_used: int
    km: int

    @property
    def time_percent(self) -> Decimal | None:
        """To a tenth, rounded half up; None where it could not be had at all."""
        return percent(self.booked // timedelta.resolution, self.there // timedelta.resolution)

    @property
    def days_percent(self) -> Decimal | None:
        return percent(self.days_used, self.days)


def utilisation(
    vehicles: Mapping[ResourceId, Period], uses: Iterable[Use], within: Period, time_zone: str
) -> dict[ResourceId, Utilisation]:
    """Each vehicle's, within a period, by the calendar of its place: of the time in which it was in the fleet, which is named
    with it. Uses may reach beyond the period, and blocks overlap them: what is blocked counts neither as time to be had nor
    as booked. A way counts where it began, so that periods that follow each other count it once."""
    zone = ZoneInfo(time_zone)
    by_vehicle: dict[ResourceId, list[Use]] = {vehicle_id: [] for vehicle_id in vehicles}
    for use in uses:
        if use.vehicle_id in by_vehicle and use.period.overlaps(within):
            by_vehicle[use.vehicle_id].append(use)
    return {
        vehicle_id: replace(
            _of(found, _cut(vehicles[vehicle_id], within), zone),
            km=sum(use.km or 0 for use in found if begins_within(use.period.start, within)),
        )
        for vehicle_id, found in by_vehicle.items()
    }


def begins_within(start: datetime, within: Period) -> bool:
    """Whether a use's way counts in the period."""
    return within.start <= start < within.end


def _of(uses: list[Use], within: Period, zone: ZoneInfo) -> Utilisation:
    uses = [use for use in uses if use.period.overlaps(within)]
    blocked = [_cut(use.period, within) for use in uses if use.blocked]
    used = [_cut(use.period, within) for use in uses if not use.blocked]
    out = _length(blocked)
    booked = _length(blocked + used) - out
    days: set[date] = set()
    for period in used:
        days.update(_days(period, zone))
    return Utilisation(
        there=within.length - out,
        booked=booked,
        days=len(_days(within, zone)),
        days_used=len(days),
        km=0,
    )


def _cut(period: Period, within: Period) -> Period:
    return Period(max(period.start, within.start), min(period.end, within.end))


def _length(periods: Iterable[Period]) -> timedelta:
    """Of all of them together; what overlaps counts once."""
    total, reached = timedelta(), None
    for period in sorted(periods):
        start = period.start if reached is None else max(period.start, reached)
        if period.end > start:
            total += period.end - start
            reached = period.end
    return total


def _days(period: Period, zone: ZoneInfo) -> set[date]:
    first = period.start.astimezone(zone).date()
    last = (period.end - datetime.resolution).astimezone(zone).date()
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}
