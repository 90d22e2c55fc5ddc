"""What stations tell of transactions, in PostgreSQL: one statement to read what is known, one to record."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from adapters.database.answering import LostRace
from adapters.database.booking.reading import BOOKING, RESOURCE
from adapters.database.booking.reservations import as_json
from adapters.database.charging.station_orders import order_row
from adapters.database.connections import Database, Within
from adapters.database.connections import Session as Asking
from adapters.database.naming import Numbered, numbered
from domain.charging.orders import StationOrder
from domain.charging.reports import IdToken, TransactionEnded, TransactionStarted
from domain.charging.sessions.hearing import Heard, Known, start_key
from domain.charging.sessions.points import Point, Told
from domain.charging.sessions.rights import KnownToken
from domain.charging.sessions.sessions import Session, SessionId, SessionIdle, SessionState
from domain.charging.stations import ChargingStationId
from domain.identity import SYSTEM, City

LONG_AGO = timedelta(days=30)
"""A station whose clock stands further back than that tells nothing by its times."""


def session_json(alias: str) -> str:
    """A session as the domain reads it."""
    return f"""to_jsonb({alias}) || jsonb_build_object('station_id', {alias}.charging_station_id, 'limit', {alias}.stops_at)"""


MEASURED = """(SELECT json_build_object('energy_kwh', (coalesce(sum(m.energy_wh), 0) / 1000.0)::text,
    'parked', 'PT' || coalesce(sum(m.parked_s), 0) || 'S')
  FROM charging_sessions m WHERE m.city = {s}.city AND m.booking_id = {s}.booking_id AND m.id <> {s}.id)"""
"""What the other sessions of a session's booking did."""


POINTS_OF = """(SELECT coalesce(json_agg(d.point), '[]'::json) FROM charging_readings d
  WHERE d.city = {session}.city AND d.session_id = {session}.id)"""
"""All that was told of a session."""
OTHERS = f"""(SELECT coalesce(json_agg(json_build_object('session', {session_json("m")}, 'points', {POINTS_OF.format(session="m")})), '[]'::json)
  FROM charging_sessions m WHERE m.city = {{s}}.city AND m.booking_id = {{s}}.booking_id AND m.id <> {{s}}.id)"""
BY_SESSION = """EXISTS (SELECT FROM bookings b JOIN tariffs t ON t.city = b.city AND t.id = b.tariff_id AND t.version = b.tariff_version
  WHERE b.city = {s}.city AND b.id = {s}.booking_id AND t.tariff -> 'charging' IS NOT NULL)"""
"""Whether the tariff of a session's booking is OCPI's: then its cost depends on what it did when."""


def billing_json(alias: str, *, others: bool = False) -> str:
    """What the cost of a session `alias` depends on; NULL where it is nobody's. `others` are told of where that is asked for, and the
    tariff is OCPI's."""
    told = f"CASE WHEN t.tariff -> 'charging' IS NOT NULL THEN {OTHERS.format(s=alias)} ELSE '[]'::json END"
    besides = f", 'others', {told}" if others else ""
    return f"""(SELECT json_build_object('booking', {BOOKING}, 'resource', {RESOURCE}, 'tariff', t.tariff, 'time_zone', y.time_zone,
      'before', {MEASURED.format(s=alias)}{besides})
    FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id JOIN stations s ON s.city = r.city AND s.id = r.station_id
      JOIN cities y ON y.city = b.city JOIN tariffs t ON t.city = b.city AND t.id = b.tariff_id AND t.version = b.tariff_version
    WHERE b.city = {alias}.city AND b.id = {alias}.booking_id)"""


