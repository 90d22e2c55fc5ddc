"""The statement that finds what is free: one per service and way to look, prepared once per connection.

How it stays fast, whatever the size of the city and the history of its bookings:

- A box around the place narrows the spatial index and the order by distance reads it nearest first, so the scan ends
  with the last of the asked-for items. Without the box it would search all the city where little is free.
- Claims on one resource never overlap, so the period is free if the last claim that begins before its end is over by
  its start: one step back in the claims' primary key. The probe compares rows, `(resource_id, claimed_from) < (...)`,
  and may meet the resource before. That is on purpose: a GiST index cannot serve it, and the planner had preferred
  the one of the exclusion constraint, three times slower and the slower the more claims a resource has.
- The planner takes a box for a thousandth of the table, whatever its size. Where that seems to be all that is asked
  for it would collect and sort what may be the whole city. So the limit is a sub-select, for a limit that it does not
  know counts as a tenth of the rows, and all that is no condition of the index is one CASE, which it takes for a half:
  of several conditions it would expect that nearly nothing is left. The CASE also puts the cheap ones first.
- Whatever stands at one place has one distance. All of the last distance are read, and the page is cut by name, so that
  the next one begins where it ended.
- Names, attributes and tariffs are joined for the few that were found.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.database.booking.sharing import shared
from domain.booking.holds import START_GRACE
from domain.booking.resources import SOON, Service
from domain.identity import Actor, PoolId
from domain.places import EARTH_RADIUS_M
from services.search.asking import BikeFilter, ChargePointFilter, Filter, VehicleFilter, Wanted

# domain.places.Plane in SQL: metres east and north, true to scale at the latitude of the city's center.
METRES_PER_DEGREE = f"(pi() / 180 * {EARTH_RADIUS_M!r}::float8)"
LATITUDE = "((y.settings #>> '{center,lat}')::float8)"
LONGITUDE = "((y.settings #>> '{center,lon}')::float8)"


def on_plane(lat: str, lon: str, latitude: str = LATITUDE) -> str:
    return f"point({lon} * {METRES_PER_DEGREE} * cosd({latitude}), {lat} * {METRES_PER_DEGREE})"


def box_around(spot: str, metres: str) -> str:
    return f"box(point({spot}[0] - {metres}, {spot}[1] - {metres}), point({spot}[0] + {metres}, {spot}[1] + {metres}))"


def open_to(everywhere: str, pools: str) -> str:
    """domain.booking.resources.Resource.is_open_to: `everywhere` is true for staff of all pools."""
    return f"(r.pool_id IS NULL OR r.shared OR {everywhere} OR r.pool_id = ANY ({pools}))"


# What a resource is, by service: the table, the filter on it, and the attributes shown.
ATTRIBUTES = {
    Service.CHARGING: (
        "charge_points",
        "'connectors', x.connectors, 'power_kw', x.power_kw, 'operator', x.operator, 'public_key', x.public_key",
    ),
    Service.FLEET: ("vehicles", "'class', x.class, 'seats', x.seats, 'drive', x.drive, 'range_km', x.range_km"),
    Service.BIKE_LEASING: ("bikes", "'bike_type', x.bike_type, 'plans', x.plans"),
}
# Of the values of the filter, a missing one lets everything through.
MATCHES = {
    Service.CHARGING: (
        "coalesce($9::text = ANY (x.connectors), true)",
        "coalesce(x.power_kw >= $10::text::numeric, true)",
    ),
    Service.FLEET: (
        "coalesce(x.class = $9::text, true)",
        "coalesce(x.seats >= $10::int, true)",
        "coalesce(x.drive = $11::text, true)",
        "coalesce(x.range_km >= $12::int, true)",
    ),
    Service.BIKE_LEASING: (
        "coalesce(x.bike_type = $9::text, true)",
        "coalesce($10::text = ANY (x.plans), true)",
    ),
}
# What stations say of their plugs; how they do says nothing of next week.
WORKS = {
    Service.CHARGING: f"""CASE WHEN $3::timestamptz < $2::timestamptz + interval '{SOON.total_seconds()} seconds' THEN NOT EXISTS (
        SELECT FROM evses e WHERE e.city = $1::text AND e.resource_id = r.id AND e.status IN ('OUTOFORDER', 'INOPERATIVE'))
      ELSE true END"""
}
# domain.booking.holds: whoever books right now is given a minute, and so is a notice.
NOTICE = (
    f"coalesce((v.policy ->> 'min_ahead_s')::float8 - {START_GRACE.total_seconds()!r}, -86400) * interval '1 second'"
)
CENTER = on_plane(LATITUDE, LONGITUDE)

AVAILABLE = """
WITH here AS MATERIALIZED (
  SELECT y.time_zone, p.spot, {box} AS box FROM cities y CROSS JOIN LATERAL (SELECT {spot} AS spot) p WHERE y.city = $1::text),
sold AS MATERIALIZED (
  SELECT DISTINCT ON (v.id) v.id, v.tariff, v.policy -> 'blocking' AS blocking,
    $4::timestamptz - $3::timestamptz BETWEEN (v.policy ->> 'min_duration_s')::float8 * interval '1 second'
                                          AND (v.policy ->> 'max_duration_s')::float8 * interval '1 second'
    AND $3::timestamptz >= $2::timestamptz + {notice}
    AND $3::timestamptz <= $2::timestamptz + (v.policy ->> 'max_ahead_s')::float8 * interval '1 second' AS for_the_period
  FROM tariffs v WHERE v.city = $1::text AND v.valid_from <= greatest($3::timestamptz, $2::timestamptz)
  ORDER BY v.id, v.valid_from DESC, v.version DESC),
