"""Plans that were made while a table was empty do not outlive its growth."""

from types import SimpleNamespace

import pytest

from adapters.database.connections import Address, Statements
from infra.embedded import DatabaseUrls

PLANS = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = $1"
ASKED = "SELECT count(*)::int FROM pg_class WHERE relname = $1::text"


async def test_plans_are_made_anew_soon_and_then_ever_more_rarely(
    postgres: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 1000.0
    monkeypatch.setattr("adapters.database.connections.time", SimpleNamespace(monotonic=lambda: clock))
    statements = Statements(Address(postgres.app), 1)
    said: list[str] = []
    replanned_at = []
    try:
        async with statements.session() as session:
            await session.one(ASKED, "pg_class")
            session.connection.add_query_logger(lambda record: said.append(record.query))  # type: ignore[attr-defined] # the driver's own
        for _ in range(300):
            clock += 0.5
            async with statements.session() as session:
                assert await session.one(ASKED, "pg_class") == 1
            if "DISCARD PLANS" in said:
                replanned_at.append(clock - 1000.0)
            said.clear()
        async with statements.session() as session:
            assert await session.one(PLANS, ASKED) > 300  # prepared once; only its plan was made anew
    finally:
        await statements.close()
    assert replanned_at == [2.0, 6.0, 14.0, 30.0, 62.0, 126.0]


async def test_no_execution_pays_for_a_plan_of_its_own(postgres: DatabaseUrls) -> None:
    # For a value that is rare PostgreSQL would rather plan each time: any value is taken to be frequent.
    rare = 'SELECT count(*)::int FROM pg_class WHERE relkind = $1::text::"char" AND relname > $2::text'
    planned = "SELECT custom_plans FROM pg_prepared_statements WHERE statement = $1"
    statements = Statements(Address(postgres.app), 1)
    try:
        async with statements.session() as session:
            for _ in range(12):
                await session.one(rare, "m", "zzz")
            assert await session.one(planned, rare) == 0
    finally:
        await statements.close()
