"""Reading the Federal Network Agency's charging register, whichever layout the file has.

A layout is known by the names in its header. Adding one is a module like `layout_2019` and a line in LAYOUTS.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from adapters.registers import layout_2019
from adapters.registers.errors import NotARegister
from adapters.registers.text import MAX_LINE_BYTES, Line, check_body, encoding_of, lines
from domain.charging.register import ReadRow, RejectedRow, RowFault


class Layout(Struct, frozen=True):
    """`read_row` takes a line's number and its cells in the order of `columns`."""

    name: str
    columns: tuple[str, ...]
    read_row: Callable[[int, tuple[str, ...]], ReadRow]


LAYOUTS = (Layout("2019", layout_2019.COLUMNS, layout_2019.read_row),)


def read_charging_register(source: Path | BinaryIO) -> Iterator[ReadRow]:
    """The rows of a register, one at a time; blank lines are passed over, all others come out as read or rejected.

    A stream has to be seekable and stays the caller's to close. The whole file is checked before the first row: raises
    NotARegister if it is not a register in UTF-8 or Windows-1252, and OSError if it cannot be read.
    """
    start = 0 if isinstance(source, Path) else source.tell()
    with _opened(source, start) as stream:
        header = stream.readline(MAX_LINE_BYTES)
        encoding = encoding_of(header)
        layout, order = _layout(header, encoding)
        check_body(stream, encoding)
    return _rows(source, start, encoding, layout, order)


def _opened(source: Path | BinaryIO, start: int) -> AbstractContextManager[BinaryIO]:
    if isinstance(source, Path):
        return source.open("rb")
    source.seek(start)
    return nullcontext(source)


def _layout(header: bytes, encoding: str) -> tuple[Layout, tuple[int, ...]]:
    """The layout with the header's names, and where in the file each of its columns stands."""
    try:
        cells = _cells(header.decode(encoding, "replace").rstrip("\r\n"))
    except csv.Error as error:
        raise NotARegister(f"the header cannot be split into columns: {error}") from None
    names = [" ".join(unicodedata.normalize("NFC", cell).split()) for cell in cells]
    for layout in LAYOUTS:
        if sorted(names) == sorted(layout.columns):
            return layout, tuple(names.index(column) for column in layout.columns)
    nearest = max(LAYOUTS, key=lambda layout: len(set(names) & set(layout.columns)))
    missing = [column for column in nearest.columns if column not in names]
    surplus = [name for name in names if name not in nearest.columns]
    cut = "" if header.endswith(b"\n") or len(header) == MAX_LINE_BYTES else "the file ends in its header; "
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
        for line in lines(stream, encoding):
            if line.number > 1 and line.text.strip("; \t"):
                yield _row(line, layout, order)


def _row(line: Line, layout: Layout, order: tuple[int, ...]) -> ReadRow:
    if not line.whole:
        return _rejected(line, RowFault.LINE_TOO_LONG, f"only the first {len(line.text)} characters were read")
    try:
        cells = _cells(line.text)
    except csv.Error as error:
        if not line.ended:
            return _rejected(line, RowFault.TRUNCATED, "the file ends within this line")
        return _rejected(line, RowFault.BROKEN_QUOTES, str(error))
    # RFC 4180 lets the last line go without its end, so only what is missing in it shows the cut.
    if not line.ended and len(cells) < len(order):
        return _rejected(line, RowFault.TRUNCATED, "the file ends within this line")
    if len(cells) == len(order):
        cells = tuple(cells[position] for position in order)
    return layout.read_row(line.number, cells)


def _cells(text: str) -> tuple[str, ...]:
    return tuple(next(csv.reader([text], delimiter=";", strict=True), ()))


def _rejected(line: Line, fault: RowFault, detail: str) -> RejectedRow:
    """A line that has no cells to speak of, kept as one; its place is unknown."""
    return RejectedRow(line.number, fault, detail, None, (line.text[:1_000],))
