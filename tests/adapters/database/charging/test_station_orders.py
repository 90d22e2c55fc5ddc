"""Orders to stations in PostgreSQL: told over the connection that holds the station, again over the next one, answered once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from adapters.database.charging.station_orders import SqlStationOrders, due_orders, place_order
from domain.charging.orders import (
    Answered,
    ChangeAvailability,
    Order,
    OrderAnswer,
    OrderAnswered,
    OrderId,
    PowerStep,
    Profile,
    ProfilePurpose,
    Reset,
    SetProfile,
    StartTransaction,
    StationOrder,
    StopTransaction,
    Unlock,
)
from domain.charging.reports import IdToken, TransactionRef
from domain.charging.stations import ChargingStationId, StationAt
from infra.ids import new_id
from services.charging.central.ports import Taken
from tests.database import Databases, SeededCity
from tests.examples import NOON, minutes

pytestmark = pytest.mark.database

HERE, THERE = new_id(), new_id()
ACCEPTED = OrderAnswer(Answered.ACCEPTED, "Accepted", {"a": "b"})


class Standing(Struct, frozen=True):
    """A station, and the orders of its city."""

    databases: Databases
    at: StationAt
    orders: SqlStationOrders

    async def held(self, process: UUID) -> UUID:
        connection = new_id()
        await self.databases.rows(
            self.at.city,
            "UPDATE charging_stations SET held_by = :process, held_over = :connection, held_until = now() WHERE city = :city AND id = :id"
            " RETURNING id",
            process=process,
            connection=connection,
            id=self.at.id,
        )
        return connection

    async def placed(self, order: StationOrder) -> StationOrder:
        async with self.databases.app.transactions.city(self.at.city) as connection:
            await place_order(connection, self.at.city, order)
            await place_order(connection, self.at.city, order)
        return order

    def order(self, minute: int = 0, subject: UUID | None = None) -> StationOrder:
        made = NOON + minutes(minute)
        wanted = StopTransaction(TransactionRef("7")) if subject else ChangeAvailability(operative=True)
        return StationOrder(OrderId(new_id()), self.at.id, wanted, made, made + minutes(5), subject)

    async def told_of(self) -> list[tuple[UUID, str]]:
        rows = await self.databases.rows(
            self.at.city,
            "SELECT subject_id, kind FROM outbox WHERE city = :city AND kind LIKE 'charging.%' ORDER BY id",
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
async def standing(database: Databases) -> Standing:
    seeded: SeededCity = await database.new_city()
    at = StationAt(seeded.city, ChargingStationId(new_id()))
    await database.rows(
        at.city,
        "INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)"
        " VALUES (:city, :id, :station, 'CP-1', 'basic', 'd') RETURNING id",
        id=at.id,
        station=seeded.station.id,
    )
    return Standing(database, at, SqlStationOrders(database.app, new_id))


async def test_an_order_goes_over_the_connection_that_holds_the_station_and_is_answered_once(
    standing: Standing,
) -> None:
    orders, at = standing.orders, standing.at
    later = await standing.placed(standing.order(1, subject=new_id()))
    first = await standing.placed(standing.order(0))
    assert await orders.waiting(at.city, HERE, NOON) == ()
    over = await standing.held(HERE)
    assert await orders.waiting(at.city, HERE, NOON) == ((at.id, True),)
    assert await orders.waiting(at.city, THERE, NOON) == ()
    assert await orders.take(at, new_id(), NOON) is None  # by somebody who does not hold it
    assert await orders.take(StationAt(at.city, ChargingStationId(new_id())), over, NOON) is None
    assert await orders.take(at, over, NOON, [ChangeAvailability, StopTransaction]) is None
    assert await orders.take(at, over, NOON) == Taken(first, awaited=True, further=True)
    assert await orders.take(at, over, NOON) == Taken(later, awaited=True)
    assert await orders.take(at, over, NOON) is None
    assert await orders.waiting(at.city, HERE, NOON) == ()

    again = await standing.held(THERE)
    assert await orders.take(at, over, NOON) is None
    assert await orders.waiting(at.city, THERE, NOON) == ((at.id, True),)
    assert await orders.take(at, again, NOON) == Taken(first, awaited=True, further=True)
    assert await orders.find(at.city, first.id) is None
    assert [await orders.answered(at, first.id, ACCEPTED, NOON) for _ in range(2)] == [True, False]
    assert await orders.find(at.city, first.id) == OrderAnswered(first, ACCEPTED)
    assert await standing.told_of() == [(first.id, "charging.order_answered")]
    assert await orders.take(at, again, NOON) == Taken(later, awaited=True)


async def test_what_somebody_waits_for_is_told_before_what_nobody_does(standing: Standing) -> None:
    """And nothing of that is lost: it comes after."""
    profile = Profile(1, 0, ProfilePurpose.DEFAULT, NOON, None, [PowerStep(0, 11_000)])
    limit, nobodys, hers, door = [
        await standing.placed(msgspec.structs.replace(standing.order(minute, subject), order=order))
        for minute, subject, order in (
            (0, None, SetProfile(1, profile)),
            (1, None, StopTransaction(TransactionRef("7"))),
            (2, new_id(), StopTransaction(TransactionRef("8"))),
            (3, None, Unlock(1)),
        )
    ]
    orders, at, over = standing.orders, standing.at, await standing.held(HERE)
    assert await orders.waiting(at.city, HERE, NOON) == ((at.id, True),)
    taken = [await orders.take(at, over, NOON) for _ in range(3)]
    assert taken == [
        Taken(hers, awaited=True, further=True),
        Taken(door, awaited=True, further=False),
        Taken(limit, awaited=False, further=False),
    ]
    assert await orders.waiting(at.city, HERE, NOON) == ((at.id, False),)
    assert await orders.take(at, over, NOON) == Taken(nobodys, awaited=False)


async def test_workers_that_take_at_the_same_moment_take_each_order_once(standing: Standing) -> None:
    placed = [await standing.placed(standing.order(minute)) for minute in range(4)]
    over = await standing.held(HERE)
    taken = await asyncio.gather(*(standing.orders.take(standing.at, over, NOON) for _ in range(12)))
    assert sorted(each.order.id for each in taken if each) == sorted(order.id for order in placed)


@pytest.mark.parametrize(
    "order", [Reset(), Unlock(1), StartTransaction(1, IdToken("A1B2"), 9)], ids=lambda each: type(each).__name__
)
async def test_what_would_be_done_twice_is_told_once_and_lapses_without_an_answer(
    standing: Standing, order: Order
) -> None:
    orders, at = standing.orders, standing.at
    placed = await standing.placed(msgspec.structs.replace(standing.order(), order=order))
    assert await orders.take(at, await standing.held(HERE), NOON) == Taken(placed, awaited=True)
    over = await standing.held(THERE)
    assert await orders.waiting(at.city, THERE, NOON) == ()
    assert await orders.take(at, over, NOON) is None
    await orders.lapse(at.city, placed.id, NOON + minutes(5))
    answered = await orders.find(at.city, placed.id)
    assert answered is not None
    assert answered.answer == OrderAnswer(Answered.NO_ANSWER)


@pytest.mark.parametrize(
    ("told_at", "looked_at", "expected"),
    [
        (None, minutes(4), None),
        (None, minutes(5), Answered.NOT_THERE),
        (minutes(1), minutes(5), Answered.NO_ANSWER),
        (minutes(4.5), minutes(5), None),  # its answer may be on the way
    ],
)
async def test_an_order_for_which_it_is_too_late_is_answered_by_us(
    standing: Standing, told_at: timedelta | None, looked_at: timedelta, expected: Answered | None
) -> None:
    orders, at = standing.orders, standing.at
    order = await standing.placed(standing.order(0))
    over = await standing.held(HERE)
    if told_at is not None:
        assert await orders.take(at, over, NOON + told_at) == Taken(order, awaited=True)
    found = await due_orders(standing.databases.relay.statements, NOON + looked_at, 100_000)
    assert ((at.city, order.id) in found) is (looked_at >= minutes(5))
    await orders.lapse(at.city, order.id, NOON + looked_at)
    answered = await orders.find(at.city, order.id)
    assert (answered.answer if answered else None) == (OrderAnswer(expected) if expected else None)
    assert len(await standing.told_of()) == (1 if expected else 0)
    assert await orders.waiting(at.city, HERE, NOON + minutes(5)) == ()
    assert await orders.take(at, over, NOON + minutes(5)) is None
