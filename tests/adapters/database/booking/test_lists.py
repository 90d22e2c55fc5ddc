"""Lists of bookings: whose, in what order, and by which index, as the app's role behind the row policies."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from adapters.database.booking.reading import listing
from adapters.database.connections import Session
from domain.booking.bookings import BookingId, State
from domain.booking.reach import Reach
from domain.booking.resources import Service
from domain.identity import Role
from domain.periods import Period
from infra.ids import new_id
from services.booking.ports import After, Wanted
from tests.adapters.database.lives import World
from tests.examples import NOON, TOWN_HALL, an_order, hours

pytestmark = pytest.mark.database

# Copies of one booking, an hour apart, shared out among a hundred holders.
MANY = """
INSERT INTO bookings (city, id, service, resource_id, holder_id, booked_by, starts, ends, state, payer, options, quote, terms,
  tariff_id, tariff_version, made_at, updated_at)
SELECT b.city, gen_random_uuid(), b.service, b.resource_id, md5((n % 100)::text)::uuid, b.booked_by, b.starts - n * interval '1 hour',
  b.ends - n * interval '1 hour', 'cancelled', b.payer, b.options, b.quote, b.terms, b.tariff_id, b.tariff_version, b.made_at, b.updated_at
FROM bookings b, generate_series(1, 4000) n WHERE b.city = :city
"""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


# Which road is the shorter one hangs on what else tests have left in the table; whether there is one by the indexes does not.
ROADS = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")


async def plan_of(world: World, within: Reach) -> list[dict[str, Any]]:
    """The scans of `bookings` in the plan for one of the later pages, if it can be read by indexes from their places."""
    wanted = Wanted(limit=20, after=After(NOON - hours(50), BookingId(new_id())))
    sql, values = listing(world.city.city, world.actor().id, within, wanted)
    async with world.database.app.statements.session() as session:
        assert await session.one("SELECT current_user") == "kommobil_app"
        await _allow(session, "off")
        try:
            found = json.loads(await session.one(f"EXPLAIN (FORMAT JSON) {sql}", *values))
        finally:
            await _allow(session, "on")
    return [node for node in nodes(found[0]["Plan"]) if node.get("Relation Name") == "bookings"]


async def _allow(session: Session, how: str) -> None:
    for road in ROADS:
        await session.one("SELECT set_config('enable_' || $1::text, $2::text, false)", road, how)


@pytest.mark.parametrize(
    ("within", "indexes"),
    [
        (Reach(False, False, frozenset()), {"bookings_of_holder": "holder_id"}),
        (Reach(True, False, frozenset()), {"bookings_of_city": "city"}),
        (
            Reach(False, True, frozenset({TOWN_HALL})),
            {"bookings_of_holder": "holder_id", "bookings_of_resource": "resource_id"},
        ),
    ],
)
async def test_a_page_is_read_from_its_place_in_an_index(world: World, within: Reach, indexes: dict[str, str]) -> None:
    await world.booked(State.CANCELLED)
    async with world.database.app.transactions.city(world.city.city) as connection:
        await connection.execute(text(MANY), {"city": world.city.city})
    async with world.database.owner.transactions.everywhere() as connection:
        await connection.execute(text("ANALYZE bookings"))

    scans = await plan_of(world, within)

    # Of each that is shown it is looked up whether it was kept waiting.
    scans = [scan for scan in scans if scan.get("Index Name") != "bookings_that_delay"]
    assert {scan.get("Index Name") for scan in scans} == set(indexes)
    for scan in scans:
        assert scan["Node Type"] == "Index Scan"
        assert indexes[scan["Index Name"]] in scan["Index Cond"]
        assert "starts <=" in scan["Index Cond"]


async def test_a_list_is_in_order_and_continues_after_its_last_booking(world: World) -> None:
    first, second = world.city.charge_points
    placed = [
        await world.booked(State.CONFIRMED, point, order=an_order(point, period=Period(start, start + hours(1))))
        for start in (NOON, NOON + hours(1), NOON + hours(2))
        for point in (first, second)
    ]
    in_order = [booking.id for booking in sorted(placed, key=lambda b: (-b.start.timestamp(), b.id))]
    books, ada = world.at(NOON), world.actor()

    seen, after = [], None
    while True:
        page = await books.page(ada, Wanted(limit=1, after=after))
        seen += [view.id for view in page.items]
        if (after := page.next) is None:
            break

    assert seen == in_order


async def test_a_list_is_narrowed_by_service_state_and_overlap(world: World) -> None:
    point, car = world.city.charge_points[0], world.city.cars[0]
    charge = await world.booked(State.CONFIRMED, point)
    trip = await world.booked(State.CANCELLED, car)
    books, ada = world.at(NOON), world.actor()

    async def found(wanted: Wanted) -> set[BookingId]:
        return {view.id for view in (await books.page(ada, wanted)).items}

    assert await found(Wanted(limit=9)) == {charge.id, trip.id}
    assert await found(Wanted(limit=9, service=Service.FLEET)) == {trip.id}
    assert await found(Wanted(limit=9, states=frozenset({State.CONFIRMED, State.HELD}))) == {charge.id}
    assert await found(Wanted(limit=9, since=NOON + hours(1))) == set()
    assert await found(Wanted(limit=9, until=NOON)) == set()
    assert await found(Wanted(limit=9, since=NOON, until=NOON + hours(1))) == {charge.id, trip.id}


async def test_everybody_sees_in_lists_what_they_may_act_on(world: World) -> None:
    city = world.city
    own = await world.booked(State.CONFIRMED, city.charge_points[0])
    in_pool = await world.booked(State.CONFIRMED, city.cars[1], order=an_order(city.cars[1], holder="grace"))
    mine_in_pool = await world.booked(
        State.CONFIRMED, city.cars[1], order=an_order(city.cars[1], period=Period(NOON + hours(3), NOON + hours(4)))
    )
    elsewhere = await world.booked(State.CONFIRMED, city.cars[0], order=an_order(city.cars[0], holder="grace"))

    async def seen(name: str, *roles: Role, pools: tuple[str, ...] = ()) -> list[BookingId]:
        actor = world.actor(name, *roles, pools=pools)
        page = await world.at(NOON).page(actor, Wanted(limit=9))
        for booking in (own, in_pool, mine_in_pool, elsewhere):
            found = await world.at(NOON).find(actor, booking.id)
            assert (found in page.items) == (booking.id in {view.id for view in page.items})
        return sorted(view.id for view in page.items)

    mine = sorted([own.id, mine_in_pool.id])
    assert await seen("ada") == mine
    assert await seen("ada", Role.FLEET_MANAGER, pools=("town-hall",)) == sorted([*mine, in_pool.id])
    assert await seen("ada", Role.FLEET_MANAGER, pools=("fire-brigade",)) == mine
    assert await seen("bob", Role.FLEET_MANAGER) == sorted([in_pool.id, mine_in_pool.id])
    assert await seen("bob", Role.OPERATOR) == sorted([own.id, in_pool.id, mine_in_pool.id, elsewhere.id])
    assert await seen("bob") == []
