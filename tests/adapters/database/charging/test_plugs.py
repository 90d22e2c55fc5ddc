"""Plugs in PostgreSQL: a station keeps one for whoever booked it, another takes its place, or the booking is given back."""

import asyncio
import secrets
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.database.booking.search import SqlFinder
from adapters.database.charging.plug_reading import SqlPlugReader
from adapters.database.charging.plugs import SqlPlugs, due_plugs
from adapters.database.charging.station_orders import SqlStationOrders
from adapters.database.charging.transactions import SqlTransactions
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.classes import ClassRequest
from domain.booking.life import CancelBooking
from domain.charging.orders import Answered, CancelReservation, Order, OrderAnswer, OrderId, ReserveNow, StopTransaction
from domain.charging.plugs.reservations import PlugState
from domain.charging.reports import (
    IdToken,
    ReservationEnd,
    ReservationEnded,
    ReservationNumber,
    TokenVerdict,
    TransactionStarted,
)
from domain.charging.reservations import ChargingOptions, ReserveChargePoint
from domain.charging.stations import ChargingStationId, StationAt
from domain.periods import Period
from infra.clock import now as real_now
from infra.ids import new_id
from services.charging.plugs import PlugMark, PlugsWanted
from services.search.asking import ChargePointFilter, Wanted, anybody
from tests.adapters.database.lives import World
from tests.adapters.database.offices import open_for_business
from tests.adapters.database.rooms import while_room_is_made
from tests.database import Databases
from tests.examples import NOON, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database

QUARTER_TO = NOON - minutes(15)
STANDING = (
    """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest, status, held_by, held_over, held_until)
      SELECT r.city, :id, r.station_id, 'CP-1', 'basic', 'd', 'AVAILABLE', :id, :id, '2031-01-01' FROM resources r
      WHERE r.city = :city AND r.id = :first""",
    """INSERT INTO evses (city, charging_station_id, number, resource_id, status, status_at)
      VALUES (:city, :id, 1, :first, 'AVAILABLE', '2030-01-01'), (:city, :id, 2, :second, 'AVAILABLE', '2030-01-01')""",
)


class Site(Struct, frozen=True):
    """A station of two plugs, and a booking of the first."""

    world: World
    at: StationAt
    booking: Booking

    def plugs(self, now: datetime) -> SqlPlugs:
        return SqlPlugs(
            self.world.database.app.transactions,
            lambda: now,
            new_id,
            random_bytes=secrets.token_bytes,
            expire_holds=self.world.at(now).expire_holds,
            written=lambda: None,
        )

    async def look(self, now: datetime = QUARTER_TO) -> bool:
        return await self.plugs(now).look_after(self.at.city, self.booking.id)

    async def orders(self) -> list[tuple[OrderId, Order]]:
        """What the station is still to be told, the oldest first."""
        sql = "SELECT id, wanted FROM station_orders WHERE city = :city AND answered_at IS NULL ORDER BY made_at, id"
        return [(OrderId(row[0]), msgspec.convert(row[1], Order)) for row in await self.world.rows(sql)]

    async def told(self, answer: Answered, now: datetime = QUARTER_TO) -> Order:
        """The next order is answered so, and whoever follows it goes on."""
        orders = SqlStationOrders(self.world.database.app, new_id)
        order_id, order = (await self.orders())[0]
        await orders.answered(self.at, order_id, OrderAnswer(answer), now)
        answered = await orders.find(self.at.city, order_id)
        assert answered is not None
        await self.plugs(now).order_answered(self.at.city, answered)
        return order

    async def reservations(self, columns: str = "evse, number, state, refusal") -> list[tuple[Any, ...]]:
        return await self.world.rows(
            f"SELECT {columns} FROM plug_reservations WHERE city = :city ORDER BY first_at, number"
        )

    async def booked(self) -> tuple[Any, ...]:
        (row,) = await self.world.rows(
            "SELECT state, reason_code, (fee ->> 'amount')::int, resource_id FROM bookings WHERE city = :city AND id = :id",
            id=self.booking.id,
        )
        return row

    async def change(self, sql: str, **values: object) -> None:
        async with self.world.database.app.transactions.city(self.at.city) as connection:
            await connection.execute(text(sql), {"city": self.at.city} | values)

    async def due(self, now: datetime) -> bool:
        return (self.at.city, self.booking.id) in await due_plugs(self.world.database.relay.statements, now, 100_000)


@pytest.fixture
async def site(database: Databases, world: World) -> Site:
    booking = await world.booked(State.CONFIRMED)
    at = StationAt(world.city.city, ChargingStationId(new_id()))
    first, second = (each.id for each in world.city.charge_points)
    assert booking.resource_id == first
    made = Site(world, at, booking)
    await made.change(STANDING[0], id=at.id, first=first)
    await made.change(STANDING[1], id=at.id, first=first, second=second)
    return made


