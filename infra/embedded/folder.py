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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.embedded.errors import DataFolderTakenError, EmbeddedError

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
        deadline = time.monotonic() + patience
        while True:
            with self._locked("guests", fcntl.LOCK_EX) as empty:
                if empty or time.monotonic() >= deadline:
                    yield
                    return
            time.sleep(0.05)

    def secret(self, name: str) -> str:
        """The secret of that name, made at first use: 256 random bits in the alphabet of URLs."""
        path = self.secrets / name
        with suppress(FileNotFoundError):
            return path.read_text().strip()
        unfinished = self.secrets / f".{name}.{os.getpid()}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # linking, unlike renaming, never replaces the secret of a faster process
            path.hardlink_to(unfinished)
        unfinished.unlink()
        return path.read_text().strip()

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
        if note.exists():
            remembered = Path(note.read_text())
            if is_private(remembered):
                return remembered
        parent = os.environ.get("XDG_RUNTIME_DIR")
        if parent is None or len(os.fsencode(parent)) > LONGEST_SOCKET_PATH // 2 or not is_private(Path(parent)):
            parent = "/tmp"  # noqa: S108 - mkdtemp makes an unguessable folder of mode 0700 in it
        elsewhere = Path(tempfile.mkdtemp(prefix="kommobil-", dir=parent))
        note.write_text(str(elsewhere))
        return elsewhere

    def forget_socket_folder(self, part: str) -> None:
        """After a stop: leave no folder behind outside the data folder."""
        note = self.root / "run" / f"{part}.elsewhere"
        if note.exists():
            remembered = Path(note.read_text())
            if is_private(remembered):
                shutil.rmtree(remembered, ignore_errors=True)
            note.unlink()

    def let_pass(self, subfolder: str) -> None:
        """Let an account that is not ours pass through to what it owns, without seeing or listing anything."""
        for path in (self.root, self._subfolder(subfolder)):
            path.chmod(path.stat().st_mode | 0o011)

    def _subfolder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return path

    @contextmanager
    def _locked(self, name: str, kind: int) -> Iterator[bool]:
        descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                taken = True
            except BlockingIOError:
                taken = False
            yield taken
        finally:
            os.close(descriptor)


def is_private(path: Path) -> bool:
    """A real folder (no link), ours, closed to everybody else."""
    try:
        status = path.lstat()
    except OSError:
        return False
    mode = status.st_mode
    return mode & 0o170000 == 0o040000 and status.st_uid == os.geteuid() and mode & 0o077 == 0
