"""Faults of charging stations in PostgreSQL: one statement to see how a station stands, and one for each thing that is kept of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.changes import write_note
from adapters.database.booking.looking import unasked
from adapters.database.booking.reservations import kind_of
from adapters.database.connections import Statements, Transactions
from adapters.database.transacting import in_city
from domain.charging.faults.faults import BEGUN_WITHIN, Condition, Fault, FaultKind, StationSeen, of_order
from domain.charging.faults.tickets import Ticket, TicketOpened, TicketRule
from domain.charging.orders import OrderAnswered
from domain.charging.reports import EventReported
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import ChargingStationId, StationAt
from domain.charging_settings import ChargingSettings
from domain.identity import City
from services.charging.faults.following import Hands, Looked, happened, hear_events, look_at

FAULT = """json_build_object('id', f.id, 'station_id', f.charging_station_id, 'evse', f.evse, 'kind', f.kind, 'what', f.what, 'says', f.says,
  'began_at', f.began_at, 'ended_at', f.ended_at, 'ticket_id', f.ticket_id, 'times', f.times, 'settled_at', (SELECT t.changed_at
    FROM charging_tickets t WHERE t.city = f.city AND t.id = f.ticket_id AND t.state IN ('solved', 'closed')))"""
TICKET = """json_build_object('id', t.id, 'station_id', t.charging_station_id, 'evse', t.evse, 'kind', t.kind, 'why', t.why,
  'severity', t.severity, 'title', t.title, 'opened_at', t.opened_at, 'changed_at', t.changed_at, 'state', t.state, 'assignee', t.assignee, 'out_since', t.out_since,
  'withdrawn', t.withdrawn, 'closed_at', t.closed_at, 'reason', t.reason, 'follows', t.follows, 'version', t.version)"""
ALONE = text("SELECT id FROM charging_stations WHERE city = :city AND id = :id FOR NO KEY UPDATE")
LOOK = text(f"""
SELECT json_build_object('station', json_build_object('online', coalesce(s.held_until > :now, false), 'seen_at', s.seen_at,
    'heartbeat_s', s.heartbeat_s, 'status', s.status, 'said', s.said, 'error', s.error, 'status_at', s.status_at,
    'evses', (SELECT coalesce(json_agg(json_build_object('number', e.number, 'connectors', e.connectors, 'said', e.said, 'error', e.error,
        'status_at', e.status_at) ORDER BY e.number), '[]'::json)
      FROM evses e WHERE e.city = s.city AND e.charging_station_id = s.id)),
  'faults', (SELECT coalesce(json_agg({FAULT} ORDER BY f.began_at, f.id), '[]'::json) FROM charging_faults f
    WHERE f.city = s.city AND f.charging_station_id = s.id AND f.ended_at IS NULL),
  'begun', (SELECT count(*) FROM charging_faults f WHERE f.city = s.city AND f.charging_station_id = s.id AND f.kind = 'event'
    AND f.began_at >= :since),
  'settings', c.settings -> 'charging')::text
FROM charging_stations s JOIN cities c ON c.city = s.city WHERE s.city = :city AND s.id = :id AND s.admission = 'accepted'
""")
BEGIN = text("""
INSERT INTO charging_faults (city, id, charging_station_id, evse, kind, what, says, began_at, ended_at)
VALUES (:city, :id, :station_id, :evse, :kind, :what, :says, :began_at, :ended_at) ON CONFLICT DO NOTHING
""")
TOLD = text("""
INSERT INTO charging_faults AS f (city, id, charging_station_id, evse, kind, what, says, began_at)
VALUES (:city, :id, :station_id, :evse, :kind, :what, :says, :began_at)
ON CONFLICT (city, charging_station_id, evse, kind, what) WHERE ended_at IS NULL DO UPDATE SET times = f.times + 1 RETURNING f.id
""")
END = text("""
UPDATE charging_faults SET ended_at = :ended_at, look_at = NULL WHERE city = :city AND id = :id AND ended_at IS NULL
""")
BEFORE = text("""
SELECT count(*) FROM charging_faults WHERE city = :city AND charging_station_id = :station_id AND evse = :evse AND kind = :kind
  AND began_at BETWEEN :since AND :began_at AND id <> :id AND ticket_id IS NULL
