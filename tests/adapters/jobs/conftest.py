import pytest
from sqlalchemy import delete

from adapters.database import tables
from tests.adapters.jobs.desk import Clock, Desk
from tests.database import Databases
from tests.examples import NOON


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
async def desk(database: Databases, clock: Clock) -> Desk:
    """An outbox without anything in it, at noon."""
    async with database.relay.transactions.everywhere() as connection:
        await connection.execute(delete(tables.outbox))
    return Desk(database, (await database.new_city()).city, clock)
