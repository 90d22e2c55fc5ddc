"""Whether a vehicle can do a trip, and how well it suits."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from domain.fleet.assignment.reasons import Reason, Why, number
from domain.fleet.assignment.trips import AssignmentPolicy, Candidate, Trip, Use, furthest
from domain.fleet.charge import ChargeNeed, ChargeRule, charge_need
from domain.fleet.vehicles import OF_BICYCLES, Drive

MINUTE = timedelta(minutes=1)
RANKS = {
    Drive.HUMAN: 0,
    Drive.ELECTRIC_ASSIST: 0,
    Drive.ELECTRIC: 1,
    Drive.HYDROGEN_FUEL_CELL: 1,
    Drive.PLUG_IN_HYBRID: 2,
    Drive.HYBRID: 3,
    Drive.COMBUSTION: 4,
    Drive.COMBUSTION_DIESEL: 4,
}
"""Bicycles, then what emits nothing where it drives, then the others by what they burn."""

PER_RANK, PER_SEAT, PER_CHANGE, PER_TRIP = 10_000, 100, 10, 1_000_000
"""A cleaner drive counts more than any number of spare seats (there are at most 99), those more than a change of what was
claimed already; and to leave a trip without a vehicle counts more than all of them."""


class Rules(Struct, frozen=True):
    policy: AssignmentPolicy
    charge: ChargeRule


class Charged(Struct, frozen=True):
    """What the trip needs of the battery, and how many minutes there are to charge it since it was last used."""

    need: ChargeNeed
    minutes_there: int

    @property
    def suffices(self) -> bool:
        return not self.need.is_beyond and self.need.minutes <= self.minutes_there


def cost(trip: Trip, vehicle: Candidate) -> int:
    """How far the vehicle is from what is preferred for the trip; 0 is best."""
    change = trip.provisional_id is not None and vehicle.id != trip.provisional_id
    return RANKS[vehicle.drive] * PER_RANK + (vehicle.seats - trip.seats) * PER_SEAT + change * PER_CHANGE


def penalty(trip: Trip) -> int:
    """What it costs to leave the trip without a vehicle."""
    return PER_TRIP * (1 + trip.priority)


def obstacle(trip: Trip, vehicle: Candidate, rules: Rules) -> Reason | None:
    """The first reason why the vehicle cannot do the trip, beside whatever it has to do already; None where it can."""
    reason = mismatch(trip, vehicle, rules.policy)
    if reason is not None:
        return reason
    claimed = vehicle.claim(trip.period)
    in_the_way = next((use for use in vehicle.uses if use.claimed.overlaps(claimed)), None)
    if in_the_way is not None:
        why = Why.NEEDED_FOR_ANOTHER if in_the_way.planned else Why.TAKEN
        return Reason(why, until=in_the_way.claimed.end, booking_id=in_the_way.booking_id)
    return charge_obstacle(trip, vehicle, rules)


def mismatch(trip: Trip, vehicle: Candidate, policy: AssignmentPolicy) -> Reason | None:
    """Why the vehicle does not suit the trip whatever else it has to do."""
    if trip.pool_id not in {None, vehicle.pool_id}:
        return Reason(Why.OTHER_POOL, has=vehicle.pool_id)
    if not may_have(trip, vehicle):
        return Reason(Why.NOT_FOR_RESIDENTS)
    if trip.station_id not in {None, vehicle.station_id}:
        return Reason(Why.OTHER_STATION)
    if trip.vehicle_class not in {None, vehicle.vehicle_class}:
        return Reason(Why.OTHER_CLASS, wanted=trip.vehicle_class, has=vehicle.vehicle_class)
    if trip.drive not in {None, vehicle.drive.value}:
        return Reason(Why.OTHER_DRIVE, wanted=trip.drive, has=vehicle.drive.value)
    if not vehicle.in_service:
        return Reason(Why.OUT_OF_SERVICE)
    if vehicle.seats < trip.seats:
        return Reason(Why.TOO_FEW_SEATS, wanted=number(trip.seats), has=number(vehicle.seats))
    if trip.load_kg and (vehicle.load_kg or 0) < trip.load_kg:
        return Reason(Why.TOO_LITTLE_LOAD, wanted=number(trip.load_kg), has=number(vehicle.load_kg or 0))
    if vehicle.range_km < (trip.range_km or 0):
        return Reason(Why.RANGE_TOO_SHORT, wanted=number(trip.range_km or 0), has=number(vehicle.range_km))
    return _not_by_bicycle(trip, vehicle, policy)


def may_have(trip: Trip, vehicle: Candidate) -> bool:
    """Residents rent only what is registered for it (§ 15 Abs. 3 FZV), as `domain.booking.holds` has it."""
    return not trip.for_resident or vehicle.pool_id is None or vehicle.shared


def _not_by_bicycle(trip: Trip, vehicle: Candidate, policy: AssignmentPolicy) -> Reason | None:
    """Nobody is sent far by bicycle, or who knows how far, who did not ask for one."""
    if vehicle.drive not in OF_BICYCLES or trip.vehicle_class is not None or trip.drive is not None:
        return None
    km = furthest(trip)
    if km is None:
        return Reason(Why.DISTANCE_UNKNOWN, wanted=number(policy.bicycle_km))
    if km > policy.bicycle_km:
        return Reason(Why.TOO_FAR_FOR_A_BICYCLE, wanted=number(km), has=number(policy.bicycle_km))
    return None


def charge_obstacle(trip: Trip, vehicle: Candidate, rules: Rules) -> Reason | None:
    """Why the battery will not do, for the trip or for what comes after it; None where it will, or nothing is known."""
    charged = charge_for(trip, vehicle, rules)
    if charged is None:
        return None
    if charged.need.is_beyond:
        return Reason(Why.BEYOND_A_BATTERY, needed_percent=in_percent(charged.need.needed))
    if not charged.suffices:
        return charge_reason(Why.CHARGE_TOO_LOW, charged)
    return _robbed(trip, vehicle, rules)


def _robbed(trip: Trip, vehicle: Candidate, rules: Rules) -> Reason | None:
    """The first later use for which the charge would suffice without the trip, and does not with it."""
    with_it = replace(vehicle, uses=(*vehicle.uses, vehicle.use_for(trip)))
    for use in sorted(vehicle.uses, key=lambda use: use.period):
        if use.booking_id is None or use.period.start < trip.period.start:
            continue
        before, after = (_charge_at(use.period.start, use.km, each, rules) for each in (vehicle, with_it))
        if before is not None and after is not None and before.suffices and not after.suffices:
            return replace(charge_reason(Why.CHARGE_NEEDED_LATER, after), booking_id=use.booking_id)
    return None


def charge_reason(why: Why, charged: Charged) -> Reason:
    need = charged.need
    return Reason(
        why,
        needed_percent=in_percent(need.needed),
        charge_percent=math.floor(need.there * 100),
        minutes=need.minutes or None,
        minutes_there=charged.minutes_there if need.minutes else None,
    )


def in_percent(part: Fraction) -> int:
    """Rounded up: what is needed is not made to look less."""
    return math.ceil(part * 100)


def charge_for(trip: Trip, vehicle: Candidate, rules: Rules) -> Charged | None:
    """What the trip needs, and what is in the battery when the last use before it ends. None where there is no battery, or
    nobody read it."""
    return _charge_at(trip.period.start, furthest(trip), vehicle, rules)


def _charge_at(start: datetime, km: Decimal | None, vehicle: Candidate, rules: Rules) -> Charged | None:
    """As it was read, charged between uses as long as there is time, less what those need."""
    if vehicle.battery is None or vehicle.charge is None:
        return None
    soc, since = vehicle.charge.soc, vehicle.charge.read_at
    for use in sorted((use for use in vehicle.uses if use.period.start < start), key=lambda use: use.period):
        gap = max(use.period.start - since, timedelta())
        soc = _driven(_charged(soc, gap, vehicle, rules.charge), use, vehicle, rules)
        since = max(since, use.period.end)
    need = charge_need(rules.policy.assumed_km if km is None else km, vehicle.battery, soc, rules.charge)
    return Charged(need, max(start - since, timedelta()) // MINUTE)


def _charged(soc: Decimal, gap: timedelta, vehicle: Candidate, rule: ChargeRule) -> Decimal:
    if vehicle.battery is None:
        return soc
    hours = Decimal(gap // timedelta(seconds=1)) / 3600
    return min(soc + hours * vehicle.battery.charging_kw * rule.efficiency / vehicle.battery.capacity_kwh, Decimal(1))


def _driven(soc: Decimal, use: Use, vehicle: Candidate, rules: Rules) -> Decimal:
    """A use that was over when the charge was read is in the reading already."""
    if vehicle.battery is None or vehicle.charge is None or use.period.end <= vehicle.charge.read_at:
        return soc
    if use.booking_id is None:
        return soc
    km = rules.policy.assumed_km if use.km is None else use.km
    return soc - km * vehicle.battery.consumption_kwh / 100 * rules.charge.margin / vehicle.battery.capacity_kwh
