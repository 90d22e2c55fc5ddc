"""`kommobil backup` and `kommobil restore`, on a whole database, while people write."""

import asyncio
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from infra.embedded import DatabaseUrls, DataFolder, PostgresServer
from infra.ids import new_id
from tests.database import Databases, migrated
from tests.infra.command_line import CommandLine, Said
from tests.servers import copied, own_database

pytestmark = pytest.mark.database

# Two rows that always come together: whoever sees one without the other has not looked at one moment.
PAIR = """
WITH a AS (INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id) SELECT $1, $2, now(), $2, 'test', $2, 'r'),
     c AS (INSERT INTO callers (city, audit_id, address, at) SELECT $1, $2, '192.0.2.1', now())
SELECT 1
"""
HALVES = """
SELECT count(*) FROM audit a FULL JOIN callers c ON c.city = a.city AND c.audit_id = a.id
WHERE (a.action = 'test' OR a.id IS NULL) AND (a.id IS NULL OR c.audit_id IS NULL)
"""


@pytest.fixture(scope="module")
async def postgres(postgres: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database of this module's own: a backup is of the whole, and other tests leave odd things behind."""
    async with own_database(postgres) as urls:
        yield urls


@pytest.fixture(scope="module")
async def database(postgres: DatabaseUrls) -> AsyncIterator[Databases]:
    async with migrated(postgres) as databases:
        yield databases


@pytest.fixture
def installed(kommobil: CommandLine, postgres: DatabaseUrls) -> CommandLine:
    """An installation on the run's database, with secrets under its data folder and a login for backups."""
    kommobil.environment["KOMMOBIL_BACKUP_DATABASE_URL"] = postgres.superuser
    folder = DataFolder(kommobil.data)
    folder.secret("jwt.pem")
    folder.secret("postgres")
    (folder.secrets / "of-a-city").mkdir()
    (folder.secrets / "of-a-city" / "mail").write_text("hush")
    return kommobil


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose embedded PostgreSQL is empty, and of the version that `up` runs whatever is under test."""
    data = tmp_path_factory.mktemp("empty") / "data"
    in_server(data, "SELECT 1")
    return data


@asynccontextmanager
async def writing(database: Databases, city: str) -> AsyncIterator[Callable[[], int]]:
    """Pairs are written all the while; the value says how many so far."""
    written = 0

    async def write() -> None:
        nonlocal written
        while True:
            async with database.app.transactions.city(city) as connection:  # type: ignore[arg-type]
                await connection.exec_driver_sql(PAIR, (city, new_id()))
            written += 1

    task = asyncio.create_task(write())
    try:
        yield lambda: written
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def into(data: Path) -> dict[str, str | None]:
    """The environment of an embedded installation in that folder."""
    return {
        "KOMMOBIL_DATA": str(data),
        **dict.fromkeys(
            (f"KOMMOBIL_{name}DATABASE_URL" for name in ("", "APP_", "RELAY_", "BACKUP_")),
        ),
    }


async def test_what_is_restored_is_what_was_there_at_one_moment_while_people_wrote(
    installed: CommandLine, database: Databases, empty: Path, tmp_path: Path
) -> None:
    city = await asyncio.to_thread(installed.new_city)
    file, data = tmp_path / "backup.tar", tmp_path / "restored"
    copied(empty, data)
    async with writing(database, city) as written:
        before = written()
        backed_up = (await installed.aside("backup", file, "--json")).json
        assert written() > before
    restored = await installed.aside("restore", file, **into(data))
    assert (restored.exit_code, restored.out.splitlines()[-1]) == (0, "restored; start it with infra/up")
    assert {line.split()[0] for line in restored.out.splitlines()[:-1]} == {"ok"}
    assert (data / "secrets" / "of-a-city" / "mail").read_text() == "hush"
    assert (data / "secrets" / "jwt.pem").read_bytes() == (installed.data / "secrets" / "jwt.pem").read_bytes()
    assert (data / "secrets" / "postgres").read_bytes() != (installed.data / "secrets" / "postgres").read_bytes()
    halves, rows = await asyncio.to_thread(in_server, data, HALVES, "SELECT count(*) FROM audit")
    assert (halves, rows) == (0, backed_up["manifest"]["figures"]["tables"]["audit"]["rows"])
    again = await installed.aside("restore", file, **into(data))
    assert again.exit_code == 1
    assert "there is an installation already and it is not touched" in again.err
    in_its_place = await installed.aside("restore", file, "--replace-all-there-is", **into(data))
    assert (in_its_place.exit_code, in_its_place.out) == (0, restored.out)
    shown = await installed.aside("city", "show", city, "--json", **into(data))
    assert (shown.exit_code, shown.json["city"]) == (0, city)


def in_server(data: Path, *questions: str) -> list[object]:
    """What the embedded PostgreSQL in the folder answers, as its superuser."""

    async def ask(url: str) -> list[object]:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(question) for question in questions]
        finally:
            await connection.close()

    folder = DataFolder(data)
    with folder.owned(), PostgresServer(folder, say=lambda _: None) as urls:
        return asyncio.run(ask(urls.superuser))


async def test_a_check_says_what_it_compared_and_leaves_nothing_behind(
    installed: CommandLine, database: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.new_city()
    await installed.aside("backup", tmp_path / "backup.tar")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    said = await installed.aside("restore", "--check", tmp_path / "backup.tar")
    assert (said.exit_code, {line.split()[0] for line in said.out.splitlines()}) == (0, {"ok"})
    for what in ("claims that overlap", "ways for the app to rewrite what is kept", "resources: checksum"):
        assert f"ok    {what}" in said.out
    assert os.listdir(scratch) == []
    assert sorted(os.listdir(tmp_path)) == ["backup.tar", "data", "scratch"]


async def test_a_backup_that_does_not_agree_with_its_figures_is_not_put_in_place(
    installed: CommandLine, database: Databases, empty: Path, tmp_path: Path
) -> None:
    await database.new_city()
    copied(empty, tmp_path / "restored")
    file = tmp_path / "backup.tar"
    await installed.aside("backup", file)
    with tarfile.open(file) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
    manifest["figures"]["tables"]["resources"]["rows"] += 1
    manifest["figures"]["tables"]["cities"]["checksum"] = "1"
    manifest["figures"]["protected"].append("resources")
    changed(file, tmp_path / "other.tar", {"manifest.json": json.dumps(manifest).encode()})
    said = await installed.aside("restore", tmp_path / "other.tar", **into(tmp_path / "restored"))
    assert said.exit_code == 1
    assert [line.split("  ")[1].strip() for line in said.out.splitlines() if line.startswith("FAIL")] == [
        "tables behind the wall",
        "cities: checksum",
        "resources: rows",
    ]
    assert "nothing was put in its place" in said.err
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert await asyncio.to_thread(in_server, tmp_path / "restored", tables) == [0]


def changed(file: Path, target: Path, members: dict[str, bytes]) -> None:
    """A copy of the archive with other members in it."""
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = members.get(member.name) or (old.extractfile(member) or io.BytesIO()).read()
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("harm", ["cut off", "altered", "something else"])
async def test_a_file_that_is_not_whole_is_refused_before_anything_happens(
    installed: CommandLine, tmp_path: Path, harm: str
) -> None:
    file, broken = tmp_path / "backup.tar", tmp_path / "broken.tar"
    await installed.aside("backup", file)
    match harm:
        case "cut off":
            broken.write_bytes(file.read_bytes()[:-20_000])
        case "altered":
            changed(file, broken, {"database.dump": b"PGDMP nothing"})
        case _:
            broken.write_text("city,name\n")
    said = await installed.aside("restore", broken, **into(tmp_path / "restored"))
    assert (said.exit_code, said.out) == (1, "")
    assert "is damaged: database.dump" in said.err or "is not a whole backup of kommobil" in said.err
    assert not (tmp_path / "restored" / "postgres").exists()


async def test_a_backup_belongs_to_its_owner_alone_and_replaces_no_other(
    installed: CommandLine, tmp_path: Path
) -> None:
    said = await installed.aside("backup", installed.data)
    (file,) = installed.data.glob("kommobil-*.tar")
    assert said.out.startswith(f"{file}: ")
    assert file.stat().st_mode & 0o777 == 0o600
    again = await installed.aside("backup", file)
    assert again == Said(1, "", f"Error: {file} is there already and is not replaced\n")
    assert [path.name for path in installed.data.iterdir() if path.name.startswith(".")] == []


async def test_secrets_are_left_out_when_asked(installed: CommandLine, tmp_path: Path) -> None:
    await installed.aside("backup", "--without-secrets", tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as tar:
        assert tar.getnames() == ["manifest.json", "database.dump"]


async def test_a_login_that_the_walls_hold_for_too_makes_no_backup(
    installed: CommandLine, postgres: DatabaseUrls, tmp_path: Path
) -> None:
    said = await installed.aside("backup", tmp_path / "backup.tar", KOMMOBIL_BACKUP_DATABASE_URL=None)
    assert said.exit_code == 1
    assert "CREATE ROLE kommobil_backup LOGIN BYPASSRLS" in said.err
    assert os.listdir(tmp_path) == ["data"]


async def test_an_outside_database_is_filled_only_if_it_is_empty(
    installed: CommandLine, database: Databases, postgres: DatabaseUrls, tmp_path: Path
) -> None:
    city = await asyncio.to_thread(installed.new_city)
    file = tmp_path / "backup.tar"
    await installed.aside("backup", file)
    refused = await installed.aside("restore", file)
    assert (refused.exit_code, refused.out) == (1, "")
    assert "the database is not empty and is not touched" in refused.err
    async with own_database(postgres) as urls:
        there = {
            "KOMMOBIL_DATABASE_URL": urls.owner,
            "KOMMOBIL_APP_DATABASE_URL": urls.app,
            "KOMMOBIL_RELAY_DATABASE_URL": urls.relay,
            "KOMMOBIL_BACKUP_DATABASE_URL": urls.superuser,
        }
        said = await installed.aside("restore", file, **there)
        assert (said.exit_code, {line.split()[0] for line in said.out.splitlines()}) == (0, {"ok", "restored;"})
        assert (await installed.aside("city", "show", city, **there)).exit_code == 0
