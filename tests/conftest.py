"""Fixtures that every area may ask for."""

import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import settings

from infra.embedded import DatabaseUrls
from tests.database import Databases, migrated
from tests.servers import running_postgres, running_redis, wrong_statements

# How long an example takes says more of the machine than of the product.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """One PostgreSQL for the whole run, its database empty and not migrated. At the end it has heard of no statement that is wrong."""
    data = tmp_path_factory.mktemp("postgres")
    with running_postgres(data) as urls:
        yield urls
    assert wrong_statements(data) == []


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Redis for the whole run."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
async def database(postgres: DatabaseUrls) -> AsyncIterator[Databases]:
    """The database, migrated once, open as each role; take a city of your own from `new_city()`."""
    async with migrated(postgres) as databases:
        yield databases


@pytest.fixture
def report(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Writes a line among the tests' dots, whatever pytest captures."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)

    def write(line: str) -> None:
        with capsys.disabled():
            reporter.ensure_newline()
            reporter.write_line(f"{request.node.name}: {line}")

    return write


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `full` to `infra/test --full`."""
    if os.environ.get("KOMMOBIL_FULL"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
