"""Stations that obey their profiles, the central system and whoever plans, on one clock: what is drawn is read all the while."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import pytest
from msgspec import Struct
from sqlalchemy import text

from adapters.database.charging.power_steering import SqlSteering
from adapters.database.charging.station_bell import listen
from adapters.database.connections import Address
from adapters.ocpp.central.doors import digest_of
from adapters.ocpp.central.serving import Door, open_doors
from adapters.ocpp.central.switchboard import Switchboard
from adapters.ocpp.simulated.dialect import Dialect
from adapters.ocpp.simulated.line import Wiring
from adapters.ocpp.simulated.ocpp16 import Ocpp16
from adapters.ocpp.simulated.ocpp201 import Ocpp201
from adapters.ocpp.simulated.station import Make, SimulatedStation
from domain.booking.bookings import State
from domain.charging.power.groups import GridLimit, Member, PowerGroup, PowerGroupId, limit_at
from domain.charging.power.setting import GroupSet, LimitId, SignalLimit
from domain.charging.stations import SecurityProfile
from domain.identity import Role
from domain.periods import Period
from infra.charging.central import central_system
from infra.charging.power import power_groups
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.charging.power import GroupStands, PowerGroups
from tests.adapters.database.lives import World
from tests.adapters.ocpp.central import KEY
from tests.database import Databases
from tests.examples import NOON, a_call, an_order, hours, minutes

pytestmark = pytest.mark.database
DEPOT = PowerGroupId("depot")
DIALECTS: tuple[Callable[[], Dialect], ...] = (Ocpp16, Ocpp201)
STANDING = (
    """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
      SELECT r.city, :id, r.station_id, :identity, 'basic', :digest FROM resources r WHERE r.city = :city AND r.id = :resource""",
    "INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, 1, :resource)",
    """INSERT INTO charging_tokens (city, token, booking_id, valid_from, valid_until)
      SELECT b.city, :token, b.id, b.starts, b.ends FROM bookings b WHERE b.city = :city AND b.id = :booking""",
)


class Clock(Struct):
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


class Depot(Struct):
    """Two stations of different versions behind 16 kW. What they draw is read whenever anybody looks."""

    world: World
    app_url: str
    clock: Clock
    stations: tuple[SimulatedStation, ...] = ()
    limits: list[GridLimit] = []
    most: list[tuple[int, int]] = []
    port: int = 0

    @property
    def group(self) -> PowerGroup:
        members = tuple(Member(point.id, 11_000) for point in self.world.city.charge_points)
        return PowerGroup(DEPOT, 16_000, members, default_need_wh=30_000)

    @property
    def power(self) -> PowerGroups:
        return power_groups(self.world.database.app.transactions, self.clock, new_id)

    def steering(self) -> SqlSteering:
        return SqlSteering(self.world.database.app.transactions, self.clock, new_id, lambda: None)

    async def steer(self) -> bool:
        return await self.steering().steer(self.world.city.city, DEPOT)

    def read(self) -> list[int]:
        return [station.evses[1].count(self.clock.now, 1.0) for station in self.stations]

    def look(self) -> list[int]:
        """Never more than is allowed."""
        watts, allowed = self.read(), limit_at(self.group, self.limits, self.clock.now)
        assert sum(watts) <= allowed, (self.clock.now, watts)
        return watts

    async def waiting(self) -> int:
        sql = "SELECT count(*) FROM station_orders WHERE city = :city AND answered_at IS NULL AND kind = 'set_profile'"
        ((count,),) = await self.world.rows(sql)
        return int(count)

    async def settle(self) -> list[int]:
        """Until all that is planned was told and answered before the last plan: an answer may lead to the next one. Time goes on
        meanwhile, or nobody knew whether a station booted before or after what it said in the same moment."""
        async with asyncio.timeout(20):
            while bool(await self.waiting()) | await self.steer():
                self.clock.now += timedelta(milliseconds=1)
                self.look()
                await asyncio.sleep(0.01)
        return self.look()

    async def at(self, switchboard: Switchboard, minute: int) -> list[int]:
        """What is drawn then, when all has come to rest; and by what was told before, until it has."""
        self.clock.now = NOON + minutes(minute)
        await switchboard.renew()
        self.look()
        return await self.settle()

    async def dim(self, start: int, end: int) -> LimitId:
        """As far as is allowed."""
        limit = GridLimit(Period(NOON + minutes(start), NOON + minutes(end)), 0)
        command = SignalLimit(LimitId(new_id()), DEPOT, limit, "BS|NETZ")
        call = a_call(self.world.actor("olga", Role.OPERATOR), "signal", key=str(command.id))
        assert (await self.power.signal(call, command)).status == 200
        self.limits.append(limit)
        return command.id

    async def lift(self, limit: LimitId) -> None:
        assert await self.power.lift(a_call(self.world.actor("olga", Role.OPERATOR), "lift"), DEPOT, limit) is None
        self.limits.pop()

    @asynccontextmanager
    async def process(self) -> AsyncIterator[Switchboard]:
        """One of the central system, at the same door as the one before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        central = central_system(self.world.database.app, self.clock, new_id, lambda: None)
        switchboard = Switchboard(central, new_id(), self.clock, new_id)
        bell = asyncio.create_task(listen(Address(self.app_url), switchboard.rung))
        try:
            async with open_doors([Door(SecurityProfile.BASIC, listener, None)], central.stations, switchboard):
                yield switchboard
        finally:
            bell.cancel()
            await asyncio.gather(bell, return_exceptions=True)

    async def left_behind(self) -> None:
        """A process that was killed does not say so: its lease goes on."""
        while any(station.booted.is_set() for station in self.stations):  # noqa: ASYNC110 - only the stations know
            await asyncio.sleep(0.01)
        sql = "UPDATE charging_stations SET held_by = id, held_over = id, held_until = :until WHERE city = :city RETURNING 1"
        await self.world.rows(sql, until=self.clock.now + hours(1))

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[None]:
        url = f"ws://127.0.0.1:{self.port}/ocpp/{self.world.city.city}"
        self.stations = tuple(
            SimulatedStation(Make(every_s=600), Wiring(url, f"CP-{n}", KEY), dialect(), self.clock, new_id)
            for n, dialect in enumerate(DIALECTS)
        )
        running = [asyncio.create_task(station.run()) for station in self.stations]
        try:
            await self.booted()
            self.clock.now += timedelta(seconds=1)  # what they answer is said after they booted
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def booted(self) -> None:
        async with asyncio.timeout(20):
            for station in self.stations:
                await station.booted.wait()


