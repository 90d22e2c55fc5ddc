"""Pool bikes through the common doors."""

from adapters.http.booking.doors import Door
from domain.bike_leasing.reservations import BikeWanted, LeaseBike, LeaseOptions
from services.bike_leasing import BikeLeasing


def door(bike_leasing: BikeLeasing) -> Door:
    return Door(LeaseOptions, BikeWanted, "bike_type", LeaseBike, bike_leasing.quote, bike_leasing.reserve)
