"""One fresh sandbox per test, or one for all tests of a file that leave nothing behind."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.adapters.payments.sandbox.running import Running, Shop, high_street, running


@pytest.fixture(scope="session")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


@pytest.fixture
async def sandbox(tmp_path: Path, street: Callable[[], Shop]) -> AsyncIterator[Running]:
    async with running(tmp_path / "stripe", street()) as world:
        yield world


@pytest.fixture(scope="module")
async def shared_sandbox(
    tmp_path_factory: pytest.TempPathFactory, street: Callable[[], Shop]
) -> AsyncIterator[Running]:
    """For tests that are refused, or do not mind what others did."""
    async with running(tmp_path_factory.mktemp("stripe"), street()) as world:
        yield world
