"""Tables that people write, CSV or XLSX, with titles in their first line."""

import csv
from collections.abc import Collection, Iterator, Sequence
from io import BytesIO, StringIO

from msgspec import Struct

from adapters.registers.errors import NotARegister
from adapters.registers.text import check_body, encoding_of
from adapters.registers.workbook import SIGNATURE, sheet_rows

NOTE = "#"


class Table(Struct, frozen=True):
    """The rows with something in them, each by its number in the file and the names of the columns, and the notes: lines that
    begin with a hash, without it."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    notes: tuple[str, ...]


def read_table(
    content: bytes, columns: Collection[str], needed: Sequence[str], most_rows: int, *, with_notes: bool = False
) -> Table:
    """Every row has every column. Raises NotARegister for what is no such table, was cut, has columns that nobody knows, or too
    many rows."""
    try:
        lines = _workbook(content) if content.startswith(SIGNATURE) else _text(content, with_notes=with_notes)
        return _table(lines, columns, needed, most_rows, with_notes=with_notes)
    except csv.Error as problem:
        raise NotARegister(f"this is no CSV that can be read: {problem}") from problem


def _workbook(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    for row in sheet_rows(BytesIO(content)):
        yield row.number, row.cells


def _text(content: bytes, *, with_notes: bool) -> Iterator[tuple[int, Sequence[str]]]:
    stream = BytesIO(content)
    header = stream.readline()
    encoding = encoding_of(header)
    check_body(stream, encoding)
    if not content.endswith(b"\n"):
        raise NotARegister("the last line has no end: the file was cut")
    text = content.decode(encoding)
    titles = next(line for line in (*text.split("\n"), "") if not (with_notes and line.startswith(NOTE)))
    delimiter = ";" if titles.count(";") >= titles.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for cells in reader:
        is_note = with_notes and cells and cells[0].startswith(NOTE)
        yield reader.line_num, [delimiter.join(cells)] if is_note else cells


def _table(
    lines: Iterator[tuple[int, Sequence[str]]],
    columns: Collection[str],
    needed: Sequence[str],
    most_rows: int,
    *,
    with_notes: bool,
) -> Table:
    titles: tuple[str, ...] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    notes = []
    for number, cells in lines:
        if with_notes and cells and cells[0].startswith(NOTE):
            notes.append(cells[0][1:].strip())
        elif titles is None:
            titles = _titles(cells, columns, needed)
        elif any(cell.strip() for cell in cells):
            if any(cell.strip() for cell in cells[len(titles) :]):
                raise NotARegister(f"line {number} has more cells than there are columns")
            said = {name: _plain(cell) for name, cell in zip(titles, cells, strict=False)}
            rows.append((number, dict.fromkeys(columns, "") | said))
            if len(rows) > most_rows:
                raise NotARegister(f"there are more than {most_rows} rows")
    if titles is None:
        _titles((), columns, needed)
    return Table(tuple(rows), tuple(notes))


def _titles(cells: Sequence[str], columns: Collection[str], needed: Sequence[str]) -> tuple[str, ...]:
    titles = tuple(title.strip().lower() for title in cells)
    while titles and not titles[-1]:
        titles = titles[:-1]
    if unknown := sorted(set(titles) - set(columns)):
        raise NotARegister(f"nobody knows the column {unknown[0][:80]!r}; known are {', '.join(columns)}")
    if len(set(titles)) < len(titles):
        raise NotARegister("a column is there twice")
    if missing := [name for name in needed if name not in titles]:
        raise NotARegister(f"the column {missing[0]!r} is missing")
    return titles


def _plain(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from running a cell."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@＝＋－＠") else text
