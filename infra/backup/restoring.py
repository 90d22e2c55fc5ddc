"""An installation from a backup: restored beside what is there, compared with what was counted, and only then in its place."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from adapters.database.counting_anew import count_anew
from adapters.database.figures import Figures, contradictions, figures, is_empty, patient
from adapters.database.migrating import alone
from adapters.database.preparing import prepare
from adapters.database.reaching import in_words
from infra.backup.archive import DUMP, FILES, Manifest, unpacked
from infra.backup.programs import program, run
from infra.backup.taking import NotAbleTo
from infra.database import addresses
from infra.embedded import DatabaseUrls, DataFolder, PostgresServer
from infra.embedded.roles import DATABASE
from infra.settings import Settings

BESIDE = "kommobil_restored"
BEFORE = "kommobil_before"
# As long as nobody relies on it.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Say = Callable[[str], None]


class Line(Struct, frozen=True):
    """One thing that was compared. `expected` is what the backup says, `found` what came of it."""

    what: str
    expected: str
    found: str

    @property
    def agrees(self) -> bool:
        return self.expected == self.found


class Comparison(Struct, frozen=True):
    lines: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        return all(line.agrees for line in self.lines)


class DoesNotAgree(Exception):
    """What was restored is not what was backed up; nothing was put in its place."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__("what was restored is not what was backed up")
        self.comparison = comparison


def check(file: Path, say: Say) -> Comparison:
    """Restore into a server of its own that is gone afterwards, and compare. Raises NotABackup, EmbeddedError."""
    with unpacked(file) as (manifest, members), TemporaryDirectory(prefix="kommobil-check-") as scratch:
        folder = DataFolder(Path(scratch) / "data")
        with folder.owned(), PostgresServer(folder, settings=FORGETFUL, say=lambda _: None) as urls, in_words():
            say("restoring into a server of its own, to compare")
            return asyncio.run(_filled(urls.superuser, members / DUMP, manifest.figures, "kommobil_owner"))


def restore(settings: Settings, file: Path, *, replace: bool, say: Say) -> Comparison | None:
    """Restore into the installation, which must be empty unless it is to be replaced.

    What is there is given up only when what was restored agrees with the backup. Without a comparison where the login
    of an outside database does not see all rows. Raises NotABackup, NotAbleTo, DoesNotAgree, EmbeddedError, Unusable.
    """
    with unpacked(file) as (manifest, members):
        if settings.database_url is not None:
            with in_words():
                comparison = asyncio.run(_outside(settings, members / DUMP, manifest))
        else:
            comparison = _embedded(settings, members, manifest, replace=replace, say=say)
        _place(members / FILES, settings.data)
        return comparison


def _embedded(settings: Settings, members: Path, manifest: Manifest, *, replace: bool, say: Say) -> Comparison:
    """Into a database beside the present one, which it then follows."""
    folder = DataFolder(settings.data)
    with folder.owned(), PostgresServer(folder, say=say) as urls, in_words():
        beside = _at(urls, BESIDE)
        asyncio.run(_make_room(urls, replace=replace))
        say("restoring beside what is there, to compare")
        comparison = asyncio.run(_filled(beside, members / DUMP, manifest.figures, "kommobil_owner"))
        if not comparison.agrees:
            asyncio.run(_server(urls, f"DROP DATABASE {BESIDE} WITH (FORCE)"))
            raise DoesNotAgree(comparison)
        asyncio.run(count_anew(beside))
        asyncio.run(
            _server(
                urls,
                f"DROP DATABASE IF EXISTS {BEFORE} WITH (FORCE)",
                f"ALTER DATABASE {DATABASE} RENAME TO {BEFORE}",
                f"ALTER DATABASE {BESIDE} RENAME TO {DATABASE}",
                f"DROP DATABASE {BEFORE} WITH (FORCE)",
            )
        )
        return comparison


async def _make_room(urls: DatabaseUrls, *, replace: bool) -> None:
    async with patient(urls.superuser) as connection:
        if not replace and not await is_empty(connection):
            raise NotAbleTo(
                "there is an installation already and it is not touched; choose another --data, or say --replace-all-there-is"
            )
    await _server(
        urls, f"DROP DATABASE IF EXISTS {BESIDE} WITH (FORCE)", f"CREATE DATABASE {BESIDE} OWNER kommobil_owner"
    )


async def _outside(settings: Settings, dump: Path, manifest: Manifest) -> Comparison | None:
    """Into an empty database of somebody else's, as its owner."""
    owner = addresses(settings).owner
    async with patient(owner.url) as connection:
        if not await is_empty(connection):
            raise NotAbleTo("the database is not empty and is not touched; restore into a new one and name that")
    async with alone(owner, lambda _: None) as prepared:
        await prepare(prepared, shared_login=settings.app_database_url is None)
        await prepared.commit()
    await _load(owner.url, dump)
    above = settings.backup_database_url
    comparison = None if above is None else await _compared(above, manifest.figures)
    await count_anew(owner.url)
    return comparison


async def _filled(url: str, dump: Path, expected: Figures, role: str) -> Comparison:
    await _load(url, dump, f"--role={role}")
    return await _compared(url, expected)


async def _load(url: str, dump: Path, *words: str) -> None:
    async with patient(url) as connection:
        command = program("pg_restore", connection.get_server_version().major, newer_does=False)
    # Comments belong to extensions, and who made those may speak of them.
    await run(
        command, "--exit-on-error", "--single-transaction", "--no-owner", "--no-comments", *words, str(dump), url=url
    )


async def _compared(url: str, expected: Figures) -> Comparison:
    async with patient(url) as connection, connection.transaction(isolation="repeatable_read"):
        found = await figures(connection)
        against = await contradictions(connection)
    lines = [
        Line("schema", expected.schema, found.schema),
        Line("tables behind the wall", " ".join(expected.protected), " ".join(found.protected)),
    ]
    for table in sorted(expected.tables.keys() | found.tables.keys()):
        before, after = expected.tables.get(table), found.tables.get(table)
        lines.append(Line(f"{table}: rows", str(before.rows if before else None), str(after.rows if after else None)))
        lines.append(
            Line(f"{table}: checksum", str(before.checksum if before else None), str(after.checksum if after else None))
        )
    for table, sums in expected.sums.items():
        for what, amounts in sums.items():
            lines.append(Line(f"{table}, {what}", _words(amounts), _words(found.sums.get(table, {}).get(what, {}))))
    lines += [Line(what, "0", str(count)) for what, count in against.items()]
    return Comparison(tuple(lines))


def _words(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in amounts.items())


def _at(urls: DatabaseUrls, database: str) -> str:
    return urls.superuser.replace(f"/{DATABASE}?", f"/{database}?")


async def _server(urls: DatabaseUrls, *statements: str) -> None:
    """Run the statements beside the databases that they are about."""
    async with patient(_at(urls, "postgres")) as connection:
        for statement in statements:
            await connection.execute(statement)


def _place(files: Path, data: Path) -> None:
    """Put the secrets where they were; another one of that name is kept beside it, as NAME.before."""
    for source in sorted(path for path in files.rglob("*") if path.is_file()):
        target = data / source.relative_to(files)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists() and target.read_bytes() != source.read_bytes():
            target.rename(target.with_name(f"{target.name}.before"))
        shutil.copyfile(source, target)
        target.chmod(0o600)
