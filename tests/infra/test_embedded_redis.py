"""Redis of our own: same life as PostgreSQL's, though nothing would be lost with it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from infra.embedded import DataFolder, RedisServer, redis
from tests.infra.processes import processes_of, program, stranger, until

OWNER = """
import sys
from pathlib import Path
from infra.embedded import DataFolder, RedisServer
folder = DataFolder(Path(sys.argv[1]))
with folder.owned():
    RedisServer(folder, say=lambda _: None).start()
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def server(folder: DataFolder) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    yield server
    server.stop()


def bell(server: RedisServer) -> Redis:
    url = server.start()
    assert url is not None
    return Redis.from_url(url)


def pid_of(client: Redis) -> int:
    server: Any = client.info("server")
    return int(server["process_id"])


def test_what_was_written_is_there_after_the_server_was_killed(server: RedisServer) -> None:
    with bell(server) as client:
        client.set("rung", "once")
        os.kill(pid_of(client), signal.SIGKILL)
    until(lambda: not server.alive())
    with bell(server) as client:
        assert client.get("rung") == b"once"


def test_a_server_whose_owner_was_killed_is_taken_over(server: RedisServer, folder: DataFolder) -> None:
    with program(OWNER, str(folder.root)) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        owner.kill()
        owner.wait()
    (before,) = processes_of(folder.root / "redis")
    with bell(server) as client:
        assert pid_of(client) == before
    server.stop()
    assert processes_of(folder.root) == set()


def test_a_server_of_another_folder_behind_our_socket_is_not_taken_for_ours(
    server: RedisServer, folder: DataFolder, tmp_path: Path
) -> None:
    with RedisServer(DataFolder(tmp_path / "other")) as url:
        assert url is not None
        with Redis.from_url(url) as client:
            client.set("whose", "theirs")
        ours = folder.socket_folder("redis", redis.SOCKET) / redis.SOCKET
        ours.symlink_to(url.removeprefix("unix://"))
        with bell(server) as client:
            assert client.get("whose") is None


def test_a_server_that_lost_its_socket_is_replaced(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "UNREACHABLE", 0.2)
    with bell(server) as client:
        before = pid_of(client)
        client.set("rung", "once")
    Path(str(server.start()).removeprefix("unix://")).unlink()
    with bell(server) as client:
        assert client.get("rung") == b"once"
        assert pid_of(client) != before


def test_a_shell_left_in_the_folder_is_not_ended_with_the_server(server: RedisServer, folder: DataFolder) -> None:
    server.start()
    with stranger(folder.root / "redis") as shell:
        server.stop()
        assert shell.poll() is None


def test_files_and_socket_are_the_owners_alone_and_nothing_listens_on_the_network(
    server: RedisServer, folder: DataFolder
) -> None:
    with bell(server) as client:
        assert client.config_get("port") == {"port": "0"}
    passages = [folder.root, folder.root / "redis", folder.root / "run" / "redis"]
    assert [path.stat().st_mode & 0o777 for path in passages] == [0o700] * 3
    assert (folder.root / "run" / "redis" / redis.SOCKET).stat().st_mode & 0o777 == 0o700


def test_where_no_redis_is_installed_there_is_none(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.embedded.binaries._package", lambda _: None)
    server = RedisServer(folder)
    assert server.start() is None
    server.stop()
