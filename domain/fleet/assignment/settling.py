"""Which vehicle a booking by class becomes, at the latest responsible moment."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer
from domain.booking.events import BookingAssigned, BookingMoved, BookingReassigned, NotPossible
from domain.booking.making_room import Places
from domain.booking.moving import may_be_reassigned, move_to, reassign
from domain.booking.resources import ResourceId, Service
from domain.fleet.assignment.explaining import explained, preference
from domain.fleet.assignment.reasons import Explained, NotTaken, Reason, Why
from domain.fleet.assignment.suitability import Rules, charge_obstacle, cost, may_have, mismatch, obstacle
from domain.fleet.assignment.trips import Candidate, Trip, policy_on
from domain.fleet.charge import charge_rule
from domain.fleet.reservations import FleetOptions, VehicleWanted
from domain.refusals import Refusal


class Settled(Struct, frozen=True):
    """The vehicle that it is, and why; `change` where that is another one than was claimed until now, or is final from now on.
    `note` are the words of whoever chose it."""

    explained: Explained
    change: BookingMoved | BookingReassigned | BookingAssigned | None
    note: str | None = None


class ReassignVehicle(Struct, frozen=True):
    """Give a booking another vehicle: this one, or where none is named the best of the others that can be had now."""

    booking_id: BookingId
    vehicle_id: ResourceId | None
    note: str | None


class NotAssignable(StrEnum):
    UNKNOWN_VEHICLE = "unknown_vehicle"
    COST_CENTRE_REQUIRED = "cost_centre_required"


class NoOther(Struct, frozen=True):
    """There is no other vehicle that is free then and suits the trip; `others` are those that were looked at, each with why it
    is not."""

    code: ClassVar[str] = "nothing_fits"
    others: tuple[NotTaken, ...]


def settle(booking: Booking, vehicles: Sequence[Candidate], now: datetime) -> Settled | None:
    """The best vehicle for a booking whose vehicle is not final, of those of its pool and tariff; None where nothing is to
    be settled. `vehicles` have what they have to do besides this booking.

    Where nothing fits any more, as the charge did not come say, it stays with what it has, and that is told.
    """
    mine = next((vehicle for vehicle in vehicles if vehicle.id == booking.resource_id), None)
    if not booking.is_provisional or mine is None:
        return None
    trip, rules = trip_of(booking), rules_for(booking)
    best = _best(trip, vehicles, rules) or mine
    moved = move_to(booking, best.id, best.claim(booking.period), now)
    if isinstance(moved, BookingMoved):
        return Settled(explained(trip, best, vehicles, rules), moved)
    return Settled(explained(trip, mine, vehicles, rules), None)


def settle_by_staff(
    command: ReassignVehicle, booking: Booking, vehicles: Sequence[Candidate], now: datetime
) -> Settled | NoOther | Refusal[NotPossible] | Refusal[NotAssignable]:
    """Until the key is out, whoever runs the pool may give a booking any of its vehicles that is in service and free for
    it, a resident none that is not registered for rental. What else speaks against that one, seats or charge say, is for
    them to know, and stays with the reasons."""
    if booking.service is not Service.FLEET or not may_be_reassigned(booking):
        return Refusal(NotPossible.WRONG_STATE)
    trip, rules = trip_of(booking), rules_for(booking)
    if command.vehicle_id is None:
        others = [vehicle for vehicle in vehicles if vehicle.id != booking.resource_id]
        chosen = _best(trip, others, rules)
        if chosen is None:
            return NoOther(explained(trip, None, others, rules).others)
    else:
        chosen = next((vehicle for vehicle in vehicles if vehicle.id == command.vehicle_id), None)
        if chosen is None:
            return Refusal(NotAssignable.UNKNOWN_VEHICLE)
    if not may_have(trip, chosen):
        return Refusal(NotAssignable.COST_CENTRE_REQUIRED)
    if not chosen.in_service:
        return Refusal(NotPossible.OUT_OF_SERVICE)
    claimed = chosen.claim(booking.period)
    if any(use.claimed.overlaps(claimed) for use in chosen.uses):
        return Refusal(NotPossible.TAKEN)
    event = reassign(booking, chosen.id, claimed, now)
    if isinstance(event, Refusal):
        return event
    found = explained(trip, chosen, vehicles, rules)
    if command.vehicle_id is not None:
        found = replace(found, reasons=(Reason(Why.CHOSEN_BY_STAFF), *found.reasons))
    change = event if isinstance(event, BookingReassigned | BookingAssigned) else None
    return Settled(found, change, command.note)


def lost_its_vehicle(booking: Booking, vehicles: Sequence[Candidate]) -> bool:
    """Whether its own cannot be had then any more, as its papers end before."""
    mine = next((vehicle for vehicle in vehicles if vehicle.id == booking.resource_id), None)
    return mine is not None and not mine.in_service and may_be_reassigned(booking)


def waits_for_another(booking: Booking) -> bool:
    """Whether its vehicle is not back and another one would do. Whoever asked for a certain one is only told what else there
    is: which of two cars is as good to her we do not know."""
    return booking.request is not None and booking.kept_waiting and may_be_reassigned(booking)


def places(booking: Booking, vehicles: Sequence[Candidate]) -> Places:
    """What the booking would claim of each other vehicle that suits it, taken or not, the most preferred first."""
    trip, rules = wanted(booking, vehicles), rules_for(booking)
    suiting = [
        vehicle
        for vehicle in vehicles
        if vehicle.id != booking.resource_id
        and mismatch(trip, vehicle, rules.policy) is None
        and charge_obstacle(trip, vehicle, rules) is None
    ]
    return {each.id: each.claim(booking.period) for each in sorted(suiting, key=partial(preference, trip))}


def better_places(booking: Booking, vehicles: Sequence[Candidate]) -> Places:
    """What a booking with priority would claim of each vehicle that suits it better than any that is left, and on which others
    stand, the most preferred first. Nothing where it has none, or its vehicle is final."""
    if not booking.priority or not booking.is_provisional:
        return {}
    trip, rules = trip_of(booking), rules_for(booking)
    best = _best(trip, vehicles, rules)
    better = [
        vehicle
        for vehicle in vehicles
        if vehicle.id != booking.resource_id
        and obstacle(trip, _left_free(vehicle, trip), rules) is None
        and (best is None or cost(trip, vehicle) < cost(trip, best))
    ]
    return {each.id: each.claim(booking.period) for each in sorted(better, key=partial(preference, trip))}


def _left_free(vehicle: Candidate, trip: Trip) -> Candidate:
    """As it would be if whoever is in the way of the trip were elsewhere."""
    claimed = vehicle.claim(trip.period)
    return replace(vehicle, uses=tuple(use for use in vehicle.uses if not use.claimed.overlaps(claimed)))


def wanted(booking: Booking, vehicles: Sequence[Candidate]) -> Trip:
    """What was asked for; where that was a certain vehicle, one of its class at its station."""
    trip = trip_of(booking)
    mine = next((vehicle for vehicle in vehicles if vehicle.id == booking.resource_id), None)
    if booking.request is not None or mine is None:
        return trip
    return replace(trip, vehicle_class=mine.vehicle_class, station_id=mine.station_id)


def _best(trip: Trip, vehicles: Sequence[Candidate], rules: Rules) -> Candidate | None:
    fitting = [vehicle for vehicle in vehicles if obstacle(trip, vehicle, rules) is None]
    return min(fitting, key=partial(preference, trip), default=None)


def trip_of(booking: Booking) -> Trip:
    """What a booking asks for: by its request, and by what its options say besides."""
    options = msgspec.json.decode(booking.options, type=FleetOptions)
    request = booking.request
    wanted = request.read(VehicleWanted) if request is not None else VehicleWanted()
    return Trip(
        booking_id=booking.id,
        period=booking.period,
        vehicle_class=wanted.vehicle_class,
        drive=wanted.drive,
        seats=max(wanted.seats or 1, options.passengers or 1),
        load_kg=wanted.load_kg,
        range_km=wanted.range_km,
        distance_km=options.distance_km,
        station_id=request.station_id if request is not None else None,
        pool_id=request.pool_id if request is not None else None,
        priority=booking.priority,
        provisional_id=booking.resource_id,
        for_resident=booking.payer is Payer.SELF,
    )


def rules_for(booking: Booking) -> Rules:
    """Those in force on the day of the trip."""
    day = booking.start.date()
    return Rules(policy_on(day), charge_rule(day))
