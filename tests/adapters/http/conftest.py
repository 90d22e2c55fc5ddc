"""The API over the test database, without payments."""

from collections.abc import AsyncIterator

import httpx
import pytest

from infra.bootstrap import api
from infra.clock import now
from infra.ids import new_id
from tests.api import KEY, KEY_ID, client
from tests.database import Databases


@pytest.fixture(scope="session")
async def http(database: Databases) -> AsyncIterator[httpx.AsyncClient]:
    app = api(database.app, keys={KEY_ID: KEY.public_key()}, clock=now, new_id=new_id)
    async with client(app) as found:
        yield found
