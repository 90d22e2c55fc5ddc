"""Which processes are ours: the server programs that live in our folder.

A process id in a file proves nothing, for ids are used again. PostgreSQL and Redis both make their data folder
their working directory and keep it, so that is what we ask the kernel for, together with the program's name: a
shell that an operator left in the folder is not ours to end.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""For every program we start here. Nothing of our own: no PG* variable may point elsewhere, no secret travel along."""


class Resident:
    """A live process of ours. Its id may be used again after its death; psutil then takes it for dead."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.pid: int = process.pid

    def lives(self) -> bool:
        """False for a dead one that nobody has reaped, too."""
        try:
            return bool(self._process.is_running()) and self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(number)


def living_in(folder: Path, *programs: str) -> list[Resident]:
    """Every live process of one of the programs whose working directory is `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.name().startswith(programs) and process.cwd() == str(folder)
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # gone meanwhile, or somebody else's
            continue
        resident = Resident(process)
        if ours and resident.lives():
            found.append(resident)
    return found


def wait_for(condition: Callable[[], bool], patience: float) -> bool:
    """Ask every 50 ms until it is so, at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def reap(child: subprocess.Popen[bytes] | None, patience: float = 0.0) -> None:
    """Take the exit code of a dead child of ours, so that its id is free; a live one goes on."""
    if child is not None:
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)
