"""XLSX workbooks: a ZIP archive of XML that may be cut, damaged or made to burst; read a row at a time.

openpyxl's read-only mode keeps one row in memory (infra/decisions has the measurement). Before it sees the archive, every
part is unpacked once within limits: that proves the checksums, and that no part declares a document type, which is what
entities need to multiply.
"""

import warnings
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from msgspec import Struct
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from adapters.registers.errors import NotARegister

SIGNATURE = b"PK\x03\x04"

MAX_PARTS = 500
MAX_UNPACKED = 2**30  # bytes of all parts; the whole register as XLSX has about a quarter of it
MAX_RATIO = 200  # of a part; sheets of the register shrink to a tenth or twentieth
MAX_OTHER_PART = 2**27  # of what is no worksheet: openpyxl keeps the table of shared texts in memory
RATIO_COUNTS_FROM = 2**20  # bytes: small parts may shrink as they like
MAX_COLUMNS = 64
MAX_ROWS = 1_048_576  # of a sheet
MAX_BLANK_ROWS = 1_000  # one after another: the table has ended
CHUNK = 2**16


class SheetRow(Struct, frozen=True):
    """A row of the first worksheet, its values written as the register writes them: decimal commas, dd.mm.yyyy."""

    sheet: str
    number: int
    cells: tuple[str, ...]


def sheet_rows(stream: BinaryIO) -> Iterator[SheetRow]:
    """The rows of the workbook's first worksheet. Raises NotARegister for what is none, at the latest while it is read."""
    _check(stream)
    stream.seek(0)
    rows = _values(stream)
    blank = 0
    while (row := _next(rows)) is not None:
        blank = 0 if any(row.cells) else blank + 1
        if blank > MAX_BLANK_ROWS:
            return
        yield row


def _values(stream: BinaryIO) -> Iterator[SheetRow]:
    book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # those in the file are only claimed
        rows = sheet.iter_rows(min_row=1, max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
        postcodes: frozenset[int] = frozenset()
        for number, values in enumerate(rows, 1):
            cells = tuple(_text(value) for value in values)
            if "Postleitzahl" in cells:
                postcodes = frozenset(at for at, name in enumerate(cells) if name == "Postleitzahl")
            yield SheetRow(sheet.title, number, _with_zeros(cells, values, postcodes))
    finally:
        book.close()


def _next(rows: Iterator[SheetRow]) -> SheetRow | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that it does not know; we read values only
            return next(rows, None)
    except OSError:
        raise
    except Exception as problem:  # openpyxl passes on whatever a broken part makes of its parser
        raise NotARegister(f"this is no XLSX workbook that can be read: {type(problem).__name__}") from problem


def _check(stream: BinaryIO) -> None:
    try:
        with ZipFile(stream) as archive:
            parts = archive.infolist()
            _check_claims(parts)
            for part in parts:
                _check_part(archive, part)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as problem:
        raise NotARegister(f"this is a cut or damaged XLSX workbook: {problem}") from problem


def _check_claims(parts: Sequence[ZipInfo]) -> None:
    """What the archive says of itself; unpacking stops at what it said."""
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/workbook") for name in names):
        raise NotARegister("this is a ZIP archive and no XLSX workbook; unpack it")
    if len(parts) > MAX_PARTS:
        raise NotARegister(f"this workbook has {len(parts)} parts; at most {MAX_PARTS} are read")
    if (size := sum(part.file_size for part in parts)) > MAX_UNPACKED:
        raise NotARegister(f"this workbook unpacks to {size:,} bytes; at most {MAX_UNPACKED:,} are read")
    for part in parts:
        if part.file_size > MAX_OTHER_PART and not part.filename.startswith("xl/worksheets/"):
            raise NotARegister(f"{part.filename[:80]!r} in this workbook unpacks to over {MAX_OTHER_PART:,} bytes")
        if part.file_size > max(RATIO_COUNTS_FROM, MAX_RATIO * part.compress_size):
            raise NotARegister(f"{part.filename[:80]!r} in this workbook unpacks to over {MAX_RATIO} times its size")


def _check_part(archive: ZipFile, part: ZipInfo) -> None:
    """Unpack the part to its end, which proves its checksum, and read its XML until its first element."""
    parser = expat.ParserCreate()
    began = False

    def begin(*_: object) -> None:
        nonlocal began
        began = True

    def doctype(*_: object) -> NoReturn:
        raise NotARegister(f"{part.filename[:80]!r} in this workbook declares a document type; no XLSX does")

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = doctype
    with archive.open(part) as content:
        while chunk := content.read(CHUNK):
            if not began:
                try:
                    parser.Parse(chunk)
                except expat.ExpatError:
                    began = True  # a picture, or broken XML, which openpyxl refuses if it needs it


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return unescape(value) if "_x" in value else value
        case datetime() | date():
            return f"{value.day:02}.{value.month:02}.{value.year:04}"
        case float():
            return f"{Decimal(repr(value)):f}".removesuffix(".0").replace(".", ",")
    return str(value)


def _with_zeros(cells: tuple[str, ...], values: Sequence[Any], postcodes: frozenset[int]) -> tuple[str, ...]:
    """Postcodes that the workbook has as numbers get their leading zero back."""
    if not postcodes:
        return cells
    return tuple(
        cell.zfill(5) if at in postcodes and isinstance(value, int | float) else cell
        for at, (cell, value) in enumerate(zip(cells, values, strict=True))
    )
