"""The parts of a city that are planned for, and what stands there already."""

from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct

from domain.charging.planning.numbers import is_plain
from domain.charging.planning.points import Points, counted
from domain.places import Location

MOST_CARS = 100_000_000
MOST_KM = 200_000
MOST_POINTS = 1_000_000
MOST_WEIGHT = Decimal(1_000_000)
LONGEST_ID, LONGEST_NAME, LONGEST_SOURCE = 40, 100, 300
MOST_CORNERS = 2_000
LEAST_CORNERS = 4  # of a ring, whose last corner is its first (RFC 7946, section 3.1.6)
Ring: TypeAlias = tuple[Location, ...]
Area: TypeAlias = tuple[tuple[Ring, ...], ...]


class District(Struct, frozen=True):
    """A part of the city. `area` are its polygons, each an outer ring with its holes, as GeoJSON has them; without, it is what
    lies nearest to its `centre`.

    `vehicles` are the registered cars; where nobody counted them, they are estimated from the `inhabitants`. `km_per_vehicle` is
    a car's in a year, `no_own_parking` the share of cars without a private place to stand, 0 to 1. The weights say how the city's
    charging at hubs, at shops and other destinations, and along through roads is shared among its districts; where all are 0,
    each has what its own cars take there. `existing` counts its points where that is known better than from the register.
    """

    id: str
    name: str
    centre: Location
    vehicles: int | None = None
    inhabitants: int | None = None
    km_per_vehicle: int | None = None
    no_own_parking: Decimal | None = None
    hub_weight: Decimal = Decimal(0)
    destination_weight: Decimal = Decimal(0)
    through_weight: Decimal = Decimal(0)
    existing: Points | None = None
    area: Area = ()
    source: str = ""

    def faults(self) -> tuple[tuple[str, str], ...]:
        """The fields that cannot be, each with what is wrong with it."""
        return (*self._of_words(), *self._of_numbers(), *self._of_place())

    def _of_words(self) -> list[tuple[str, str]]:
        longest = (("id", self.id, LONGEST_ID), ("name", self.name, LONGEST_NAME))
        faults = [
            (field, f"1 to {most} characters in one line")
            for field, text, most in longest
            if not 1 <= len(text.strip()) <= len(text) <= most or not text.isprintable()
        ]
        if len(self.source) > LONGEST_SOURCE or not self.source.isprintable():
            faults.append(("source", f"at most {LONGEST_SOURCE} characters in one line"))
        return faults

    def _of_numbers(self) -> list[tuple[str, str]]:
        if self.vehicles is None and self.inhabitants is None:
            return [("vehicles", "cars or inhabitants have to be known")]
        counts = (
            ("vehicles", self.vehicles, MOST_CARS),
            ("inhabitants", self.inhabitants, MOST_CARS),
            ("km_per_vehicle", self.km_per_vehicle, MOST_KM),
        )
        faults = [(field, f"0 to {most}") for field, n, most in counts if n is not None and not 0 <= n <= most]
        decimals = (
            ("no_own_parking", self.no_own_parking or Decimal(0), Decimal(1)),
            ("hub_weight", self.hub_weight, MOST_WEIGHT),
            ("destination_weight", self.destination_weight, MOST_WEIGHT),
            ("through_weight", self.through_weight, MOST_WEIGHT),
        )
        faults += [(field, f"0 to {most}") for field, n, most in decimals if not (is_plain(n) and 0 <= n <= most)]
        if self.existing is not None:
            of_points = (("ac", self.existing.ac), ("dc", self.existing.dc), ("hpc", self.existing.hpc))
            faults += [
                (f"existing_{each}", f"0 to {MOST_POINTS}") for each, n in of_points if not 0 <= n <= MOST_POINTS
            ]
        return faults

    def _of_place(self) -> list[tuple[str, str]]:
        faults = [] if on_earth(self.centre) else [("centre", "latitude -90 to 90, longitude -180 to 180")]
        rings = [ring for polygon in self.area for ring in polygon]
        if sum(map(len, rings)) > MOST_CORNERS:
            return [*faults, ("area", f"at most {MOST_CORNERS} corners")]
        if any(len(ring) < LEAST_CORNERS or ring[0] != ring[-1] for ring in rings) or () in self.area:
            faults.append(("area", "a ring ends where it begins, with three corners at least"))
        if not all(on_earth(corner) for ring in rings for corner in ring):
            faults.append(("area", "latitude -90 to 90, longitude -180 to 180"))
        return faults


class ExistingSite(Struct, frozen=True):
    """A station that anybody can charge at, with the kilowatts of each of its points."""

    id: str
    name: str
    location: Location
    powers_kw: tuple[Decimal, ...]

    @property
    def points(self) -> Points:
        return counted(self.powers_kw)

    @property
    def kilowatts(self) -> Decimal:
        return sum(self.powers_kw, Decimal(0))


def on_earth(location: Location) -> bool:
    """Also false for what is no number."""
    return -90 <= location.lat <= 90 and -180 <= location.lon <= 180


def middle_of(area: Area) -> Location:
    """The centroid of the largest outer ring; its first corner where it encloses nothing."""
    rings = [polygon[0] for polygon in area]
    largest = max(rings, key=lambda ring: abs(_doubled(ring)))
    doubled = _doubled(largest)
    if not doubled:
        return largest[0]
    first = largest[0]  # sums of small differences lose fewer digits
    lat = lon = 0.0
    for a, b in pairwise(largest):
        cross = (a.lon - first.lon) * (b.lat - first.lat) - (b.lon - first.lon) * (a.lat - first.lat)
        lat += (a.lat + b.lat - 2 * first.lat) * cross
        lon += (a.lon + b.lon - 2 * first.lon) * cross
    return Location(first.lat + lat / (3 * doubled), first.lon + lon / (3 * doubled))


def _doubled(ring: Ring) -> float:
    """Twice the signed area, in square degrees."""
    first = ring[0]
    return sum(
        (a.lon - first.lon) * (b.lat - first.lat) - (b.lon - first.lon) * (a.lat - first.lat) for a, b in pairwise(ring)
    )
