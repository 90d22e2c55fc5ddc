"""The data folder: where everything of one installation lies, and who owns it right now.

    secrets/   passwords, one file each, mode 0600
    postgres/  redis/   the data of the two
    run/       sockets; elsewhere if the path is too long for one (see `socket_folder`)
    logs/
    lock       held by the process that starts and stops the embedded parts
    guests     held by one-off commands that use the running parts

All of it is readable by its owner only. The folders above it are never touched.
"""

import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.errors import DataFolderTakenError, EmbeddedError
from infra.embedded.processes import wait_for
from infra.secrets import kept

LONGEST_SOCKET_PATH = 107  # bytes; sockaddr_un.sun_path holds 108 with its final NUL
LARGEST_LOG = 10 * 1024 * 1024  # bytes; a larger one is set aside at the next start
OWNER_ONLY = 0o700


class DataFolder:
    """Raises EmbeddedError if the folder cannot be made or belongs to somebody else."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve()
        try:
            self.root.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            owner = self.root.stat().st_uid
        except OSError as problem:
            raise EmbeddedError(f"the data folder {self.root} cannot be made: {problem.strerror}") from problem
        if owner != os.geteuid():
            raise EmbeddedError(
                f"the data folder {self.root} belongs to another user (uid {owner}); run as that user or choose --data"
            )
        self.secrets = self._subfolder("secrets")
        self.logs = self._subfolder("logs")

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the one who starts and stops the parts. Released by the kernel even when we are killed.

        Raises DataFolderTakenError at once if another process is.
        """
        with self._locked("lock", fcntl.LOCK_EX) as taken:
            if not taken:
                raise DataFolderTakenError(
                    f"another kommobil is running on the data folder {self.root}; stop it first or choose another --data"
                )
            yield

    @contextmanager
    def visited(self) -> Iterator[bool]:
        """Use parts that somebody else owns; False if their owner is just about to stop them."""
        with self._locked("guests", fcntl.LOCK_SH) as welcome:
            yield welcome

    @contextmanager
    def without_guests(self, patience: float) -> Iterator[None]:
        """Wait until the last guest has left, at most `patience` seconds, and let no new one in meanwhile."""
        with self._locked("guests", fcntl.LOCK_EX, patience):
            yield

    def secret(self, name: str) -> str:
        """The secret of that name, made at first use: 256 random bits in the alphabet of URLs."""

        def make() -> bytes:
            return f"{secrets.token_urlsafe(32)}\n".encode()

        return kept(self.secrets / name, make).decode().strip()

    def log(self, name: str) -> Path:
        """The log file of a part; one that has grown large is set aside first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.rename(self.logs / f"{name}.log.1")
        path.touch(mode=0o600)
        return path

    def socket_folder(self, part: str, longest_name: str) -> Path:
        """An owner-only folder for a socket of `part`, short enough for the kernel and plain enough for a URL.

        Where the data path is not, it is a private folder elsewhere, remembered in `run/PART.elsewhere`. A remembered
        folder that is not ours and owner-only any more (temporary folders are swept, and anybody may make one) is
        not followed.
        """
        here = self.root / "run" / part
        if len(os.fsencode(here / longest_name)) <= LONGEST_SOCKET_PATH and not set("%?#") & set(str(here)):
            self._subfolder("run")
            return self._subfolder(f"run/{part}")
        note = self._subfolder("run") / f"{part}.elsewhere"
        elsewhere = Path(note.read_text()) if note.exists() else None
        if elsewhere is None or not is_guarded(elsewhere):
            elsewhere = Path(tempfile.mkdtemp(prefix="kommobil-", dir=_short_parent()))
            note.write_text(str(elsewhere))
        sockets = elsewhere / part
        sockets.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return sockets

    def forget_socket_folder(self, part: str) -> None:
        """After a stop: leave no folder behind outside the data folder."""
        note = self.root / "run" / f"{part}.elsewhere"
        if note.exists():
            remembered = Path(note.read_text())
            if is_guarded(remembered):
                shutil.rmtree(remembered, ignore_errors=True)
            note.unlink()

    def _subfolder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return path

    @contextmanager
    def _locked(self, name: str, kind: int, patience: float = 0.0) -> Iterator[bool]:
        """Hold a lock that the kernel releases at our death, if it can be had in time; children never inherit it."""
        descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield wait_for(lambda: _lock(descriptor, kind), patience)
        finally:
            os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_guarded(path: Path) -> bool:
    """A real folder (no link), ours, in which others can neither look nor write."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o066 == 0


def let_pass(path: Path) -> None:
    """Let other accounts pass through a folder of ours to what they own in it, without looking or writing."""
    path.chmod(path.stat().st_mode | 0o011)


def _short_parent() -> str:
    """The user's own folder for sockets where the system has one, else /tmp. Root's is closed to every account."""
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = os.geteuid() != 0 and 0 < len(os.fsencode(named)) < LONGEST_SOCKET_PATH // 2 and is_guarded(Path(named))
    return named if usable else "/tmp"  # noqa: S108 - mkdtemp makes an unguessable folder of mode 0700 in it
