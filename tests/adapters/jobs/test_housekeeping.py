"""What is forgotten, and what the clock has ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from adapters.database import tables
from adapters.database.housekeeping import AT_ONCE, Housekeeping
from domain.booking.bookings import State
from infra.ids import new_id
from tests.database import Databases, SeededCity
from tests.examples import NOON, a_booking, an_id, an_order, hours

pytestmark = pytest.mark.database

DAY = timedelta(days=1)


@pytest.fixture
def house(database: Databases) -> Housekeeping:
    return Housekeeping(database.relay.statements)


@pytest.fixture
async def city(database: Databases, house: Housekeeping) -> SeededCity:
    """In a database from which everything old has been forgotten already."""
    while await house.forget(NOON + DAY):
        pass
    return await database.new_city()


def rows(kind: str, city: SeededCity, at: datetime, count: int) -> list[dict[str, Any]]:
    """Rows of a table that grow old from this instant on."""
    common: dict[str, dict[str, Any]] = {
        "answers": {
            "actor_id": an_id("ada"),
            "route": "x",
            "fingerprint": "",
            "status": 200,
            "media_type": "",
            "body": "",
        },
        "callers": {"address": "192.0.2.1", "at": at},
        "quotes": {"actor_id": an_id("ada"), "quoted": {}, "expires_at": at},
        "outbox": {
            "kind": "booking.expired",
            "subject_id": an_id("booking"),
            "written_at": at,
            "due_at": at,
            "attempts": 1,
            "done_at": at,
        },
        "sign_in_codes": {"email": "ada@example.org", "language": "de", "made_at": at, "expires_at": at, "tries": 0},
    }
    key = {"answers": "key", "callers": "audit_id"}.get(kind, "id")
    facts = common[kind] | ({"answered_at": at} if kind == "answers" else {})
    return [facts | {"city": city.city, key: str(new_id()) if kind == "answers" else new_id()} for _ in range(count)]


async def write(database: Databases, kind: str, city: SeededCity, at: datetime, count: int = 1) -> None:
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(insert(tables.metadata.tables[kind]), rows(kind, city, at, count))


async def left(database: Databases, kind: str, city: SeededCity) -> int:
    async with database.app.transactions.city(city.city) as connection:
        return int(await connection.scalar(select(func.count()).select_from(tables.metadata.tables[kind])) or 0)


@pytest.mark.parametrize(
    ("kind", "days"), [("answers", 30), ("callers", 30), ("quotes", 1), ("outbox", 7), ("sign_in_codes", 1)]
)
async def test_what_has_grown_old_is_forgotten_and_nothing_else(
    database: Databases, house: Housekeeping, city: SeededCity, kind: str, days: int
) -> None:
    old = NOON - days * DAY - timedelta(seconds=1)
    await write(database, kind, city, old)
    await write(database, kind, city, NOON - days * DAY)
    await house.forget(NOON)
    assert await left(database, kind, city) == 1
    await house.forget(NOON + timedelta(seconds=1))
    assert await left(database, kind, city) == 0


async def test_how_long_something_is_kept_is_the_operators_to_say(database: Databases, city: SeededCity) -> None:
    house = Housekeeping(database.relay.statements, {"callers": 14 * DAY})
    for kind in ("callers", "outbox"):
        await write(database, kind, city, NOON - 6 * DAY)
    await write(database, "callers", city, NOON - 14 * DAY - timedelta(seconds=1))
    await house.forget(NOON)
    assert [await left(database, kind, city) for kind in ("callers", "outbox")] == [1, 1]
    await house.forget(NOON + 8 * DAY + timedelta(seconds=1))
    assert [await left(database, kind, city) for kind in ("callers", "outbox")] == [0, 0]


async def test_what_waits_or_is_dead_is_never_forgotten(
    database: Databases, house: Housekeeping, city: SeededCity
) -> None:
    (entry,) = rows("outbox", city, NOON - 60 * DAY, 1)
    waiting = entry | {"done_at": None}
    dead = entry | {"id": new_id(), "done_at": None, "dead_at": NOON - 50 * DAY}
    async with database.app.transactions.city(city.city) as connection:
        for row in (waiting, dead):
            await connection.execute(insert(tables.outbox).values(row))
    await house.forget(NOON)
    assert await left(database, "outbox", city) == 2


async def test_it_is_forgotten_in_batches_however_much_there_is(
    database: Databases, house: Housekeeping, city: SeededCity
) -> None:
    for second in range(3):
        await write(database, "quotes", city, NOON - 9 * DAY + timedelta(seconds=second), AT_ONCE // 2 + 1)
    assert await house.forget(NOON) == 2 * (AT_ONCE // 2 + 1)
    assert await house.forget(NOON) == AT_ONCE // 2 + 1
    assert await house.forget(NOON) == 0


async def test_a_claim_without_a_booking_runs_out_by_itself(
    database: Databases, house: Housekeeping, city: SeededCity
) -> None:
    point = city.charge_points[0]
    await database.place(city.city, a_booking(State.CONFIRMED, point), point)
    async with database.app.transactions.city(city.city) as connection:
        for start, kind in ((NOON - hours(3), "buffer"), (NOON + hours(4), "maintenance")):
            claim = {"resource_id": point.id, "claimed_from": start, "claimed_until": start + hours(1), "kind": kind}
            await connection.execute(insert(tables.claims).values(claim | {"city": city.city}))
    await house.forget(NOON + hours(2))
    async with database.app.transactions.city(city.city) as connection:
        kinds = await connection.scalars(select(tables.claims.c.kind).filter_by(city=city.city))
        assert sorted(kinds) == ["booking", "maintenance"]


async def test_holds_that_lapsed_are_found_from_their_last_instant_on(
    database: Databases, house: Housekeeping, city: SeededCity
) -> None:
    point, other = city.charge_points
    held = a_booking(State.HELD, point, hold_expires_at=NOON)
    confirmed = a_booking(State.CONFIRMED, other, order=an_order(other, name="confirmed"))
    await database.place(city.city, held, point)
    await database.place(city.city, confirmed, other)
    just_before = NOON - timedelta.resolution
    assert (city.city, held.id) not in await house.lapsed_holds(just_before, 10_000)
    found = await house.lapsed_holds(NOON, 10_000)
    assert [due for due in found if due[0] == city.city] == [(city.city, held.id)]


async def test_confirmed_bookings_are_found_unused_from_their_end_on(
    database: Databases, house: Housekeeping, city: SeededCity
) -> None:
    point, other = city.charge_points
    unused = a_booking(State.CONFIRMED, point)
    in_use = a_booking(State.IN_USE, other, order=an_order(other, name="in use"))
    await database.place(city.city, unused, point)
    await database.place(city.city, in_use, other)
    assert (city.city, unused.id) not in await house.unused_bookings(unused.end - timedelta.resolution, 10_000)
    found = await house.unused_bookings(unused.end, 10_000)
    assert [due for due in found if due[0] == city.city] == [(city.city, unused.id)]
    assert len(await house.unused_bookings(unused.end, 1)) == 1
