"""Charging stations in PostgreSQL: how they come, stay and go, and how they do."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.booking_sheets import IN_CITY
from adapters.database.connections import Database
from adapters.database.reading import read
from adapters.database.reservations import as_json
from adapters.database.transacting import in_city
from domain.charging.reports import Booted, StatusReported
from domain.charging.stations import (
    HIGHEST_EVSE,
    WHOLE_STATION,
    Admission,
    ChargingStationId,
    ConnectorStatus,
    Credentials,
    Identity,
    SecurityProfile,
    StationAt,
    evse_status,
)
from domain.identity import City
from services.charging.central.ports import Entry, Hold, Knock, UnknownStation, Welcome

KNOCK = IN_CITY.format(
    query="""SELECT json_build_object('id', s.id, 'profile', s.security_profile,
  'digests', array_remove(ARRAY[s.key_digest, s.next_key_digest], NULL), 'certificate_name', s.certificate_name)
  FROM charging_stations s WHERE s.city = $1::text AND s.identity = $2::text"""
)
# Who shows the next key has it, and the former one is forgotten.
HOLD = text("""
UPDATE charging_stations SET held_by = :process, held_over = :connection, held_until = :until, seen_at = :now, version = :version,
  security_profile = :profile, key_digest = CASE WHEN next_key_digest = :digest THEN next_key_digest ELSE key_digest END,
  next_key_digest = CASE WHEN next_key_digest = :digest THEN NULL ELSE next_key_digest END
WHERE city = :city AND id = :id RETURNING admission, heartbeat_s
""")
RENEW = text("""
UPDATE charging_stations SET held_until = :until, seen_at = :now
WHERE city = :city AND held_by = :process AND held_over = ANY (CAST(:connections AS uuid[])) RETURNING held_over
""")
LET_GO = text("""
UPDATE charging_stations SET held_by = NULL, held_over = NULL, held_until = NULL
WHERE city = :city AND id = :id AND held_over = :connection
""")
BOOTED = text("""
UPDATE charging_stations SET vendor = :vendor, model = :model, serial = :serial, firmware = :firmware, booted_at = :now, seen_at = :now
WHERE city = :city AND id = :id RETURNING admission, heartbeat_s
""")
# It may have forgotten the profiles that it was told.
WAKE = text("""
UPDATE power_groups g SET look_at = :now WHERE g.city = :city AND g.id IN (SELECT x.power_group FROM evses e
  JOIN charge_points x ON x.city = e.city AND x.id = e.resource_id WHERE e.city = :city AND e.charging_station_id = :id)
""")
WHOLE = text("""
UPDATE charging_stations SET status = :status, said = :said, error = :error, status_at = :at
WHERE city = :city AND id = :id AND coalesce(status_at, '-infinity') <= :at
""")
CONNECTORS = """
SELECT json_build_object('connectors', connectors, 'said', said, 'error', error)::text FROM evses
WHERE city = $1::text AND charging_station_id = $2::uuid AND number = $3::int
"""
# Recorded unless another report came in between: then it is looked at anew.
REPORTED = """
INSERT INTO evses AS e (city, charging_station_id, number, status, said, error, status_at, connectors)
VALUES ($1::text, $2::uuid, $3::int, $4::text, $5::text, $6::text, $7::timestamptz, $8::jsonb)
ON CONFLICT (city, charging_station_id, number) DO UPDATE SET status = excluded.status, said = excluded.said, error = excluded.error,
  status_at = excluded.status_at, connectors = excluded.connectors WHERE e.connectors = coalesce($9::jsonb, '{}')
