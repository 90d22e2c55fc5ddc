"""A PostgreSQL server of our own: made, started, adopted after a crash, stopped.

It listens on a socket in an owner-only folder and nowhere else. Its life is not tied to ours: `kill -9` of kommobil
leaves it running, and the next start takes it over.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.embedded.accounts import Account, ordinary_account
from infra.embedded.binaries import postgres_binaries
from infra.embedded.errors import EmbeddedError
from infra.embedded.folder import DataFolder
from infra.embedded.processes import Resident, living_in, wait_until_empty
from infra.embedded.roles import DATABASE, PORT, SUPERUSER, DatabaseUrls, database_urls, roles_script

SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_NAME = f"{SOCKET}.lock"

RECOVERY = 600.0  # seconds a recovery may take, as long as the process lives
UNREACHABLE = 10.0  # seconds after which a running server without our socket is replaced
REAPING = 20.0  # seconds for which a start is tried again after `kill -9` of the server before
ORPHANS = 10.0  # seconds for backends to notice that their server died
FAST_STOP = 60.0  # seconds for the last checkpoint
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
    "deadlock_timeout": "100ms",  # half a second of waiting behind a deadlock would already be a slow booking
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

Say = Callable[[str], None]


class PostgresServer:
    """The server in `folder.postgres`. The caller owns the data folder while it starts or stops the server.

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
    ) -> None:
        """`binaries` is the folder of another PostgreSQL >= 15; `settings` go over ours, by name."""
        self._folder = folder
        self._data = folder.root / "postgres"
        self._binaries = binaries or postgres_binaries()
        self._account = account or ordinary_account()
        self._settings = {**SETTINGS, **(settings or {})}
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DatabaseUrls:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> DatabaseUrls:
        """Start the server, or take over the one that runs; returns when all roles can sign in."""
        sockets = self._prepare()
        if self._adopt(sockets):
            self._say("PostgreSQL was still running and is taken over")
        else:
            self._launch(sockets)
        self._psql(sockets, roles_script(self._folder))
        return database_urls(self._folder, sockets)

    def stop(self) -> None:
        """Let open transactions go, write the last checkpoint, end. Afterwards no process of the server is left."""
        for number, patience in (
            (signal.SIGINT, FAST_STOP),  # fast shutdown
            (signal.SIGQUIT, IMMEDIATE_STOP),  # immediate: the next start recovers from the log
        ):
            server = self._server()
            if server is not None:
                server.send(number)
            if server is None or wait_until_empty(self._data, patience, self._child):
                break
        self._end_orphans()
        self._child = None
        self._folder.forget_socket_folder("pg")

    def alive(self) -> bool:
        """Whether the server process is there; false after a crash of the server itself."""
        if self._child is not None:
            self._child.poll()
        return self._server() is not None

    # -- making

    def _prepare(self) -> Path:
        """Make what is missing on disk; returns the folder of the socket."""
        if self._account.uid is not None:
            self._folder.let_pass("run")
            self._account.must_reach(self._folder.root)
            self._account.must_reach(self._binaries)
        sockets = self._folder.socket_folder("pg", LONGEST_SOCKET_NAME)
        self._account.give(sockets)
        version_file = self._data / "PG_VERSION"
        if not version_file.exists():
            self._make_cluster()
        made_by, ours = version_file.read_text().strip(), self._major()
        if int(made_by) != ours:
            raise EmbeddedError(
                f"{self._data} was made by PostgreSQL {made_by}, this is {ours}; export with the old version and import"
            )
        return sockets

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and move the result there: a half-made cluster is made again."""
        self._say("PostgreSQL is set up")
        unfinished = self._folder.root / "postgres.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self._account.give(unfinished)
        password = unfinished.with_suffix(".password")
        password.touch(mode=0o600)
        password.write_text(self._folder.secret(SUPERUSER))
        self._account.give(password)
        command = self._account.command(
            self._binaries / "initdb",
            *("-D", str(unfinished), "-U", SUPERUSER, "--pwfile", str(password), "-A", "scram-sha-256"),
            *("-E", "UTF8", "--data-checksums", "--no-instructions", *self._locale()),
        )
        result = self._run(command)
        password.unlink()
        if result.returncode != 0:
            raise EmbeddedError(f"initdb failed: {result.stderr.strip() or result.stdout.strip()}")
        if self._data.exists():
            self._data.rmdir()  # refuses, rightly, if something lies there that is not a cluster
        unfinished.rename(self._data)

    def _locale(self) -> tuple[str, ...]:
        """Code point order everywhere: sorting must not change with the system's libraries under an index."""
        if self._major() >= 17:
            return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return ("--locale=C",)

    def _major(self) -> int:
        words = self._run([str(self._binaries / "postgres"), "--version"]).stdout.split()
        return int(words[2].partition(".")[0])

    # -- starting

    def _adopt(self, sockets: Path) -> bool:
        """Take over a server of ours that runs already, however slowly it recovers. False if there is none."""
        server = self._server()
        if server is None:
            self._end_orphans()
            self._clear_traces(sockets)
            return False
        if self._wait_ready(sockets, server.lives, unreachable=UNREACHABLE):
            serves = self._psql(sockets, "SHOW data_directory").strip()
            if Path(serves) == self._data:
                return True
        self._say("PostgreSQL runs but does not answer on our socket; it is started again")
        self.stop()
        return self._adopt(self._folder.socket_folder("pg", LONGEST_SOCKET_NAME))

    def _launch(self, sockets: Path) -> None:
        """Start the server. One that was killed a moment ago may block that until it has been reaped: try again."""
        deadline = time.monotonic() + REAPING
        log = self._folder.log("postgres")
        while True:
            begin = log.stat().st_size
            self._child = self._spawn(sockets, log)
            if self._wait_ready(sockets, self._child_lives):
                return
            self.stop()
            said = log.read_bytes()[begin:].decode(errors="replace")
            in_the_way = "lock file" in said or "shared memory block" in said
            if not in_the_way or time.monotonic() >= deadline:
                raise EmbeddedError(f"PostgreSQL does not start; {log} says:\n{said.strip()[-2000:]}")
            time.sleep(0.2)
            sockets = self._folder.socket_folder("pg", LONGEST_SOCKET_NAME)
            self._clear_traces(sockets)

    def _child_lives(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _spawn(self, sockets: Path, log: Path) -> subprocess.Popen[bytes]:
        quoted = '"' + str(sockets).replace('"', '""') + '"'
        settings = {**self._settings, "unix_socket_directories": quoted}
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with log.open("ab") as out:
            return subprocess.Popen(
                self._account.command(self._binaries / "postgres", "-D", str(self._data), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=_environment(),
                cwd=self._data.parent,
                start_new_session=True,  # Ctrl-C is for us; we stop the server when its clients are gone
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups(),
            )

    def _wait_ready(self, sockets: Path, lives: Callable[[], bool], unreachable: float = RECOVERY) -> bool:
        """Wait until the server takes connections. False if it ends, or if its socket stays away for `unreachable`."""
        start = time.monotonic()
        next_word = start + 5.0
        while lives():
            now = time.monotonic()
            answer = self._run(
                [str(self._binaries / "pg_isready"), "-q", "-h", str(sockets), "-p", str(PORT), "-d", DATABASE]
            ).returncode
            if answer == 0:
                return True
            if now - start > (RECOVERY if answer == 1 else unreachable):
                return False
            if now > next_word:
                self._say("PostgreSQL is still recovering")
                next_word = now + 5.0
            time.sleep(0.05)
        return False

    # -- finding

    def _server(self) -> Resident | None:
        """The running server: the process named in its pid file, if that process lives in our data folder."""
        try:
            number = int((self._data / "postmaster.pid").read_text().partition("\n")[0])
        except (OSError, ValueError):
            return None
        return next((process for process in living_in(self._data) if process.pid == number), None)

    def _end_orphans(self) -> None:
        """Backends whose server was killed end by themselves; one that does not notice is killed, so that no two
        servers ever write the same files."""
        if wait_until_empty(self._data, ORPHANS if self._server() is None else 0, self._child):
            return
        for process in living_in(self._data):
            process.send(signal.SIGKILL)
        wait_until_empty(self._data, ORPHANS, self._child)

    def _clear_traces(self, sockets: Path) -> None:
        """Remove what a killed server left. Its process id may belong to a stranger by now, and PostgreSQL would
        believe that stranger to be the server. Nobody lives in the data folder when this is called."""
        for trace in (self._data / "postmaster.pid", sockets / SOCKET, sockets / LONGEST_SOCKET_NAME):
            trace.unlink(missing_ok=True)

    # -- asking

    def _psql(self, sockets: Path, script: str) -> str:
        """Run a script as superuser; passwords travel by environment and stdin, never on a command line."""
        result = subprocess.run(
            [
                *(str(self._binaries / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *("-h", str(sockets), "-p", str(PORT), "-U", SUPERUSER, "-d", "postgres"),
            ],
            input=script,
            capture_output=True,
            text=True,
            env={**_environment(), "PGPASSWORD": self._folder.secret(SUPERUSER)},
            check=False,
        )
        if result.returncode != 0:
            raise EmbeddedError(f"PostgreSQL in {self._data} refuses us: {result.stderr.strip()}")
        return result.stdout

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_environment(),
            cwd=self._folder.root,
            check=False,
            user=self._account.uid,
            group=self._account.gid,
            extra_groups=self._account.groups(),
        )


def _environment() -> dict[str, str]:
    """Nothing of our own environment: no PG* variable may point elsewhere, no secret may travel along."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
