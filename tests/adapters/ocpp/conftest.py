"""A central system of a city of its own for each test."""

import pytest

from infra.embedded import DatabaseUrls
from tests.adapters.ocpp.central import Office, Told
from tests.database import Databases


@pytest.fixture
async def office(database: Databases, postgres: DatabaseUrls) -> Office:
    return Office(database, await database.new_city(), Told(), postgres.app)
