"""A plan of charge points as GeoJSON: a feature for each district, and for each place where something is built."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from domain.charging.planning.figures import Assumption
from domain.charging.planning.plan import ChargingPlan, DistrictPlan, Sums
from domain.charging.planning.points import Points
from domain.places import Location

_encode = msgspec.json.Encoder(decimal_format="number").encode


def plan_geojson(plan: ChargingPlan) -> bytes:
    """What holds for the whole plan stands beside the features."""
    total: dict[str, Any] = {"ev_share": plan.ev_share, "year": plan.year, **_numbers(plan.total)}
    if plan.afir is not None:
        total |= {"afir_required_kw": plan.afir.required_kw, "afir_planned_kw": plan.afir.planned_kw}
        total |= {"afir_met": plan.afir.is_met, "afir_source": plan.afir.target.source}
    return _encode(
        {
            "type": "FeatureCollection",
            "features": [feature for each in plan.districts for feature in _features(each)],
            "plan": total,
            "assumptions": [_assumption(each) for each in plan.assumptions],
            "notes": plan.notes,
        }
    )


def _assumption(each: Assumption) -> Mapping[str, Any]:
    return {field: getattr(each, field) for field in ("name", "value", "low", "high", "unit", "as_of", "source")}


def _features(each: DistrictPlan) -> Iterator[Mapping[str, Any]]:
    district = each.district
    properties = {"kind": "district", "id": district.id, "name": district.name, "source": district.source}
    yield _feature(_outline(each), properties | _numbers(each.sums))
    for site in each.sites:
        kind = "station" if site.station_id is not None else "new_sites"
        place = {"kind": kind, "district_id": district.id, "name": site.name, "station_id": site.station_id}
        counts = _points("existing", site.existing) | _points("to_build", site.to_build)
        yield _feature(_point(site.location), place | {"sites": site.new_sites or 1} | counts)


def _feature(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _outline(each: DistrictPlan) -> Mapping[str, Any]:
    area = each.district.area
    if not area:
        return _point(each.district.centre)
    polygons = [[[(corner.lon, corner.lat) for corner in ring] for ring in polygon] for polygon in area]
    return {"type": "MultiPolygon", "coordinates": polygons}


def _point(location: Location) -> Mapping[str, Any]:
    return {"type": "Point", "coordinates": (location.lon, location.lat)}


def _numbers(sums: Sums) -> dict[str, Any]:
    cars = {"cars": sums.cars, "bev": sums.bev, "phev": sums.phev}
    energy = {f"kwh_{use}": getattr(sums.kwh, use) for use in sums.kwh.__struct_fields__}
    power = {"existing_kw": sums.existing_kw, "planned_kw": sums.planned_kw, "peak_kw": sums.peak_kw}
    counts = _points("needed", sums.needed) | _points("existing", sums.existing) | _points("to_build", sums.to_build)
    return {**cars, **energy, **counts, **power}


def _points(what: str, points: Points) -> dict[str, int]:
    return {f"{each}_{what}": getattr(points, each) for each in points.__struct_fields__}
