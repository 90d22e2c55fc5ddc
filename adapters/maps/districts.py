"""Reading districts from GeoJSON."""

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

from domain.charging.planning.districts import Ring
from domain.charging.planning.plan import MOST_DISTRICTS
from domain.places import Location
from services.charging.plan_files import DISTRICT_COLUMNS, Row, Rows, Unreadable

Position: TypeAlias = Annotated[tuple[float, ...], Meta(min_length=2)]
Lines: TypeAlias = tuple[tuple[Position, ...], ...]


class Point(Struct, frozen=True, tag_field="type", tag="Point"):
    coordinates: Position


class Polygon(Struct, frozen=True, tag_field="type", tag="Polygon"):
    coordinates: Lines


class MultiPolygon(Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    coordinates: tuple[Lines, ...]


class Feature(Struct, frozen=True, tag_field="type", tag="Feature"):
    geometry: Point | Polygon | MultiPolygon
    properties: dict[str, Any] | None


class Collection(Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: tuple[Feature, ...]
    notes: tuple[str, ...] = ()


def read_district_features(content: bytes) -> Rows:
    """A FeatureCollection, each feature a district with its columns as properties; `notes` beside the features are words about
    all of them. Raises Unreadable."""
    try:
        found = msgspec.json.decode(content, type=Collection)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise Unreadable(f"this is no GeoJSON of districts: {problem}") from problem
    if len(found.features) > MOST_DISTRICTS:
        raise Unreadable(f"there are more than {MOST_DISTRICTS} features")
    return Rows(tuple(_row(nth, each) for nth, each in enumerate(found.features, 1)), found.notes)


def _row(nth: int, feature: Feature) -> Row:
    """A point's coordinates count where the properties name no others. Properties that are none of ours stay unread: maps have
    many."""
    given = {name: _cell(value) for name, value in (feature.properties or {}).items() if name in DISTRICT_COLUMNS}
    cells, place = dict.fromkeys(DISTRICT_COLUMNS, ""), f"feature {nth}"
    match feature.geometry:
        case Point((lon, lat, *_)):
            return Row(place, cells | {"lat": f"{lat:.9f}", "lon": f"{lon:.9f}"} | given)
        case Polygon(lines):
            return Row(place, cells | given, (_rings(lines),))
        case MultiPolygon(polygons):
            return Row(place, cells | given, tuple(map(_rings, polygons)))
    raise ValueError("a position has two numbers at least")


def _cell(value: object) -> str:
    """As a table would have it: 0.350 as 0.35, and nothing for null."""
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _rings(lines: Lines) -> tuple[Ring, ...]:
    return tuple(tuple(Location(lat, lon) for lon, lat, *_ in line) for line in lines)
