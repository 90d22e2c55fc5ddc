"""A city's log: told once, in order, to whoever may see it, whatever commits when."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.happenings import SqlFleetLog, SqlLog
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from services.live import hub
from services.live.hub import Follower, Hub
from services.live.ports import Happening, Mark, fleet_reader, reader
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours

pytestmark = pytest.mark.database
ENTRY = text("""
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :id, now(), :id, :action, :subject, 'test')
""")


class Town(Struct, frozen=True):
    database: Databases
    seeded: SeededCity
    hub: Hub[Happening]

    @property
    def city(self) -> City:
        return self.seeded.city

    async def booked(self, holder: PersonId, resource: Resource, day: int = 1) -> Booking:
        start = now().replace(microsecond=0) + timedelta(days=day)
        order = an_order(resource, period=Period(start, start + hours(1)))
        booking = replace(a_booking(State.CONFIRMED, resource, order=order), id=BookingId(new_id()), holder_id=holder)
        await self.database.place(self.city, booking, resource)
        return booking

    async def write(self, connection: AsyncConnection, about: Booking | Resource, action: str) -> UUID:
        entry = new_id()
        row = {"city": self.city, "id": entry, "action": action, "subject": about.id}
        await connection.execute(ENTRY, row)
        return entry

    async def happens(self, about: Booking | Resource, action: str) -> UUID:
        async with self.database.app.transactions.city(self.city) as connection:
            return await self.write(connection, about, action)

    @asynccontextmanager
    async def followed(self, actor: Actor, after: Mark | None = None) -> AsyncIterator[Follower[Happening]]:
        follower = await self.hub.follow(actor, after)
        assert follower is not None
        try:
            yield follower
        finally:
            follower.leave()


@pytest.fixture
async def town(database: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr(hub, "EVERY_S", 0.01)
    opened = Hub(SqlLog(database.app.statements), reader)
    yield Town(database, await database.new_city(), opened)
    opened.close()


def resident(town: Town, *roles: Role, pools: frozenset[PoolId] = frozenset()) -> Actor:
    return Actor(PersonId(new_id()), town.city, frozenset(roles or {Role.RESIDENT}), pools)


async def told(follower: Follower[Happening], count: int) -> list[tuple[UUID, str]]:
    """The next so many happenings: the booking, and what happened to it."""
    found: list[tuple[UUID, str]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            happenings = await follower.next(5)
            assert happenings is not None
            found += [(each.about.id, each.kind) for each in happenings]
    return found


async def test_a_holder_is_told_of_own_bookings_and_staff_of_their_pools(town: Town) -> None:
    anna, ben = resident(town), resident(town)
    manager = resident(town, Role.FLEET_MANAGER, pools=frozenset({TOWN_HALL}))
    elsewhere = resident(town, Role.FLEET_MANAGER, pools=frozenset({PoolId("elsewhere")}))
    operator = resident(town, Role.OPERATOR)
    point, pool_car = town.seeded.charge_points[0], town.seeded.cars[1]
    charging, trip = await town.booked(anna.id, point), await town.booked(ben.id, pool_car)
    async with (
        town.followed(anna) as to_anna,
        town.followed(ben) as to_ben,
        town.followed(manager) as to_manager,
        town.followed(elsewhere) as to_elsewhere,
        town.followed(operator) as to_operator,
    ):
        await town.happens(charging, "booking.confirmed")
        await town.happens(trip, "refused:wrong_state")  # no news: nothing happened
        await town.happens(trip, "booking.already_there")  # nor did anything where it was so already
        await town.happens(trip, "key.unlock:done")  # nor does it make a booking
        await town.happens(charging, "dunning.reminded")
        await town.happens(trip, "booking.started")
        await town.happens(charging, "booking.cancelled")
        of_charging = [(charging.id, "booking.confirmed"), (charging.id, "booking.cancelled")]
        of_trip = [(trip.id, "booking.started")]
        assert await told(to_anna, 2) == of_charging
        assert await told(to_ben, 1) == of_trip
        assert await told(to_manager, 1) == of_trip
        assert await told(to_operator, 3) == [of_charging[0], *of_trip, of_charging[1]]
        assert await to_elsewhere.next(0.05) == ()


async def test_what_commits_late_is_told_in_its_place_and_not_passed_over(town: Town) -> None:
    anna = resident(town)
    booking = await town.booked(anna.id, town.seeded.charge_points[0])
    async with town.followed(anna) as follower:
        while await follower.next(0.01):
            pass
        async with town.database.app.transactions.city(town.city) as slow:
            await town.write(slow, booking, "booking.confirmed")
            await town.happens(booking, "booking.started")
            assert [await follower.next(0.05) for _ in range(3)] == [(), (), ()]  # its commit overtook the other
        assert await told(follower, 2) == [(booking.id, "booking.confirmed"), (booking.id, "booking.started")]


async def test_one_who_was_away_is_told_the_rest_and_one_from_another_history_begins_anew(town: Town) -> None:
    anna = resident(town)
    booking = await town.booked(anna.id, town.seeded.charge_points[0])
    async with town.followed(anna) as follower:
        await town.happens(booking, "booking.confirmed")
        await told(follower, 1)
        mark = follower.mark
    await town.happens(booking, "booking.started")
    await town.happens(booking, "booking.finished")
    async with town.followed(anna, mark) as follower:
        assert not follower.begins_anew
        assert await told(follower, 2) == [(booking.id, "booking.started"), (booking.id, "booking.finished")]
    for elsewhere in (Mark(10**15, new_id()), Mark(mark.transaction, new_id()), Mark(mark.transaction + 1, mark.entry)):
        async with town.followed(anna, elsewhere) as follower:
            assert follower.begins_anew
    async with town.followed(anna, elsewhere) as follower:
        await town.happens(booking, "booking.cancelled")
        assert await told(follower, 1) == [(booking.id, "booking.cancelled")]


async def test_whoever_reads_slowly_or_comes_and_goes_is_told_everything_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "KEPT", 5)
    monkeypatch.setattr(hub, "PAGE", 7)
    dice = random.Random(20261123)
    anna, ben = resident(town), resident(town)
    mine = await town.booked(anna.id, town.seeded.charge_points[0])
    other = await town.booked(ben.id, town.seeded.charge_points[1])
    written: list[str] = []

    async def write(writer: int) -> None:
        for number in range(40):
            async with town.database.app.transactions.city(town.city) as connection:
                action = f"booking.{writer}-{number}"
                await town.write(connection, dice.choice([mine, other]), "booking.other")
                await asyncio.sleep(dice.uniform(0, 0.004))
                await town.write(connection, mine, action)
                await asyncio.sleep(dice.uniform(0, 0.004))
            written.append(action)

    async def read() -> list[str]:
        found: list[str] = []
        after = None
        while len(found) < 160:
            async with town.followed(anna, after) as follower:
                for _ in range(dice.randint(1, 6)):
                    happenings = await follower.next(0.05)
                    assert happenings is not None
                    found += [each.kind for each in happenings if each.kind != "booking.other"]
                    after = follower.mark
                    await asyncio.sleep(dice.uniform(0, 0.03))
        return found

    async with town.followed(anna), asyncio.timeout(20):
        reading = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        await asyncio.gather(*(write(writer) for writer in range(4)))
        found = await reading
    assert len(found) == 160
    assert set(found) == set(written)
    for writer in range(4):
        own = [kind for kind in found if kind.startswith(f"booking.{writer}-")]
        assert own == [f"booking.{writer}-{number}" for number in range(40)]


async def test_followers_are_few(town: Town) -> None:
    anna = resident(town)
    opened = [await town.hub.follow(anna, None) for _ in range(hub.FOLLOWERS_EACH)]
    assert await town.hub.follow(anna, None) is None
    assert opened[0] is not None
    opened[0].leave()
    assert await town.hub.follow(anna, None) is not None


async def test_whoever_runs_a_pool_is_told_of_its_vehicles_and_of_nothing_because_it_is_her_own(town: Town) -> None:
    ben, operator = resident(town), resident(town, Role.OPERATOR)
    manager = resident(town, Role.FLEET_MANAGER, pools=frozenset({TOWN_HALL}))
    elsewhere = resident(town, Role.FLEET_MANAGER, pools=frozenset({PoolId("elsewhere")}))
    free_car, pool_car = town.seeded.cars
    trip, own = await town.booked(ben.id, pool_car), await town.booked(manager.id, free_car)
    charging = await town.booked(manager.id, town.seeded.charge_points[0])
    opened = Hub(SqlFleetLog(town.database.app.statements), fleet_reader)
    to_manager, to_elsewhere, to_operator = [await opened.follow(who, None) for who in (manager, elsewhere, operator)]
    assert to_manager is not None
    assert to_elsewhere is not None
    assert to_operator is not None
    for about, action in (
        (charging, "booking.confirmed"),
        (town.seeded.charge_points[0], "resource.blocked"),
        (own, "fleet.vehicle_reserved"),
        (trip, "refused:wrong_state"),
        (trip, "booking.already_there"),
        (trip, "payment.captured"),
        (trip, "dunning.reminded"),
        (pool_car, "fleet.paper_entered:hu"),
        (trip, "key.unlock:unanswered:lock_silent"),
    ):
        await town.happens(about, action)
    of_pool = [
        ("fleet.paper_entered", "hu", pool_car.id, None),
        ("key.unlock", "unanswered:lock_silent", pool_car.id, trip.id),
    ]
    of_all = [("booking.created", None, free_car.id, own.id), *of_pool]
    for follower, wanted in ((to_manager, of_pool), (to_operator, of_all)):
        found: list[tuple[str, str | None, UUID, UUID | None]] = []
        async with asyncio.timeout(5):
            while len(found) < len(wanted):
                found += [
                    (each.type, each.detail, each.vehicle_id, each.booking.id if each.booking else None)
                    for each in await follower.next(5) or ()
                ]
        assert found == wanted
    assert await to_elsewhere.next(0.05) == ()
    opened.close()
