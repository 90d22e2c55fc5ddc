"""A city's stations and resources, written many at a time."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from adapters.database.fleet.vehicles import rented_of
from adapters.database.sheets import Sheet
from domain.booking.blocks import Hit
from domain.booking.resources import ResourceId, StationId
from domain.charging.sites import KnownSite
from domain.places import Location, Plane
from services.operator.inventory import (
    BikeFacts,
    ChargePointFacts,
    Inventory,
    ResourceEntry,
    StationEntry,
    VehicleFacts,
)

BATCH = 1000

POOLS = """
INSERT INTO pools (city, id, name, approval_s, offer_min) VALUES (:city, :id, :name, :approval_s, :offer_min)
ON CONFLICT (city, id) DO UPDATE SET name = excluded.name, approval_s = excluded.approval_s, offer_min = excluded.offer_min
"""
STATIONS = """
INSERT INTO stations (city, id, name, address, lat, lon, source_key, source_fingerprint)
VALUES (:city, :id, :name, :address, :lat, :lon, :source_key, :source_fingerprint)
ON CONFLICT (city, id) DO UPDATE SET name = excluded.name, address = excluded.address, lat = excluded.lat, lon = excluded.lon,
  source_key = excluded.source_key, source_fingerprint = excluded.source_fingerprint
"""
# What is out of service stays so: whoever took it out knows more than a register.
RESOURCES = """
INSERT INTO resources (city, id, service, station_id, name, code, pool_id, shared, bookable, tariff_id, buffer_before_s,
  buffer_after_s, position)
VALUES (:city, :id, :service, :station_id, :name, :code, :pool_id, :shared, :bookable, :tariff_id, :buffer_before_s, :buffer_after_s,
  point(cast(:x AS float8), cast(:y AS float8)))
ON CONFLICT (city, id) DO UPDATE SET name = excluded.name, code = excluded.code, pool_id = excluded.pool_id,
  shared = excluded.shared, bookable = excluded.bookable, tariff_id = excluded.tariff_id,
  buffer_before_s = excluded.buffer_before_s, buffer_after_s = excluded.buffer_after_s, position = excluded.position
"""
CHARGE_POINTS = """
INSERT INTO charge_points (city, id, connectors, power_kw, operator, public_key, evse_id, connectors_kw)
VALUES (:city, :id, :connectors, :power_kw, :operator, :public_key, :evse_id, :connectors_kw)
ON CONFLICT (city, id) DO UPDATE SET connectors = excluded.connectors, power_kw = excluded.power_kw,
  operator = excluded.operator, public_key = excluded.public_key, evse_id = excluded.evse_id,
  connectors_kw = excluded.connectors_kw
"""
VEHICLES = """
WITH v AS (INSERT INTO vehicles (city, id, kind, class, seats, drive, range_km)
  VALUES (:city, :id, :kind, :class, :seats, :drive, :range_km)
  ON CONFLICT (city, id) DO UPDATE SET kind = excluded.kind, class = excluded.class, seats = excluded.seats,
    drive = excluded.drive, range_km = excluded.range_km)
