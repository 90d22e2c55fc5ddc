"""The city's published side in PostgreSQL: one statement per question, each a JSON value.

None of these tables carries a row policy, so no city is set; every statement names it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.booking.availability import ATTRIBUTES, box_around, on_plane, open_to, pools_of, question
from adapters.database.booking.sharing import SHARED_POOLS, SHARING, closed_to_residents
from adapters.database.charging.power_room import points_without_power
from adapters.database.connections import Statements
from adapters.database.reading import read
from domain.booking.resources import ResourceId, Service
from domain.identity import City, PoolId
from domain.periods import Period
from services.search.asking import CitiesAsked, FreeMark, Near, StationMark, StationsAsked, Wanted
from services.search.ports import FoundAgenda, FoundCities, FoundResource, FoundStation, FoundStations, FreeResources
from services.search.views import CityView

LOCATION = "json_build_object('lat', s.lat, 'lon', s.lon)"
RESOURCE = f"""json_build_object('id', r.id, 'service', r.service, 'name', r.name, 'in_service', r.in_service,
  'bookable', r.bookable, 'usable_until', r.usable_until, 'pool_id', r.pool_id, 'shared', r.shared, 'sharing', {SHARING},
  'buffer_before_s', r.buffer_before_s, 'buffer_after_s', r.buffer_after_s,
  'station', json_build_object('id', s.id, 'name', s.name, 'location', {LOCATION}))"""

# One more than the page, so that it shows whether another one follows. `n` is a station with its distance.
STATIONS = """
SELECT json_build_object('items', (
  SELECT coalesce(json_agg(json_build_object(
    'station', json_build_object('id', n.id, 'name', n.name, 'address', n.address, 'distance_m', round(n.distance)::int,
      'location', json_build_object('lat', n.lat, 'lon', n.lon), 'resources', (
        SELECT json_object_agg(c.service, c.count) FROM (
          SELECT r.service, count(*) FROM resources r
          WHERE r.city = $1::text AND r.station_id = n.id AND {open} GROUP BY r.service ORDER BY r.service) c)),
    'sold', (
      SELECT coalesce(json_agg(json_build_object('points', c.count, 'sold', (
          SELECT json_build_object('tariff', v.tariff, 'blocking', v.policy -> 'blocking') FROM tariffs v
          WHERE v.city = $1::text AND v.id = c.tariff_id AND v.valid_from <= {now}::timestamptz
          ORDER BY v.valid_from DESC, v.version DESC LIMIT 1)) ORDER BY c.count DESC, c.tariff_id), '[]')
      FROM (SELECT r.tariff_id, count(*) FROM resources r WHERE r.city = $1::text AND r.station_id = n.id AND r.service = 'charging'
        AND r.bookable AND {open} GROUP BY r.tariff_id) c
      WHERE EXISTS (SELECT FROM tariffs v WHERE v.city = $1::text AND v.id = c.tariff_id AND v.valid_from <= {now}::timestamptz)),
    'distance_m', n.distance) ORDER BY {order}), '[]')
  FROM ({page}) n))::text