async def test_a_station_keeps_a_plug_from_a_quarter_of_an_hour_before_and_gives_it_to_the_holder_alone(
    site: Site,
) -> None:
    assert not await site.due(QUARTER_TO - minutes(1))
    assert await site.due(QUARTER_TO)
    assert [await site.look() for _ in range(2)] == [True, False]  # the second one only waits
    ((_, order),) = await site.orders()
    assert isinstance(order, ReserveNow)
    assert (order.number, order.evse, order.until) == (1, 1, NOON + hours(1))
    assert len(order.id_token) == 20
    await site.told(Answered.ACCEPTED)
    assert await site.reservations() == [(1, 1, "honoured", None)]
    assert not await site.due(QUARTER_TO + minutes(1) - minutes(0.01))
    assert await site.due(QUARTER_TO + minutes(1))

    central = SqlTransactions(site.world.database.app, lambda: NOON, new_id)
    stranger = await central.authorise(site.at, IdToken("STRANGER"))
    assert stranger.verdict is TokenVerdict.INVALID
    begun = await central.started(site.at, TransactionStarted(1, 1, order.id_token, NOON))
    assert begun.token.verdict is TokenVerdict.ACCEPTED
    await site.look(NOON)
    assert await site.reservations() == [(1, 1, "used", None)]
    assert await site.orders() == []
    assert not await site.due(NOON + minutes(30))


async def test_a_plug_is_not_asked_for_in_the_time_of_whoever_booked_it_before(site: Site) -> None:
    later = """UPDATE bookings SET starts = starts + interval '1 hour', ends = ends + interval '1 hour' WHERE city = :city AND id = :id"""
    await site.change(later, id=site.booking.id)
    before = await site.world.booked(State.CONFIRMED, site.world.city.charge_points[1])
    there = "UPDATE bookings SET resource_id = :there WHERE city = :city AND id = :id"
    await site.change(there, id=before.id, there=site.booking.resource_id)
    await site.look(NOON + minutes(50))
    assert await site.orders() == []
    await site.change("UPDATE bookings SET state = 'no_show' WHERE city = :city AND id = :id", id=before.id)
    await site.look(NOON + minutes(51))
    assert len(await site.orders()) == 1


async def test_workers_that_look_at_the_same_moment_tell_a_station_each_thing_once(site: Site) -> None:
    neighbour = await site.world.booked(State.CONFIRMED, site.world.city.charge_points[1])
    plugs = site.plugs(QUARTER_TO)
    # As many as there are connections: on a busy machine whoever waits for one is told to come back later.
    await asyncio.gather(
        *(plugs.look_after(site.at.city, each.id) for each in (site.booking, neighbour) for _ in range(3))
    )
    orders = [order for _, order in await site.orders()]
    assert {(order.number, order.evse) for order in orders if isinstance(order, ReserveNow)} in (
        {(1, 1), (2, 2)},
        {(2, 1), (1, 2)},
    )
    assert len(orders) == 2


async def test_where_it_is_refused_the_booking_goes_to_the_other_plug_and_leaves_nothing_behind(site: Site) -> None:
    await site.look()
    await site.told(Answered.FAULTED)
    second = site.world.city.charge_points[1].id
    assert (await site.booked())[-1] == second
    assert await site.reservations() == [(1, 1, "refused", "faulted"), (2, 2, "ordered", None)]
    told, _ = await site.world.happened(site.booking)
    assert told == ["booking.reassigned"]
    await site.told(Answered.ACCEPTED)
    assert (await site.reservations())[-1] == (2, 2, "honoured", None)


async def test_whoever_makes_room_meanwhile_may_take_the_booking_that_is_to_go_elsewhere(site: Site) -> None:
    await site.change("UPDATE evses SET status = 'OUTOFORDER' WHERE city = :city AND number = 1")
    assert await while_room_is_made(site.world, site.booking, site.look())
    assert (await site.booked())[-1] == site.world.city.charge_points[1].id


async def test_a_city_says_itself_how_long_before_a_station_is_told(site: Site) -> None:
    own = """UPDATE cities SET settings = settings || '{"charging": {"plugs": {"lead_min": 40}}}' WHERE city = :city"""
    await site.change(own)
    assert not await site.due(NOON - minutes(41))
    assert await site.due(NOON - minutes(40))
    await site.look(NOON - minutes(41))
    assert await site.orders() == []
    await site.look(NOON - minutes(40))
    assert await site.reservations() == [(1, 1, "ordered", None)]


