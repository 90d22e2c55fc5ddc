"""Under which account PostgreSQL runs, because it refuses to run as root.

Decision 0003: as an ordinary user, as ourselves. As root, inside a user namespace in which we look like an ordinary
user; where the kernel refuses that, as `nobody`, who then owns PostgreSQL's folders and nothing else.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

from msgspec import Struct

from infra.embedded.errors import EmbeddedError

NAMESPACE = Path(__file__).with_name("namespace.py")


class Identity(TypedDict, total=False):
    """Arguments of subprocess.Popen."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


class Account(Struct, frozen=True):
    """How to run a program: words before its own, and the ids to change to first (None: stay who we are)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def command(self, program: Path, *arguments: str) -> list[str]:
        return [*self.prefix, str(program), *arguments]

    def identity(self) -> Identity:
        """What subprocess needs to change the account; empty if we stay who we are."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def own(self, tree: Path) -> None:
        """Make the account the owner of a folder and all in it; only root gets here with anything to do.

        The folder itself comes last, so that a change that was cut off is made again.
        """
        uid = os.geteuid() if self.uid is None else self.uid
        gid = os.getegid() if self.gid is None else self.gid
        if tree.lstat().st_uid != uid:
            for path in (*tree.rglob("*"), tree):
                os.chown(path, uid, gid, follow_symlinks=False)

    def must_reach(self, path: Path) -> None:
        """Raise EmbeddedError unless the account may enter the folder; a changed account depends on `o+x` above it."""
        if self.uid is None:
            return
        for folder in (path, *path.parents):
            status = folder.stat()
            if status.st_uid != self.uid and not status.st_mode & 0o001:
                raise EmbeddedError(
                    f"PostgreSQL does not run as root, this kernel refuses user namespaces, and `nobody` may not enter "
                    f"{folder}. Run kommobil as an ordinary user, choose a --data and a checkout that others may enter, "
                    "or name a database with KOMMOBIL_DATABASE_URL."
                )


def ordinary_account() -> Account:
    """The account for a program that refuses root."""
    if os.geteuid() != 0:
        return Account()
    unprivileged = _unprivileged()
    inside = Account(
        prefix=(sys.executable, "-I", "-S", str(NAMESPACE), str(unprivileged.pw_uid), str(unprivileged.pw_gid))
    )
    probe = subprocess.run(
        inside.command(Path(sys.executable), "-I", "-S", "-c", ""),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return inside if probe.returncode == 0 else changed_account()


def changed_account() -> Account:
    """Really change to an unprivileged account: only root can, and only where that account reaches the files."""
    unprivileged = _unprivileged()
    return Account(uid=unprivileged.pw_uid, gid=unprivileged.pw_gid)


def _unprivileged() -> pwd.struct_passwd:
    """An account other than root that has an entry, because initdb looks its name up."""
    candidates = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not candidates:
        raise EmbeddedError("PostgreSQL does not run as root and this system has no other account")
    return min(candidates, key=lambda entry: entry.pw_name != "nobody")
