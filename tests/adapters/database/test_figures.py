"""The figures by which a restored database is compared count all that they should, by PostgreSQL's own catalogue."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.figures import INVARIANTS, SUMS, contradictions, figures, patient
from infra.embedded import DatabaseUrls
from tests.database import Databases

pytestmark = pytest.mark.database

# What goes through states or is money is what somebody would miss first.
TO_BE_SUMMED = """
SELECT DISTINCT c.table_name FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name
WHERE c.table_schema = 'public' AND t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
  AND c.column_name IN ('state', 'currency')
"""
OF_THE_SCHEMA = [name for name in INVARIANTS if name.startswith(("missing guards", "constraints and indexes"))]
OF_THE_APP = ["ways for the app to rewrite what is kept", "persons that the app sees without a city"]


async def without_sum(connection: AsyncConnection) -> list[str]:
    found = await connection.exec_driver_sql(TO_BE_SUMMED)
    return sorted({table for (table,) in found} - SUMS.keys())


async def test_every_sum_is_of_a_table_that_there_is(postgres: DatabaseUrls, database: Databases) -> None:
    async with patient(postgres.superuser) as connection, connection.transaction():
        found = await figures(connection)
    assert SUMS.keys() - found.tables.keys() == set()
    assert found.sums.keys() == SUMS.keys()
    assert set(found.protected) <= found.tables.keys()


async def test_every_table_with_states_or_money_has_its_sum(database: Databases) -> None:
    async with database.owner.transactions.everywhere() as connection:
        assert await without_sum(connection) == []


async def test_a_table_with_states_that_nobody_sums_is_found(database: Databases) -> None:
    async with database.owner.transactions.everywhere() as connection:
        await connection.exec_driver_sql("CREATE TABLE planted (city text, state text)")
        try:
            assert await without_sum(connection) == ["planted"]
        finally:
            await connection.exec_driver_sql("DROP TABLE planted")


async def test_the_guards_that_are_counted_are_as_many_as_there_are(
    postgres: DatabaseUrls, database: Databases
) -> None:
    """Whoever adds one counts it there too: else a restore is called wrong that is right."""
    async with patient(postgres.superuser) as connection, connection.transaction():
        found = await contradictions(connection)
    assert {name: found[name] for name in (*OF_THE_SCHEMA, *OF_THE_APP)} == dict.fromkeys(
        (*OF_THE_SCHEMA, *OF_THE_APP), 0
    )
    assert len(OF_THE_SCHEMA) == 7
