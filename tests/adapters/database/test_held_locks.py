"""A migration holds a table, or something takes too long: whoever reads or writes is to come back later, and what may be tried again is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from adapters.database.answering import RETRIED, Busy, sqlstate
from adapters.database.charging.stations import SqlStations
from adapters.database.connections import Database
from adapters.database.reaching import Unusable, in_words
from adapters.database.reading import read_value
from adapters.database.transacting import in_city
from domain.charging.stations import Identity
from domain.identity import City
from infra.bootstrap.front import readiness
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.calls import Unavailable
from tests.database import Databases

pytestmark = pytest.mark.database

HERE = City("nowhere")
STATIONS = "SELECT count(*) FROM charging_stations"


@pytest.fixture
def own(database: Databases) -> Database:
    return database.app


@asynccontextmanager
async def held(postgres: DatabaseUrls, table: str = "charging_stations") -> AsyncIterator[None]:
    """By somebody who changes the table."""
    connection = await asyncpg.connect(postgres.superuser)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def prepared(own: Database, sql: str) -> Any:
    async with own.statements.session() as session:
        return await session.one(sql)


async def read(own: Database, sql: str) -> Any:
    return await read_value(own.statements, sql)


async def in_transaction(own: Database, sql: str) -> Any:
    async with own.transactions.city(HERE) as connection:
        return (await connection.execute(text(sql))).scalar_one()


async def across_cities(own: Database, sql: str) -> Any:
    async with own.transactions.everywhere() as connection:
        return (await connection.execute(text(sql))).scalar_one()


ROADS = [prepared, read, in_transaction, across_cities]


async def test_a_station_that_knocks_meanwhile_is_to_come_back_later(own: Database, postgres: DatabaseUrls) -> None:
    stations = SqlStations(own, new_id)
    async with held(postgres):
        with pytest.raises(Unavailable):
            await stations.knock(HERE, Identity("CP-1"))
    assert await stations.knock(HERE, Identity("CP-1")) is None


@pytest.mark.parametrize("road", ROADS)
async def test_whoever_reads_what_is_held_is_to_come_back_later(
    own: Database, postgres: DatabaseUrls, road: Callable[[Database, str], Any]
) -> None:
    async with held(postgres):
        with pytest.raises(Busy) as busy:
            await road(own, STATIONS)
    assert sqlstate(busy.value.said) == "55P03"
    assert await road(own, STATIONS) == 0


@pytest.mark.parametrize("road", [read])
async def test_whoever_reads_for_too_long_is_to_come_back_later(
    own: Database, road: Callable[[Database, str], Any]
) -> None:
    with pytest.raises(Busy) as busy:
        await road(own, "SELECT pg_sleep(8)")
    assert sqlstate(busy.value.said) == "57014"
    assert await road(own, "SELECT 1") == 1


@pytest.mark.parametrize("road", ROADS)
async def test_what_is_our_own_fault_is_not_called_busy(own: Database, road: Callable[[Database, str], Any]) -> None:
    with pytest.raises(Exception, match="division by zero") as error:
        await road(own, "SELECT 1 / 0")
    assert not isinstance(error.value, Unavailable)
    assert await road(own, "SELECT 1") == 1


async def test_what_waits_for_a_lock_is_tried_again(own: Database, postgres: DatabaseUrls) -> None:
    before = RETRIED["55P03"]

    async def count(connection: Any) -> Any:
        return (await connection.execute(text(STATIONS))).scalar_one()

    async with held(postgres):
        counting = asyncio.create_task(in_city(own.transactions, HERE, count))
        async with asyncio.timeout(10):
            while RETRIED["55P03"] == before:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
    assert await counting == 0


async def test_a_process_is_not_ready_and_a_command_says_why_while_the_schema_is_held(
    own: Database, postgres: DatabaseUrls
) -> None:
    async with held(postgres, "alembic_version"):
        assert await readiness(own) == {"status": "the database does not answer"}
        with pytest.raises(Unusable, match="somebody else holds what this needs"), in_words():
            await prepared(own, "SELECT count(*) FROM alembic_version")
    assert await readiness(own) == {"status": "ready"}
