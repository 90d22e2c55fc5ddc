"""Charging stations in PostgreSQL: how they come, stay and go, and how they do."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.booking.reading import IN_CITY
from adapters.database.booking.reservations import as_json, kind_of
from adapters.database.charging.station_orders import ONCE
from adapters.database.connections import Database
from adapters.database.reading import read
from adapters.database.transacting import in_city, in_one_statement
from domain.charging.reports import Booted, StationBooted, StatusReported
from domain.charging.stations import (
    HIGHEST_EVSE,
    WHOLE_STATION,
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
HOLD = """SELECT hold_station($1::text, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, $6::timestamptz, $7::text, $8::text, $9::text,
  $10::text[])"""
BOOTED = """SELECT station_booted($1::text, $2::uuid, $3::timestamptz, $4::text, $5::text, $6::text, $7::text, $8::text[], $9::uuid,
  $10::text)"""
RENEW = text("""
UPDATE charging_stations SET held_until = :until, seen_at = :now
WHERE city = :city AND held_by = :process AND held_over = ANY (CAST(:connections AS uuid[])) RETURNING held_over
""")
LET_GO = text("""
UPDATE charging_stations SET held_by = NULL, held_over = NULL, held_until = NULL
WHERE city = :city AND id = :id AND held_over = :connection
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
_welcome = msgspec.json.Decoder(Welcome)


class SqlStations:
    def __init__(self, database: Database, new_id: Callable[[], UUID]) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._new_id = new_id

    async def knock(self, city: City, identity: Identity) -> Knock | None:
        found = await read(self._statements, KNOCK, city, identity)
        if found is None:
            return None
        door = _door.decode(found)
        return Knock(StationAt(city, door.id), Credentials(door.profile, door.digests, door.certificate_name))

    async def hold(self, hold: Hold, entry: Entry, now: datetime) -> Welcome | None:
        shown = (entry.version.value, entry.profile.value, entry.digest)
        return await self._welcome(
            HOLD, hold.at.city, hold.at.id, hold.process, hold.connection, hold.until, now, *shown, ONCE
        )

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
        makers = (report.vendor, report.model, report.serial, report.firmware)
        welcome = await self._welcome(
            BOOTED, at.city, at.id, now, *makers, ONCE, self._new_id(), kind_of(StationBooted)
        )
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

    async def _welcome(self, statement: str, *values: object) -> Welcome | None:
        found = await in_one_statement(self._statements, statement, *values)
        return None if found is None else _welcome.decode(found)


def _is_the_same(before: ConnectorStatus, known: _Known, report: StatusReported, said_at: datetime) -> bool:
    says = (report.status, report.said, report.error)
    return (before.status, known.said, known.error) == says and said_at - before.at < SAME_FOR
