"""Pool vehicles through the common doors."""

from adapters.http.doors import Door
from domain.fleet.reservations import FleetOptions, ReserveVehicle, payer
from services.fleet import Fleet


def door(fleet: Fleet) -> Door:
    return Door(FleetOptions, ReserveVehicle, fleet.quote, fleet.reserve, payer)
