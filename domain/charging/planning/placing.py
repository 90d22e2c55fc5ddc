"""Where the points go: which district a station is in, which stations are extended, and where new ones are wanted."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import inf

from msgspec import Struct

from domain.charging.planning.assuming import Values
from domain.charging.planning.districts import Area, District, ExistingSite, Ring
from domain.charging.planning.names import Name
from domain.charging.planning.points import Points, PowerClass, summed
from domain.places import Location, Plane

FAR_M = 15_000
MOST_OF_A_SITE = {
    PowerClass.AC: Name.AC_PER_SITE,
    PowerClass.DC: Name.DC_PER_SITE,
    PowerClass.HPC: Name.HPC_PER_SITE,
}


class SitePlan(Struct, frozen=True):
    """Points to build at a station that is there, or at so many `new_sites` to be found around the middle of the district."""

    name: str
    location: Location
    existing: Points
    to_build: Points
    station_id: str | None = None
    new_sites: int = 0


class Sorted(Struct, frozen=True):
    """Stations by district, in the districts' order, and those that are in none."""

    inside: tuple[tuple[ExistingSite, ...], ...]
    outside: tuple[ExistingSite, ...]


def sorted_in(districts: Sequence[District], sites: Sequence[ExistingSite]) -> Sorted:
    """Each station is in the first district whose area it lies in, else in that without an area whose centre is nearest, as long
    as it is not farther than 15 km."""
    if not districts:
        return Sorted((), tuple(sites))
    plane = Plane(districts[0].centre.lat)
    centres = [(nth, *plane.metres(each.centre)) for nth, each in enumerate(districts) if not each.area]
    areas = [(nth, each.area, _bounds(each.area)) for nth, each in enumerate(districts) if each.area]
    inside: list[list[ExistingSite]] = [[] for _ in districts]
    outside = []
    for site in sorted(sites, key=lambda site: site.id):
        place = site.location
        nth = next((n for n, area, box in areas if _in_box(place, box) and lies_in(place, area)), None)
        if nth is None:
            east, north = plane.metres(place)
            far, nearest = min((((east - x) ** 2 + (north - y) ** 2, n) for n, x, y in centres), default=(inf, None))
            nth = nearest if far <= FAR_M**2 else None
        if nth is None:
            outside.append(site)
        else:
            inside[nth].append(site)
    return Sorted(tuple(map(tuple, inside)), tuple(outside))


def lies_in(place: Location, area: Area) -> bool:
    """By the even-odd rule over all rings: holes are outside, whichever way their corners run."""
    return sum(_crossed(place, ring) for polygon in area for ring in polygon) % 2 == 1


def _crossed(place: Location, ring: Ring) -> int:
    """How many sides of the ring a ray to the east crosses."""
    return sum(
        (a.lat > place.lat) is not (b.lat > place.lat)
        and place.lon < a.lon + (b.lon - a.lon) * (place.lat - a.lat) / (b.lat - a.lat)
        for a, b in pairwise(ring)
    )


def _bounds(area: Area) -> tuple[float, float, float, float]:
    corners = [corner for polygon in area for ring in polygon for corner in ring]
    lats, lons = [each.lat for each in corners], [each.lon for each in corners]
    return min(lats), max(lats), min(lons), max(lons)


def _in_box(place: Location, box: tuple[float, float, float, float]) -> bool:
    south, north, west, east = box
    return south <= place.lat <= north and west <= place.lon <= east


def placed(district: District, to_build: Points, sites: Sequence[ExistingSite], values: Values) -> tuple[SitePlan, ...]:
    """What to build where. Stations that have a class already get more of it first, one each in turn from the largest on, up to
    what a site holds; the rest goes to new sites. The same question has the same answer."""
    added: dict[str, dict[PowerClass, int]] = {}
    left: dict[PowerClass, int] = {}
    for each in PowerClass:
        most = int(values[MOST_OF_A_SITE[each]])
        shares, left[each] = _shared(to_build.of(each), each, most, sites)
        for site_id, points in shares.items():
            added.setdefault(site_id, {})[each] = points
    extended = [
        SitePlan(site.name, site.location, site.points, _points(added[site.id]), station_id=site.id)
        for site in sites
        if site.id in added
    ]
    rest = _points(left)
    if not rest.total:
        return tuple(extended)
    new_sites = sum(-(-left[each] // int(values[MOST_OF_A_SITE[each]])) for each in PowerClass)
    return (*extended, SitePlan(district.name, district.centre, Points(), rest, new_sites=new_sites))


def _shared(
    points: int, power_class: PowerClass, most: int, sites: Sequence[ExistingSite]
) -> tuple[dict[str, int], int]:
    room = {
        site.id: most - had
        for site in sorted(sites, key=lambda site: (-site.points.of(power_class), site.id))
        if 0 < (had := site.points.of(power_class)) < most
    }
    given = dict.fromkeys(room, 0)
    left = points
    for _ in range(most):
        for site_id, most_more in room.items():
            if left and given[site_id] < most_more:
                given[site_id] += 1
                left -= 1
    return {site_id: more for site_id, more in given.items() if more}, left


def _points(by_class: dict[PowerClass, int]) -> Points:
    return Points(*(by_class.get(each, 0) for each in PowerClass))


def kilowatts(points: Points, values: Values) -> Decimal:
    """What they give together."""
    return points.ac * values[Name.AC_KW] + points.dc * values[Name.DC_KW] + points.hpc * values[Name.HPC_KW]


def points_of(sites: Sequence[ExistingSite]) -> Points:
    return summed(site.points for site in sites)
