"""Districts and plans as GeoJSON."""

import json
from typing import Any

import pytest

from adapters.maps.districts import read_district_features
from adapters.maps.plans import plan_geojson
from domain.charging.planning.districts import District
from domain.places import Location
from services.charging.plan_files import FaultyRows, Unreadable, districts_of
from tests.adapters.plans import DISTRICTS, HOSTILE, SQUARE, STATION, a_plan

RING = [[corner.lon, corner.lat] for corner in SQUARE]


def features(*each: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": each} | more).encode()


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": 7, "geometry": geometry, "properties": {"vehicles": 5} | properties}


def test_a_map_says_what_lies_in_a_district() -> None:
    point = feature({"type": "Point", "coordinates": [10.78, 52.42, 60.0]}, id=1, name="P", no_own_parking=0.25)
    area = feature({"type": "Polygon", "coordinates": [RING]}, id="a", name="A", colour="red", source=None)
    areas = feature({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, id="m", name="M", lat=52.0, lon="10,5")
    rows = read_district_features(features(point, area, areas, notes=["made up"], crs="any"))
    p, a, m = districts_of(rows.rows)
    assert rows.notes == ("made up",)
    assert (p.id, p.centre, str(p.no_own_parking), p.vehicles) == ("1", Location(52.42, 10.78), "0.25", 5)
    assert (a.area, a.source) == (((SQUARE,),), "")
    assert a.centre.lat == pytest.approx(52.45)
    assert (m.area, m.centre) == (((SQUARE,), (SQUARE,)), Location(52.0, 10.5))


def test_what_is_wrong_on_a_map_is_told_with_its_feature() -> None:
    open_ring = feature({"type": "Polygon", "coordinates": [RING[:3]]}, id="a", name="A", vehicles=1.5)
    hollow = feature({"type": "MultiPolygon", "coordinates": [[]]}, id="a", name="A")
    nowhere = feature({"type": "Polygon", "coordinates": [RING[:3]]}, id="a", name="A")
    with pytest.raises(FaultyRows) as refused:
        districts_of(read_district_features(features(open_ring, hollow, nowhere)).rows)
    assert [f"{fault.place} {fault.column}" for fault in refused.value.faults] == [
        "feature 1 vehicles",
        "feature 2 lat",
        "feature 2 lon",
        "feature 3 area",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"\xff",
        b'{"type":"Feature"}',
        features({"type": "Feature", "geometry": None, "properties": {}}),
        features(feature({"type": "Point", "coordinates": [1]})),
        features(*[feature({"type": "Point", "coordinates": [1, 2]})] * 501),
    ],
)
def test_what_is_no_map_of_districts_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_district_features(content)


def test_a_plan_is_a_map_of_its_districts_and_of_where_is_built() -> None:
    found = json.loads(plan_geojson(a_plan()))
    district, station, new, empty = found["features"]
    assert district["geometry"] == {"type": "MultiPolygon", "coordinates": [[RING]]}
    assert (district["properties"]["name"], district["properties"]["ac_existing"]) == (HOSTILE, 2)
    assert station["geometry"] == {"type": "Point", "coordinates": [STATION.location.lon, STATION.location.lat]}
    assert (station["properties"]["kind"], station["properties"]["ac_to_build"]) == ("station", 4)
    assert (new["properties"]["kind"], new["properties"]["district_id"]) == ("new_sites", "a")
    assert (empty["properties"]["ac_needed"], empty["geometry"]["coordinates"]) == (0, [10.85, 52.35])
    built = sum(each["properties"]["ac_to_build"] for each in (station, new))
    assert built == district["properties"]["ac_to_build"] == found["plan"]["ac_to_build"]
    assert (found["plan"]["ev_share"], found["plan"]["afir_met"], found["notes"]) == (0.5, True, ["a <note>"])
    assert found["assumptions"][0]["name"] == "cars_per_inhabitant"


def test_a_plans_map_can_be_planned_with_again() -> None:
    kept = [each for each in json.loads(plan_geojson(a_plan()))["features"] if each["properties"]["kind"] == "district"]
    for each, district in zip(kept, DISTRICTS, strict=True):
        each["properties"]["vehicles"] = district.vehicles
    again = districts_of(read_district_features(features(*kept)).rows)
    assert [(each.id, each.name, each.area) for each in again] == [(d.id, d.name, d.area) for d in DISTRICTS]
    assert isinstance(again[0], District)
