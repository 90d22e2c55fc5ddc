"""ZIP archives of statements, as banks hand them out; they may be damaged, or made to burst."""

import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from adapters.banking.elements import MAX_BYTES
from services.reconciliation.reading import FileProblem, Unreadable

SIGNATURE = b"PK\x03\x04"
EMPTY_ARCHIVE = b"PK\x05\x06"

MAX_PARTS = 400
MAX_UNPACKED = 2**26  # bytes of all parts
MAX_RATIO = 200  # of a part; statements shrink to a tenth or a twentieth
RATIO_COUNTS_FROM = 2**20  # bytes: small parts may shrink as they like
ENCRYPTED = 0x1


def parts(raw: bytes) -> tuple[tuple[str, bytes], ...]:
    """The files of the archive by name, in the order of their names; what is no archive is one file without a name.

    Names are for people only: nothing is ever written where they point. Raises Unreadable.
    """
    if not raw.startswith((SIGNATURE, EMPTY_ARCHIVE)):
        return (("", raw),)
    try:
        with ZipFile(BytesIO(raw)) as archive:
            listed = [part for part in archive.infolist() if not part.is_dir()]
            _check(listed)
            return tuple((part.filename, _unpacked(archive, part)) for part in sorted(listed, key=_name))
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as problem:
        raise Unreadable(FileProblem.DAMAGED_ARCHIVE, f"the archive cannot be unpacked: {problem}") from problem


def _name(part: ZipInfo) -> str:
    return part.filename


def _check(listed: list[ZipInfo]) -> None:
    """What the archive says of itself; unpacking stops at what it said."""
    if not listed:
        raise Unreadable(FileProblem.EMPTY, "the archive has no file in it")
    if len(listed) > MAX_PARTS:
        raise Unreadable(FileProblem.HOSTILE, f"the archive has {len(listed)} files; at most {MAX_PARTS} are read")
    if len({part.filename for part in listed}) < len(listed):
        raise Unreadable(FileProblem.HOSTILE, "the archive has several files of one name")
    if sum(part.file_size for part in listed) > MAX_UNPACKED:
        raise Unreadable(FileProblem.HOSTILE, f"the archive unpacks to over {MAX_UNPACKED:,} bytes")
    for part in listed:
        if part.flag_bits & ENCRYPTED:
            raise Unreadable(FileProblem.DAMAGED_ARCHIVE, "it is encrypted", part.filename)
        if part.file_size > max(RATIO_COUNTS_FROM, MAX_RATIO * part.compress_size):
            raise Unreadable(FileProblem.HOSTILE, f"it unpacks to over {MAX_RATIO} times its size", part.filename)


def _unpacked(archive: ZipFile, part: ZipInfo) -> bytes:
    """To the end, which proves the checksum."""
    with archive.open(part) as content:
        raw = content.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Unreadable(FileProblem.TOO_LARGE, f"it unpacks to over {MAX_BYTES:,} bytes", part.filename)
    return raw