# A booking's own token, or a card of whoever booked there, or of her group.
RIGHT = """(SELECT json_build_object('group', k.group_token, 'blocked', k.blocked,
    'elsewhere', coalesce(b.resource_id NOT IN ({there}), true),
    'charges', EXISTS (SELECT FROM charging_sessions o WHERE o.city = :city AND o.booking_id = b.id AND o.state = 'active'
      AND o.id IS DISTINCT FROM CAST(:session AS uuid)),
    'booking', CASE WHEN b.id IS NOT NULL THEN json_build_object('id', b.id, 'resource_id', b.resource_id, 'holder_id', b.holder_id,
      'state', b.state, 'earliest_start', b.terms ->> 'earliest_start', 'end', b.ends, 'made_at', b.made_at,
      'over_at', CASE WHEN b.state NOT IN ('held', 'confirmed', 'in_use') THEN coalesce(b.finished_at, b.updated_at) END,
      'limit', json_build_object('budget', b.terms -> 'ad_hoc' -> 'most', 'energy_kwh', b.terms -> 'ad_hoc' -> 'energy_kwh'),
      'leaves', coalesce(json_typeof(b.terms -> 'ad_hoc') = 'object', false),
      'left', coalesce(b.state IN ('confirmed', 'in_use') AND b.reason_code = 'by_holder', false)) END)
  FROM (
    SELECT c.group_token, false AS blocked, c.booking_id FROM charging_tokens c WHERE c.city = :city AND c.token = :token
    UNION ALL
    SELECT p.group_token, p.blocked, coalesce(
      (SELECT h.id FROM bookings h WHERE h.city = p.city AND h.holder_id = p.person_id AND h.service = 'charging'
         AND h.state IN ('confirmed', 'in_use', 'no_show') AND h.starts <= CAST(:at AS timestamptz) + interval '1 hour'
         AND h.ends > CAST(:at AS timestamptz) - interval '1 day' AND h.resource_id IN ({there})
       ORDER BY h.starts DESC LIMIT 1),
      (SELECT g.booking_id FROM charging_tokens g JOIN bookings h ON h.city = g.city AND h.id = g.booking_id
       WHERE g.city = p.city AND g.group_token = p.group_token AND h.state IN ('confirmed', 'in_use')
         AND h.starts <= CAST(:at AS timestamptz) + interval '1 hour' AND h.ends > CAST(:at AS timestamptz)
         AND h.resource_id IN ({there}) ORDER BY h.starts DESC LIMIT 1))
    FROM person_tokens p WHERE p.city = :city AND p.token = :token) k
  LEFT JOIN bookings b ON b.city = :city AND b.id = k.booking_id LIMIT 1)"""
AT_EVSE = (
    "SELECT v.resource_id FROM evses v WHERE v.city = :city AND v.charging_station_id = :station AND v.number = x.evse"
)
AT_STATION = "SELECT v.resource_id FROM evses v WHERE v.city = :city AND v.charging_station_id = :station"
KNOWN = f"""
SELECT json_build_object('station_id', CAST(:station AS uuid),
  'number', CASE WHEN cs.id IS NULL THEN nextval('charging_numbers') ELSE 0 END,
  'session', CASE WHEN cs.id IS NOT NULL THEN {session_json("cs")} END,
  'points', (SELECT coalesce(json_agg(d.point), '[]'::json) FROM charging_readings d WHERE d.city = cs.city AND d.session_id = cs.id),
  'resource_id', ({AT_EVSE}),
  'token', {{right}},
  'superseded', EXISTS (SELECT FROM charging_sessions o WHERE o.city = :city AND o.charging_station_id = :station AND o.evse = x.evse
    AND x.evse > 0 AND o.id IS DISTINCT FROM cs.id AND o.began_at > x.began),
  'before', (SELECT coalesce(json_agg({session_json("o")}), '[]'::json) FROM charging_sessions o WHERE o.city = :city
    AND o.charging_station_id = :station AND o.evse = x.evse AND x.evse > 0 AND o.state = 'active' AND o.id IS DISTINCT FROM cs.id
    AND o.began_at <= x.began),
  'is_stopping', EXISTS (SELECT FROM station_orders w WHERE w.city = cs.city AND w.charging_station_id = cs.charging_station_id
    AND w.kind = 'stop_transaction' AND w.wanted ->> 'ref' = cs.ref AND w.answered_at IS NULL AND w.expires_at > CAST(:now AS timestamptz)),
  'billing', CASE WHEN CAST(:shows AS boolean) OR cs.stops_at ? 'budget' OR {BY_SESSION.format(s="cs")} THEN {billing_json("cs", others=True)} END)::text
FROM (SELECT 1) one LEFT JOIN charging_sessions cs ON {{which}}
CROSS JOIN LATERAL (SELECT coalesce(nullif(CAST(:evse AS int), 0), cs.evse, 0) AS evse, coalesce(CAST(:began AS timestamptz), cs.began_at) AS began) x
"""
# One statement each, with the city set inside.
ASKED = "SELECT CASE WHEN set_config('kommobil.city', :city, true) <> '' THEN ({query}) END"


