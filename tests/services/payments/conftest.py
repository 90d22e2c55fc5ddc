"""One sandbox for all tests of a module; each test has a city of its own on it."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.payments.sandbox.running import Running, running
from tests.database import Databases
from tests.services.payments.world import World, stripe_world


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("stripe")) as found:
        yield found


@pytest.fixture
async def world(database: Databases, sandbox: Running) -> AsyncIterator[World]:
    """Real books, and Stripe's SDK against the sandbox."""
    async with stripe_world(database, sandbox) as found:
        yield found
