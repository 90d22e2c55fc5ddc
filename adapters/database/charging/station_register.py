"""Charging stations as operators keep them, in PostgreSQL; with their orders, and what was said."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.changes import write_note
from adapters.database.booking.reading import IN_CITY
from adapters.database.charging.station_equipment import SqlEquipment
from adapters.database.charging.station_orders import place_order
from adapters.database.connections import Database
from adapters.database.reading import read
from adapters.database.transacting import answered_in_city
from domain.booking.resources import ResourceId, StationId
from domain.charging.orders import OrderId, StationOrder
from domain.charging.registering import Registered, Surroundings
from domain.charging.stations import Admission, ChargingStationId, Identity, SecurityProfile
from domain.identity import City
from services.calls import Answer, Call
from services.charging.central.keeping import (
    Change,
    ChargingStations,
    ChargingStationView,
    MessagesWanted,
    MessageView,
    OrderView,
    PlaceOrder,
    change_station,
    order_station,
    register_station,
    rekey_station,
)

FIND = text("""
SELECT s.id, s.identity, s.station_id, s.security_profile, s.admission, s.heartbeat_s, s.certificate_name, s.key_digest, s.next_key_digest,
  (SELECT coalesce(json_agg(json_build_array(e.number, e.resource_id)), '[]'::json) FROM evses e WHERE e.city = s.city
     AND e.charging_station_id = s.id AND e.resource_id IS NOT NULL) AS evses
FROM charging_stations s WHERE s.city = :city AND s.id = :id FOR UPDATE OF s
""")
AROUND = text("""
SELECT EXISTS (SELECT FROM charging_stations s WHERE s.city = :city AND s.identity = :identity AND s.id <> :id) AS identity_taken,
  EXISTS (SELECT FROM stations p WHERE p.city = :city AND p.id = :station_id) AS station_known,
  ARRAY(SELECT r.id FROM resources r WHERE r.city = :city AND r.id = ANY (CAST(:resources AS uuid[])) AND r.service = 'charging') AS resources,
  ARRAY(SELECT e.resource_id FROM evses e WHERE e.city = :city AND e.resource_id = ANY (CAST(:resources AS uuid[]))
    AND e.charging_station_id <> :id) AS taken
""")
# Whoever is not admitted any more is held by nobody: the process that has its line hangs up, and it hears so when it comes back.
KEEP = text("""
INSERT INTO charging_stations AS s (city, id, identity, station_id, security_profile, admission, heartbeat_s, certificate_name, key_digest,
  next_key_digest, made_at)
VALUES (:city, :id, :identity, :station_id, :security_profile, :admission, :heartbeat_s, :certificate_name, :key_digest,
  :next_key_digest, :now)
ON CONFLICT (city, id) DO UPDATE SET security_profile = excluded.security_profile, admission = excluded.admission,
  heartbeat_s = excluded.heartbeat_s, certificate_name = excluded.certificate_name, station_id = excluded.station_id,
  next_key_digest = excluded.next_key_digest,
  held_by = CASE WHEN excluded.admission IN (s.admission, 'accepted') THEN s.held_by END,
  held_over = CASE WHEN excluded.admission IN (s.admission, 'accepted') THEN s.held_over END,
  held_until = CASE WHEN excluded.admission IN (s.admission, 'accepted') THEN s.held_until END
