"""What the tests of the database's side share."""

from pathlib import Path

import pytest

from tests.adapters.database.archives import Archive, an_archive
from tests.adapters.database.lives import World
from tests.database import Databases


@pytest.fixture
async def world(database: Databases) -> World:
    return World(database, await database.new_city())


@pytest.fixture
async def archive(world: World, tmp_path: Path) -> Archive:
    return await an_archive(world, tmp_path)
