"""One running installation for all journeys that do not kill it."""

import os
from collections.abc import Iterator

import pytest

from tests.journeys.installation import Installation
from tests.servers import wrong_statements


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether the journeys run at their full length, as `infra/test --full` has them."""
    return bool(os.environ.get("KOMMOBIL_FULL"))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("installation") / "data")
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()
    assert wrong_statements(installation.data) == []
