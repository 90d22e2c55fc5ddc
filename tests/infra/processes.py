"""Looking at real processes from outside, with means of its own: the tests do not ask the code they test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers import binaries_under_test

ROOT = Path(__file__).parents[2]


def processes_of(data: Path) -> set[int]:
    """Ids of all processes that work in the data folder, have it on their command line, or a file of it open."""
    return {number for number in map(int, filter(str.isdigit, os.listdir("/proc"))) if _touches(number, str(data))}


def _touches(number: int, data: str) -> bool:
    process = Path(f"/proc/{number}")
    if number == os.getpid():
        return False
    with suppress(OSError):
        if (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        if data.encode() in (process / "cmdline").read_bytes():
            return True
        links = [process / "cwd", *(process / "fd").iterdir()]
        return any(os.readlink(link).startswith(data) for link in links)
    return False


def kill_all(numbers: set[int]) -> None:
    """Kill them; one may take others with it."""
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def until(condition: Callable[[], bool], patience: float = 60.0) -> None:
    """Wait for something that real processes bring about; fails the test after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not so after {patience} s"
        time.sleep(0.01)


@contextmanager
def program(source: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program of its own, in this checkout; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", source, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def stranger(folder: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A live process that has nothing to do with us, in that folder."""
    process = subprocess.Popen(["/bin/sleep", "600"], cwd=folder)
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def owner_with_postgres(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the data folder and runs the server in it, until it is killed."""
    with program(OWNER, str(data), str(binaries_under_test() or "")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


OWNER = """
import sys
from pathlib import Path
from infra.embedded import DataFolder, PostgresServer
folder = DataFolder(Path(sys.argv[1]))
with folder.owned():
    PostgresServer(folder, Path(sys.argv[2]) if sys.argv[2] else None, say=lambda _: None).start()
    print("ready", flush=True)
    sys.stdin.read()
"""
