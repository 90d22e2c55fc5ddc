"""The walls between cities, and around the audit trail: what the roles can do when the code above them is wrong."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import sqlstate
from adapters.database.connections import Database
from adapters.database.walls import PUBLISHED
from domain.booking.bookings import State
from domain.identity import City
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.adapters.database.walled_rows import ROWS, WRITTEN_BY_A_TRIGGER
from tests.database import Databases

pytestmark = pytest.mark.database

FORBIDDEN = "42501"
# Ids and instants, read across cities, written in one: test_sessions tries the three policies.
SEEN_BY_ALL = {"revocations": (True, 3)}


class Walled(Struct, frozen=True):
    """A city with a row in every table behind the wall, and the values to add another."""

    databases: Databases
    city: City
    person: UUID
    booking: UUID
    resource: UUID
    car: UUID

    def values(self) -> dict[str, Any]:
        return {
            "city": self.city,
            "id": new_id(),
            "word": new_id().hex,
            "person": self.person,
            "booking": self.booking,
            "resource": self.resource,
            "car": self.car,
        }

    async def insert(self, connection: AsyncConnection, table: str) -> None:
        if ROWS[table] == WRITTEN_BY_A_TRIGGER:
            return
        statement = text(f"INSERT INTO {table} {ROWS[table]}")
        values = self.values()
        named = {name: value for name, value in values.items() if f":{name}" in ROWS[table]}
        await connection.execute(statement, named)


@pytest.fixture
async def walled(database: Databases, world: World) -> Walled:
    return await a_walled_city(database, world)


async def a_walled_city(database: Databases, world: World) -> Walled:
    city, person = world.city.city, new_id()
    booking = await world.booked(State.CONFIRMED)
    found = Walled(database, city, person, booking.id, world.city.charge_points[0].id, world.city.cars[0].id)
    async with database.app.transactions.city(city) as connection:
        await connection.execute(
            text("INSERT INTO persons (city, id, email, made_at) VALUES (:city, :person, 'ada@example.org', now())"),
            {"city": city, "person": person},
        )
        for table in ROWS:
            await found.insert(connection, table)
    return found


async def refused(database: Database, city: City | None, sql: str, **values: object) -> None:
    """Expect the database to forbid it."""
    road = database.transactions.everywhere() if city is None else database.transactions.city(city)
    with pytest.raises(DBAPIError) as error:
        async with road as connection:
            await connection.execute(text(sql), values)
    assert sqlstate(error.value) == FORBIDDEN


async def count(connection: AsyncConnection, table: str, city: City) -> int:
    found = await connection.execute(text(f"SELECT count(*) FROM {table} WHERE city = :city"), {"city": city})
    return int(found.scalar_one())


async def everything(databases: Databases, sql: str) -> list[tuple[Any, ...]]:
    async with databases.owner.transactions.everywhere() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


# -- who the roles are


async def test_no_role_stands_above_the_walls(database: Databases) -> None:
    roles = await everything(
        database,
        """SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
           FROM pg_roles WHERE rolname LIKE 'kommobil%' ORDER BY 1""",
    )
    assert roles == [("kommobil_app", False), ("kommobil_owner", False), ("kommobil_relay", False)]


async def test_the_app_and_the_relay_own_nothing_and_inherit_nothing(database: Databases) -> None:
    owned = """SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = ANY (ARRAY['kommobil_app', 'kommobil_relay'])
      UNION ALL SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = ANY (ARRAY['kommobil_app', 'kommobil_relay'])
      UNION ALL SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = ANY (ARRAY['kommobil_app', 'kommobil_relay'])
      UNION ALL SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = ANY (ARRAY['kommobil_app', 'kommobil_relay'])
      UNION ALL SELECT pg_get_userbyid(roleid) FROM pg_auth_members
        WHERE pg_get_userbyid(member) = ANY (ARRAY['kommobil_app', 'kommobil_relay'])"""
    assert await everything(database, owned) == []


async def test_the_app_makes_no_tables(database: Databases) -> None:
    for role in (database.app, database.relay):
        await refused(role, None, "CREATE TABLE mine (x int)")


# -- what stands behind the wall


async def test_every_table_is_published_or_behind_the_wall(database: Databases) -> None:
    tables = await everything(
        database,
        """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
             (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND 'kommobil_app'::regrole = ANY (p.polroles))
           FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace""",
    )
    walls = {table: (forced, policies) for table, forced, policies in tables}
    assert walls == dict.fromkeys(PUBLISHED, (False, 0)) | dict.fromkeys(ROWS, (True, 1)) | SEEN_BY_ALL


async def test_a_city_sees_its_own_rows(walled: Walled) -> None:
    async with walled.databases.app.transactions.city(walled.city) as connection:
        assert {table: await count(connection, table, walled.city) for table in ROWS} == {
            **dict.fromkeys(ROWS, 1),
            **dict.fromkeys(("persons", "bookings", "invoice_numbers", "ledger_legs", "provider_sums"), 2),
        }


async def test_without_a_city_no_row_is_seen(walled: Walled) -> None:
    async with walled.databases.app.transactions.everywhere() as connection:
        assert {table: await count(connection, table, walled.city) for table in ROWS} == dict.fromkeys(ROWS, 0)


@pytest.mark.parametrize("other", ["", "%", "somewhere-else"])
async def test_in_another_city_no_row_is_seen(walled: Walled, other: str) -> None:
    async with walled.databases.app.transactions.city(City(other)) as connection:
        assert {table: await count(connection, table, walled.city) for table in ROWS} == dict.fromkeys(ROWS, 0)


async def test_the_city_is_forgotten_when_the_transaction_ends(walled: Walled) -> None:
    async with walled.databases.app.statements.session() as session:
        await session.one("SELECT set_config('kommobil.city', $1::text, true)", walled.city)
        assert await session.one("SELECT count(*) FROM bookings") == 0


async def test_not_even_the_owner_sees_a_row(walled: Walled) -> None:
    async with walled.databases.owner.transactions.city(walled.city) as connection:
        assert {table: await count(connection, table, walled.city) for table in ROWS} == dict.fromkeys(ROWS, 0)


@pytest.mark.parametrize("table", [table for table, row in ROWS.items() if row != WRITTEN_BY_A_TRIGGER])
async def test_nothing_is_written_without_the_city_or_for_another(walled: Walled, table: str) -> None:
    for city in (None, City("somewhere-else")):
        road = walled.databases.app.transactions
        with pytest.raises(DBAPIError, match="row-level security") as error:
            async with road.everywhere() if city is None else road.city(city) as connection:
                await walled.insert(connection, table)
        assert sqlstate(error.value) == FORBIDDEN


async def test_nothing_of_another_city_is_changed(walled: Walled) -> None:
    async with walled.databases.app.transactions.city(City("somewhere-else")) as connection:
        for change in ("UPDATE bookings SET version = 9", "UPDATE outbox SET attempts = 9", "DELETE FROM persons"):
            assert (await connection.execute(text(change))).rowcount == 0
    async with walled.databases.app.transactions.city(walled.city) as connection:
        moved = text("UPDATE bookings SET city = 'somewhere-else' WHERE city = :city")
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(moved, {"city": walled.city})


@pytest.mark.parametrize(
    "look",
    [
        "SELECT holder_id FROM bookings",
        "SELECT quote FROM bookings",
        "SELECT body FROM answers",
        "SELECT address FROM callers",
        "SELECT quoted FROM quotes",
        "SELECT intent_id FROM payments",
        "SELECT email FROM persons",
        "SELECT actor_id FROM audit",
        "SELECT customer_id FROM payers",
        "UPDATE bookings SET state = 'cancelled'",
        "INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) SELECT city, id, 'k', id, now(), now() FROM bookings",
    ],
)
async def test_the_relay_works_across_cities_and_sees_nobody(database: Databases, look: str) -> None:
    await refused(database.relay, None, look)


# -- the audit trail


@pytest.mark.parametrize("change", ["UPDATE audit SET action = 'b'", "DELETE FROM audit", "TRUNCATE audit"])
async def test_the_audit_trail_is_only_added_to(walled: Walled, change: str) -> None:
    for role in (walled.databases.app, walled.databases.relay):
        await refused(role, walled.city, change)
    with pytest.raises(DBAPIError, match="append-only") as error:
        async with walled.databases.owner.transactions.city(walled.city) as connection:
            await connection.execute(text(change))
    assert sqlstate(error.value) == FORBIDDEN


@pytest.mark.parametrize("table", ["answers", "callers"])
async def test_what_was_said_and_from_where_is_not_rewritten_by_the_app(walled: Walled, table: str) -> None:
    await refused(walled.databases.app, walled.city, f"UPDATE {table} SET city = city")
    await refused(walled.databases.app, walled.city, f"DELETE FROM {table}")


# -- the keys


async def test_every_constraint_of_every_table_contains_the_city(database: Databases) -> None:
    """So that the schema can be spread over servers by city. The account of a city's payments is unique in the world:
    two cities must never share a merchant, and `cities` is small enough to stand on every server."""
    without = await everything(
        database,
        """SELECT conrelid::regclass::text, conname FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = 'public'::regnamespace
           WHERE contype IN ('p', 'u', 'f', 'x') AND c.relname <> 'alembic_version'
             AND (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) <> 'city'""",
    )
    assert without == [("cities", "cities_stripe_account_key")]


async def test_a_foreign_key_points_into_its_own_city(database: Databases) -> None:
    astray = await everything(
        database,
        """SELECT conname FROM pg_constraint WHERE contype = 'f'
             AND (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]) <> 'city'""",
    )
    assert astray == []


async def test_every_unique_index_leads_with_the_city(database: Databases) -> None:
    """But that of merchants, and that of the names in stations' certificates, for which one authority vouches in all cities."""
    without = await everything(
        database,
        """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
           WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'alembic%'
             AND (SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0]) <> 'city' ORDER BY 1""",
    )
    assert without == [("charging_stations_by_certificate",), ("cities_stripe_account_key",)]
