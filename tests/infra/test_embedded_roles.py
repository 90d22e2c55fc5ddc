"""Who may sign in to the embedded database, and as what."""

import asyncpg
import pytest
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from infra.embedded import DatabaseUrls

pytestmark = pytest.mark.database


async def test_no_role_of_the_product_is_a_superuser_or_above_row_security(postgres: DatabaseUrls) -> None:
    connection = await asyncpg.connect(postgres.superuser)
    rows = await connection.fetch(
        "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname LIKE 'kommobil%' ORDER BY rolname"
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("kommobil_app", True, False, False, False, False, False),
        ("kommobil_owner", True, False, False, False, False, False),
        ("kommobil_relay", True, False, False, False, False, False),
    ]


async def test_only_the_owner_may_create_tables_and_the_trusted_index_extension(postgres: DatabaseUrls) -> None:
    owner = await asyncpg.connect(postgres.owner)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    await owner.execute("CREATE TABLE an_owner_may (n int)")
    await transaction.rollback()
    await owner.close()
    for url in (postgres.app, postgres.relay):
        other = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.execute("CREATE TABLE nobody_else_may (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.execute("CREATE TEMPORARY TABLE not_even_for_a_moment (n int)")
        await other.close()


async def test_a_wrong_password_is_refused_on_the_socket(postgres: DatabaseUrls) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.app, password="guessed")


async def test_sqlalchemy_reads_the_same_url(postgres: DatabaseUrls) -> None:
    engine = create_async_engine(postgres.app.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT current_user, current_database()"))).one()
    await engine.dispose()
    assert tuple(row) == ("kommobil_app", "kommobil")


async def test_redis_and_arq_read_the_redis_url(redis_url: str) -> None:
    client = Redis.from_url(redis_url)
    settings = {**await client.config_get("append*"), **await client.config_get("maxmemory-policy")}
    await client.aclose()
    pool = await create_pool(RedisSettings.from_dsn(redis_url))
    answered = await pool.ping()
    await pool.aclose()
    assert (settings["appendonly"], settings["appendfsync"], settings["maxmemory-policy"], answered) == (
        "yes",
        "everysec",
        "noeviction",
        True,
    )
