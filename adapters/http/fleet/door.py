"""Pool vehicles through the common doors."""

from adapters.http.booking.doors import Door
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleWanted, payer
from services.fleet import Fleet


def door(fleet: Fleet) -> Door:
    return Door(FleetOptions, VehicleWanted, "class", ReserveVehicle, fleet.quote, fleet.reserve, payer)
