"""Reserving a pool vehicle: the command, the event, the decision."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.booking.bookings import Grant, Payer
from domain.booking.holds import Agreed, NotBookable, Offer, Order, agree, hold
from domain.booking.resources import Service
from domain.fleet.vehicles import OF_BICYCLES
from domain.identity import Actor
from domain.pricing.quotes import Usage, within
from domain.proofs import ProofKind
from domain.refusals import Refusal

SERVICE = Service.FLEET


class FleetOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Purpose, destination and cost centre stand in the logbook; `distance_km` is the driver's estimate."""

    purpose: str | None = None
    destination: str | None = None
    cost_centre: str | None = None
    passengers: int | None = None
    distance_km: Decimal | None = None


class VehicleWanted(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"vehicle_class": "class"}
):
    """What a request by class asks for; `seats`, `range_km` and `load_kg` are the least that will do."""

    vehicle_class: str | None = None
    seats: Annotated[int, Meta(ge=1, le=100)] | None = None
    drive: str | None = None
    range_km: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    load_kg: Annotated[int, Meta(ge=0, le=10_000)] | None = None


class Vehicle(Struct, frozen=True):
    """`licence_asked` says that the city wants to have seen a licence before a car is booked, `only_bicycles` that nothing
    else is of the vehicle's class."""

    offer: Offer
    seats: int
    is_bicycle: bool = False
    licence_asked: bool = False
    only_bicycles: bool = True


class ReserveVehicle(Struct, frozen=True):
    order: Order
    options: FleetOptions
    agreed: Agreed | None = None


class VehicleReserved(Struct, frozen=True, tag="fleet.vehicle_reserved"):
    grant: Grant


class NotDrivable(StrEnum):
    TOO_MANY_PASSENGERS = "too_many_passengers"
    DISTANCE_OUT_OF_RANGE = "distance_out_of_range"
    COST_CENTRE_MISSING = "cost_centre_missing"


NoReservation: TypeAlias = Refusal[NotBookable] | Refusal[NotDrivable]


def payer(options: FleetOptions, asked: Payer | None) -> Payer:
    """Who pays: as asked, else the cost centre where one is named."""
    if asked is not None:
        return asked
    return Payer.COST_CENTRE if options.cost_centre else Payer.SELF


def agree_on(command: ReserveVehicle, vehicle: Vehicle | None, actor: Actor, now: datetime) -> Agreed | NoReservation:
    """Price and terms for the trip, or why the city would not lend the vehicle for it."""
    if vehicle is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    options = command.options
    if options.passengers is not None and not 1 <= options.passengers <= vehicle.seats:
        return Refusal(NotDrivable.TOO_MANY_PASSENGERS, "/options/passengers")
    if options.distance_km is not None and not within(options.distance_km, 10_000):
        return Refusal(NotDrivable.DISTANCE_OUT_OF_RANGE, "/options/distance_km")
    if command.order.payer is Payer.COST_CENTRE and not options.cost_centre:
        return Refusal(NotDrivable.COST_CENTRE_MISSING, "/options/cost_centre")
    usage = Usage(command.order.period, vehicle.offer.time_zone, distance_km=options.distance_km)
    return agree(command.order, vehicle.offer, usage, actor, now)


def offered(command: ReserveVehicle, vehicle: Vehicle) -> Offer:
    """What is offered to whoever asks for a class: a bicycle takes no licence, but what may become a car until the start does.
    It takes none where a bicycle was asked for, by its drive or by a class that is of bicycles only."""
    request = command.order.request
    if request is None or not vehicle.licence_asked or not vehicle.is_bicycle:
        return vehicle.offer
    wanted = request.read(VehicleWanted)
    if wanted.drive in OF_BICYCLES or (wanted.vehicle_class is not None and vehicle.only_bicycles):
        return vehicle.offer
    return replace(vehicle.offer, required=(ProofKind.LICENCE, *vehicle.offer.required))


def reserve(
    command: ReserveVehicle, vehicle: Vehicle | None, actor: Actor, now: datetime
) -> VehicleReserved | NoReservation:
    """Give the vehicle to the driver for the period, or say why not."""
    if vehicle is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    agreed = command.agreed or agree_on(command, vehicle, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    grant = hold(command.order, offered(command, vehicle), agreed, actor, now)
    return grant if isinstance(grant, Refusal) else VehicleReserved(grant)
