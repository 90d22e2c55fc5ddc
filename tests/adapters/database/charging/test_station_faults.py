"""What goes wrong at a station is found, seen to and over, once each; its point is not sold meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.charging.fault_tickets import SqlFaultDesk, SqlTicketDesk
from adapters.database.charging.station_faults import SqlFaults, due_faults
from adapters.database.charging.stations import SqlStations
from adapters.mail.ticket_letters import ticket_composer
from domain.charging.faults.faults import MOST_BEGUN, MOST_EVENTS, THE_REST, FaultKind, TicketId
from domain.charging.faults.tickets import ChangeTicket, OpenTicket, Severity, TicketState
from domain.charging.orders import Answered, OrderAnswer, OrderAnswered, OrderId, StationOrder, Unlock
from domain.charging.reports import EventReported, StatusReported
from domain.charging.stations import ChargingStationId, EvseStatus, StationAt
from domain.identity import Role
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer, Call
from services.charging.faults.letters import tell_of_ticket
from services.charging.faults.views import FaultsWanted, TicketsWanted, TicketView
from services.notices.ports import Message
from tests.adapters.database.lives import World
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.examples import NOON, hours, minutes

pytestmark = pytest.mark.database

STATION = (
    """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest, held_by, held_over, held_until, seen_at)
  SELECT r.city, :id, r.station_id, 'BS-1', 'basic', 'd', :id, :id, CAST(:until AS timestamptz), CAST(:now AS timestamptz) FROM resources r
  WHERE r.city = :city AND r.id = :resource RETURNING id""",
    "INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, 1, :resource) RETURNING number",
)


class Site(Struct, frozen=True):
    world: World
    at: StationAt
    resource: Any

    def faults(self, now: datetime) -> SqlFaults:
        return SqlFaults(self.world.database.app.transactions, lambda: now, new_id)

    async def says(self, status: EvseStatus, now: datetime, error: str | None = None) -> None:
        report = StatusReported(1, 1, status, status.value, now, error)
        await SqlStations(self.world.database.app, new_id).status_reported(self.at, report, now)
        await self.faults(now).look_at(self.at)

    def desk(self, now: datetime) -> SqlFaultDesk:
        return SqlFaultDesk(self.world.database.app, lambda: now, new_id)

    async def known(self) -> list[tuple[str, bool]]:
        found = await self.desk(NOON).faults(self.at.city, FaultsWanted(10))
        return [(each.kind.value, each.ended_at is None) for each in found]

    async def tickets(self) -> list[TicketView]:
        found = await self.desk(NOON).tickets(self.at.city, TicketsWanted(10))
        return [each for each in found if each.kind is not FaultKind.SILENT]

    async def change(self, now: datetime, **asked: Any) -> str:
        """`done`, or why not."""
        (ticket,) = await self.tickets()
        return await self.asked(lambda call: self.desk(now).change(call, ChangeTicket(ticket.id, **asked)))

    async def open(self, now: datetime, title: str, severity: Severity = Severity.MEDIUM, **asked: Any) -> str:
        """Likewise."""
        command = OpenTicket(TicketId(new_id()), title, severity, **asked)
        return await self.asked(lambda call: self.desk(now).open(call, command))

    async def asked(self, use: Callable[[Call[Any]], Awaitable[Answer]]) -> str:
        outcomes: list[Any] = []

        def render(outcome: Any) -> Answer:
            outcomes.append(outcome)
            return Answer(200, "", "")

        olga = self.world.actor("olga", Role.OPERATOR)
        await use(Call(self.at.city, olga, "change", "", "", "r", "", render))
        return outcomes[-1].reason.value if isinstance(outcomes[-1], Refusal) else "done"


@pytest.fixture
async def site(database: Databases, world: World) -> Site:
    station, resource = ChargingStationId(new_id()), world.city.charge_points[0].id
    values = {"id": station, "resource": resource, "now": NOON, "until": NOON + hours(24)}
    for statement in STATION:
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        await database.rows(world.city.city, statement, **named)
    return Site(world, StationAt(world.city.city, station), resource)


async def test_a_fault_that_lasts_is_seen_to_once_and_its_point_is_not_sold_until_it_is_back(site: Site) -> None:
    await site.says(EvseStatus.OUTOFORDER, NOON, "GroundFailure")
    assert (await site.known(), await site.tickets()) == ([("out_of_order", True)], [])
    relay = site.world.database.relay.statements
    assert (site.at.city, site.at.id) in await due_faults(relay, NOON + minutes(16), 100)
    for _ in range(2):
        await site.faults(NOON + minutes(16)).look_at(site.at)
    (ticket,) = await site.tickets()
    assert (ticket.why.value, ticket.lasts, len(ticket.faults)) == ("lasted", True, 1)

    assert await site.change(NOON + minutes(20), out_of_service=True) == "done"
    in_service = "SELECT in_service FROM resources WHERE city = :city AND id = :id"
    assert await site.world.rows(in_service, id=site.resource) == [(False,)]
    orders = (
        "SELECT wanted ->> 'operative', wanted ->> 'evse' FROM station_orders WHERE city = :city ORDER BY made_at, id"
    )
    assert await site.world.rows(orders) == [("false", "1")]
    told = "SELECT kind FROM outbox WHERE city = :city AND kind LIKE 'charging.%' ORDER BY id"
    assert await site.world.rows(told) == [("charging.ticket_opened",), ("charging.point_withdrawn",)]

    await site.says(EvseStatus.AVAILABLE, NOON + minutes(30))
    assert await site.known() == [("out_of_order", False)]
    assert await site.change(NOON + minutes(31), state=TicketState.CLOSED, note="Dried") == "still_out_of_service"
    back = {"state": TicketState.CLOSED, "note": "Dried", "out_of_service": False}
    assert await site.change(NOON + minutes(31), **back) == "done"
    assert await site.world.rows(in_service, id=site.resource) == [(True,)]
    assert await site.world.rows(orders) == [("false", "1"), ("true", "1")]


async def test_what_comes_again_and_again_is_one_ticket_that_a_new_fault_opens_again(site: Site) -> None:
    for nth in range(4):
        await site.says(EvseStatus.OUTOFORDER, NOON + minutes(2 * nth))
        await site.says(EvseStatus.AVAILABLE, NOON + minutes(2 * nth + 1))
    (ticket,) = await site.tickets()
    assert (ticket.why.value, ticket.lasts, len(ticket.faults)) == ("repeated", False, 2)
    assert await site.change(NOON + minutes(10), state=TicketState.SOLVED) == "done"
    await site.says(EvseStatus.OUTOFORDER, NOON + minutes(20))
    (ticket,) = await site.tickets()
    assert [each.state and each.state.value for each in ticket.notes] == ["open", "solved", "open"]


async def test_a_station_that_nobody_hears_and_an_order_that_failed_are_faults(site: Site) -> None:
    away = "UPDATE charging_stations SET held_by = NULL, held_over = NULL, held_until = NULL WHERE city = :city RETURNING id"
    await site.world.rows(away)
    relay, later = site.world.database.relay.statements, NOON + minutes(16)
    assert (site.at.city, site.at.id) not in await due_faults(relay, NOON + minutes(14), 1000)
    assert (site.at.city, site.at.id) in await due_faults(relay, later, 1000)
    await site.faults(later).look_at(site.at)
    order = StationOrder(OrderId(new_id()), site.at.id, Unlock(1), NOON, later)
    for _ in range(2):
        await site.faults(later).order_answered(site.at.city, OrderAnswered(order, OrderAnswer(Answered.FAILED)))
    assert sorted(await site.known()) == [("order_failed", False), ("silent", True)]


async def test_what_lasts_at_a_station_that_was_turned_away_is_looked_at_once_it_is_admitted_again(site: Site) -> None:
    await site.says(EvseStatus.OUTOFORDER, NOON)
    relay, here = site.world.database.relay.statements, (site.at.city, site.at.id)
    admitted = "UPDATE charging_stations SET admission = :admission WHERE city = :city RETURNING id"
    for admission, is_looked_at in (("accepted", True), ("rejected", False), ("accepted", True)):
        await site.world.rows(admitted, admission=admission)
        assert (here in await due_faults(relay, NOON + minutes(16), 1000)) is is_looked_at, admission


async def test_whoever_runs_the_stations_is_written_to_as_long_as_nobody_has_seen_to_it(site: Site) -> None:
    await settled(site.world.database, site.at.city)
    olga = site.world.actor("olga", Role.OPERATOR).id
    entered = "INSERT INTO persons (city, id, email, made_at, language) VALUES (:city, :id, 'olga@example.org', now(), 'de') RETURNING id"
    await site.world.rows(entered, id=olga)
    granted = "INSERT INTO role_grants (city, person_id, role, granted_at) VALUES (:city, :id, 'operator', now()) RETURNING role"
    await site.world.rows(granted, id=olga)
    await site.says(EvseStatus.OUTOFORDER, NOON, "GroundFailure")
    await site.faults(NOON + minutes(16)).look_at(site.at)
    (ticket,) = await site.tickets()
    sent: list[Message] = []

    class Box:
        async def send(self, message: Message) -> None:
            sent.append(message)

    desk = SqlTicketDesk(site.world.database.app.transactions, lambda: NOON, new_id, lambda: None)
    of: Any = (site.at.city, TicketId(ticket.id), new_id(), NOON)
    tell: Callable[..., Any] = tell_of_ticket
    assert await tell(*of, desk=desk, compose=ticket_composer(), mailer=Box()) == 1
    assert (sent[0].to, sent[0].subject) == ("olga@example.org", "Störung: BS-1, Ladepunkt 1, außer Betrieb")
    assert "GroundFailure" in sent[0].text
    assert await site.change(NOON, state=TicketState.IN_WORK, assignee=olga) == "done"
    assert await tell(*of, desk=desk, compose=ticket_composer(), mailer=Box()) == 0

    otto = site.world.actor("otto", Role.OPERATOR).id
    await site.world.rows(entered.replace("olga@example.org', now(), 'de", "otto@example.org', now(), 'en"), id=otto)
    await site.world.rows(granted, id=otto)
    assert await site.open(NOON + hours(1), "Spare keys are missing", Severity.CRITICAL, text="Both") == "done"
    of = (site.at.city, (await site.tickets())[0].id, new_id(), NOON)
    assert await tell(*of, desk=desk, compose=ticket_composer(), mailer=Box()) == 1
    assert (sent[1].to, sent[1].subject) == ("otto@example.org", "Fault: Spare keys are missing")
    said = " ".join(sent[1].text.split())
    assert "Severity: critical. Please see to it" in said
    assert "The ticket reads: Both" in said


async def test_a_faulty_station_opens_no_more_events_than_are_kept_however_many_it_tells(site: Site) -> None:
    def alarm(nth: int, at: datetime = NOON, *, cleared: bool = False) -> EventReported:
        return EventReported(1, f"Fan/{nth}", "Speed", "0", at, alerting=True, cleared=cleared)

    faults, wanted = site.faults(NOON), FaultsWanted(200)
    await asyncio.gather(*(faults.hear(site.at, [alarm(10 * of + n) for n in range(10)]) for of in range(6)))
    found = await site.desk(NOON).faults(site.at.city, wanted)
    assert len(found) == MOST_EVENTS + 1
    assert [each.times for each in found if each.what == THE_REST] == [60 - MOST_EVENTS]
    one = next(each for each in found if each.what)
    component, variable = one.what.split(".")
    again = EventReported(1, component, variable, "0", NOON, alerting=True)
    await faults.hear(site.at, [again])
    assert [each.times for each in await site.desk(NOON).faults(site.at.city, wanted) if each.id == one.id] == [2]

    flickers = [alarm(n, NOON - hours(99), cleared=cleared) for n in range(900, 1100) for cleared in (False, True)]
    await faults.hear(site.at, [replace(again, cleared=True), *flickers])
    found = await site.desk(NOON).faults(site.at.city, wanted)
    assert len(found) == MOST_BEGUN
    assert min(each.began_at for each in found) == NOON - hours(24)


async def test_a_fault_that_lasts_although_its_ticket_was_closed_is_somebodys_again_a_day_later(site: Site) -> None:
    await site.says(EvseStatus.OUTOFORDER, NOON, "GroundFailure")
    await site.faults(NOON + minutes(16)).look_at(site.at)
    (first,) = await site.tickets()
    closed = NOON + minutes(20)
    assert await site.change(closed, state=TicketState.CLOSED, note="Dried") == "done"
    await site.faults(closed + hours(23)).look_at(site.at)
    assert len(await site.tickets()) == 1
    for _ in range(2):
        await site.faults(closed + hours(24)).look_at(site.at)
    second, before = await site.tickets()
    assert (before.id, before.state.value) == (first.id, "closed")
    assert (second.follows, second.why.value, second.state.value, second.lasts) == (first.id, "lasted", "open", True)
    assert second.opened_at == closed + hours(24)


async def test_a_ticket_by_hand_lives_as_any_other(site: Site) -> None:
    assert await site.open(NOON, "Torn cable", station_id=site.at.id, evse=9) == "unknown_charge_point"
    at = {"station_id": site.at.id, "evse": 1}
    for title in ("Torn cable", "Graffiti"):
        assert await site.open(NOON, title, Severity.LOW, text="Seen today", **at) == "done"
    ticket, other = tickets = await site.tickets()
    assert {each.title for each in tickets} == {"Torn cable", "Graffiti"}
    how = (ticket.kind, ticket.why.value, ticket.severity.value, ticket.notes[0].words, ticket.station)
    assert how == (None, "by_hand", "low", "Seen today", "BS-1")
    low = await site.desk(NOON).tickets(site.at.city, TicketsWanted(10, severities=frozenset({Severity.HIGH})))
    assert list(low) == []

    async def change(**asked: Any) -> str:
        return await site.asked(lambda call: site.desk(NOON + hours(1)).change(call, ChangeTicket(ticket.id, **asked)))

    assert await change(out_of_service=True, severity=Severity.HIGH) == "done"
    orders = (
        "SELECT wanted ->> 'operative', wanted ->> 'evse' FROM station_orders WHERE city = :city ORDER BY made_at, id"
    )
    assert await site.world.rows(orders) == [("false", "1")]
    assert await change(state=TicketState.CLOSED, note="Mended", out_of_service=False) == "done"
    assert {each.title: each.state.value for each in await site.tickets()} == {
        ticket.title: "closed",
        other.title: "open",
    }
    assert await site.world.rows(orders) == [("false", "1"), ("true", "1")]