INSERT INTO vehicle_files (city, id, plate) VALUES (:city, :id, :plate) ON CONFLICT DO NOTHING
"""
BIKES = """
INSERT INTO bikes (city, id, bike_type, plans) VALUES (:city, :id, :bike_type, :plans)
ON CONFLICT (city, id) DO UPDATE SET bike_type = excluded.bike_type, plans = excluded.plans
"""
# One table each, and put together here: right after a large import the planner takes the city for as small as it was, and
# would compare each row of the one with each of the other.
SOURCES = """
SELECT source_key, source_fingerprint, id, name, lat, lon, substring(address from '.*, ([0-9]{5}) ') AS postcode
FROM stations WHERE city = :city AND source_key IS NOT NULL
"""
POINTS = "SELECT id, station_id FROM resources WHERE city = :city AND service = 'charging'"
OPERATORS = "SELECT id, operator FROM charge_points WHERE city = :city"
OPEN = """
SELECT id FROM resources WHERE city = :city AND id = ANY (cast(:ids AS uuid[])) AND (pool_id IS NULL OR shared) ORDER BY id
FOR NO KEY UPDATE
"""
FACTS = {ChargePointFacts: CHARGE_POINTS, VehicleFacts: VEHICLES, BikeFacts: BIKES}


class SqlInventoryBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def sources(self) -> dict[str, KnownSite]:
        # A large file is compared while the transaction waits; that is not the idleness which the limit is against.
        await self._sheet.write("SET LOCAL idle_in_transaction_session_timeout = 0")
        await self._alone()
        operator_of = {row.id: row.operator for row in await self._sheet.rows(OPERATORS)}
        operators: dict[UUID, list[str]] = {}
        for row in await self._sheet.rows(POINTS):
            if row.id in operator_of:
                operators.setdefault(row.station_id, []).append(operator_of[row.id])
        return {
            row.source_key: KnownSite(
                id=StationId(row.id),
                fingerprint=row.source_fingerprint,
                operator=max(operators.get(row.id, ()), default=""),
                address=row.name,
                postcode=row.postcode or "",
                location=Location(row.lat, row.lon),
                points=len(operators.get(row.id, ())),
            )
            for row in await self._sheet.rows(SOURCES)
        }

    async def release_codes(self, stations: Sequence[StationId], codes: Sequence[str]) -> frozenset[str]:
        # What else stands there, and whatever code somebody wrote on a point, is no concern of an import.
        await self._sheet.write(
            "UPDATE resources r SET code = NULL FROM charge_points x WHERE r.city = :city AND x.city = r.city AND x.id = r.id"
            " AND r.station_id = ANY(cast(:stations AS uuid[])) AND strpos(x.evse_id, r.code) > 0",
            stations=list(stations),
        )
        taken = await self._sheet.rows(
            "SELECT code FROM resources WHERE city = :city AND code = ANY(cast(:codes AS text[]))", codes=list(codes)
        )
        return frozenset(row.code for row in taken)

    async def rented(self, resource_ids: Sequence[ResourceId]) -> tuple[Hit, ...]:
        await self._alone()
        rows = await self._sheet.rows(OPEN, ids=list(resource_ids))
        return await rented_of(self._sheet, [row.id for row in rows])

    async def write(self, inventory: Inventory, latitude: float) -> None:
        await self._alone()
        plane = Plane(latitude)
        position = {station.id: plane.metres(station.location) for station in inventory.stations}
        await self._write(POOLS, [msgspec.structs.asdict(pool) for pool in inventory.pools])
        await self._write(STATIONS, [_station(station) for station in inventory.stations])
        await self._write(RESOURCES, [_resource(entry, *position[entry.station_id]) for entry in inventory.resources])
        for kind, statement in FACTS.items():
            await self._write(statement, [_facts(entry) for entry in inventory.resources if type(entry.facts) is kind])
        await self._sheet.note("operator.inventory_written", self._sheet.named("inventory"))

    async def withdraw(self, stations: Sequence[StationId], but: Sequence[ResourceId]) -> None:
        await self._sheet.write(
            "UPDATE resources SET bookable = false WHERE city = :city AND bookable AND service = 'charging'"
            " AND station_id = ANY(cast(:stations AS uuid[])) AND NOT id = ANY(cast(:but AS uuid[]))",
            stations=list(stations),
            but=list(but),
        )

    async def _alone(self) -> None:
        """Whoever assigns a tariff meanwhile waits, or was waited for: each point is sold by what counts once both are done."""
        await self._sheet.rows("SELECT 1 FROM cities WHERE city = :city FOR NO KEY UPDATE")

    async def _write(self, sql: str, rows: Sequence[dict[str, Any]]) -> None:
        for first in range(0, len(rows), BATCH):
            batch = [{"city": self._sheet.city} | row for row in rows[first : first + BATCH]]
            await self._sheet.connection.execute(text(sql), batch)


def _station(station: StationEntry) -> dict[str, Any]:
    return {
        "id": station.id,
        "name": station.name,
        "address": station.address,
        "lat": station.location.lat,
        "lon": station.location.lon,
        "source_key": station.source.key if station.source else None,
        "source_fingerprint": station.source.fingerprint if station.source else None,
    }


def _resource(entry: ResourceEntry, x: float, y: float) -> dict[str, Any]:
    return {
        "id": entry.id,
        "service": entry.service.value,
        "station_id": entry.station_id,
        "name": entry.name,
        "code": entry.code,
        "pool_id": entry.pool_id,
        "shared": entry.shared,
        "bookable": entry.tariff_id is not None,
        "tariff_id": entry.tariff_id,
        "buffer_before_s": entry.buffer_before_s,
        "buffer_after_s": entry.buffer_after_s,
        "x": x,
        "y": y,
    }


def _facts(entry: ResourceEntry) -> dict[str, Any]:
    match entry.facts:
        case ChargePointFacts() as point:
            facts: dict[str, Any] = {
                "connectors": list(point.connectors),
                "power_kw": point.power_kw,
                "operator": point.operator,
                "public_key": point.public_key or None,
                "evse_id": point.evse_id or None,
                "connectors_kw": list(point.connectors_kw) or None,
            }
        case VehicleFacts() as vehicle:
            facts = {
                "class": vehicle.vehicle_class,
                "seats": vehicle.seats,
                "drive": vehicle.drive,
                "range_km": vehicle.range_km,
                "kind": vehicle.kind,
                "plate": vehicle.plate,
            }
        case BikeFacts() as bike:
            facts = {"bike_type": bike.bike_type, "plans": list(bike.plans)}
    return {"id": entry.id} | facts
