"""Tickets in PostgreSQL as operators see and change them, and the faults that they are about."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.problems import BRING_BACK_RESOURCE, LOCK_RESOURCE, WITHDRAW
from adapters.database.booking.reading import IN_CITY
from adapters.database.booking.reservations import kind_of
from adapters.database.charging.station_faults import TICKET, note_on, open_ticket
from adapters.database.charging.station_orders import place_order
from adapters.database.connections import Database
from adapters.database.notices.readers import managers_of
from adapters.database.reading import read
from adapters.database.sheets import Sheet, settings_of
from adapters.database.transacting import Transacting, answered_in_city
from domain.booking.resources import ResourceId
from domain.charging.faults.faults import FaultKind, TicketId
from domain.charging.faults.tickets import (
    BACK_WITHIN,
    Around,
    Changed,
    ChangeTicket,
    NotTicketed,
    OpenTicket,
    Place,
    PointWithdrawn,
    Severity,
    Ticket,
    TicketOpened,
    TicketState,
    Why,
)
from domain.charging.orders import OrderId, StationOrder
from domain.identity import SYSTEM, City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.charging.faults import FaultDesk
from services.charging.faults.letters import TicketNews, TicketNotice
from services.charging.faults.tickets import Changing, Opening, change_ticket
from services.charging.faults.tickets import open_ticket as open_ticket_by_hand
from services.charging.faults.views import FaultsWanted, FaultView, TicketsWanted, TicketView
from services.notices.ports import Holder

# Whoever changes a ticket of a station does so alone: what others keep out of service stays out. The station first, as whoever hears it.
STATION_OF = """
SELECT id FROM charging_stations WHERE city = :city
  AND id = (SELECT t.charging_station_id FROM charging_tickets t WHERE t.city = :city AND t.id = :id) FOR NO KEY UPDATE
"""
FIND = f"SELECT ({TICKET})::text FROM charging_tickets t WHERE t.city = :city AND t.id = :id FOR UPDATE"
RUNS_STATIONS = """EXISTS (SELECT FROM role_grants g JOIN persons p ON p.city = g.city AND p.id = g.person_id WHERE g.city = :city AND g.role = 'operator'
    AND g.person_id = CAST(:assignee AS uuid) AND p.erased_at IS NULL)"""
AROUND = f"""
SELECT ARRAY(SELECT e.resource_id FROM evses e WHERE e.city = :city AND e.charging_station_id = :station_id AND e.resource_id IS NOT NULL
    AND (:evse = 0 OR e.number = :evse) ORDER BY e.resource_id) AS resources,
  {RUNS_STATIONS} AS assignee_known,
  ARRAY(SELECT t.evse FROM charging_tickets t WHERE t.city = :city AND t.charging_station_id = :station_id AND t.out_since IS NOT NULL
    AND t.id <> :id) AS others_out
"""
PLACE = f"""
SELECT EXISTS (SELECT FROM charging_stations s WHERE s.city = :city AND s.id = CAST(:station_id AS uuid)) AS known,
  ARRAY(SELECT e.number FROM evses e WHERE e.city = :city AND e.charging_station_id = CAST(:station_id AS uuid)) AS evses,
  {RUNS_STATIONS} AS assignee_known
"""
CHANGED, CLOSED = "charging.ticket_changed", "charging.ticket_closed"
CHANGE = """
UPDATE charging_tickets SET state = :state, severity = :severity, changed_at = :changed_at, assignee = :assignee, out_since = :out_since,
  withdrawn = CAST(:withdrawn AS uuid[]), closed_at = :closed_at, reason = :reason, version = :version
