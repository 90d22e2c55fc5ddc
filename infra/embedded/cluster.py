"""Making the files of a PostgreSQL server: once per data folder."""

import shutil
import subprocess
from pathlib import Path

from infra.embedded.accounts import Account
from infra.embedded.errors import EmbeddedError
from infra.embedded.folder import DataFolder
from infra.embedded.processes import ENVIRONMENT
from infra.embedded.roles import SUPERUSER


def make_cluster(folder: DataFolder, data: Path, binaries: Path, account: Account) -> None:
    """Run initdb beside the final place and move the result there: a half-made cluster is made again."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    password = data.with_name(f"{data.name}.password")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(folder.secret(SUPERUSER))
    account.own(unfinished)
    account.own(password)
    result = subprocess.run(
        account.command(
            binaries / "initdb",
            *("-D", str(unfinished), "-U", SUPERUSER, "--pwfile", str(password), "-A", "scram-sha-256"),
            *("-E", "UTF8", "--data-checksums", "--no-instructions", *_locale(binaries)),
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=folder.root,
        check=False,
        **account.identity(),
    )
    password.unlink()
    if result.returncode != 0:
        raise EmbeddedError(f"initdb failed: {result.stderr.strip() or result.stdout.strip()}")
    if data.exists():
        data.rmdir()  # refuses, rightly, if something lies there that is not a cluster
    unfinished.rename(data)


def check_version(data: Path, binaries: Path) -> None:
    """Raise EmbeddedError unless these binaries can read the files; that is so within one major version only."""
    made_by, ours = int((data / "PG_VERSION").read_text()), major_version(binaries)
    if made_by != ours:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {made_by} and this is {ours}: go back to the kommobil that made it, "
            "take a backup there and restore it into a new data folder"
        )


def major_version(binaries: Path) -> int:
    """15 for `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`."""
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].partition(".")[0])


def _locale(binaries: Path) -> tuple[str, ...]:
    """Code point order everywhere: sorting must not change with the system's libraries under an index."""
    if major_version(binaries) >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C",)
