"""Taking a backup: one snapshot, counted and dumped, while everybody goes on writing."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.database.figures import Figures, figures, patient, stands_above_walls
from adapters.database.reaching import in_words
from infra.backup.archive import DUMP, FILES, FORMAT, Manifest, write
from infra.backup.programs import program, run
from infra.embedded import EmbeddedError, borrowed_postgres
from infra.embedded.roles import SUPERUSER
from infra.settings import Settings

# The embedded servers make their own.
OF_THE_SERVERS = frozenset({SUPERUSER, "kommobil_owner", "kommobil_app", "kommobil_relay"})
REFERENCE = re.compile(r'"((?:env|file):[^"]+)"')
NO_LOGIN = """this login does not see the cities' rows: row-level security holds for it too. Let an administrator run
  CREATE ROLE kommobil_backup LOGIN BYPASSRLS PASSWORD '...' IN ROLE pg_read_all_data;
and name that login's URL in KOMMOBIL_BACKUP_DATABASE_URL"""

Say = Callable[[str], None]


class NotAbleTo(Exception):
    """It cannot be done so; the message says how it can."""


def take(settings: Settings, target: Path, made_at: datetime, version: str, *, secrets: bool, say: Say) -> Manifest:
    """Write the backup of the installation to the file.

    Raises EmbeddedError, NotAbleTo, ProgramFailed and Unusable; then there is no such file.
    """
    if target.exists():
        raise NotAbleTo(f"{target} is there already and is not replaced")
    if not target.parent.is_dir():
        raise NotAbleTo(f"there is no folder {target.parent}")
    with above_the_walls(settings, say) as url, TemporaryDirectory(dir=target.parent, prefix=".kommobil-") as scratch:
        dump = Path(scratch) / DUMP
        with in_words():
            found, references = asyncio.run(_dumped(url, dump))
        files = _secrets(settings, references) if secrets else {}
        inside = {f"file:{name.removeprefix(FILES)}" for name in files}
        outside = {
            f"KOMMOBIL_{field.upper()}" for field in settings.__struct_fields__ if _is_key_of_their_own(settings, field)
        }
        manifest = Manifest(FORMAT, made_at, version, found, {}, tuple(sorted(references - inside | outside)))
        return write(target, manifest, {DUMP: dump, **files})


@contextmanager
def above_the_walls(settings: Settings, say: Say) -> Iterator[str]:
    """A login that row-level security hides nothing from: the embedded superuser, or the one that the settings name."""
    if settings.database_url is not None:
        yield settings.backup_database_url or settings.database_url
        return
    if not (settings.data / "postgres" / "PG_VERSION").exists():
        raise EmbeddedError(f"nothing is installed under {settings.data}; choose another --data")
    with borrowed_postgres(settings.data, say=say) as urls:
        yield urls.superuser


async def _dumped(url: str, dump: Path) -> tuple[Figures, set[str]]:
    """The figures, and the secrets that the cities name."""
    async with patient(url) as connection:
        if not await stands_above_walls(connection):
            raise NotAbleTo(NO_LOGIN)
        command = program("pg_dump", connection.get_server_version().major, newer_does=True)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            words = ("--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=10000", f"--file={dump}")
            await run(command, *words, url=url)
            settings = await connection.fetch("SELECT settings::text FROM cities")
            return await figures(connection), {name for (text,) in settings for name in REFERENCE.findall(text)}


def _secrets(settings: Settings, references: set[str]) -> dict[str, Path]:
    """The files with secrets below the data folder, by their name in the archive."""
    named = [settings.data / name.removeprefix("file:") for name in references if name.startswith("file:")]
    kept = settings.secrets.rglob("*") if settings.secrets.is_dir() else ()
    return {
        f"{FILES}{path.relative_to(settings.data)}": path
        for path in sorted({*named, *kept})
        if path.is_file() and path.name not in OF_THE_SERVERS and not path.name.startswith(".")
    }


def _is_key_of_their_own(settings: Settings, field: str) -> bool:
    return field.endswith("_key_file") and getattr(settings, field) is not None