RETURNING 1
"""
SAME_FOR = timedelta(minutes=1)
"""How long a station may say the same again without its being written down: some say it every few seconds."""


class _Known(Struct, frozen=True):
    connectors: dict[str, ConnectorStatus]
    said: str | None
    error: str | None


class _Door(Struct, frozen=True):
    id: ChargingStationId
    profile: SecurityProfile
    digests: tuple[str, ...]
    certificate_name: str | None


_door = msgspec.json.Decoder(_Door)
_known = msgspec.json.Decoder(_Known)


class SqlStations:
    def __init__(self, database: Database) -> None:
        self._statements, self._transactions = database.statements, database.transactions

    async def knock(self, city: City, identity: Identity) -> Knock | None:
        found = await read(self._statements, KNOCK, city, identity)
        if found is None:
            return None
        door = _door.decode(found)
        return Knock(StationAt(city, door.id), Credentials(door.profile, door.digests, door.certificate_name))

    async def hold(self, hold: Hold, entry: Entry, now: datetime) -> Welcome | None:
        values = {
            "process": hold.process,
            "connection": hold.connection,
            "until": hold.until,
            "now": now,
            "version": entry.version.value,
            "profile": entry.profile.value,
            "digest": entry.digest,
        }
        return await self._welcome(hold.at, HOLD, values)

    async def renew(self, city: City, holds: Sequence[Hold], now: datetime) -> frozenset[UUID]:
        if not holds:
            return frozenset()
        values = {
            "city": city,
            "process": holds[0].process,
            "connections": [hold.connection for hold in holds],
            "until": max(hold.until for hold in holds),
            "now": now,
        }

        async def extend(connection: AsyncConnection) -> frozenset[UUID]:
            return frozenset((await connection.execute(RENEW, values)).scalars())

        return await in_city(self._transactions, city, extend)

    async def let_go(self, hold: Hold) -> None:
        values = {"city": hold.at.city, "id": hold.at.id, "connection": hold.connection}

        async def release(connection: AsyncConnection) -> None:
            await connection.execute(LET_GO, values)

        await in_city(self._transactions, hold.at.city, release)

    async def booted(self, at: StationAt, report: Booted, now: datetime) -> Welcome:
        values = {
            "vendor": report.vendor,
            "model": report.model,
            "serial": report.serial,
            "firmware": report.firmware,
            "now": now,
        }
        welcome = await self._welcome(at, BOOTED, values, then=WAKE)
        if welcome is None:
            raise UnknownStation
        return welcome

    async def status_reported(self, at: StationAt, report: StatusReported, now: datetime) -> None:
        """A station whose clock is ahead must not keep its later reports from counting."""
        said_at = min(report.at, now)
        if report.evse == WHOLE_STATION:
            await self._whole_reported(at, report, said_at)
        elif report.evse <= HIGHEST_EVSE:
            await through(lambda: self._evse_reported(at, report, said_at))

    async def _whole_reported(self, at: StationAt, report: StatusReported, said_at: datetime) -> None:
        values = {
            "city": at.city,
            "id": at.id,
            "status": report.status.value,
            "said": report.said,
            "error": report.error,
            "at": said_at,
        }

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(WHOLE, values)

        await in_city(self._transactions, at.city, write)

    async def _evse_reported(self, at: StationAt, report: StatusReported, said_at: datetime) -> None:
        async with self._statements.session() as session:
            while True:
                found = await session.one(CONNECTORS, at.city, at.id, report.evse)
                known = _Known({}, None, None) if found is None else _known.decode(found)
                name, connectors = str(report.connector), dict(known.connectors)
                before = connectors.get(name)
                if before is not None and (before.at > said_at or _is_the_same(before, known, report, said_at)):
                    return
                connectors[name] = ConnectorStatus(report.status, said_at)
                kept = await session.one(
                    REPORTED,
                    *(at.city, at.id, report.evse, evse_status(connectors.values()).value, report.said, report.error),
                    *(said_at, as_json(connectors), None if found is None else as_json(known.connectors)),
                )
                if kept is not None:
                    return

    async def _welcome(self, at: StationAt, statement: Any, values: dict[str, Any], then: Any = None) -> Welcome | None:
        async def work(connection: AsyncConnection) -> Welcome | None:
            row = (await connection.execute(statement, values | {"city": at.city, "id": at.id})).one_or_none()
            if row is not None and then is not None:
                await connection.execute(then, {"city": at.city, "id": at.id, "now": values["now"]})
            return None if row is None else Welcome(Admission(row.admission), row.heartbeat_s)

        return await in_city(self._transactions, at.city, work)


def _is_the_same(before: ConnectorStatus, known: _Known, report: StatusReported, said_at: datetime) -> bool:
    says = (report.status, report.said, report.error)
    return (before.status, known.said, known.error) == says and said_at - before.at < SAME_FOR
