"""Which district a station is in."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.charging.planning.districts import District, ExistingSite, Ring, middle_of
from domain.charging.planning.placing import Sorted, lies_in, sorted_in
from domain.charging.planning.points import PowerClass, class_of
from domain.places import Location


def square(south: float, west: float, side: float) -> Ring:
    north, east = south + side, west + side
    corners = ((south, west), (south, east), (north, east), (north, west), (south, west))
    return tuple(Location(lat, lon) for lat, lon in corners)


RING_ROAD = (((square(52.0, 10.0, 0.4)), square(52.1, 10.1, 0.1)),)
OLD_TOWN = District("alt", "Altstadt", Location(52.15, 10.15), vehicles=1)
AROUND = District("ring", "Ring", Location(52.3, 10.3), vehicles=1, area=RING_ROAD)


def site(name: str, lat: float, lon: float) -> ExistingSite:
    return ExistingSite(name, name, Location(lat, lon), (Decimal(22),))


def test_a_hole_of_a_district_is_not_in_it() -> None:
    assert lies_in(Location(52.3, 10.3), RING_ROAD)
    assert not lies_in(Location(52.15, 10.15), RING_ROAD)
    assert not lies_in(Location(52.5, 10.3), RING_ROAD)


def test_a_station_is_in_the_area_that_it_lies_in_else_by_the_nearest_centre_that_is_not_far() -> None:
    ring, old, near, far = site("d", 52.16, 10.05), site("c", 52.16, 10.16), site("b", 52.15, 9.99), site("a", 53, 10)
    found = sorted_in((OLD_TOWN, AROUND), (ring, old, near, far))
    assert found == Sorted(((near, old), (ring,)), (far,))
    also = replace(AROUND, id="auch")
    assert sorted_in((also, AROUND), (ring,)).inside == ((ring,), ())
    assert sorted_in((AROUND,), (old,)) == Sorted(((),), (old,))


def test_the_middle_of_a_district_is_that_of_its_largest_part() -> None:
    middle = middle_of(((square(50.0, 10.0, 0.1),), (square(52.0, 10.0, 0.4),)))
    assert (middle.lat, middle.lon) == pytest.approx((52.2, 10.2))
    flat = (Location(1, 1), Location(2, 2), Location(3, 3), Location(1, 1))
    assert middle_of(((flat,),)) == Location(1, 1)


def test_a_ring_ends_where_it_begins() -> None:
    for ring in (square(52, 10, 1)[:-1], square(52, 10, 1)[:2], ()):
        assert replace(AROUND, area=((ring,),)).faults() == (
            ("area", "a ring ends where it begins, with three corners at least"),
        )
    assert replace(AROUND, area=((),)).faults()
    assert replace(AROUND, area=((square(89.5, 10, 1),),)).faults()[0][0] == "area"
    assert replace(AROUND, area=((square(52, 10, 1) * 401,),)).faults() == (("area", "at most 2000 corners"),)


@pytest.mark.parametrize(("kilowatts", "power_class"), [("22", "ac"), ("22.1", "dc"), ("149.9", "dc"), ("150", "hpc")])
def test_a_point_is_as_fast_as_it_gives(kilowatts: str, power_class: str) -> None:
    assert class_of(Decimal(kilowatts)) is PowerClass(power_class)
