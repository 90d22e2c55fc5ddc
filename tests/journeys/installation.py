"""`kommobil up` as somebody at a terminal runs it, in a data folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs

from infra.embedded import DatabaseUrls, DataFolder, PostgresServer, RedisServer
from tests.infra.processes import ROOT, until

READY = re.compile(r"kommobil is ready on \S+\n")
STATIONS = re.compile(r"stations +(\S+)\n")
STRIPE = re.compile(r"Stripe +(\S+)\n")
UNREACHED = " ".join(f"{name}=100000000/60" for name in ("sign_in", "ad_hoc", "booking", "search", "rest"))
COMMAND = (sys.executable, "-m", "infra.cli")

# Seconds.
START = 120.0
STOP = 60.0


class Installation:
    """All of it in real processes: embedded PostgreSQL and Redis with the product's settings, API, worker, sandbox.

    Its methods wait for processes: from a coroutine, call them in a thread.
    """

    def __init__(self, data: Path, *, workers: int = 2, database: DatabaseUrls | None = None) -> None:
        """`database` is one that somebody else runs, instead of the embedded one."""
        self.data = data
        self._database = database
        self._workers = workers
        self._port = _free_port()
        self._up: subprocess.Popen[bytes] | None = None
        self._log = data.parent / f"{data.name}.log"
        self._began = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def sandbox(self) -> str:
        """Where the stand-in for Stripe answers."""
        found = STRIPE.search(self.said())
        assert found, self.said()
        return found[1]

    @property
    def stations(self) -> str:
        """Where charging stations call, before the city."""
        found = STATIONS.search(self.said())
        assert found, self.said()
        return found[1]

    @property
    def mail(self) -> Path:
        return self.data / "mail"

    def said(self) -> str:
        """What `up` has said since its last start."""
        return self._log.read_bytes()[self._began :].decode() if self._log.exists() else ""

    def start(self) -> None:
        """Returns when it says that it is ready."""
        if self._up is not None:
            self._up.wait(STOP)  # it was killed; now its id is free
        self._began = self._log.stat().st_size if self._log.exists() else 0
        arguments = ("up", "--port", str(self._port), "--data", str(self.data), "--workers", str(self._workers))
        with self._log.open("ab") as log:
            up = self._up = subprocess.Popen(
                [*COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd=ROOT,
                start_new_session=True,  # Ctrl-C at the tests' terminal is for the tests, which stop us in order
            )
        until(lambda: up.poll() is not None or self._is_ready(), START)
        assert up.poll() is None, self.said()

    def _is_ready(self) -> bool:
        said = self.said()
        return READY.search(said) is not None and STRIPE.search(said) is not None

    def stop(self) -> None:
        """As Ctrl-C does; what a killed `up` has left running is stopped too."""
        if self._up is not None:
            self._up.send_signal(signal.SIGINT)
            self._up.wait(STOP)
            self._up = None
        folder = DataFolder(self.data)
        with folder.owned():
            PostgresServer(folder, say=_nothing).stop()
            RedisServer(folder, say=_nothing).stop()

    @property
    def up(self) -> psutil.Process:
        """The process of `kommobil up` itself."""
        assert self._up is not None
        return psutil.Process(self._up.pid)

    def children(self, name: str) -> list[psutil.Process]:
        """The processes of that name that `up` runs now: `api`, `worker`, `sandbox`."""
        return [process for process in self.up.children() if _is_named(process, name)]

    def residents(self) -> list[psutil.Process]:
        """PostgreSQL's main process and Redis, by their working directory."""
        folders = {str(self.data / "postgres"), str(self.data / "redis")}
        found = []
        for process in psutil.process_iter():
            try:
                if process.cwd() in folders and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.data / "postgres" / "postmaster.pid").read_text().partition("\n")[0]))

    def redis(self) -> psutil.Process:
        return next(process for process in self.residents() if process.name().startswith(("redis", "valkey")))

    def urls(self) -> DatabaseUrls:
        """The roads to its database, the superuser's too."""
        found = self._database or PostgresServer(DataFolder(self.data), say=_nothing).serving()
        assert found is not None, "PostgreSQL does not run"
        return found

    def redis_url(self) -> str:
        return f"unix://{DataFolder(self.data).socket_folder('redis', 'redis.sock') / 'redis.sock'}"

    def command(self, *words: str) -> str:
        """What `kommobil WORDS` prints on stdout; it has to succeed."""
        result = subprocess.run(
            [*COMMAND, *words, "--data", str(self.data)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=ROOT,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def _environment(self) -> Mapping[str, str]:
        """Ours, without what would name other servers, and with Python's compiled modules, which halve every start.

        Few people do here in a minute what many do in a day, so the limits are out of reach; requests are counted all
        the same.
        """
        inherited = {"KOMMOBIL_RATE_LIMITS": UNREACHED} | {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("KOMMOBIL_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        if self._database is None:
            return inherited
        roles = {"": self._database.owner, "APP_": self._database.app, "RELAY_": self._database.relay}
        return inherited | {f"KOMMOBIL_{role}DATABASE_URL": url for role, url in roles.items()}

    def postgres_errors(self, since: int) -> list[str]:
        """The messages of the errors that PostgreSQL has logged from that size of its log on."""
        written = (self.data / "logs" / "postgres.log").read_bytes()[since:].decode(errors="replace")
        return re.findall(r"ERROR:  (.*)", written)

    def postgres_log_size(self) -> int:
        return (self.data / "logs" / "postgres.log").stat().st_size


def _is_named(process: psutil.Process, name: str) -> bool:
    try:
        return f"infra.serving.{name}" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def _nothing(_words: str) -> None:
    """What the servers say of themselves stands in their logs."""


def _free_port() -> int:
    """One whose neighbour, which the sandbox likes to take, is free as well; both stay the same over restarts."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