def _asked(query: str) -> Numbered:
    return numbered(ASKED.replace("{query}", query))


BY_NAME = "cs.city = :city AND cs.charging_station_id = :station AND (cs.ref = :ref OR cs.start_key = :start_key)"
OF_TOLD = _asked(
    KNOWN.format(
        which=BY_NAME,
        right=RIGHT.format(there=AT_EVSE)
        .replace(":token", "upper(coalesce(CAST(:token AS text), cs.token))")
        .replace("CAST(:session AS uuid)", "cs.id"),
    )
)
UNDER_WAY = (
    "cs.city = :city AND cs.charging_station_id = :station AND cs.evse = :evse AND cs.evse > 0 AND cs.state = 'active'"
)
RUNNING = _asked(KNOWN.format(which=UNDER_WAY, right="NULL"))
OF_TOKEN = _asked(f"SELECT ({RIGHT.format(there=AT_STATION)})::text")
POINTS = _asked(f"""
SELECT json_build_array({session_json("cs")}, {POINTS_OF.format(session="cs")})::text
FROM charging_sessions cs WHERE cs.city = :city AND cs.id = :id
""")
COLUMNS = (
    *(
        "charging_station_id",
        "evse",
        "ref",
        "number",
        "start_key",
        "state",
        "heard_at",
        "resource_id",
        "token",
        "told",
        "booking_id",
    ),
    *(
        "holder_id",
        "began_at",
        "over_at",
        "reason",
        "energy_wh",
        "parked_s",
        "doing",
        "power_w",
        "soc_percent",
        "flags",
        "stops_at",
        "spent",
        "periods",
    ),
    *("due_at", "stop_asked_at", "idle_told_at", "bill_at", "told_to", "version"),
)
_GIVEN = ("start_key", "number", "bill_at")  # once, and not with each word
_VALUES = ", ".join(
    {
        "told": "CAST(:told AS jsonb)",
        "stops_at": "CAST(:stops_at AS jsonb)",
        "spent": "CAST(:spent AS jsonb)",
        "periods": "CAST(:periods AS jsonb)",
    }.get(column, f":{column}")
    for column in COLUMNS
)
# First the session, in the version that was decided on; all else only with it, and after it.
RECORD = numbered(f"""
WITH scope AS MATERIALIZED (SELECT set_config('kommobil.city', :city, true) AS city),
kept AS (
  INSERT INTO charging_sessions (city, id, {", ".join(COLUMNS)}) VALUES ((SELECT city FROM scope), :id, {_VALUES})
  ON CONFLICT (city, id) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COLUMNS if c not in _GIVEN)},
    bill_at = coalesce(charging_sessions.bill_at, excluded.bill_at)
  WHERE charging_sessions.version = excluded.version - 1 RETURNING city, id),
points AS (
  INSERT INTO charging_readings (city, session_id, at, digest, point)
  SELECT k.city, k.id, CAST(p ->> 'at' AS timestamptz), p ->> 'digest', p -> 'point'
  FROM kept k CROSS JOIN jsonb_array_elements(CAST(:points AS jsonb)) p ON CONFLICT DO NOTHING),
gone AS (
  DELETE FROM charging_readings d USING kept k, jsonb_array_elements(CAST(:gone AS jsonb)) p
  WHERE d.city = k.city AND d.session_id = k.id AND d.at = CAST(p ->> 'at' AS timestamptz) AND d.digest = p ->> 'digest'),
signed AS (
  INSERT INTO charging_signed_values (city, session_id, digest, at, context, data, encoding, public_key)
  SELECT k.city, k.id, v ->> 'digest', CAST(v ->> 'at' AS timestamptz), v ->> 'context', decode(v ->> 'data', 'base64'),
    v ->> 'encoding', v ->> 'public_key'
  FROM kept k CROSS JOIN jsonb_array_elements(CAST(:signed AS jsonb)) v ON CONFLICT DO NOTHING),
noted AS (
  INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
  SELECT k.city, CAST(e ->> 'audit_id' AS uuid), :heard_at, :actor, e ->> 'kind', k.id, 'ocpp'
  FROM kept k CROSS JOIN jsonb_array_elements(CAST(:events AS jsonb)) e),
told AS (
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT k.city, CAST(e ->> 'outbox_id' AS uuid), e ->> 'kind', CAST(e ->> 'about' AS uuid), :heard_at, :heard_at
  FROM kept k CROSS JOIN jsonb_array_elements(CAST(:events AS jsonb)) e),
ordered AS (
  INSERT INTO station_orders (city, id, charging_station_id, kind, wanted, subject, made_at, expires_at, awaited)
  SELECT k.city, CAST(o ->> 'id' AS uuid), CAST(o ->> 'station_id' AS uuid), o ->> 'kind', o -> 'order', CAST(o ->> 'subject' AS uuid),
    CAST(o ->> 'made_at' AS timestamptz), CAST(o ->> 'expires_at' AS timestamptz), CAST(o ->> 'awaited' AS boolean)
  FROM kept k CROSS JOIN jsonb_array_elements(CAST(:orders AS jsonb)) o)
SELECT count(*) FROM kept
""")
OVER = text("""
UPDATE charging_sessions SET state = :state, due_at = :due_at, version = :version
WHERE city = :city AND id = :id AND version = :version - 1
""")

