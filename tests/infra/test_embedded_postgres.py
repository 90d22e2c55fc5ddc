"""PostgreSQL of our own: it outlives us, comes back with everything, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import threading
from pathlib import Path

import asyncpg
import pytest

from infra.embedded import DatabaseUrls, DataFolder, EmbeddedError, PostgresServer, postgres
from tests.infra.processes import kill_all, owner_with_postgres, processes_of, stranger, until
from tests.servers import binaries_under_test, copied

pytestmark = pytest.mark.database


async def write(urls: DatabaseUrls, *notes: str) -> None:
    connection = await asyncpg.connect(urls.owner)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (note text)")
    await connection.executemany("INSERT INTO kept VALUES ($1)", [(note,) for note in notes])
    await connection.close()


async def read(urls: DatabaseUrls) -> list[str]:
    connection = await asyncpg.connect(urls.owner)
    rows = await connection.fetch("SELECT note FROM kept ORDER BY note")
    await connection.close()
    return [row["note"] for row in rows]


def postmaster_of(folder: DataFolder) -> int:
    return int((folder.root / "postgres" / "postmaster.pid").read_text().split("\n")[0])


async def test_what_was_committed_is_there_after_the_server_was_killed(
    server: PostgresServer, folder: DataFolder
) -> None:
    await write(server.start(), "committed")
    os.kill(postmaster_of(folder), signal.SIGKILL)
    until(lambda: not server.alive())
    assert await read(server.start()) == ["committed"]


async def test_a_server_killed_with_all_its_processes_starts_again_at_once(
    server: PostgresServer, folder: DataFolder
) -> None:
    await write(server.start(), "committed")
    kill_all(processes_of(folder.root / "postgres"))
    assert await read(server.start()) == ["committed"]


async def test_a_server_whose_owner_was_killed_is_taken_over_with_its_data(
    server: PostgresServer, folder: DataFolder
) -> None:
    with owner_with_postgres(folder.root) as owner:
        before = postmaster_of(folder)
        owner.kill()
    with folder.owned():
        urls = server.start()
        await write(urls, "after the takeover")
        assert (postmaster_of(folder), await read(urls)) == (before, ["after the takeover"])
        server.stop()
    assert processes_of(folder.root) == set()


def test_a_data_folder_has_one_owner_at_a_time(folder: DataFolder) -> None:
    with owner_with_postgres(folder.root) as owner:
        with pytest.raises(EmbeddedError, match=f"another kommobil is running on the data folder {folder.root}"):
            folder.owned().__enter__()
        owner.kill()
    with folder.owned():
        PostgresServer(folder, binaries_under_test()).stop()


async def test_a_reused_process_id_is_neither_taken_for_our_server_nor_ended(
    server: PostgresServer, folder: DataFolder
) -> None:
    await write(server.start(), "before the power went")
    pid_file = folder.root / "postgres" / "postmaster.pid"
    lock_file = folder.root / "run" / "pg" / ".s.PGSQL.5432.lock"
    left_behind = [(path, path.read_text().partition("\n")[2]) for path in (pid_file, lock_file)]
    os.kill(postmaster_of(folder), signal.SIGKILL)
    until(lambda: not server.alive())
    with stranger() as sleep:
        for path, rest in left_behind:
            path.write_text(f"{sleep.pid}\n{rest}")
        assert server.alive() is False
        assert await read(server.start()) == ["before the power went"]
        assert postmaster_of(folder) != sleep.pid
        server.stop()
        assert sleep.poll() is None


def test_a_shell_left_in_the_data_folder_is_not_ended_with_the_server(
    server: PostgresServer, folder: DataFolder
) -> None:
    server.start()
    with stranger(folder.root / "postgres") as shell:
        server.stop()
        assert shell.poll() is None


def test_after_a_stop_no_process_and_no_socket_is_left(server: PostgresServer, folder: DataFolder) -> None:
    server.start()
    assert processes_of(folder.root) != set()
    server.stop()
    assert processes_of(folder.root) == set()
    assert list((folder.root / "run" / "pg").iterdir()) == []


async def test_a_stop_does_not_wait_for_a_forgotten_transaction(
    server: PostgresServer, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "FAST_STOP", 5.0)
    connection = await asyncpg.connect(server.start().owner)
    await connection.execute("BEGIN")
    await connection.execute("CREATE TABLE forgotten (n int)")
    server.stop()
    assert processes_of(folder.root) == set()
    assert "immediate shutdown" not in (folder.logs / "postgres.log").read_text()
    connection.terminate()


async def test_a_backend_that_does_not_notice_the_death_of_its_server_is_ended_before_the_next_start(
    server: PostgresServer, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ORPHANS", 0.5)
    urls = server.start()
    await write(urls, "committed")
    connection = await asyncpg.connect(urls.owner)
    backend = connection.get_server_pid()
    os.kill(backend, signal.SIGSTOP)
    os.kill(postmaster_of(folder), signal.SIGKILL)
    until(lambda: not server.alive())
    connection.terminate()
    assert await read(server.start()) == ["committed"]
    assert backend not in processes_of(folder.root)


def test_files_are_the_owners_alone_and_the_folders_above_stay_as_they_were(tmp_path: Path) -> None:
    above = [tmp_path, *tmp_path.parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in above]
    folder = DataFolder(tmp_path / "made" / "by us")
    with PostgresServer(folder, binaries_under_test()):
        inside = [folder.root, *folder.root.rglob("*")]
        exposed = [path for path in inside if path.lstat().st_mode & 0o077 and not path.is_socket()]
        foreign = [path for path in inside if path.lstat().st_uid != os.geteuid()]
        reachable = (folder.root / "run" / "pg").stat().st_mode & 0o777
    assert (exposed, foreign, reachable) == ([], [], 0o700)
    assert [(path.stat().st_mode, path.stat().st_uid) for path in above] == before


def test_the_server_does_not_listen_on_the_network(server: PostgresServer, folder: DataFolder) -> None:
    server.start()
    process = Path(f"/proc/{postmaster_of(folder)}")
    opened = {os.readlink(link) for link in (process / "fd").iterdir()}
    tables = [(process / "net" / name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    of_the_network = {f"socket:[{line.split()[9]}]" for table in tables for line in table}
    assert opened & of_the_network == set()


async def test_a_long_recovery_is_waited_for(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery is held up by a command that fetches archived log only when the test lets it."""
    gate = tmp_path / "open"
    (folder.root / "postgres" / "recovery.signal").touch()
    patient = threading.Event()
    monkeypatch.setattr(postgres, "PROGRESS", 0.2)
    server = PostgresServer(
        folder,
        binaries_under_test(),
        settings={"restore_command": f"until test -e '{gate}'; do sleep 0.05; done; false", "hot_standby": "off"},
        say=lambda words: patient.set() if "recovering" in words else None,
    )
    starting = threading.Thread(target=server.start)
    starting.start()
    try:
        assert patient.wait(20)
        assert starting.is_alive()
        gate.touch()
        starting.join(20)
        urls = server.serving()
        assert urls is not None
        await write(urls, "recovered")
        assert await read(urls) == ["recovered"]
    finally:
        server.stop()


