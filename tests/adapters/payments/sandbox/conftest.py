"""One fresh sandbox per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.payments.sandbox.running import Running, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """stripe 16.1's HTTPXClient passes its body as `data`, which httpx deprecates; the SDK stays unmodified."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"))


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "stripe") as world:
        yield world
