"""A PostgreSQL server of our own: made, started, adopted after a crash, stopped.

It listens on a socket in an owner-only folder and nowhere else. Its life is not tied to ours: `kill -9` of kommobil
leaves it running, and the next start takes it over. Where no next start will come, as with a benchmark, it is leashed.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.embedded.accounts import Account, ordinary_account
from infra.embedded.binaries import postgres_binaries
from infra.embedded.cluster import check_version, make_cluster
from infra.embedded.console import Console, Readiness
from infra.embedded.errors import EmbeddedError
from infra.embedded.folder import DataFolder, let_pass
from infra.embedded.processes import ENVIRONMENT, Resident, living_in, reap, wait_for
from infra.embedded.roles import PORT, SUPERUSER, DatabaseUrls, database_urls, roles_script
from infra.leash import leashed

SOCKET = f".s.PGSQL.{PORT}"
SOCKET_LOCK = f"{SOCKET}.lock"
PROGRAMS = ("postgres", "postmaster")

# Seconds.
RECOVERY = 600.0  # for a recovery, as long as the process lives
PROGRESS = 5.0  # between two words about it
UNREACHABLE = 10.0  # after which a running server without our socket is replaced
ORPHANS = 10.0  # for backends to notice that their server died
FAST_STOP = 60.0  # for the last checkpoint
IMMEDIATE_STOP = 10.0

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "deadlock_timeout": "100ms",  # the default of a second lets a storm of deadlocks pile up behind the first
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

Say = Callable[[str], None]


class PostgresServer:
    """The server in `<data>/postgres`. The caller owns the data folder while it starts or stops the server.

    Raises EmbeddedError with a way out where PostgreSQL cannot be run.
    """

    def __init__(
        self,
        folder: DataFolder,
        binaries: Path | None = None,
        *,
        account: Account | None = None,
        settings: Mapping[str, str] | None = None,
        say: Say = print,
        is_leashed: bool = False,
    ) -> None:
        """`binaries` is the folder of another PostgreSQL >= 15; `settings` go over ours, by name. `is_leashed` ends the server
        by force the moment the thread that started it is dead."""
        self._folder = folder
        self._data = folder.root / "postgres"
        self._binaries = binaries or postgres_binaries()
        self._account = account
        self._settings = {**SETTINGS, **(settings or {})}
        self._say = say
        self._is_leashed = is_leashed
        self._child: subprocess.Popen[bytes] | None = None
        self._watched: Resident | None = None

    def __enter__(self) -> DatabaseUrls:
        try:
            return self.start()
        except BaseException:  # a signal may come while the server is coming up
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> DatabaseUrls:
        """Start the server, or take over the one that runs; returns when all roles can sign in."""
        account = self._account or ordinary_account()
        self._make(account)
        if self._adopt():
            self._say("PostgreSQL was still running and is taken over")
        else:
            self._launch(account)
        self._watched = self._server()
        console = self._console()
        console.run(roles_script(self._folder))
        return database_urls(self._folder, console.sockets)

    def stop(self) -> None:
        """Let open transactions go, write the last checkpoint, end. Afterwards no process of the server is left."""
        server = self._server()
        if server is not None:
            server.send(signal.SIGINT)  # fast shutdown
            if not self._empty(FAST_STOP):
                server.send(signal.SIGQUIT)  # immediate shutdown: the next start recovers from the log
                self._empty(IMMEDIATE_STOP)
        self._end_orphans()
        reap(self._child, IMMEDIATE_STOP)
        self._child = None
        self._folder.forget_socket_folder("pg")

    def alive(self) -> bool:
        """Whether the process that `start` found or made is still there; cheap enough to ask all the time."""
        reap(self._child)
        return self._watched is not None and self._watched.lives()

    def serving(self) -> DatabaseUrls | None:
        """The URLs if the server runs and takes connections; for those who do not own the data folder."""
        if self._server() is None:
            return None
        console = self._console()
        return database_urls(self._folder, console.sockets) if self._is_ours(console) else None

    # -- making and starting

    def _make(self, account: Account) -> None:
        if account.uid is not None:
            let_pass(self._folder.root)
            account.must_reach(self._folder.root)
            account.must_reach(self._binaries)
        if not (self._data / "PG_VERSION").exists():
            self._say("PostgreSQL is set up")
            make_cluster(self._folder, self._data, self._binaries, account)
        check_version(self._data, self._binaries)

    def _adopt(self) -> bool:
        """Take over a server of ours that runs already, however slowly it recovers. False if none is left."""
        server = self._server()
        if server is not None:
            console = self._console()
            if self._wait_ready(console, server.lives, UNREACHABLE) and self._is_ours(console):
                return True
            self._say("PostgreSQL runs but does not answer on our socket; it is started again")
            self.stop()
        self._end_orphans()
        return False

    def _launch(self, account: Account) -> None:
        """Start the server; nobody lives in the data folder when this is called."""
        console = self._console()
        self._clear_traces(console.sockets)
        account.own(self._data)
        account.own(console.sockets)
        if account.uid is not None:
            let_pass(console.sockets.parent)
        log = self._folder.log("postgres")
        begin = log.stat().st_size
        reap(self._child, IMMEDIATE_STOP)
        child = self._child = self._spawn(console.sockets, log, account)
        if not self._wait_ready(console, lambda: child.poll() is None):
            self.stop()
            said = log.read_bytes()[begin:].decode(errors="replace")
            raise EmbeddedError(f"PostgreSQL does not start; {log} says:\n{said.strip()[-2000:]}")

    def _spawn(self, sockets: Path, log: Path, account: Account) -> subprocess.Popen[bytes]:
        quoted = '"' + str(sockets).replace('"', '""') + '"'
        settings = {**self._settings, "unix_socket_directories": quoted}
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = [str(self._binaries / "postgres"), "-D", str(self._data), *arguments]
        program, *rest = leashed(server) if self._is_leashed else server
        with log.open("ab") as out:
            return subprocess.Popen(
                account.command(Path(program), *rest),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=ENVIRONMENT,
                cwd=self._folder.root,
                start_new_session=True,  # Ctrl-C is for us; we stop the server when its clients are gone
                **account.identity(),
            )

    def _wait_ready(self, console: Console, lives: Callable[[], bool], unreachable: float = RECOVERY) -> bool:
        """Wait until the server takes connections. False if it ends, or if its socket stays away for `unreachable`."""
        start = time.monotonic()
        next_word = start + PROGRESS
        while lives():
            answer = console.readiness()
            if answer is Readiness.ACCEPTING:
                return True
            now = time.monotonic()
            if now - start > (RECOVERY if answer is Readiness.REJECTING else unreachable):
                return False
            if now > next_word:
                self._say("PostgreSQL is still recovering")
                next_word = now + PROGRESS
            time.sleep(0.05)
        return False

    # -- finding and clearing up

    def _console(self) -> Console:
        return Console(
            binaries=self._binaries,
            sockets=self._folder.socket_folder("pg", SOCKET_LOCK),
            password=self._folder.secret(SUPERUSER),
        )

    def _is_ours(self, console: Console) -> bool:
        """Whether the server behind the socket serves our folder: the last word before it is trusted."""
        try:
            return Path(console.run("SHOW data_directory")) == self._data
        except EmbeddedError:
            return False

    def _server(self) -> Resident | None:
        """The running server: the process named in its pid file, if it is a PostgreSQL that lives in our folder."""
        try:
            number = int((self._data / "postmaster.pid").read_text().partition("\n")[0])
        except (OSError, ValueError):
            return None
        return next((resident for resident in self._residents() if resident.pid == number), None)

    def _residents(self) -> list[Resident]:
        return living_in(self._data, *PROGRAMS)

    def _empty(self, patience: float) -> bool:
        def empty() -> bool:
            reap(self._child)
            return not self._residents()

        return wait_for(empty, patience)

    def _end_orphans(self) -> None:
        """Backends end by themselves when their server was killed. One that does not notice is killed: no two
        servers may ever write the same files."""
        if self._empty(ORPHANS):
            return
        for process in self._residents():
            process.send(signal.SIGKILL)
        if not self._empty(ORPHANS):
            raise EmbeddedError(f"processes of PostgreSQL in {self._data} cannot be ended")

    def _clear_traces(self, sockets: Path) -> None:
        """Remove what a killed server left. Its process id may belong to a stranger by now, or to the dead server
        itself while nobody has reaped it, and PostgreSQL would refuse to start because of either. The shared memory
        check of PostgreSQL itself stays in force."""
        for trace in (self._data / "postmaster.pid", sockets / SOCKET, sockets / SOCKET_LOCK):
            trace.unlink(missing_ok=True)