_known = msgspec.json.Decoder(Known)
_token = msgspec.json.Decoder(KnownToken)
_points = msgspec.json.Decoder(tuple[Session, tuple[Point, ...]])


class SqlHearingBooks:
    """Each word of a station is read by one statement and recorded by one, each a transaction by itself: what was decided on stands in
    the record's condition."""

    def __init__(self, database: Database, city: City, new_id: Callable[[], UUID], now: datetime) -> None:
        self._database = database
        self._city = city
        self._new_id = new_id
        self._now = now

    async def known(self, station: ChargingStationId, told: Told, now: datetime) -> Known:
        began = max(told.at, now - LONG_AGO) if isinstance(told, TransactionStarted) else None
        values = {
            "station": station,
            "ref": told.ref,
            "start_key": start_key(told),
            "evse": 0 if isinstance(told, TransactionEnded) or told.evse is None else told.evse,
            "token": None if isinstance(told, TransactionEnded) else told.id_token,
            "at": min(told.at, now) if told.at > now - LONG_AGO else now,
            "began": began,
            "shows": not isinstance(told, TransactionStarted) and told.seq is not None,  # 2.0.1: what it costs so far
            "now": now,
        }
        return _known.decode(await self._ask(OF_TOLD, values))

    async def running(self, station: ChargingStationId, evse: int) -> Known:
        values = {"station": station, "evse": evse, "began": None, "shows": False, "now": self._now}
        return _known.decode(await self._ask(RUNNING, values))

    async def token(self, station: ChargingStationId, token: IdToken, now: datetime) -> KnownToken | None:
        values = {"station": station, "token": token.upper(), "at": now, "session": None}
        found = await self._ask(OF_TOKEN, values)
        return _token.decode(found) if found is not None else None

    async def points(self, session_id: SessionId) -> tuple[Session, Sequence[Point]] | None:
        found = await self._ask(POINTS, {"id": session_id})
        return _points.decode(found) if found is not None else None

    async def record(self, heard: Heard, told: Told | None, orders: Sequence[StationOrder]) -> None:
        """Raises LostRace where somebody changed the session meanwhile. What says nothing new writes nothing."""
        if not heard.new and not heard.events:
            return
        values = RECORD.values(self._values(heard, told, orders))
        if not heard.over:
            async with self._database.statements.session() as session:
                await _keep(session, values)
            return
        async with self._database.transactions.city(self._city) as connection:
            for each in heard.over:
                version = {"id": each.id, "state": each.state.value, "due_at": each.due_at, "version": each.version}
                if (await connection.execute(OVER, {"city": self._city} | version)).rowcount != 1:
                    raise LostRace
            await _keep(Within(connection), values)

    async def _ask(self, which: Numbered, values: Mapping[str, object]) -> Any:
        async with self._database.statements.session() as session:
            return await session.one(which.sql, *which.values({"city": self._city, **values}))

    def _values(self, heard: Heard, told: Told | None, orders: Sequence[StationOrder]) -> dict[str, Any]:
        return session_row(heard.session) | {
            "city": self._city,
            "actor": SYSTEM,
            "start_key": start_key(told) if told is not None else None,
            "bill_at": self._now if heard.session.state is SessionState.COMPLETED else None,
            "points": as_json([{"at": each.at, "digest": each.digest, "point": each} for each in heard.new]),
            "gone": as_json([{"at": each.at, "digest": each.digest} for each in heard.gone]),
            "signed": as_json(_signed(told)),
            "events": as_json(
                [
                    {
                        "kind": each.__struct_config__.tag,
                        "about": each.booking_id if isinstance(each, SessionIdle) else heard.session.id,
                        "audit_id": self._new_id(),
                        "outbox_id": self._new_id(),
                    }
                    for each in heard.events
                ]
            ),
            "orders": as_json([order_row(order) for order in orders]),
        }


