"""Where things are: points on the globe, and a city's plane in metres."""

from math import asin, cos, radians, sin, sqrt

from msgspec import Struct

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS 84 (IUGG)


class Location(Struct, frozen=True):
    """Degrees of WGS 84."""

    lat: float
    lon: float


class Plane(Struct, frozen=True):
    """An equirectangular plane, true to scale along one latitude: off by 0.2 % 10 km from it, by 1 % at 50 km."""

    latitude: float

    def metres(self, location: Location) -> tuple[float, float]:
        """East and north of the plane's origin, in metres."""
        scale = radians(1) * EARTH_RADIUS_M
        return location.lon * scale * cos(radians(self.latitude)), location.lat * scale


def distance_m(a: Location, b: Location) -> float:
    """Great-circle distance in metres (haversine)."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(h))
