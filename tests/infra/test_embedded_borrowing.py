"""One-off commands use the database whether `up` runs or not, and none takes it away from another."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from infra.embedded import DataFolder, borrowed_postgres
from tests.infra.processes import owner_with_postgres, processes_of, program, until
from tests.servers import binaries_under_test

pytestmark = pytest.mark.database

COMMAND = """
import sys
from pathlib import Path
from infra.embedded import borrowed_postgres
with borrowed_postgres(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None, say=lambda _: None) as urls:
    print(urls.app, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def command(folder: DataFolder) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A one-off command that has got its database and goes on until a line is written to it; and its URL."""
    with program(COMMAND, str(folder.root), str(binaries_under_test() or "")) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()


async def answers(url: str) -> str:
    connection = await asyncpg.connect(url)
    user: str = await connection.fetchval("SELECT current_user")
    await connection.close()
    return user


async def test_a_command_alone_starts_the_server_and_stops_it_afterwards(folder: DataFolder) -> None:
    with borrowed_postgres(folder.root, binaries_under_test()) as urls:
        assert await answers(urls.app) == "kommobil_app"
    assert processes_of(folder.root) == set()


async def test_a_command_beside_up_uses_its_server_and_leaves_it_running(folder: DataFolder) -> None:
    with owner_with_postgres(folder.root):
        with borrowed_postgres(folder.root, binaries_under_test()) as urls:
            assert await answers(urls.app) == "kommobil_app"
        assert await answers(urls.app) == "kommobil_app"
    with borrowed_postgres(folder.root, binaries_under_test()):
        pass  # what `kill -9` of the owner left running is taken over, and stopped
    assert processes_of(folder.root) == set()


async def test_the_command_that_started_the_server_waits_for_the_last_guest(folder: DataFolder) -> None:
    with command(folder) as (first, url), command(folder) as (second, same_url):
        assert url == same_url
        end(first)
        until(lambda: holds_open(first, folder.root / "guests"))
        assert await answers(url) == "kommobil_app"
        assert first.poll() is None
        end(second)
        assert (second.wait(20), first.wait(20)) == (0, 0)
    assert processes_of(folder.root) == set()


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def holds_open(process: subprocess.Popen[str], file: Path) -> bool:
    with suppress(OSError):
        return str(file) in {os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    return False
