"""What keeps two from having one thing at one time, when everything else has failed."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.booking.resources import Resource
from domain.identity import City
from tests.database import Databases, SeededCity
from tests.examples import NOON, hours, minutes

pytestmark = pytest.mark.database

CLAIM = """
INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
VALUES (:city, :resource_id, :claimed_from, :claimed_until, 'maintenance')
"""


@pytest.fixture
async def city(database: Databases) -> SeededCity:
    return await database.new_city()


def claim(city: City, resource: Resource, start: datetime, end: datetime) -> dict[str, Any]:
    return {"city": city, "resource_id": resource.id, "claimed_from": start, "claimed_until": end}


async def claimed(database: Databases, city: City, resource: Resource, start: datetime, end: datetime) -> None:
    """As plainly as SQL can: nothing but the table itself is asked."""
    async with database.app.transactions.city(city) as connection:
        await connection.execute(text(CLAIM), claim(city, resource, start, end))


async def count(connection: AsyncConnection, city: City) -> int:
    found = await connection.execute(text("SELECT count(*) FROM claims WHERE city = :city"), {"city": city})
    return int(found.scalar_one())


async def test_the_database_itself_refuses_overlapping_claims(database: Databases, city: SeededCity) -> None:
    point = city.charge_points[0]
    await claimed(database, city.city, point, NOON, NOON + hours(1))
    for start, end in [(59, 120), (-60, 1), (10, 20), (-60, 120)]:
        with pytest.raises(IntegrityError, match="one_claim_at_a_time"):
            await claimed(database, city.city, point, NOON + minutes(start), NOON + minutes(end))


async def test_a_claim_may_begin_where_another_ends(database: Databases, city: SeededCity) -> None:
    point = city.charge_points[0]
    for start in (0, 1, -1):
        await claimed(database, city.city, point, NOON + hours(start), NOON + hours(start + 1))


async def test_the_same_time_may_be_claimed_elsewhere(database: Databases, city: SeededCity) -> None:
    other = await database.new_city()
    for where, point in [(city, city.charge_points[0]), (city, city.charge_points[1]), (other, other.charge_points[0])]:
        await claimed(database, where.city, point, NOON, NOON + hours(1))


async def test_without_the_constraint_the_same_claims_overlap(database: Databases, city: SeededCity) -> None:
    """The control: it is the constraint that refuses, and nothing else would have."""
    point = city.charge_points[0]
    async with database.owner.transactions.city(city.city) as connection:
        await connection.execute(text("ALTER TABLE claims DROP CONSTRAINT one_claim_at_a_time"))
        await connection.execute(text(CLAIM), claim(city.city, point, NOON, NOON + hours(1)))
        await connection.execute(text(CLAIM), claim(city.city, point, NOON + minutes(1), NOON + hours(2)))
        assert await count(connection, city.city) == 2
        await connection.rollback()


async def test_of_many_who_claim_at_once_one_gets_it_and_nobody_fails(database: Databases, city: SeededCity) -> None:
    point, gate = city.charge_points[0], asyncio.Barrier(6)

    async def claim_once(shift: int) -> int:
        values = claim(city.city, point, NOON + minutes(shift), NOON + minutes(shift + 60))
        async with database.app.transactions.city(city.city) as connection:
            await gate.wait()
            return (await connection.execute(text(CLAIM + " ON CONFLICT DO NOTHING"), values)).rowcount

    for _ in range(5):
        written = await asyncio.gather(*(claim_once(shift) for shift in range(6)))
        assert sorted(written) == [0, 0, 0, 0, 0, 1]
        async with database.app.transactions.city(city.city) as connection:
            assert await count(connection, city.city) == 1
            await connection.execute(text("DELETE FROM claims WHERE city = :city"), {"city": city.city})


async def test_time_given_back_is_free_within_the_same_transaction(database: Databases, city: SeededCity) -> None:
    point = city.charge_points[0]
    await claimed(database, city.city, point, NOON, NOON + hours(1))
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(text("DELETE FROM claims WHERE city = :city"), {"city": city.city})
        await connection.execute(text(CLAIM), claim(city.city, point, NOON + minutes(20), NOON + minutes(35)))
        assert await count(connection, city.city) == 1


async def test_the_relay_may_clear_away_what_has_run_out(database: Databases, city: SeededCity) -> None:
    point = city.charge_points[0]
    await claimed(database, city.city, point, NOON, NOON + hours(1))
    await claimed(database, city.city, point, NOON + hours(1), NOON + hours(2))
    outdated = text("DELETE FROM claims WHERE city = :city AND kind <> 'booking' AND claimed_until < :now")
    async with database.relay.transactions.everywhere() as connection:
        cleared = await connection.execute(outdated, {"city": city.city, "now": NOON + minutes(90)})
        assert cleared.rowcount == 1
