"""Under which account PostgreSQL runs when kommobil is started by root."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from infra.embedded import DatabaseUrls, DataFolder, EmbeddedError, PostgresServer
from infra.embedded.accounts import NAMESPACE, Account, changed_account
from infra.embedded.binaries import postgres_binaries
from tests.infra.processes import ROOT, processes_of
from tests.servers import binaries_under_test, copied

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another account")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(prefix="kommobil-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def reachable_binaries() -> Path:
    binaries = binaries_under_test() or postgres_binaries()
    try:
        changed_account().must_reach(binaries)
    except EmbeddedError as problem:
        pytest.skip(f"this checkout is closed to other accounts: {problem}")
    return binaries


def in_namespace(uid: int, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(NAMESPACE), str(uid), str(uid), *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_inside_the_namespace_we_look_like_somebody_else_and_what_we_write_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "written inside"
    result = in_namespace(65534, "/bin/sh", "-c", f"umask 077; id -u; id -g; touch '{file}'")
    assert result.stdout == "65534\n65534\n"
    assert (file.stat().st_uid, file.stat().st_gid) == (os.geteuid(), os.getegid())


def test_where_the_kernel_refuses_namespaces_root_really_changes_the_account() -> None:
    """Tried in a namespace whose own limit of further ones is zero, with us as its root."""
    ask = "from infra.embedded.accounts import *; print(ordinary_account() == changed_account() != Account())"
    limit = "echo 0 > /proc/sys/user/max_user_namespaces"
    result = in_namespace(0, "/bin/sh", "-c", f"{limit} && exec '{sys.executable}' -c '{ask}'")
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_an_ordinary_user_stays_who_he_is() -> None:
    ask = "from infra.embedded.accounts import *; print(ordinary_account() == Account())"
    result = in_namespace(65534, sys.executable, "-c", ask)
    assert (result.stdout, result.stderr) == ("True\n", "")


@only_root
def test_under_a_changed_account_the_server_lives_the_same_life(cluster: Path, open_folder: Path) -> None:
    binaries, account = reachable_binaries(), changed_account()
    before = [(path.stat().st_mode, path.stat().st_uid) for path in (open_folder, *open_folder.parents)]
    folder = DataFolder(open_folder / "data")
    with PostgresServer(folder, binaries, account=account) as urls:
        asyncio.run(_sign_in(urls))
        owners = {path.stat().st_uid for path in (folder.root / "postgres").rglob("*")}
    assert owners == {account.uid}
    assert [path.name for path in folder.root.iterdir() if path.stat().st_uid != os.geteuid()] == ["postgres"]
    with PostgresServer(folder, binaries, account=account) as urls:
        asyncio.run(_sign_in(urls))
    assert processes_of(folder.root) == set()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder.root, *folder.root.iterdir())}
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {"data": 0o711, "run": 0o711}
    assert [(path.stat().st_mode, path.stat().st_uid) for path in (open_folder, *open_folder.parents)] == before
    with PostgresServer(folder, binaries) as urls:  # the kernel has learned namespaces meanwhile
        asyncio.run(_sign_in(urls))
    assert {path.stat().st_uid for path in folder.root.rglob("*")} == {os.geteuid()}


@only_root
def test_under_a_changed_account_and_a_long_path_the_socket_is_reached(cluster: Path, open_folder: Path) -> None:
    binaries = reachable_binaries()
    folder = copied(cluster, open_folder / ("long" * 25))
    with PostgresServer(folder, binaries, account=changed_account()) as urls:
        asyncio.run(_sign_in(urls))
        elsewhere = Path((folder.root / "run" / "pg.elsewhere").read_text())
        assert (elsewhere.stat().st_uid, elsewhere.stat().st_mode & 0o777) == (0, 0o711)
    assert not elsewhere.exists()


async def _sign_in(urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(urls.app)
    await connection.close()


@only_root
def test_a_closed_folder_above_is_named_and_not_opened(cluster: Path, open_folder: Path) -> None:
    open_folder.chmod(0o700)
    folder = copied(cluster, open_folder / "data")
    with pytest.raises(EmbeddedError, match=f"`nobody` may not enter {open_folder}"):
        PostgresServer(folder, binaries_under_test(), account=changed_account()).start()
    assert open_folder.stat().st_mode & 0o777 == 0o700


def test_our_own_account_reaches_everything_without_a_look() -> None:
    Account().must_reach(Path("/nowhere at all"))
