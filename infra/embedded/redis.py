"""A Redis server of our own. It is a doorbell: whatever it loses, PostgreSQL still has.

It listens on a socket in an owner-only folder and nowhere else, and lives on when kommobil is killed, like
`infra.embedded.postgres`.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from infra.embedded.binaries import redis_binary
from infra.embedded.errors import EmbeddedError
from infra.embedded.folder import DataFolder
from infra.embedded.processes import ENVIRONMENT, Resident, living_in, reap, wait_for

SOCKET = "redis.sock"
PROGRAMS = ("redis-server", "valkey-server")

# Seconds.
LOADING = 120.0  # for reading the append-only file, as long as the process lives
UNREACHABLE = 5.0  # after which a running server without our socket is replaced
STOP = 20.0  # for the last write of the append-only file

CONFIGURATION = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{data}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""

Say = Callable[[str], None]


class RedisServer:
    """The server in `<data>/redis`. The caller owns the data folder while it starts or stops the server."""

    def __init__(self, folder: DataFolder, program: Path | None = None, *, say: Say = print) -> None:
        """`program` is a Redis or Valkey server; by default the one that `redis_binary` finds."""
        self._folder = folder
        self._data = folder.root / "redis"
        self._program = program or redis_binary()
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None
        self._watched: Resident | None = None

    def __enter__(self) -> str | None:
        try:
            return self.start()
        except BaseException:  # a signal may come while the server is coming up
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str | None:
        """Start the server or take over the one that runs; its URL, or None where no Redis is installed.

        The URL is `unix:///PATH`, as redis-py (`from_url`) and arq (`RedisSettings.from_dsn`) read it.
        """
        if self._program is None:
            return None
        self._data.mkdir(mode=0o700, exist_ok=True)
        path = self._folder.socket_folder("redis", SOCKET) / SOCKET
        if self._adopt(path):
            self._say("Redis was still running and is taken over")
        else:
            path = self._folder.socket_folder("redis", SOCKET) / SOCKET
            self._launch(path)
        self._watched = next(iter(self._residents()), None)
        return f"unix://{path}"

    def stop(self) -> None:
        """Write what is pending and end. Afterwards no process of the server is left."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._residents():
                process.send(number)
            if wait_for(self._empty, STOP):
                break
        reap(self._child, STOP)
        self._child = None
        self._folder.forget_socket_folder("redis")

    def alive(self) -> bool:
        """Whether the process that `start` found or made is still there; cheap enough to ask all the time."""
        reap(self._child)
        return self._watched is not None and self._watched.lives()

    def _empty(self) -> bool:
        reap(self._child)
        return not self._residents()

    def _residents(self) -> list[Resident]:
        return living_in(self._data, *PROGRAMS)

    def _adopt(self, path: Path) -> bool:
        running = self._residents()
        if not running:
            return False
        if self._wait_ready(path, running[0].lives, UNREACHABLE):
            return True
        self._say("Redis runs but does not answer on our socket; it is started again")
        self.stop()
        return False

    def _launch(self, path: Path) -> None:
        configuration = self._folder.root / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(CONFIGURATION.format(socket=_quoted(path), data=_quoted(self._data)))
        reap(self._child, STOP)
        log = self._folder.log("redis")
        begin = log.stat().st_size
        with log.open("ab") as out:
            child = subprocess.Popen(
                [str(self._program), str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=ENVIRONMENT,
                cwd=self._data,
                start_new_session=True,
            )
        if not self._wait_ready(path, lambda: child.poll() is None, LOADING):
            child.kill()
            child.wait()
            said = log.read_bytes()[begin:].decode(errors="replace").strip()
            raise EmbeddedError(f"Redis does not start; {log} says:\n{said[-2000:]}")
        self._child = child

    def _wait_ready(self, path: Path, lives: Callable[[], bool], unreachable: float) -> bool:
        """Wait until the server on the socket serves our folder. False if it ends or stays away."""
        start = time.monotonic()
        while lives():
            answer = _ask(path, "CONFIG GET dir")
            if answer.endswith(f"\r\n{self._data}\r\n"):
                return True
            limit = LOADING if answer.startswith("-LOADING") else unreachable
            if time.monotonic() - start > limit:
                return False
            time.sleep(0.05)
        return False


def _ask(path: Path, command: str) -> str:
    """One command in Redis' inline form and its raw answer; empty if nobody answers."""
    with closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(str(path))
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65536).decode(errors="replace")
        except OSError:
            return ""


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
