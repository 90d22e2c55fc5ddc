"""Which days, and which kilometres, an electric vehicle could have driven: by vehicle, and for the pool together.

Both shares are told, for they differ: few long days hold most of the kilometres.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.charge import Battery, ChargeRule, reach_km
from domain.fleet.shares import percent


class DayDriven(Struct, frozen=True):
    """The kilometres of one vehicle on one day of the calendar at its place."""

    vehicle_id: ResourceId
    day: date
    km: Decimal


class Potential(Struct, frozen=True):
    """How many of the days on which it was driven, and of the kilometres, one charge each would have done for."""

    days: int
    days_possible: int
    km: Decimal
    km_possible: Decimal

    @property
    def days_percent(self) -> Decimal | None:
        """To a tenth, rounded half up; None where nothing was driven. So are the kilometres."""
        return percent(self.days_possible, self.days)

    @property
    def km_percent(self) -> Decimal | None:
        return percent(Fraction(self.km_possible), Fraction(self.km))


class Electrification(Struct, frozen=True):
    """What an electric vehicle with this reach could have taken over."""

    reach_km: Fraction
    pool: Potential
    vehicles: dict[ResourceId, Potential]


def electrification(driven: Iterable[DayDriven], battery: Battery, rule: ChargeRule) -> Electrification:
    """Look at every vehicle's days as if it had had that battery, full in the morning. A day without a trip is none; what
    is told of one day in parts is one day."""
    reach = reach_km(battery, rule)
    by_vehicle: dict[ResourceId, dict[date, Decimal]] = {}
    for each in driven:
        days = by_vehicle.setdefault(each.vehicle_id, {})
        days[each.day] = days.get(each.day, Decimal(0)) + each.km
    potentials = {vehicle_id: _potential(days.values(), reach) for vehicle_id, days in by_vehicle.items()}
    return Electrification(reach, _together(potentials.values()), potentials)


def _potential(days: Iterable[Decimal], reach: Fraction) -> Potential:
    driven = [km for km in days if km > 0]
    possible = [km for km in driven if Fraction(km) <= reach]
    return Potential(len(driven), len(possible), sum(driven, Decimal(0)), sum(possible, Decimal(0)))


def _together(potentials: Iterable[Potential]) -> Potential:
    found = tuple(potentials)
    return Potential(
        days=sum(each.days for each in found),
        days_possible=sum(each.days_possible for each in found),
        km=sum((each.km for each in found), Decimal(0)),
        km_possible=sum((each.km_possible for each in found), Decimal(0)),
    )
