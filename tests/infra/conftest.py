"""Fixtures of the life cycle tests: servers of their own, which get killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded import DatabaseUrls, DataFolder, PostgresServer
from tests.database import Databases
from tests.infra.command_line import CommandLine
from tests.servers import binaries_under_test, copied, running_postgres


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose PostgreSQL has been made, started once and stopped."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    with running_postgres(data):
        pass
    return data


@pytest.fixture
def folder(cluster: Path, tmp_path: Path) -> DataFolder:
    """A data folder of the test's own."""
    return copied(cluster, tmp_path / "data")


@pytest.fixture
def server(folder: DataFolder) -> Iterator[PostgresServer]:
    """A server in it, not started yet, with every safety on; stopped at the end at the latest."""
    server = PostgresServer(folder, binaries_under_test())
    yield server
    server.stop()


@pytest.fixture
def kommobil(database: Databases, postgres: DatabaseUrls, tmp_path: Path) -> CommandLine:
    """The command line, on the migrated database of the whole run."""
    return CommandLine(postgres, tmp_path)
