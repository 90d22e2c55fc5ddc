"""Each test has a provider of its own, so that all that moved there was moved by it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.adapters.payments.sandbox.running import Shop, high_street, running
from tests.database import Databases
from tests.services.settlement.treasury import Treasury, treasury


@pytest.fixture(scope="module")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


@pytest.fixture
async def town(database: Databases, tmp_path: Path, street: Callable[[], Shop]) -> AsyncIterator[Treasury]:
    async with running(tmp_path / "stripe", street()) as sandbox, treasury(database, sandbox) as found:
        yield found
