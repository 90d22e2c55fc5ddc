"""Reading the Federal Network Agency's charging register, whichever layout the file has, CSV or XLSX.

A layout is known by the names in its header. Adding one is a module like `layout_2019` and a line in LAYOUTS.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from adapters.registers import layout_2019, layout_2026
from adapters.registers.errors import NotARegister
from adapters.registers.records import records, split
from adapters.registers.text import MAX_LINE_BYTES, check_body, encoding_of, lines
from adapters.registers.workbook import SIGNATURE, SheetRow, sheet_rows
from domain.charging.register import ReadRow, RejectedRow

PREFACE_ROWS = 20  # of a worksheet: the agency puts a title and the day of the data over the table


class Layout(Struct, frozen=True):
    """`read_row` takes a line's number and its cells in the order of `columns`; cells of some layouts have lines."""

    name: str
    columns: tuple[str, ...]
    read_row: Callable[[int, tuple[str, ...]], ReadRow]
    may_have_lines: bool = False


LAYOUTS = (
    Layout("2019", layout_2019.COLUMNS, layout_2019.read_row),
    Layout("2026", layout_2026.COLUMNS, layout_2026.read_row, may_have_lines=True),
)


class Register:
    """A register's rows, one at a time in memory, each time anew; blank rows are passed over.

    Raises NotARegister while it is read, if it turns out to be cut or damaged: use nothing of it before its end.
    """

    def __init__(self, columns: tuple[str, ...], rows: Callable[[], Iterator[ReadRow]]) -> None:
        self.columns = columns
        self._rows = rows

    def __iter__(self) -> Iterator[ReadRow]:
        return self._rows()


def read_charging_register(source: Path | BinaryIO) -> Register:
    """The rows of a register; all that are not blank come out as read or rejected.

    A stream has to be seekable and stays the caller's to close. Raises NotARegister if it is not a register, as XLSX or as
    CSV in UTF-8 or Windows-1252, and OSError if it cannot be read.
    """
    start = 0 if isinstance(source, Path) else source.tell()
    with _opened(source, start) as stream:
        header = stream.readline(MAX_LINE_BYTES)
        if header.startswith(SIGNATURE):
            return _workbook(source, start)
        encoding = encoding_of(header)
        layout, order = _layout(header, encoding)
        check_body(stream, encoding)
    return Register(layout.columns, lambda: _rows(source, start, encoding, layout, order))


def _workbook(source: Path | BinaryIO, start: int) -> Register:
    with _opened(source, start) as stream:
        header, layout, order = _header(sheet_rows(stream))

    def rows() -> Iterator[ReadRow]:
        with _opened(source, start) as stream:
            for row in sheet_rows(stream):
                if row.sheet == header.sheet and row.number > header.number and any(map(str.strip, row.cells)):
                    yield layout.read_row(row.number, tuple(_at(row.cells, position) for position in order))

    return Register(layout.columns, rows)


def _header(rows: Iterator[SheetRow]) -> tuple[SheetRow, Layout, tuple[int, ...]]:
    """The first row with the names of a layout; raises NotARegister that tells of the row which came closest."""
    first = [row for row in islice(rows, PREFACE_ROWS) if any(row.cells)]
    if not first:
        raise NotARegister("the workbook's first sheet is empty")
    known = {column for layout in LAYOUTS for column in layout.columns}
    header = max(first, key=lambda row: len(known & set(_names(row.cells))))
    return header, *_layout_of([name for name in _names(header.cells) if name])


def _at(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def _opened(source: Path | BinaryIO, start: int) -> AbstractContextManager[BinaryIO]:
    if isinstance(source, Path):
        return source.open("rb")
    source.seek(start)
    return nullcontext(source)


def _layout(header: bytes, encoding: str) -> tuple[Layout, tuple[int, ...]]:
    """The layout with the header's names, and where in the file each of its columns stands."""
    try:
        cells = split(header.decode(encoding, "replace").rstrip("\r\n"))
    except csv.Error as error:
        raise NotARegister(f"the header cannot be split into columns: {error}") from None
    cut = "" if header.endswith(b"\n") or len(header) == MAX_LINE_BYTES else "the file ends in its header; "
    return _layout_of(_names(cells), cut)


def _names(cells: Sequence[str]) -> list[str]:
    return [" ".join(unicodedata.normalize("NFC", cell).split()) for cell in cells]


def _layout_of(names: Sequence[str], cut: str = "") -> tuple[Layout, tuple[int, ...]]:
    for layout in LAYOUTS:
        if sorted(names) == sorted(layout.columns):
            return layout, tuple(names.index(column) for column in layout.columns)
    nearest = max(LAYOUTS, key=lambda layout: len(set(names) & set(layout.columns)))
    missing = [column for column in nearest.columns if column not in names]
    surplus = [name for name in names if name not in nearest.columns]
    raise NotARegister(
        f"{cut}expected the columns of {nearest.name}, divided by semicolons: {';'.join(nearest.columns)}; "
        f"missing {_listed(missing)}, unknown {_listed(surplus)}"
        + ("" if missing or surplus else ", a name stands twice")
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:6])
    return f"{shown} and {len(names) - 6} more" if len(names) > 6 else shown or "none"


def _rows(
    source: Path | BinaryIO, start: int, encoding: str, layout: Layout, order: tuple[int, ...]
) -> Iterator[ReadRow]:
    with _opened(source, start) as stream:
        body = islice(lines(stream, encoding), 1, None)
        for record in records(body, len(order), may_have_lines=layout.may_have_lines):
            if record.fault is not None:
                # A record that has no cells to speak of, kept as one; its place is unknown.
                yield RejectedRow(record.number, record.fault, record.detail, None, record.cells)
                continue
            cells = record.cells
            if len(cells) == len(order):
                cells = tuple(cells[position] for position in order)
            yield layout.read_row(record.number, cells)
