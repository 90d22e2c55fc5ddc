"""Which processes are ours: those that live in our folder.

A process id in a file proves nothing, for ids are used again. PostgreSQL and Redis both make their data folder
their working directory and keep it, so that is what we ask the kernel for.
"""

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs


class Resident:
    """A live process of ours. Its id may be used again after its death; psutil then takes it for dead."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.pid: int = process.pid

    def lives(self) -> bool:
        return bool(self._process.is_running()) and self._process.status() != psutil.STATUS_ZOMBIE

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(number)


def living_in(folder: Path) -> list[Resident]:
    """Every live process whose working directory is `folder`; a dead one that nobody has reaped does not count."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(Resident(process))
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # gone meanwhile, or somebody else's
            continue
    return found


def wait_until_empty(folder: Path, patience: float, child: subprocess.Popen[bytes] | None) -> bool:
    """Wait until nobody lives in the folder any more; `child` is reaped if it was ours."""

    def empty() -> bool:
        if child is not None:
            child.poll()
        return not living_in(folder)

    return wait_for(empty, patience)


def wait_for(condition: Callable[[], bool], patience: float) -> bool:
    """Ask every 50 ms until it is so, at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True