nearest AS MATERIALIZED (
  SELECT r.id, r.name, r.station_id, r.tariff_id, r.pool_id, {shared} AS shared, r.position <-> (SELECT spot FROM here) AS distance
  FROM resources r
  WHERE r.city = $1::text AND r.service = '{service}' AND {in_the_box}
    AND CASE WHEN r.bookable AND r.in_service AND (r.usable_until IS NULL OR r.usable_until >= $4::timestamptz) AND {open}
      AND r.tariff_id = ANY (ARRAY(SELECT id FROM sold WHERE for_the_period))
      AND ($8::bool OR (SELECT {matches} FROM {table} x WHERE x.city = $1::text AND x.id = r.id))
      AND {works} AND {follows}
    THEN coalesce((
      SELECT c.resource_id <> r.id OR c.claimed_until <= $3::timestamptz - r.buffer_before_s * interval '1 second'
      FROM claims c
      WHERE c.city = $1::text
        AND (c.resource_id, c.claimed_from) < (r.id, $4::timestamptz + r.buffer_after_s * interval '1 second')
      ORDER BY c.resource_id DESC, c.claimed_from DESC LIMIT 1), true)
    ELSE false END
  ORDER BY r.position <-> (SELECT spot FROM here)
  FETCH FIRST (SELECT $7::int) ROWS WITH TIES),
found AS MATERIALIZED (
  SELECT * FROM nearest n WHERE {in_the_circle} ORDER BY n.distance, n.name, n.id LIMIT (SELECT $7::int))
SELECT json_build_object(
  'time_zone', h.time_zone,
  'items', (
    SELECT coalesce(json_agg(json_build_object(
      'id', f.id, 'name', f.name, 'distance_m', f.distance, 'pool_id', f.pool_id, 'shared', f.shared,
      'tariff_id', f.tariff_id, {behind}'attributes', json_build_object({attributes}),
      'station', json_build_object('id', s.id, 'name', s.name, 'location', json_build_object('lat', s.lat, 'lon', s.lon)))
      ORDER BY f.distance, f.name, f.id), '[]')
    FROM found f JOIN stations s ON s.city = $1::text AND s.id = f.station_id JOIN {table} x ON x.city = $1::text AND x.id = f.id),
  'tariffs', (SELECT coalesce(json_agg(json_build_object('tariff', s.tariff, 'blocking', s.blocking)), '[]') FROM sold s WHERE s.id IN (SELECT tariff_id FROM found)))::text
FROM here h
"""


def statement(service: Service, *, near: bool) -> str:
    """The statement for a service, around a place or, without one, outwards from the city's center."""
    table, attributes = ATTRIBUTES[service]
    matches = MATCHES[service]
    after, name, last, closed = (f"${8 + len(matches) + n}" for n in (1, 2, 3, 4))
    lat, lon, radius = (f"${12 + len(matches) + n}::float8" for n in (1, 2, 3))
    distance = "(r.position <-> (SELECT spot FROM here))"
    return AVAILABLE.format(
        service=service.value,
        notice=NOTICE,
        table=table,
        attributes=attributes,
        behind="'power_group', x.power_group, " if service is Service.CHARGING else "",
        matches=" AND ".join(matches),
        works=WORKS.get(service, "true"),
        follows=f"({after}::float8 IS NULL OR {distance} > {after}::float8"
        f" OR {distance} = {after}::float8 AND (r.name, r.id) > ({name}::text, {last}::uuid))",
        open=f"({shared(closed)} OR $5::bool OR r.pool_id = ANY ($6::text[]))",
        shared=shared(closed),
        spot=on_plane(lat, lon) if near else CENTER,
        box=box_around("p.spot", radius) if near else "NULL",
        # With the city and the service in front, all three are conditions of one index.
        in_the_box="r.position <@ (SELECT box FROM here)" if near else "true",
        in_the_circle=f"n.distance <= {radius}" if near else "true",
    )


STATEMENTS = {(service, near): statement(service, near=near) for service in Service for near in (True, False)}


def question(wanted: Wanted, now: datetime, closed: Sequence[PoolId] = ()) -> tuple[str, tuple[Any, ...]]:
    """The statement that answers, and its values. It finds one more than wanted, to show whether another page follows.

    `closed` are the pools that are not shared with residents in the period: theirs is found by whoever works there.
    """
    filters, near = _filters(wanted.filter), wanted.near
    place = (near.location.lat, near.location.lon, float(near.radius_m)) if near is not None else ()
    after = (wanted.after.distance_m, wanted.after.name, wanted.after.id) if wanted.after else (None, "", None)
    values = (
        *(wanted.city, now, wanted.period.start, wanted.period.end, *pools_of(wanted.actor), wanted.limit + 1),
        *(all(value is None for value in filters), *filters, *after, list(closed), *place),
    )
    return STATEMENTS[wanted.service, near is not None], values


def pools_of(actor: Actor) -> tuple[bool, list[PoolId]]:
    """The two values of `open_to`, as domain.identity.Actor.works_in decides."""
    return actor.is_staff and not actor.pools, sorted(actor.pools) if actor.is_staff else []


def _filters(asked: Filter) -> tuple[Any, ...]:
    match asked:
        case ChargePointFilter(connector, min_power_kw):
            return connector, str(min_power_kw) if min_power_kw is not None else None
        case VehicleFilter(vehicle_class, seats, drive, range_km):
            return vehicle_class, seats, drive, range_km
        case BikeFilter(bike_type, plan):
            return bike_type, plan
