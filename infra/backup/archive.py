"""The file: a tar archive whose members are known by their digests."""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from adapters.database.figures import Figures

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"


class NotABackup(Exception):
    """The file cannot be used; the message says why."""


class Manifest(Struct, frozen=True):
    """`digests` are SHA-256, by member. `elsewhere` are the secrets that the cities name and that are not in here."""

    format: int
    made_at: datetime
    version: str
    figures: Figures
    digests: dict[str, str]
    elsewhere: tuple[str, ...] = ()


def write(target: Path, manifest: Manifest, members: Mapping[str, Path]) -> Manifest:
    """Write the file, readable by its owner only, and put it in its place once it is whole and on the disk.

    Returns the manifest with the members' digests.
    """
    manifest = msgspec.structs.replace(manifest, digests={name: _digest(path) for name, path in members.items()})
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar, TemporaryDirectory() as scratch:
                said = Path(scratch) / MANIFEST
                said.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
                for name, path in {MANIFEST: said, **members}.items():
                    tar.add(path, name, recursive=False, filter=_anonymous)
            file.flush()
            os.fsync(file.fileno())
        target.hardlink_to(unfinished)  # which, unlike a rename, never replaces an older backup
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


@contextmanager
def unpacked(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest, and a folder with the members while it lasts. Raises NotABackup unless every byte is as it was."""
    with TemporaryDirectory(prefix="kommobil-restore-") as scratch:
        folder = Path(scratch)
        try:
            with tarfile.open(file, mode="r:") as tar:
                tar.extractall(folder, filter="data")
            manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        except (tarfile.TarError, OSError, msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise NotABackup(f"{file} is not a whole backup of kommobil: {problem}") from problem
        if manifest.format != FORMAT:
            raise NotABackup(f"{file} has format {manifest.format}; this version of kommobil reads {FORMAT}")
        for name, digest in manifest.digests.items():
            if not (folder / name).is_file() or _digest(folder / name) != digest:
                raise NotABackup(f"{file} is damaged: {name} is not what was put into it")
        yield manifest, folder


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the account that made it; what is unpacked belongs to whoever unpacks it, and to nobody else."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