async def test_a_booking_gets_no_plug_of_another_site_however_alike(site: Site) -> None:
    """Nobody is sent across the town a quarter of an hour before: she is told that there is none."""
    first, there, place = site.world.city.charge_points[0].id, new_id(), new_id()
    for statement in (
        "INSERT INTO stations (city, id, name, address, lat, lon) VALUES (:city, :place, 's', 'a', 52, 10)",
        """INSERT INTO resources (city, id, service, station_id, name, bookable, tariff_id, position)
          SELECT city, :there, service, :place, name, bookable, tariff_id, position FROM resources WHERE city = :city AND id = :first""",
        """INSERT INTO charge_points SELECT (jsonb_populate_record(x, jsonb_build_object('id', CAST(:there AS uuid)))).* FROM charge_points x
          WHERE x.city = :city AND x.id = :first""",
        "UPDATE evses SET resource_id = :there WHERE city = :city AND number = 2",
    ):
        named = {"first": first, "there": there, "place": place}
        await site.change(statement, **{name: value for name, value in named.items() if f":{name}" in statement})
    await site.look()
    await site.told(Answered.FAULTED)
    assert (await site.booked())[0::3] == ("confirmed", first)
    await site.look(NOON - minutes(5))
    assert (await site.booked())[:2] == ("cancelled", "no_plug")


async def test_a_plug_that_a_ticket_keeps_out_of_service_is_none_whatever_its_station_says(site: Site) -> None:
    out = """INSERT INTO charging_tickets (city, id, charging_station_id, evse, kind, why, state, opened_at, changed_at, out_since, withdrawn,
        version) VALUES (:city, :id, :id, 1, 'meter', 'at_once', 'open', '2030-01-01', '2030-01-01', '2030-01-01', ARRAY[CAST(:first AS uuid)], 1)"""
    await site.change(out, id=site.at.id, first=site.world.city.charge_points[0].id)
    await site.look()
    assert (await site.booked())[-1] == site.world.city.charge_points[1].id
    assert await site.reservations() == [(2, 1, "ordered", None)]


async def test_what_was_booked_by_class_becomes_a_plug_that_works_and_nobody_is_written_to(site: Site) -> None:
    await site.change("UPDATE evses SET status = 'OUTOFORDER' WHERE city = :city AND number = 1")
    by_class = """UPDATE bookings SET final_at = starts - interval '30 minutes', request = CAST(:request AS json)
      WHERE city = :city AND id = :id"""
    request: dict[str, Any] = {"station_id": str(site.world.city.station.id), "pool_id": None, "wanted": {}}
    await site.change(by_class, id=site.booking.id, request=msgspec.json.encode(request).decode())
    await site.look(NOON - minutes(30))
    assert (await site.booked())[-1] == site.world.city.charge_points[1].id
    assert (await site.world.happened(site.booking))[0] == ["booking.moved"]
    assert await site.orders() == []


async def test_where_there_is_none_the_booking_ends_in_time_and_costs_nothing(site: Site) -> None:
    await site.change("UPDATE evses SET status = 'OUTOFORDER' WHERE city = :city AND number = 2")
    await site.look()
    await site.told(Answered.OCCUPIED)
    assert (await site.booked())[0] == "confirmed"
    await site.look(NOON + minutes(10))
    assert (await site.booked())[:3] == ("cancelled", "no_plug", 0)
    told, noted = await site.world.happened(site.booking)
    assert told == noted == ["booking.cancelled"]
    await site.look(NOON + minutes(10))
    assert await site.reservations() == [(1, 1, "refused", "occupied")]
    assert not await site.due(NOON + minutes(20))


async def test_whose_station_falls_silent_after_it_said_yes_is_given_her_booking_back(site: Site) -> None:
    await site.look()
    await site.told(Answered.ACCEPTED)
    silent = """UPDATE charging_stations SET held_by = NULL, held_over = NULL, held_until = NULL, seen_at = CAST(:at AS timestamptz)
      WHERE city = :city"""
    await site.change(silent, at=NOON - minutes(10))
    await site.look(NOON - minutes(6))
    assert await site.reservations("state, refusal") == [("honoured", None)]
    await site.look(NOON - minutes(5))
    assert await site.reservations("state, refusal") == [("refused", "not_there")]
    assert (await site.booked())[:3] == ("cancelled", "no_plug", 0)


@pytest.mark.parametrize(("answer", "fee"), [(Answered.OCCUPIED, 0), (Answered.ACCEPTED, 240)])
async def test_to_give_up_what_a_station_refuses_as_yet_costs_nothing(site: Site, answer: Answered, fee: int) -> None:
    await site.look()
    await site.told(answer)
    call = a_call(site.world.actor())
    await site.world.at(QUARTER_TO).cancel(call, CancelBooking(site.booking.id))
    assert (await site.booked())[:3] == ("cancelled", "by_holder", fee)