""")
NAMES = "charging_stations_by_certificate"
UNSOLD = text("""
UPDATE evses SET resource_id = NULL WHERE city = :city AND charging_station_id = :id AND resource_id IS NOT NULL
""")
SOLD = text("""
INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, :number, :resource_id)
ON CONFLICT (city, charging_station_id, number) DO UPDATE SET resource_id = excluded.resource_id
""")
# Whatever was said of an EVSE does not hold while nobody hears its station.
STATION = """json_build_object('id', s.id, 'identity', s.identity, 'station_id', s.station_id, 'security_profile', s.security_profile,
  'admission', s.admission, 'heartbeat_s', s.heartbeat_s, 'certificate_name', s.certificate_name,
  'key_pending', s.next_key_digest IS NOT NULL, 'connected', coalesce(s.held_until > now(), false), 'version', s.version,
  'vendor', s.vendor, 'model', s.model, 'serial', s.serial, 'firmware', s.firmware, 'booted_at', s.booted_at, 'seen_at', s.seen_at,
  'made_at', s.made_at, 'evses', (SELECT coalesce(json_agg(json_build_object('number', e.number, 'resource_id', e.resource_id,
      'status', CASE WHEN s.held_until > now() THEN e.status ELSE 'UNKNOWN' END, 'said', e.said, 'error', e.error,
      'status_at', e.status_at) ORDER BY e.number), '[]'::json)
    FROM evses e WHERE e.city = s.city AND e.charging_station_id = s.id))"""
ONE = f"SELECT {STATION} FROM charging_stations s WHERE s.city = $1::text AND s.id = $2::uuid"
PAGE = f"""SELECT coalesce(json_agg({STATION} ORDER BY s.made_at, s.id), '[]'::json) FROM (SELECT * FROM charging_stations s
  WHERE s.city = $1::text AND (s.made_at, s.id) > (coalesce($2::timestamptz, '-infinity'),
    coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')) ORDER BY s.made_at, s.id LIMIT $4::int) s"""
ORDER = """json_build_object('id', o.id, 'order', o.wanted, 'made_at', o.made_at, 'expires_at', o.expires_at, 'sent_at', o.sent_at,
  'times', o.times, 'answered_at', o.answered_at, 'answered', o.answered, 'said', o.answer ->> 'said', 'values', o.answer -> 'values')"""
ONE_ORDER = text(f"SELECT ({ORDER})::text FROM station_orders o WHERE o.city = :city AND o.id = :id")
ORDERS = f"""SELECT coalesce(json_agg({ORDER} ORDER BY o.made_at DESC, o.id DESC), '[]'::json) FROM (SELECT * FROM station_orders o
  WHERE o.city = $1::text AND o.charging_station_id = $5::uuid AND (o.made_at, o.id) < (coalesce($2::timestamptz, 'infinity'),
    coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) ORDER BY o.made_at DESC, o.id DESC LIMIT $4::int) o"""
MESSAGES = """SELECT coalesce(json_agg(json_build_object('id', m.id, 'at', m.at, 'direction', m.direction, 'kind', m.kind,
    'message_id', m.message_id, 'action', m.action, 'payload', m.payload, 'fault', m.fault, 'frame', m.frame)
    ORDER BY m.at DESC, m.id DESC), '[]'::json)
  FROM (SELECT * FROM station_messages m WHERE m.city = $1::text AND m.charging_station_id = $2::uuid
    AND (m.at, m.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    AND m.at >= coalesce($6::timestamptz, '-infinity') AND m.at < coalesce($7::timestamptz, 'infinity')
    AND m.direction = coalesce($8::text, m.direction) AND m.kind = coalesce($9::text, m.kind)
    AND ($10::text IS NULL OR m.action = $10::text)
    AND ($11::text IS NULL OR strpos(concat_ws(' ', m.payload::text, m.fault, m.frame, m.message_id), $11::text) > 0)
    ORDER BY m.at DESC, m.id DESC LIMIT $5::int) m"""

Note: TypeAlias = Callable[[str, UUID], Awaitable[None]]

_station = msgspec.json.Decoder(ChargingStationView)
_stations = msgspec.json.Decoder(tuple[ChargingStationView, ...])
_order = msgspec.json.Decoder(OrderView)
_orders = msgspec.json.Decoder(tuple[OrderView, ...])
_messages = msgspec.json.Decoder(tuple[MessageView, ...])


class SqlStationBooks:
    """Open in a transaction; `note` leaves a line in the audit trail."""

    def __init__(self, connection: AsyncConnection, city: City, note: Note, now: datetime) -> None:
        self._connection, self._city = connection, city
        self._note, self._now = note, now

    async def every(self) -> Sequence[ChargingStationView]:
        """All of the city's, in the order in which they came."""
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        return _stations.decode(await driver.fetchval(f"SELECT ({PAGE})::text", self._city, None, None, 1_000_000))

    async def find(self, station_id: ChargingStationId) -> Registered | None:
        row = (await self._connection.execute(FIND, {"city": self._city, "id": station_id})).one_or_none()
        if row is None:
            return None
        return Registered(
            ChargingStationId(row.id),
            Identity(row.identity),
            StationId(row.station_id),
            SecurityProfile(row.security_profile),
            Admission(row.admission),
            row.heartbeat_s,
            row.certificate_name,
            row.key_digest,
            row.next_key_digest,
            {number: ResourceId(UUID(resource)) for number, resource in row.evses},
        )

    async def around(self, station: Registered) -> Surroundings:
        values = {
            "city": self._city,
            "id": station.id,
            "identity": station.identity,
            "station_id": station.station_id,
            "resources": list(station.evses.values()),
        }
        row = (await self._connection.execute(AROUND, values)).one()
        return Surroundings(row.identity_taken, row.station_known, frozenset(row.resources), frozenset(row.taken))

    async def keep(self, station: Registered, action: str) -> bool:
        city = self._city
        values = msgspec.structs.asdict(station) | {"city": city, "now": self._now}
        values |= {"security_profile": station.security_profile.value, "admission": station.admission.value}
        values.pop("evses")
        if not await self._named(values):
            return False
        await self._connection.execute(UNSOLD, {"city": city, "id": station.id})
        for number, resource in station.evses.items():
            sold = {"city": city, "id": station.id, "number": number, "resource_id": resource}
            await self._connection.execute(SOLD, sold)
        await self._note(action, station.id)
        return True

    async def _named(self, values: dict[str, Any]) -> bool:
        """The other station may be another city's, which nobody sees here: only the index knows."""
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(KEEP, values)
        except IntegrityError as error:
            if NAMES not in str(error.orig):
                raise
            return False
        return True

    async def place(self, order: StationOrder) -> None:
        await place_order(self._connection, self._city, order)
        await self._note(f"charging_station.{order.order.__struct_config__.tag}", order.station_id)

    async def view(self, station_id: ChargingStationId) -> ChargingStationView | None:
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        found = await driver.fetchval(f"SELECT ({ONE})::text", self._city, station_id)
        return _station.decode(found) if found else None

    async def order(self, order_id: OrderId) -> OrderView | None:
        found = await self._connection.execute(ONE_ORDER, {"city": self._city, "id": order_id})
        said = found.scalar_one_or_none()
        return _order.decode(said) if said else None


class SqlStationRegister:
    def __init__(self, database: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._clock, self._new_id = clock, new_id
        self._equipment = SqlEquipment(database, clock)

    async def register(self, call: Call[Any], station: Registered) -> Answer:
        return await self._answered(call, lambda books, _: register_station(station, books=books))

    async def change(self, call: Call[Any], station_id: ChargingStationId, to: Change) -> Answer:
        return await self._answered(call, lambda books, _: change_station(station_id, to, books=books))

    async def rekey(self, call: Call[Any], station_id: ChargingStationId, digest: str) -> Answer:
        return await self._answered(call, lambda books, _: rekey_station(station_id, digest, books=books))

    async def order(self, call: Call[Any], command: PlaceOrder) -> Answer:
        return await self._answered(call, lambda books, now: order_station(command, books=books, now=now))

    async def page(self, city: City, after: tuple[datetime, Any] | None, limit: int) -> Sequence[ChargingStationView]:
        at, place = after or (None, None)
        return _stations.decode(
            await read(self._statements, IN_CITY.format(query=PAGE), city, at, place, limit) or "[]"
        )

    async def find(self, city: City, station_id: ChargingStationId) -> ChargingStationView | None:
        found = await read(self._statements, IN_CITY.format(query=ONE), city, station_id)
        return _station.decode(found) if found else None

    async def orders(
        self, city: City, station_id: ChargingStationId, after: tuple[datetime, Any] | None, limit: int
    ) -> Sequence[OrderView]:
        at, place = after or (None, None)
        found = await read(self._statements, IN_CITY.format(query=ORDERS), city, at, place, limit, station_id)
        return _orders.decode(found or "[]")

    async def messages(
        self, city: City, station_id: ChargingStationId, wanted: MessagesWanted
    ) -> Sequence[MessageView]:
        at, place = wanted.after or (None, None)
        found = await read(
            self._statements,
            IN_CITY.format(query=MESSAGES),
            *(city, station_id, at, place, wanted.limit, wanted.since, wanted.until),
            *(wanted.direction and wanted.direction.value, wanted.kind and wanted.kind.value),
            *(wanted.action, wanted.contains),
        )
        return _messages.decode(found or "[]")

    def bound(self, new_key: Callable[[], str]) -> ChargingStations:
        return ChargingStations(
            self.register,
            self.change,
            self.rekey,
            self.order,
            self.page,
            self.find,
            self.orders,
            new_key,
            self.messages,
            self._equipment.find,
        )

    async def _answered(self, call: Call[Any], work: Callable[[SqlStationBooks, datetime], Any]) -> Answer:
        async def in_books(connection: AsyncConnection, now: datetime) -> Any:
            async def note(action: str, subject: UUID) -> None:
                await write_note(connection, call, action, subject, tell=False, new_id=self._new_id, now=now)

            return await work(SqlStationBooks(connection, call.city, note, now), now)

        return await answered_in_city(self._transactions, call, in_books, self._clock)