FROM cities y WHERE y.city = $1::text
"""
BY_NAME = """
  SELECT s.*, NULL::float8 AS distance FROM stations s
  WHERE s.city = $1::text AND ($6::uuid IS NULL OR (s.name, s.id) > ($7::text, $6::uuid))
    AND EXISTS (SELECT FROM resources r WHERE r.city = $1::text AND r.station_id = s.id
                AND ($4::text IS NULL OR r.service = $4::text) AND {open})
  ORDER BY s.name, s.id LIMIT $5::int + 1"""
BY_DISTANCE = """
  SELECT * FROM (
    SELECT s.*, {place} <-> p.spot AS distance FROM stations s
    WHERE s.city = $1::text AND s.id IN (
      SELECT r.station_id FROM resources r
      WHERE r.city = $1::text AND r.position <@ {box} AND ($4::text IS NULL OR r.service = $4::text) AND {open})) m
  WHERE m.distance <= $10::float8 AND ($6::uuid IS NULL OR (m.distance, m.id) > ($7::float8, $6::uuid))
  ORDER BY m.distance, m.id LIMIT $5::int + 1"""


def _stations(*, near: bool) -> str:
    opened = open_to("$2::bool", "$3::text[]")
    if not near:
        return STATIONS.format(open=opened, order="n.name, n.id", page=BY_NAME.format(open=opened), now="$8")
    page = BY_DISTANCE.format(open=opened, place=on_plane("s.lat", "s.lon"), box=box_around("p.spot", "$10::float8"))
    spot = on_plane("$8::float8", "$9::float8")
    return STATIONS.format(open=opened, order="n.distance, n.id", page=page, now="$11").replace(
        "FROM cities y", f"FROM cities y CROSS JOIN LATERAL (SELECT {spot} AS spot) p"
    )


STATIONS_BY_NAME, STATIONS_NEARBY = _stations(near=False), _stations(near=True)

ATTRIBUTES_OF_ANY = "CASE r.service {} END".format(
    " ".join(
        f"WHEN '{service.value}' THEN (SELECT json_build_object({shown}) FROM {table} x WHERE x.city = r.city AND x.id = r.id)"
        for service, (table, shown) in ATTRIBUTES.items()
    )
)
RESOURCE_FOUND = f"""
SELECT json_build_object(
  'resource', {RESOURCE}, 'code', r.code, 'time_zone', y.time_zone, 'attributes', {ATTRIBUTES_OF_ANY},
  'station', json_build_object('id', s.id, 'name', s.name, 'address', s.address, 'location', {LOCATION}),
  'sold', (SELECT json_build_object('tariff', v.tariff, 'blocking', v.policy -> 'blocking') FROM tariffs v WHERE v.city = r.city AND v.id = r.tariff_id AND v.valid_from <= $3::timestamptz
             ORDER BY v.valid_from DESC, v.version DESC LIMIT 1))::text
FROM resources r JOIN cities y ON y.city = r.city JOIN stations s ON s.city = r.city AND s.id = r.station_id
WHERE r.city = $1::text AND {{key}}
"""
RESOURCE_BY_ID = RESOURCE_FOUND.format(key="r.id = $2::uuid")
RESOURCE_BY_CODE = RESOURCE_FOUND.format(key="r.code = $2::text")

# Whose claim it is stays out: a resource's own id stands for the booking's.
AGENDA = f"""
SELECT json_build_object('time_zone', y.time_zone, 'agenda', json_build_object(
  'resource', {RESOURCE},
  'claims', (
    SELECT coalesce(json_agg(json_build_object('booking_id', c.resource_id, 'start', c.claimed_from, 'end', c.claimed_until)
                             ORDER BY c.claimed_from), '[]')
    FROM claims c WHERE c.city = $1::text AND c.resource_id = $2::uuid
      AND c.claimed_from < $4::timestamptz + r.buffer_after_s * interval '1 second'
      AND c.claimed_until > $3::timestamptz - r.buffer_before_s * interval '1 second')))::text