@pytest.fixture
async def depot(database: Databases, postgres: DatabaseUrls) -> Depot:
    world = World(database, await database.new_city())
    made = Depot(world, postgres.app, Clock())
    for n, point in enumerate(world.city.charge_points):
        order = an_order(point, period=Period(NOON, NOON + hours(6)))
        booking = await world.booked(State.CONFIRMED, point, order=order)
        values = {"city": world.city.city, "id": new_id(), "resource": point.id, "booking": booking.id}
        values |= {"identity": f"CP-{n}", "digest": digest_of(KEY), "token": f"TOKEN{n}"}
        async with database.app.transactions.city(world.city.city) as connection:
            for statement in STANDING:
                named = {name: value for name, value in values.items() if f":{name}" in statement}
                await connection.execute(text(statement), named)
    done = await made.power.set(a_call(world.actor("olga", Role.OPERATOR)), GroupSet(made.group, "Betriebshof"))
    assert isinstance(done, GroupStands)
    return made


async def test_stations_keep_to_an_hour_of_dimming_and_a_kill_between_plan_and_word_harms_nobody(depot: Depot) -> None:
    async with AsyncExitStack() as killed:
        first = await killed.enter_async_context(depot.process())
        async with depot.standing():
            await depot.settle()
            for n, station in enumerate(depot.stations):
                assert await station.swipe(1, f"TOKEN{n}") == "charging"
            seen = [sum(await depot.at(first, 5))]
            hour = await depot.dim(30, 90)
            seen += [sum(await depot.at(first, minute)) for minute in (15, 29, 31)]
            await killed.aclose()
            await depot.left_behind()
            # What it was to say would be too much by the time that the next one is there.
            await depot.lift(hour)
            assert await depot.steer()
            await depot.dim(31, 90)
            assert await depot.steer()
            async with depot.process() as second:
                await depot.booted()
                seen += [sum(await depot.at(second, minute)) for minute in (33, 60, 89, 91)]
    assert seen == [16_000, 16_000, 16_000, 7560, 7560, 7560, 7560, 16_000]
    ((never_said,),) = await depot.world.rows(
        "SELECT count(*) FROM station_orders WHERE city = :city AND answered = 'not_there' AND sent_at IS NULL"
    )
    assert never_said > 0
    noted = await depot.world.rows(
        "SELECT DISTINCT session_id, at FROM charging_readings WHERE city = :city AND point ->> 'kind' = 'given'"
        " AND (point ->> 'offered_w')::numeric = 0 AND at BETWEEN :since AND :until",
        since=NOON + minutes(29),
        until=NOON + minutes(32),
    )
    assert noted  # whoever had to wait while it was dimmed pays for no standing there
