"""Files that are put into the folder are taken in once and put away."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.banking.folder import BankFolder, Waiting, reasons
from domain.identity import City
from domain.reconciliation.statements import Fault, NotImportable
from services.calls import Unavailable
from services.reconciliation.importing import Imported, ImportFile, Importing, Rejected, Unread
from services.reconciliation.reading import FileProblem, UnknownCity

NOW = datetime(2026, 11, 24, 2, 0, 30, 250_000, tzinfo=UTC)
OKER = City("okerstadt")
STAMP = "20261124T020030250000"
TAKEN = Imported(())


class Desk:
    """Answers as the test says, and remembers what it was given."""

    def __init__(self, outcome: Importing | Exception) -> None:
        self.outcome = outcome
        self.given: list[tuple[City, ImportFile]] = []

    async def take_in(self, city: City, file: ImportFile) -> Importing:
        self.given.append((city, file))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def folder(tmp_path: Path) -> BankFolder:
    return BankFolder(tmp_path, lambda: NOW)


def put(root: Path, name: str, *, city: str = OKER, age_s: float = 60, raw: bytes = b"<x/>") -> Path:
    file = root / city / "inbox" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)
    at = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(file, (at, at))
    return file


def left(root: Path) -> list[str]:
    return sorted(str(file.relative_to(root / OKER)) for file in root.rglob("*") if file.is_file())


async def test_files_wait_by_city_the_oldest_first(folder: BankFolder, tmp_path: Path) -> None:
    new, old = put(tmp_path, "a.xml"), put(tmp_path, "b.zip", age_s=99)
    other = put(tmp_path, "c.xml", city="elmstadt", age_s=80)
    assert await folder.waiting(10) == [Waiting(OKER, old), Waiting(City("elmstadt"), other), Waiting(OKER, new)]
    assert len(await folder.waiting(1)) == 1


async def test_without_a_folder_nothing_waits(tmp_path: Path) -> None:
    assert await BankFolder(tmp_path / "none", lambda: NOW).waiting(10) == []


async def test_what_is_still_written_hidden_or_no_file_does_not_wait(folder: BankFolder, tmp_path: Path) -> None:
    put(tmp_path, "young.xml", age_s=1)
    for name in (".hidden.xml", "half.xml.part", "half.XML.TMP"):
        put(tmp_path, name)
    (tmp_path / OKER / "inbox" / "link.xml").symlink_to("/etc/hostname")
    (tmp_path / OKER / "inbox" / "folder.xml").mkdir()
    put(tmp_path, "x.xml", city="Not a City")
    assert await folder.waiting(10) == []


async def test_what_was_taken_in_is_put_away(folder: BankFolder, tmp_path: Path) -> None:
    put(tmp_path, "a.xml", raw=b"<a/>")
    desk = Desk(TAKEN)
    (waiting,) = await folder.waiting(10)
    assert await folder.take(waiting, desk.take_in) == TAKEN
    assert desk.given == [(OKER, ImportFile("a.xml", b"<a/>"))]
    assert left(tmp_path) == [f"processed/{STAMP}-a.xml"]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Unread(FileProblem.HOSTILE, "it declares an entity", "a.xml/Stmt[1]"), "hostile: a.xml/Stmt[1]: it declares an entity"),
        (Unread(FileProblem.EMPTY, "the file is empty", ""), "empty: the file is empty"),
        (
            Rejected((Fault(NotImportable.TOTALS_DIFFER, "one"), Fault(NotImportable.UNKNOWN_ACCOUNT, "two"))),
            "totals_differ: one\nunknown_account: two",
        ),
        (UnknownCity("okerstadt"), "bad_value: there is no city 'okerstadt'"),
    ],
)  # fmt: skip
async def test_what_was_refused_is_put_away_with_the_reason(
    folder: BankFolder, tmp_path: Path, outcome: Importing | Exception, why: str
) -> None:
    put(tmp_path, "a.xml")
    (waiting,) = await folder.waiting(10)
    await folder.take(waiting, Desk(outcome).take_in)
    assert left(tmp_path) == [f"failed/{STAMP}-a.xml", f"failed/{STAMP}-a.xml.reason.txt"]
    assert (tmp_path / OKER / "failed" / f"{STAMP}-a.xml.reason.txt").read_text() == f"{why}\n"


async def test_what_cannot_be_decided_now_stays(folder: BankFolder, tmp_path: Path) -> None:
    put(tmp_path, "a.xml")
    (waiting,) = await folder.waiting(10)
    with pytest.raises(Unavailable):
        await folder.take(waiting, Desk(Unavailable("later")).take_in)
    assert left(tmp_path) == ["inbox/a.xml"]


async def test_two_workers_at_one_file_do_no_harm(folder: BankFolder, tmp_path: Path) -> None:
    file = put(tmp_path, "a.xml")

    async def elsewhere(_city: City, _file: ImportFile) -> Importing:
        file.unlink()
        return TAKEN

    (waiting,) = await folder.waiting(10)
    assert await folder.take(waiting, elsewhere) == TAKEN
    assert await folder.take(waiting, Desk(TAKEN).take_in) is None


def test_what_was_taken_in_needs_no_reasons() -> None:
    assert reasons(TAKEN) == ()
