"""One running installation for all journeys that do not kill it, and a place for their figures."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.journeys.installation import Installation


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
