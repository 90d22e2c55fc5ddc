"""What helps to find leased bikes that were stolen, in PostgreSQL."""

from datetime import date
from typing import Any

import msgspec

from adapters.database.bike_leasing.leases import SqlLeaseBooks
from adapters.database.sheets import Sheet
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.insurance.tracing import LastPlace, Tracing
from domain.identity import PersonId
from domain.places import Location

LEASE = "SELECT lease FROM leases WHERE city = :city AND id = :id"
LOCKED = " FOR NO KEY UPDATE"
TRACING = """SELECT lease_id, serial_number, registration, device, provider, consented_at, lat, lon, seen_at, told_by, told_at
FROM lease_tracings WHERE city = :city AND lease_id = :id"""
KEPT = """INSERT INTO lease_tracings (city, lease_id, serial_number, registration, device, provider, consented_at, lat, lon, seen_at, told_by,
  told_at, said_by, said_at)
VALUES (:city, :lease_id, :serial_number, :registration, :device, :provider, :consented_at, :lat, :lon, :seen_at, :told_by, :told_at, :by, :now)
ON CONFLICT (city, lease_id) DO UPDATE SET serial_number = excluded.serial_number, registration = excluded.registration,
  device = excluded.device, provider = excluded.provider, consented_at = excluded.consented_at, lat = excluded.lat, lon = excluded.lon,
  seen_at = excluded.seen_at, told_by = excluded.told_by, told_at = excluded.told_at, said_by = excluded.said_by, said_at = excluded.said_at"""
SAID = ("lease_id", "serial_number", "registration", "device", "provider", "consented_at")


class SqlTracingBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> date:
        return (await SqlLeaseBooks(self._sheet).place()).today

    async def find(self, lease_id: LeaseId, *, locked: bool = False) -> tuple[Lease, Tracing | None] | None:
        rows = await self._sheet.rows(LEASE + (LOCKED if locked else ""), id=lease_id)
        if not rows:
            return None
        kept = await self._sheet.rows(TRACING, id=lease_id)
        return msgspec.convert(rows[0].lease, Lease), _tracing(kept[0]) if kept else None

    async def keep(self, tracing: Tracing, happened: str) -> None:
        place = tracing.place
        await self._sheet.write(
            KEPT,
            by=self._sheet.actor_id,
            lat=place.location.lat if place is not None else None,
            lon=place.location.lon if place is not None else None,
            **{name: getattr(place, name, None) for name in ("seen_at", "told_by", "told_at")},
            **{name: getattr(tracing, name) for name in SAID},
        )
        await self._sheet.note(f"bike_leasing.{happened}", tracing.lease_id)


def _tracing(row: Any) -> Tracing:
    place = None
    if row.lat is not None:
        place = LastPlace(Location(row.lat, row.lon), row.seen_at, PersonId(row.told_by), row.told_at)
    return Tracing(**{name: getattr(row, name) for name in SAID}, place=place)
