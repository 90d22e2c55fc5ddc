"""What the tests of the database's side share."""

import pytest

from tests.adapters.database.lives import World
from tests.database import Databases


@pytest.fixture
async def world(database: Databases) -> World:
    return World(database, await database.new_city())
