"""The folder into which files of statements are put: `bank/<city>/inbox` under the data folder.

A file that was taken in is moved to `processed`, one that was refused to `failed` with the reason beside it, both under the
moment at which that was. What cannot be decided now, as the database does not answer, stays where it is.
"""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from domain.cities.identifiers import is_slug
from domain.identity import City
from services.reconciliation.importing import Imported, ImportFile, Importing, Rejected, Unread
from services.reconciliation.reading import FileProblem, UnknownCity

INBOX, PROCESSED, FAILED = "inbox", "processed", "failed"
SETTLED_S = 5.0  # a file that has changed since may still be written
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
LARGEST = 2**26
LONGEST_NAME = 150

TakeIn: TypeAlias = Callable[[City, ImportFile], Awaitable[Importing]]


class Waiting(Struct, frozen=True):
    city: City
    file: Path


class BankFolder:
    """`root` is the folder that holds one for each city."""

    def __init__(self, root: Path, clock: Callable[[], datetime]) -> None:
        self._root = root
        self._clock = clock

    async def waiting(self, limit: int) -> list[Waiting]:
        """Files that nobody writes to any more, oldest first."""
        return await asyncio.to_thread(self._look, limit)

    async def take(self, waiting: Waiting, take_in: TakeIn) -> Importing | None:
        """Take the file in and put it away; None where somebody else was quicker. Raises what `take_in` raises, but for
        UnknownCity, and leaves the file then."""
        raw = await asyncio.to_thread(_read, waiting.file)
        if raw is None:
            return None
        if len(raw) > LARGEST:
            outcome: Importing = Unread(FileProblem.TOO_LARGE, f"it has more than {LARGEST:,} bytes", "")
        else:
            try:
                outcome = await take_in(waiting.city, ImportFile(waiting.file.name[:LONGEST_NAME], raw))
            except UnknownCity:
                outcome = Unread(FileProblem.BAD_VALUE, f"there is no city {waiting.city!r}", "")
        await asyncio.to_thread(self._put_away, waiting.file, outcome)
        return outcome

    def _look(self, limit: int) -> list[Waiting]:
        since = self._clock().timestamp() - SETTLED_S
        found: list[tuple[float, Waiting]] = []
        for city, inbox in self._inboxes():
            for entry in _entries(inbox):
                try:
                    about = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # somebody else was quicker
                name = entry.name
                unfinished = name.startswith(".") or name.lower().endswith(UNFINISHED)
                if stat.S_ISREG(about.st_mode) and about.st_mtime <= since and not unfinished:
                    found.append((about.st_mtime, Waiting(city, Path(entry.path))))
        return [waiting for _, waiting in sorted(found, key=lambda each: (each[0], each[1].file))[:limit]]

    def _inboxes(self) -> Iterator[tuple[City, Path]]:
        for entry in _entries(self._root):
            if is_slug(entry.name) and entry.is_dir(follow_symlinks=False):
                yield City(entry.name), Path(entry.path) / INBOX

    def _put_away(self, file: Path, outcome: Importing) -> None:
        kept = isinstance(outcome, Imported)
        folder = file.parent.parent / (PROCESSED if kept else FAILED)
        folder.mkdir(mode=0o700, exist_ok=True)
        place = folder / f"{self._clock():%Y%m%dT%H%M%S%f}-{file.name}"
        if not kept:
            place.with_name(f"{place.name}.reason.txt").write_text("\n".join((*reasons(outcome), "")))
        try:
            file.rename(place)
        except FileNotFoundError:
            return  # another worker put it away meanwhile


def reasons(outcome: Importing) -> tuple[str, ...]:
    """Why a file was refused, in words; none where it was taken in."""
    match outcome:
        case Imported():
            return ()
        case Unread():
            where = f"{outcome.where}: " if outcome.where else ""
            return (f"{outcome.problem}: {where}{outcome.words}",)
        case Rejected():
            return tuple(f"{fault.reason}: {fault.words}" for fault in outcome.faults)


def _read(file: Path) -> bytes | None:
    """No link is followed: it may lead anywhere."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(LARGEST + 1)


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return
