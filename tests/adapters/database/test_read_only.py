"""A server that has become a standby: connections to it are left, and new ones look for whoever takes writes."""

import pytest
from sqlalchemy import text

from adapters.database.answering import Busy, sqlstate
from adapters.database.connections import READ_ONLY, Address, connect
from infra.embedded import DatabaseUrls
from tests.database import Databases

pytestmark = pytest.mark.database

ANOTHER = "SELECT pg_backend_pid()"
WRITE = "UPDATE pools SET name = name WHERE false"


async def test_a_prepared_connection_to_it_is_not_used_again(database: Databases, postgres: DatabaseUrls) -> None:
    own = connect(Address(postgres.app), hot=1, cold=1)
    async with own.statements.session() as session:
        first = await session.one(ANOTHER)
        await session.one("SELECT set_config('default_transaction_read_only', 'on', false)")
    with pytest.raises(Busy) as busy:
        async with own.statements.session() as session:
            await session.one(WRITE)
    assert sqlstate(busy.value.said) == READ_ONLY
    async with own.statements.session() as session:
        assert await session.one(ANOTHER) != first
        assert await session.one(WRITE) is None
    await own.close()


async def test_a_connection_of_a_transaction_to_it_is_not_used_again(
    database: Databases, postgres: DatabaseUrls
) -> None:
    own = connect(Address(postgres.app), hot=1, cold=1)
    async with own.transactions.everywhere() as connection:
        first = (await connection.execute(text(ANOTHER))).scalar_one()
        await connection.execute(text("SELECT set_config('default_transaction_read_only', 'on', false)"))
    with pytest.raises(Busy) as busy:
        async with own.transactions.everywhere() as connection:
            await connection.execute(text(WRITE))
    assert sqlstate(busy.value.said) == READ_ONLY
    async with own.transactions.everywhere() as connection:
        assert (await connection.execute(text(ANOTHER))).scalar_one() != first
        await connection.execute(text(WRITE))
    await own.close()