FROM resources r JOIN cities y ON y.city = r.city JOIN stations s ON s.city = r.city AND s.id = r.station_id
WHERE r.city = $1::text AND r.id = $2::uuid
"""

# Of a city's settings only what it publishes.
# A city is listed once it says what it speaks and where it is.
CITIES = """
SELECT (SELECT coalesce(json_agg(json_build_object(
    'id', y.city, 'name', y.name, 'time_zone', y.time_zone, 'languages', y.settings -> 'languages', 'location', y.settings -> 'center',
    'payment', CASE WHEN y.settings #>> '{stripe,publishable_key}' IS NOT NULL
      THEN json_build_object('publishable_key', y.settings #>> '{stripe,publishable_key}') END) ORDER BY y.city), '[]')
  FROM (SELECT * FROM cities WHERE settings ?& ARRAY['languages', 'center'] AND ($1::text IS NULL OR city > $1::text)
        ORDER BY city LIMIT $2::int + 1) y)::text
"""


class _Station(FoundStation, frozen=True, kw_only=True):
    distance_m: float | None


class _Stations(Struct, frozen=True):
    items: tuple[_Station, ...]


MORE_PAGES = 4
"""Beyond them a page is shorter than was asked for, and says where it ended."""
_free = msgspec.json.Decoder(FreeResources)
_stations_found = msgspec.json.Decoder(_Stations)
_resource = msgspec.json.Decoder(FoundResource)
_agenda = msgspec.json.Decoder(FoundAgenda)
_cities = msgspec.json.Decoder(tuple[CityView, ...])
Values: TypeAlias = tuple[Any, ...]


class SqlFinder:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def free(self, wanted: Wanted, now: datetime) -> FreeResources | None:
        closed = await self._closed(wanted, now)
        found = await self._page(wanted, now, closed)
        if found is None or all(each.power_group is None for each in found.items):
            return found
        # What has no power left is left out, and what is farther away comes in its place.
        kept = await self._powered(found, wanted, now)
        for _ in range(MORE_PAGES):
            if kept.next is None or len(kept.items) >= wanted.limit:
                break
            more = await self._page(replace(wanted, after=kept.next), now, closed)
            if more is None:
                break
            kept = _joined(kept, await self._powered(more, wanted, now))
        return _cut(kept, wanted.limit) if len(kept.items) > wanted.limit else kept

    async def _page(self, wanted: Wanted, now: datetime, closed: Sequence[PoolId]) -> FreeResources | None:
        sql, values = question(wanted, now, closed)
        found = await read(self._statements, sql, *values)
        return _cut(_free.decode(found), wanted.limit) if found is not None else None

    async def _powered(self, found: FreeResources, wanted: Wanted, now: datetime) -> FreeResources:
        behind = {each.id: each.power_group for each in found.items if each.power_group is not None}
        full = await points_without_power(self._statements, wanted.city, behind, wanted.period, now)
        return replace(found, items=tuple(each for each in found.items if each.id not in full))

    async def _closed(self, wanted: Wanted, now: datetime) -> list[PoolId]:
        """The pools that are not shared with residents for all of the period; bikes have none."""
        if wanted.service is Service.BIKE_LEASING:
            return []
        found = await read(self._statements, SHARED_POOLS, wanted.city) or "[]"
        return closed_to_residents(found, wanted.period, now)

    async def stations(self, asked: StationsAsked, now: datetime) -> FoundStations | None:
        values = (asked.city, *pools_of(asked.actor), asked.service, asked.limit)
        sql, rest = _by_name(asked.after) if asked.near is None else _by_distance(asked.near, asked.after)
        found = await read(self._statements, sql, *values, *rest, now)
        return _page(_stations_found.decode(found).items, asked.limit) if found is not None else None

    async def resource(self, city: City, key: ResourceId | str, now: datetime) -> FoundResource | None:
        sql = RESOURCE_BY_CODE if isinstance(key, str) else RESOURCE_BY_ID
        found = await read(self._statements, sql, city, key, now)
        return _resource.decode(found) if found is not None else None

    async def agenda(self, city: City, resource_id: ResourceId, window: Period) -> FoundAgenda | None:
        found = await read(self._statements, AGENDA, city, resource_id, window.start, window.end)
        return _agenda.decode(found) if found is not None else None

    async def cities(self, asked: CitiesAsked) -> FoundCities:
        found = _cities.decode(await read(self._statements, CITIES, asked.after, asked.limit) or "[]")
        items = found[: asked.limit]
        return FoundCities(items, items[-1].id if len(found) > asked.limit else None)


def _joined(nearer: FreeResources, farther: FreeResources) -> FreeResources:
    known = {sold.tariff.id for sold in nearer.tariffs}
    tariffs = (*nearer.tariffs, *(sold for sold in farther.tariffs if sold.tariff.id not in known))
    return replace(farther, items=nearer.items + farther.items, tariffs=tariffs)


def _cut(found: FreeResources, limit: int) -> FreeResources:
    items = found.items[:limit]
    last = items[-1] if len(found.items) > limit else None
    return replace(found, items=items, next=FreeMark(last.distance_m, last.name, last.id) if last else None)


def _by_name(after: StationMark | None) -> tuple[str, Values]:
    return STATIONS_BY_NAME, (after.id, after.name) if after else (None, "")


def _by_distance(near: Near, after: StationMark | None) -> tuple[str, Values]:
    mark = (after.id, after.distance_m) if after else (None, 0.0)
    return STATIONS_NEARBY, (*mark, near.location.lat, near.location.lon, float(near.radius_m))


def _page(found: tuple[_Station, ...], limit: int) -> FoundStations:
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    mark = StationMark(last.station.id, last.station.name, last.distance_m) if last else None
    return FoundStations(tuple(FoundStation(item.station, item.sold) for item in items), mark)