async def _keep(road: Asking, values: Sequence[object]) -> None:
    if await road.one(RECORD.sql, *values) != 1:
        raise LostRace


def session_row(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "charging_station_id": session.station_id,
        "evse": session.evse,
        "ref": session.ref,
        "number": session.number,
        "state": session.state.value,
        "heard_at": session.heard_at,
        "resource_id": session.resource_id,
        "token": session.token,
        "told": as_json(session.told) if session.told is not None else None,
        "booking_id": session.booking_id,
        "holder_id": session.holder_id,
        "began_at": session.began_at,
        "over_at": session.over_at,
        "reason": session.reason,
        "energy_wh": session.energy_wh,
        "parked_s": session.parked_s,
        "doing": session.doing.value if session.doing is not None else None,
        "power_w": session.power_w,
        "soc_percent": session.soc_percent,
        "flags": [flag.value for flag in session.flags],
        "stops_at": as_json(session.limit),
        "spent": as_json(session.spent) if session.spent is not None else None,
        "periods": as_json(session.periods) if session.periods is not None else None,
        "due_at": session.due_at,
        "stop_asked_at": session.stop_asked_at,
        "idle_told_at": session.idle_told_at,
        "told_to": session.told_to,
        "version": session.version,
    }


def _signed(told: Told | None) -> list[dict[str, Any]]:
    """Named by their content, so that the same is kept once."""
    values = [(reading, reading.signed) for reading in told.readings] if told is not None else []
    return [
        {
            "digest": hashlib.sha256(signed.data).hexdigest(),
            "at": reading.at,
            "context": reading.context,
            "data": signed.data,
            "encoding": signed.encoding,
            "public_key": signed.public_key,
        }
        for reading, signed in values
        if signed is not None
    ]
