"""The API over the test database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from infra.bootstrap import Outside, api
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.garage import AT
from tests.adapters.http.persons import Somebody, somebody
from tests.adapters.http.tills import Till, opened
from tests.api import KEY, KEY_ID, client
from tests.database import Databases


@pytest.fixture(scope="session")
async def http(database: Databases) -> AsyncIterator[httpx.AsyncClient]:
    app = api(
        database.app, Outside(now, new_id, lambda secret: secret, webhook_key=b"k" * 32), {KEY_ID: KEY.public_key()}
    )
    async with client(app) as found:
        yield found


@pytest.fixture(scope="session")
async def at_noon(database: Databases) -> AsyncIterator[httpx.AsyncClient]:
    """At the instant by which the garage's days are told, however long the tests have been going on."""
    app = api(database.app, Outside(lambda: AT, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()})
    async with client(app) as found:
        yield found


@pytest.fixture(scope="module")
async def till(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    async with opened(database, tmp_path_factory.mktemp("stripe")) as found:
        yield found


@pytest.fixture
async def ada(http: httpx.AsyncClient, database: Databases) -> Somebody:
    return await somebody(http, database)