async def test_whoever_runs_the_stations_sees_what_they_keep_the_latest_first(site: Site) -> None:
    await site.look()
    await site.told(Answered.FAULTED)
    reader = SqlPlugReader(site.world.database.app.transactions)
    kept = await reader.page(site.at.city, PlugsWanted(2))
    assert [(each.station, each.reservation.evse, each.reservation.state) for each in kept] == [
        ("CP-1", 2, PlugState.ORDERED),
        ("CP-1", 1, PlugState.REFUSED),
    ]
    first = kept[0].reservation
    assert await reader.page(site.at.city, PlugsWanted(2, after=PlugMark(first.ordered_at, first.id))) == kept[1:]
    refused = PlugsWanted(2, site.booking.id, frozenset({PlugState.REFUSED}))
    assert await reader.page(site.at.city, refused) == kept[1:]


async def test_what_is_cancelled_is_taken_back_from_the_station(site: Site) -> None:
    await site.look()
    await site.told(Answered.ACCEPTED)
    await site.change("UPDATE bookings SET state = 'cancelled' WHERE city = :city AND id = :id", id=site.booking.id)
    await site.look()
    assert [order for _, order in await site.orders()] == [CancelReservation(ReservationNumber(1))]
    assert await site.reservations() == [(1, 1, "released", None)]


async def test_a_stranger_whom_a_station_lets_through_is_stopped(site: Site) -> None:
    await site.look()
    await site.told(Answered.ACCEPTED)
    late = QUARTER_TO + minutes(5)
    central = SqlTransactions(site.world.database.app, lambda: late, new_id)
    begun = await central.started(site.at, TransactionStarted(1, 1, IdToken("STRANGER"), late))
    await site.look(late)
    stops = [order for _, order in await site.orders()]
    assert StopTransaction(str(begun.number)) in stops  # type: ignore[arg-type]


async def test_a_station_that_gives_a_plug_up_is_told_again(site: Site) -> None:
    await site.look()
    await site.told(Answered.ACCEPTED)
    late = QUARTER_TO + minutes(5)
    central = SqlTransactions(site.world.database.app, lambda: late, new_id)
    for number in (1, 9):
        await central.reservation_ended(site.at, ReservationEnded(ReservationNumber(number), ReservationEnd.REMOVED))
    assert await site.due(late)
    await site.look(late)
    assert await site.reservations("number, state, orders") == [(1, "ordered", 2)]


async def test_two_plugs_for_one_or_one_for_two_cannot_be_written_down(site: Site) -> None:
    await site.look()
    other = await site.world.booked(State.CONFIRMED, site.world.city.charge_points[1])
    copied = """INSERT INTO plug_reservations (city, id, booking_id, charging_station_id, evse, resource_id, number, token, until, state,
        order_id, orders, first_at, ordered_at, honoured, stands)
      SELECT city, :id, :booking, charging_station_id, :evse, resource_id, number + 1, token, until, state, order_id, orders, first_at,
        ordered_at, honoured, stands FROM plug_reservations WHERE city = :city"""
    with pytest.raises(IntegrityError, match="one_plug_for_one"):
        await site.change(copied, id=new_id(), booking=other.id, evse=1)
    with pytest.raises(IntegrityError, match="one_plug_at_a_time"):
        await site.change(copied, id=new_id(), booking=site.booking.id, evse=2)


async def test_what_is_out_of_order_is_not_sold_for_the_next_half_hour(site: Site) -> None:
    """By the clock on the wall, as whoever chooses among plugs asks the database for the time."""
    await site.change("UPDATE evses SET status = 'OUTOFORDER' WHERE city = :city AND number = 2")
    first, broken = site.world.city.charge_points
    at = real_now()
    soon, later = Period(at + minutes(5), at + minutes(65)), Period(at + hours(1), at + hours(2))
    finder = SqlFinder(site.world.database.app.statements)
    for period, free in ((soon, {first.id}), (later, {first.id, broken.id})):
        found = await finder.free(Wanted(site.at.city, anybody(site.at.city), period, ChargePointFilter()), at)
        assert found is not None
        assert {each.id for each in found.items} == free
    reserve = open_for_business(site.world, at).charging.reserve
    ada, station = site.world.actor(), ClassRequest(first.station.id, None, msgspec.Raw(b"{}"))

    async def asked(period: Period, **wish: Any) -> str:
        order = replace(an_order(broken, period=period), booking_id=BookingId(new_id()), **wish)
        answer = await reserve(a_call(ada, key=str(new_id())), ReserveChargePoint(order, ChargingOptions()))
        return "booked" if answer.status == 200 else answer.body

    assert await asked(soon) == "out_of_service"
    assert [await asked(soon, resource_id=None, request=station) for _ in range(2)] == ["booked", "resource_taken"]
    assert await asked(later) == "booked"
