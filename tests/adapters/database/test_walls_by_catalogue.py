"""Every table that PostgreSQL's catalogue names, tried with every verb from another city, as the app's role.

What is tried comes from the catalogue: a table that nobody thought of is tried, or missed aloud, at once.
"""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import sqlstate
from adapters.database.connections import Address, Database, connect
from adapters.database.walls import PUBLISHED
from domain.identity import City
from infra.embedded import DatabaseUrls
from tests.adapters.database.lives import World
from tests.adapters.database.test_walls import FORBIDDEN, SEEN_BY_ALL, Walled, a_walled_city
from tests.adapters.database.walled_rows import ROWS
from tests.database import Databases

pytestmark = pytest.mark.database

# A wall: row-level security, forced, with one policy for the app, whose expression is this for reading and for writing.
WALL = "(city = current_setting('kommobil.city'::text, true))"
TABLES = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
    AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND 'kommobil_app'::regrole = ANY (p.polroles)) = 1
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polroles = ARRAY['kommobil_app'::regrole::oid]
      AND p.polcmd = '*' AND p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = :wall
      AND (p.polwithcheck IS NULL OR pg_get_expr(p.polwithcheck, p.polrelid) = :wall))
    AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 0 = ANY (p.polroles)
      AND NOT (p.polcmd = 'a' AND pg_get_expr(p.polwithcheck, p.polrelid) = :wall))
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
# What looks into tables in its owner's name goes around their walls. One does: it writes down which entries wait to be sealed,
# in the city of the transaction, and reads nothing.
IN_THE_OWNERS_NAME = ["ledger_to_be_sealed"]
WAYS_AROUND = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind IN ('m', 'f')
    OR relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))
UNION ALL SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prosecdef
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
VERBS = {
    "select": "SELECT 1 FROM {table} WHERE city = :home",
    "select with no condition": "SELECT 1 FROM {table} WHERE city <> :here",
    "insert": "INSERT INTO {table} (city) VALUES (:home)",
    "update": "UPDATE {table} SET city = city WHERE city = :home",
    "delete": "DELETE FROM {table} WHERE city = :home",
}


async def walls(connection: AsyncConnection) -> dict[str, bool]:
    """Every table, and whether it stands behind a wall of its city."""
    return {name: bool(walled) for name, walled in await connection.execute(text(TABLES), {"wall": WALL})}


def without_wall(found: dict[str, bool]) -> list[str]:
    return [name for name, walled in found.items() if not walled and name not in PUBLISHED | SEEN_BY_ALL.keys()]


@pytest.fixture
async def walled(database: Databases, world: World) -> Walled:
    return await a_walled_city(database, world)


@pytest.fixture
async def narrow(postgres: DatabaseUrls) -> AsyncIterator[Database]:
    """The app with one connection for everybody."""
    database = connect(Address(postgres.app), hot=1, cold=1)
    yield database
    await database.close()


RAISED = "; ALTER TABLE planted ENABLE ROW LEVEL SECURITY; ALTER TABLE planted FORCE ROW LEVEL SECURITY"
POLICY = "CREATE POLICY p ON planted TO kommobil_app"
OF_THE_CITY = "city = current_setting('kommobil.city', true)"


async def test_every_table_that_is_not_published_has_its_wall(database: Databases) -> None:
    async with database.owner.transactions.everywhere() as connection:
        assert without_wall(await walls(connection)) == []


@pytest.mark.parametrize(
    "more",
    [
        "",
        RAISED,
        f"; ALTER TABLE planted ENABLE ROW LEVEL SECURITY; {POLICY} USING ({OF_THE_CITY})",
        f"{RAISED}; {POLICY} USING (true)",
        f"{RAISED}; {POLICY} USING ({OF_THE_CITY}) WITH CHECK (true)",
        f"{RAISED}; {POLICY} USING ({OF_THE_CITY}); CREATE POLICY q ON planted USING (true)",
    ],
    ids=["none", "no policy", "not forced", "open", "open for writing", "open to everybody"],
)
async def test_a_table_with_half_a_wall_is_missed(database: Databases, more: str) -> None:
    async with database.owner.transactions.everywhere() as connection:
        for statement in ("CREATE TABLE planted (city text, person_id uuid)" + more).split(";"):
            await connection.execute(text(statement))
        assert without_wall(await walls(connection)) == ["planted"]
        await connection.rollback()


async def test_nothing_leads_around_the_walls(database: Databases) -> None:
    async with database.owner.transactions.everywhere() as connection:
        assert [row[0] for row in await connection.execute(text(WAYS_AROUND))] == IN_THE_OWNERS_NAME


async def test_no_verb_reaches_another_city_over_the_connection_that_served_it_last(
    walled: Walled, narrow: Database
) -> None:
    async with walled.databases.owner.transactions.everywhere() as connection:
        tables = [name for name, behind in (await walls(connection)).items() if behind]
    assert set(tables) == set(ROWS), "say in ROWS what a row of each looks like"
    for table in tables:
        for verb, sql in VERBS.items():
            async with narrow.transactions.city(walled.city) as connection:  # its city was set here a moment ago
                assert (await connection.execute(text(f"SELECT 1 FROM {table}"))).first() is not None
            for here in (None, City("somewhere-else")):
                said = await attempt(narrow, here, sql.format(table=table), walled.city)
                assert said in {0, FORBIDDEN}, (table, verb, here)
                assert verb != "insert" or said == FORBIDDEN, (table, here)
    async with narrow.transactions.city(walled.city) as connection:
        for table in tables:
            assert (await connection.execute(text(f"SELECT 1 FROM {table}"))).first() is not None, table


async def attempt(database: Database, here: City | None, sql: str, home: City) -> int | str | None:
    """How many rows a statement reached, or the SQLSTATE by which it was refused."""
    road = database.transactions.everywhere() if here is None else database.transactions.city(here)
    try:
        async with road as connection:
            values = {"home": home, "here": here or ""}
            named = {name: value for name, value in values.items() if f":{name}" in sql}
            found = await connection.execute(text(sql), named)
            return len(found.all()) if found.returns_rows else found.rowcount
    except DBAPIError as error:
        return sqlstate(error)


async def test_cities_that_share_one_connection_see_each_their_own(walled: Walled, narrow: Database) -> None:
    """Both roads, in any order, with failures in between."""
    dice = random.Random(7)
    other = (await walled.databases.new_city()).city
    counts = {walled.city: 2, other: 0}
    seen = "SELECT CASE WHEN set_config('kommobil.city', $1::text, true) <> '' THEN (SELECT count(*) FROM persons) END"

    async def slow_road(city: City) -> None:
        async with narrow.transactions.city(city) as connection:
            assert (await connection.execute(text("SELECT count(*) FROM persons"))).scalar_one() == counts[city]

    async def fast_road(city: City) -> None:
        async with narrow.statements.session() as session:
            assert await session.one(seen, city) == counts[city]

    async def nobodys_road(_city: City) -> None:
        async with narrow.transactions.everywhere() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM persons"))).scalar_one() == 0

    async def broken_road(city: City) -> None:
        with pytest.raises(ZeroDivisionError):
            async with narrow.transactions.city(city):
                raise ZeroDivisionError

    roads = [slow_road, fast_road, nobodys_road, broken_road]
    for _ in range(15):
        await asyncio.gather(*(dice.choice(roads)(dice.choice([walled.city, other])) for _ in range(20)))