""")
OPEN = text(f"""
SELECT ({TICKET})::text FROM charging_tickets t
WHERE t.city = :city AND t.charging_station_id = :station_id AND t.evse = :evse AND t.kind = :kind AND t.closed_at IS NULL FOR UPDATE
""")
OPENED = text("""
INSERT INTO charging_tickets AS t (city, id, charging_station_id, evse, kind, why, severity, title, state, opened_at, changed_at, assignee,
  follows, version)
VALUES (:city, :id, :station_id, :evse, :kind, :why, :severity, :title, :state, :opened_at, :changed_at, :assignee, :follows, :version)
ON CONFLICT (city, id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, version = excluded.version
WHERE t.version = excluded.version - 1
""")
NOTED = text("""
INSERT INTO charging_ticket_notes (city, ticket_id, number, at, noted_by, state, words)
SELECT :city, CAST(:id AS uuid), coalesce(max(n.number), 0) + 1, :at, :noted_by, :state, :words
FROM charging_ticket_notes n WHERE n.city = :city AND n.ticket_id = :id
""")
SEEN_TO = text("""
UPDATE charging_faults SET ticket_id = coalesce(:ticket_id, ticket_id), look_at = :look_at WHERE city = :city AND id = :id
""")
# A fault that lasts, and a station that was heard of and is not held by anybody for longer than it may be silent. Nobody looks at what the
# city does not admit any more, or a fleet of old stations would take all the looks there are.
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text FROM (
  (SELECT x.city, x.id FROM (SELECT DISTINCT f.city, f.charging_station_id AS id FROM charging_faults f WHERE f.look_at <= $1::timestamptz) x
    JOIN charging_stations s ON s.city = x.city AND s.id = x.id AND s.admission = 'accepted' ORDER BY random() LIMIT $2::int)
  UNION
  (SELECT s.city, s.id FROM charging_stations s WHERE s.admission = 'accepted' AND coalesce(s.held_until, '-infinity') <= $1::timestamptz
      AND s.seen_at + make_interval(secs => s.heartbeat_s) < $1::timestamptz
      AND NOT EXISTS (SELECT FROM charging_faults f WHERE f.city = s.city AND f.charging_station_id = s.id AND f.kind = 'silent'
        AND f.ended_at IS NULL)
    ORDER BY random() LIMIT $2::int)) due
"""
DOUBTED = text("""
SELECT x.charging_station_id AS station_id, x.evse, p.reason, p.examined_at FROM charging_meter_proofs p
JOIN charging_sessions x ON x.city = p.city AND x.id = p.session_id
WHERE p.city = :city AND p.session_id = :id AND p.verdict = 'not_verified'
""")


class _Read(Struct, frozen=True):
    station: StationSeen
    faults: tuple[Fault, ...]
    begun: int
    settings: ChargingSettings | None


_read = msgspec.json.Decoder(_Read)
_ticket = msgspec.json.Decoder(Ticket)
_due = msgspec.json.Decoder(tuple[tuple[City, ChargingStationId], ...])


def rule_of(settings: ChargingSettings) -> TicketRule:
    told = settings.tickets
    return TicketRule(told.after, told.times, told.within, told.believed)


async def open_ticket(connection: AsyncConnection, city: City, ticket: Ticket) -> None:
    """For the first time or again. Raises LostRace where somebody else has just opened or changed it."""
    row = msgspec.structs.asdict(ticket) | {"city": city, "state": ticket.state.value, "why": ticket.why.value}
    row |= {"kind": ticket.kind.value if ticket.kind else None, "severity": ticket.severity.value}
    if (await connection.execute(OPENED, row)).rowcount != 1:
        raise LostRace


async def note_on(connection: AsyncConnection, city: City, ticket: Ticket, said: dict[str, Any]) -> None:
    """`said` is `at`, `noted_by`, `state` and `words`."""
    await connection.execute(NOTED, {"city": city, "id": ticket.id} | said)


class SqlFaultBooks:
    def __init__(self, connection: AsyncConnection, city: City, new_id: Callable[[], UUID], now: datetime) -> None:
        self._connection, self._city = connection, city
        self._new_id, self._now = new_id, now

    async def look(self, station_id: ChargingStationId, now: datetime, *, alone: bool = False) -> Looked | None:
        of = {"city": self._city, "id": station_id}
        if alone:
            await self._connection.execute(ALONE, of)
        found = await self._connection.execute(LOOK, of | {"now": now, "since": now - BEGUN_WITHIN})
        said = found.scalar_one_or_none()
        if said is None:
            return None
        read = _read.decode(said)
        return Looked(read.station, read.faults, rule_of(read.settings or ChargingSettings()), read.begun)

    async def begin(self, fault: Fault) -> bool:
        if fault.kind is FaultKind.EVENT:
            kept = await self._connection.execute(TOLD, self._row(fault))
            return bool(kept.scalar_one() == fault.id)
        return (await self._connection.execute(BEGIN, self._row(fault))).rowcount == 1

    async def end(self, fault: Fault) -> None:
        await self._connection.execute(END, {"city": self._city, "id": fault.id, "ended_at": fault.ended_at})

    async def before(self, fault: Fault, since: datetime) -> int:
        return int((await self._connection.execute(BEFORE, self._row(fault) | {"since": since})).scalar_one())

    async def ticket(self, fault: Fault) -> Ticket | None:
        found = (await self._connection.execute(OPEN, self._row(fault))).scalar_one_or_none()
        return _ticket.decode(found) if found is not None else None

    async def see_to(self, fault: Fault, ticket: Ticket | None, *, told: bool, look_at: datetime | None) -> None:
        """Raises LostRace where somebody else has just opened one, or changed it."""
        if ticket is not None and told:
            await open_ticket(self._connection, self._city, ticket)
            await self._tell(ticket)
        values = {"city": self._city, "id": fault.id, "look_at": look_at, "ticket_id": ticket.id if ticket else None}
        await self._connection.execute(SEEN_TO, values)

    async def _tell(self, ticket: Ticket) -> None:
        said = {"at": self._now, "noted_by": None, "state": ticket.state.value, "words": None}
        await note_on(self._connection, self._city, ticket, said)
        kind = kind_of(TicketOpened)
        call = unasked(self._city)
        await write_note(self._connection, call, kind, ticket.id, tell=True, new_id=self._new_id, now=self._now)

    def _row(self, fault: Fault) -> dict[str, Any]:
        return msgspec.structs.asdict(fault) | {"city": self._city, "kind": fault.kind.value}


class SqlFaults:
    """Each look in a transaction of its own, again where somebody was quicker. `written` wakes whoever reads the outbox."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._transactions = transactions
        self._clock, self._new_id, self._written = clock, new_id, written

    async def look_at(self, at: StationAt) -> None:
        await self._done(at.city, lambda hands: look_at(at.id, hands))

    async def hear(self, at: StationAt, reports: Sequence[EventReported]) -> None:
        await self._done(at.city, lambda hands: hear_events(at.id, reports, hands))

    async def order_answered(self, city: City, answered: OrderAnswered) -> None:
        condition, order = of_order(answered, self._clock()), answered.order
        if condition is not None:
            await self._done(city, lambda hands: happened(order.station_id, order.id, condition, hands))

    async def session_billed(self, city: City, session_id: SessionId) -> None:
        """What was not billed since its signed values speak against themselves is a fault of its meter."""

        async def look(connection: AsyncConnection) -> Any:
            return (await connection.execute(DOUBTED, {"city": city, "id": session_id})).one_or_none()

        found = await in_city(self._transactions, city, look)
        if found is not None:
            doubted = Condition(found.evse, FaultKind.METER, "", found.reason, found.examined_at)
            station = ChargingStationId(found.station_id)
            await self._done(city, lambda hands: happened(station, session_id, doubted, hands))

    async def _done(self, city: City, do: Callable[[Hands], Awaitable[None]]) -> None:
        async def work(connection: AsyncConnection) -> None:
            now = self._clock()
            await do(Hands(SqlFaultBooks(connection, city, self._new_id, now), self._new_id, now))

        await in_city(self._transactions, city, work)
        self._written()


async def due_faults(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, ChargingStationId], ...]:
    """Across cities: stations of which something lasts or begins to."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))