WHERE city = :city AND id = :id AND version = :version - 1
"""
# What a station never says is over: whoever closes the ticket does.
WELL = """
UPDATE charging_faults SET ended_at = greatest(:now, began_at), look_at = NULL
WHERE city = :city AND ticket_id = :id AND kind = 'event' AND ended_at IS NULL
"""
FAULT = """json_build_object('id', f.id, 'charging_station_id', f.charging_station_id, 'station', s.identity, 'evse', f.evse, 'kind', f.kind,
  'what', f.what, 'says', f.says, 'began_at', f.began_at, 'ended_at', f.ended_at, 'ticket_id', f.ticket_id, 'times', f.times)"""
VIEW = f"""json_build_object('id', t.id, 'charging_station_id', t.charging_station_id, 'station', s.identity, 'evse', t.evse, 'kind', t.kind,
  'why', t.why, 'severity', t.severity, 'title', t.title, 'state', t.state, 'opened_at', t.opened_at, 'changed_at', t.changed_at, 'assignee', t.assignee, 'out_since', t.out_since,
  'withdrawn', t.withdrawn, 'closed_at', t.closed_at, 'reason', t.reason, 'follows', t.follows, 'version', t.version,
  'lasts', EXISTS (SELECT FROM charging_faults f WHERE f.city = t.city AND f.ticket_id = t.id AND f.ended_at IS NULL),
  'faults', (SELECT coalesce(json_agg({FAULT} ORDER BY f.began_at DESC, f.id DESC), '[]'::json) FROM (SELECT * FROM charging_faults f
    WHERE f.city = t.city AND f.ticket_id = t.id ORDER BY f.began_at DESC LIMIT 20) f),
  'notes', (SELECT coalesce(json_agg(json_build_object('at', n.at, 'by', n.noted_by, 'state', n.state, 'words', n.words) ORDER BY n.number),
    '[]'::json) FROM charging_ticket_notes n WHERE n.city = t.city AND n.ticket_id = t.id))"""
STATION = "LEFT JOIN charging_stations s ON s.city = {t}.city AND s.id = {t}.charging_station_id"
ONE = f"SELECT {VIEW} FROM charging_tickets t {STATION.format(t='t')} WHERE t.city = $1::text AND t.id = $2::uuid"
BEFORE = """({at}, x.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    AND ($5::uuid IS NULL OR x.charging_station_id = $5::uuid)"""
TICKETS = f"""SELECT coalesce(json_agg({VIEW} ORDER BY t.opened_at DESC, t.id DESC), '[]'::json) FROM (SELECT * FROM charging_tickets x
  WHERE x.city = $1::text AND {BEFORE.format(at="x.opened_at")} AND ($6::uuid IS NULL OR x.assignee = $6::uuid)
    AND (cardinality($7::text[]) = 0 OR x.state = ANY ($7::text[])) AND (cardinality($8::text[]) = 0 OR x.severity = ANY ($8::text[]))
  ORDER BY x.opened_at DESC, x.id DESC LIMIT $4::int) t
  {STATION.format(t="t")}"""
FAULTS = f"""SELECT coalesce(json_agg({FAULT} ORDER BY f.began_at DESC, f.id DESC), '[]'::json) FROM (SELECT * FROM charging_faults x
  WHERE x.city = $1::text AND {BEFORE.format(at="x.began_at")} AND ($6::text IS NULL OR x.kind = $6::text)
    AND ($7::boolean IS NULL OR (x.ended_at IS NULL) = $7::boolean) ORDER BY x.began_at DESC, x.id DESC LIMIT $4::int) f
  {STATION.format(t="f")}"""

NEWS = """
SELECT t.state, t.evse, t.kind, t.why, t.severity, t.title, t.assignee, s.identity AS station, p.name AS place,
  coalesce(CASE WHEN t.kind IS NULL THEN n.words ELSE f.says END, '') AS says, coalesce(f.began_at, t.opened_at) AS began_at,
  CASE WHEN t.kind IS NULL THEN n.noted_by END AS opened_by
FROM charging_tickets t LEFT JOIN charging_stations s ON s.city = t.city AND s.id = t.charging_station_id
LEFT JOIN charging_ticket_notes n ON n.city = t.city AND n.ticket_id = t.id AND n.number = 1
LEFT JOIN stations p ON p.city = s.city AND p.id = s.station_id
LEFT JOIN LATERAL (SELECT f.says, f.began_at FROM charging_faults f WHERE f.city = t.city AND f.ticket_id = t.id
  ORDER BY f.began_at DESC, f.id DESC LIMIT 1) f ON true
WHERE t.city = :city AND t.id = :id
"""
HER = "SELECT email, language FROM persons WHERE city = :city AND id = :id AND email IS NOT NULL AND erased_at IS NULL"

_ticket = msgspec.json.Decoder(Ticket)
_view = msgspec.json.Decoder(TicketView)
_views = msgspec.json.Decoder(tuple[TicketView, ...])
_faults = msgspec.json.Decoder(tuple[FaultView, ...])


class SqlTicketBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, ticket_id: TicketId) -> Ticket | None:
        await self._sheet.rows(STATION_OF, id=ticket_id)
        rows = await self._sheet.rows(FIND, id=ticket_id)
        return _ticket.decode(rows[0][0]) if rows else None

    async def around(self, ticket: Ticket, command: ChangeTicket) -> Around:
        assignee = command.assignee if isinstance(command.assignee, UUID) else None
        values = {"id": ticket.id, "station_id": ticket.station_id, "evse": ticket.evse, "assignee": assignee}
        row = (await self._sheet.rows(AROUND, **values))[0]
        resources = tuple(ResourceId(each) for each in row.resources)
        return Around(resources, row.assignee_known, frozenset(row.others_out))

    async def record(self, before: Ticket, changed: Changed, note: str | None) -> None:
        sheet, after = self._sheet, changed.ticket
        row = msgspec.structs.asdict(after) | {"state": after.state.value, "withdrawn": list(after.withdrawn)}
        row["severity"] = after.severity.value
        for name in ("station_id", "evse", "kind", "why", "title", "opened_at", "follows"):
            row.pop(name)
        if await sheet.write(CHANGE, **row) != 1:
            raise LostRace
        state = after.state.value if after.state is not before.state else None
        if state is not None or note is not None:
            said = {"at": sheet.now, "noted_by": sheet.actor_id, "state": state, "words": note}
            await note_on(sheet.connection, sheet.city, after, said)
        if after.closed_at is not None:
            await sheet.write(WELL, id=after.id)
        await sheet.note(CHANGED if after.closed_at is None else CLOSED, after.id)
        if after.station_id is not None:
            for order in changed.orders:
                until = sheet.now + BACK_WITHIN
                placed = StationOrder(OrderId(sheet.new_id()), after.station_id, order, sheet.now, until)
                await place_order(sheet.connection, sheet.city, placed)
        for resource in sorted(set(after.withdrawn) - set(before.withdrawn)):
            await self._turn(resource, WITHDRAW)
            await sheet.tell(kind_of(PointWithdrawn), resource)
        for resource in sorted(set(before.withdrawn) - set(after.withdrawn)):
            await self._turn(resource, BRING_BACK_RESOURCE)
            await sheet.note("charging.point_returned", resource)

    async def place(self, command: OpenTicket) -> Place:
        (row,) = await self._sheet.rows(PLACE, station_id=command.station_id, assignee=command.assignee)
        return Place(frozenset(row.evses) if row.known else None, row.assignee_known)

    async def add(self, ticket: Ticket, words: str | None) -> None:
        sheet = self._sheet
        await open_ticket(sheet.connection, sheet.city, ticket)
        said = {"at": sheet.now, "noted_by": sheet.actor_id, "state": ticket.state.value, "words": words}
        await note_on(sheet.connection, sheet.city, ticket, said)
        await sheet.tell(kind_of(TicketOpened), ticket.id)

    async def view(self, ticket_id: TicketId) -> TicketView | None:
        driver: Any = (await self._sheet.connection.get_raw_connection()).driver_connection
        found = await driver.fetchval(f"SELECT ({ONE})::text", self._sheet.city, ticket_id)
        return _view.decode(found) if found else None

    async def page(self, wanted: TicketsWanted) -> Sequence[TicketView]:
        driver: Any = (await self._sheet.connection.get_raw_connection()).driver_connection
        return _views.decode(await driver.fetchval(f"SELECT ({TICKETS})::text", self._sheet.city, *_asked(wanted)))

    async def _turn(self, resource: ResourceId, statement: Any) -> None:
        of = {"city": self._sheet.city, "resource_id": resource}
        await self._sheet.connection.execute(LOCK_RESOURCE, of)
        await self._sheet.connection.execute(statement, of)


class SqlFaultDesk:
    """`written` wakes whoever reads the outbox."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._clock, self._new_id, self._written = clock, new_id, written

    async def faults(self, city: City, wanted: FaultsWanted) -> Sequence[FaultView]:
        at, place = wanted.after or (None, None)
        kind = wanted.kind.value if wanted.kind else None
        asked = (at, place, wanted.limit, wanted.station_id, kind, wanted.lasting)
        return _faults.decode(await read(self._statements, IN_CITY.format(query=FAULTS), city, *asked) or "[]")

    async def tickets(self, city: City, wanted: TicketsWanted) -> Sequence[TicketView]:
        found = await read(self._statements, IN_CITY.format(query=TICKETS), city, *_asked(wanted))
        return _views.decode(found or "[]")

    async def find(self, city: City, ticket_id: TicketId) -> TicketView | None:
        found = await read(self._statements, IN_CITY.format(query=ONE), city, ticket_id)
        return _view.decode(found) if found else None

    async def open(self, call: Call[Opening], command: OpenTicket) -> Answer:
        return await self._answered(call, lambda books, now: open_ticket_by_hand(command, books=books, now=now))

    async def change(self, call: Call[Changing], command: ChangeTicket) -> Answer:
        return await self._answered(call, lambda books, now: change_ticket(command, books=books, now=now))

    async def _answered(
        self, call: Call[Any], use: Callable[[SqlTicketBooks, datetime], Awaitable[TicketView | Refusal[NotTicketed]]]
    ) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> TicketView | Refusal[NotTicketed]:
            return await use(SqlTicketBooks(self._sheet(connection, call, now)), now)

        answer = await answered_in_city(self._transactions, call, work, self._clock)
        self._written()
        return answer

    def _sheet(self, connection: AsyncConnection, call: Call[Any], now: datetime) -> Sheet:
        return Sheet(connection, call.city, call.actor.id, call.request_id, now, self._new_id)

    def bound(self) -> FaultDesk:
        return FaultDesk(self.faults, self.tickets, self.find, self.open, self.change)


def _asked(wanted: TicketsWanted) -> tuple[Any, ...]:
    at, place = wanted.after or (None, None)
    states, severities = (sorted(each.value for each in ones) for ones in (wanted.states, wanted.severities))
    return at, place, wanted.limit, wanted.station_id, wanted.assignee, states, severities


class SqlTicketDesk(Transacting):
    """What a letter about a ticket says, and to whom it goes."""

    async def news(self, city: City, ticket_id: TicketId) -> TicketNews | None:
        async with self._transactions.city(city) as connection:
            sheet = Sheet(connection, city, SYSTEM, "", self._clock(), self._new_id)
            rows = await sheet.rows(NEWS, id=ticket_id)
            if not rows:
                return None
            row = rows[0]
            readers = await self._person(sheet, row.assignee) or await managers_of(sheet, None)
            who_knows = {each.email for each in await self._person(sheet, row.opened_by)}
            kind = FaultKind(row.kind) if row.kind is not None else None
            how = (kind, Why(row.why), Severity(row.severity), row.title)
            notice = TicketNotice(
                city, await settings_of(sheet), row.station, row.place, row.evse, *how, row.says, row.began_at
            )
            return TicketNews(
                TicketState(row.state), notice, tuple(each for each in readers if each.email not in who_knows)
            )

    async def _person(self, sheet: Sheet, person: UUID | None) -> tuple[Holder, ...]:
        return tuple(Holder(each.email, each.language) for each in await sheet.rows(HER, id=person))
