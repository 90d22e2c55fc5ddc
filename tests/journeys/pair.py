"""Two PostgreSQL servers: one takes writes, the other follows it word for word and takes over when it is told to."""

import asyncio
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg

from infra.embedded import DatabaseUrls, DataFolder, PostgresServer
from infra.embedded.accounts import ordinary_account
from infra.embedded.binaries import postgres_binaries
from infra.embedded.postgres import SOCKET_LOCK
from infra.embedded.processes import ENVIRONMENT
from infra.embedded.roles import DATABASE, PORT, SUPERUSER
from tests.infra.processes import until

FOLLOWS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"


class Pair:
    """Its methods wait for processes: from a coroutine, call them in a thread.

    A write is answered when both have it, so that one of them may be lost at any moment.
    """

    def __init__(self, folder: Path) -> None:
        first, second = folder / "first", folder / "second"
        shutil.copytree(DataFolder(first).root / "secrets", DataFolder(second).root / "secrets", dirs_exist_ok=True)
        self._folders = [DataFolder(first), DataFolder(second)]
        for role in ("kommobil_owner", "kommobil_app", "kommobil_relay", SUPERUSER):  # one password for both
            (self._folders[1].secrets / role).write_text(self._folders[0].secret(role))
        self._servers = [PostgresServer(each, say=_nothing) for each in self._folders]
        self._leader = 0

    def start(self) -> None:
        """The first server alone; nobody follows it yet."""
        self._servers[0].start()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()

    @property
    def urls(self) -> DatabaseUrls:
        """Both servers in every URL: whoever connects finds the one that takes writes."""
        hosts = ",".join(str(each.socket_folder("pg", SOCKET_LOCK)) for each in self._folders)
        query = urlencode(
            {"host": hosts, "port": f"{PORT},{PORT}", "target_session_attrs": "read-write"}, quote_via=quote, safe="/,"
        )

        def url(role: str) -> str:
            return f"postgresql://{role}:{self._folders[0].secret(role)}@/{DATABASE}?{query}"

        return DatabaseUrls(url("kommobil_owner"), url("kommobil_app"), url("kommobil_relay"), url(SUPERUSER))

    def restart(self, *, hard: bool) -> None:
        """The server that takes writes: in good order, or after `kill -9`."""
        leader = self._servers[self._leader]
        if hard:
            self._kill()
        else:
            leader.stop()
        leader.start()

    def follow(self) -> None:
        """Make the other server anew as a copy of the leader; from now on a write waits for both."""
        leader, other = self._folders[self._leader], self._folders[1 - self._leader]
        server = self._servers[1 - self._leader]
        server.stop()
        shutil.rmtree(other.root / "postgres", ignore_errors=True)
        account = ordinary_account()
        subprocess.run(
            account.command(
                postgres_binaries() / "pg_basebackup",
                *("-D", str(other.root / "postgres"), "-R", "-X", "stream", "-c", "fast", "-U", SUPERUSER),
                *("-h", str(leader.socket_folder("pg", SOCKET_LOCK)), "-p", str(PORT)),
            ),
            env={**ENVIRONMENT, "PGPASSWORD": leader.secret(SUPERUSER)},
            check=True,
            capture_output=True,
            **account.identity(),
        )
        (other.root / "postgres").chmod(0o700)
        server._launch(account)
        self._say("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        until(lambda: self._say(FOLLOWS) == 1)

    def fail_over(self) -> None:
        """The leader is killed, and gone for good; the other one takes over."""
        self._kill()
        self._leader = 1 - self._leader
        self._say("SELECT pg_promote()")
        until(lambda: self._say("SELECT pg_is_in_recovery()") is False)

    def _kill(self) -> None:
        leader = self._servers[self._leader]
        for resident in leader._residents():
            resident.send(signal.SIGKILL)
        assert leader._empty(10)

    def _say(self, *statements: str) -> object:
        """To the leader, as its superuser; the value of the last."""
        folder = self._folders[self._leader]

        async def say() -> object:
            connection = await asyncpg.connect(
                host=str(folder.socket_folder("pg", SOCKET_LOCK)),
                port=PORT,
                user=SUPERUSER,
                password=folder.secret(SUPERUSER),
                database="postgres",
            )
            try:
                return [await connection.fetchval(statement) for statement in statements][-1]
            finally:
                await connection.close()

        return asyncio.run(say())


def _nothing(_words: str) -> None:
    """What the servers say of themselves stands in their logs."""