def test_under_a_long_path_the_socket_lies_elsewhere_and_owner_only(cluster: Path, tmp_path: Path) -> None:
    folder = copied(cluster, tmp_path / ("long" * 25))
    with PostgresServer(folder, binaries_under_test()) as urls:
        sockets = Path((folder.root / "run" / "pg.elsewhere").read_text())
        assert sockets.stat().st_mode & 0o777 == 0o700
        asyncio.run(write(urls, "reachable"))
        assert asyncio.run(read(urls)) == ["reachable"]
    assert not sockets.exists()


def test_a_remembered_socket_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("long" * 25))
    first = folder.socket_folder("pg", "socket").parent
    shutil.rmtree(first)
    foreign = tmp_path / "foreign"
    foreign.mkdir(mode=0o700)
    first.symlink_to(foreign)
    second = folder.socket_folder("pg", "socket").parent
    assert (second != first, second.is_symlink(), list(foreign.iterdir())) == (True, False, [])
    first.unlink()
    folder.forget_socket_folder("pg")
    assert not second.exists()


def test_a_server_that_lost_its_socket_is_replaced(
    server: PostgresServer, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "UNREACHABLE", 0.2)
    server.start()
    first = postmaster_of(folder)
    (folder.root / "run" / "pg" / ".s.PGSQL.5432").unlink()
    server.start()
    assert postmaster_of(folder) != first


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    (folder.root / "postgres.unfinished").mkdir()
    (folder.root / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    with PostgresServer(folder, binaries_under_test()) as urls:
        assert urls.owner.startswith("postgresql://kommobil_owner:")
    assert sorted(path.name for path in folder.root.iterdir() if "postgres" in path.name) == ["postgres"]


def test_data_of_another_major_version_is_refused_and_left_alone(folder: DataFolder) -> None:
    version = folder.root / "postgres" / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 14"):
        PostgresServer(folder, binaries_under_test()).start()
    assert version.read_text() == "14\n"


def test_what_keeps_postgresql_from_starting_is_said_with_its_own_words(folder: DataFolder) -> None:
    server = PostgresServer(folder, binaries_under_test(), settings={"shared_buffers": "plenty"})
    with pytest.raises(EmbeddedError, match='invalid value for parameter "shared_buffers": "plenty"'):
        server.start()
    assert processes_of(folder.root) == set()
