"""Reading a fleet's table, CSV or XLSX, as `services.fleet.files` names its columns."""

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO

from adapters.registers.errors import NotARegister
from adapters.registers.text import check_body, encoding_of
from adapters.registers.workbook import SIGNATURE, sheet_rows
from services.fleet.files import COLUMNS, MOST_ROWS, NEEDED, Row, Unreadable


def read_fleet(content: bytes) -> tuple[Row, ...]:
    """The rows with something in them, by the titles in the first line. Raises Unreadable for what is no such table, was cut,
    has columns that nobody knows, or too many rows."""
    try:
        lines = _workbook(content) if content.startswith(SIGNATURE) else _text(content)
        return _rows(lines)
    except NotARegister as problem:
        raise Unreadable(str(problem)) from problem
    except csv.Error as problem:
        raise Unreadable(f"this is no CSV that can be read: {problem}") from problem


def _workbook(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    for row in sheet_rows(BytesIO(content)):
        yield row.number, row.cells


def _text(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    stream = BytesIO(content)
    header = stream.readline()
    encoding = encoding_of(header)
    check_body(stream, encoding)
    if not content.endswith(b"\n"):
        raise Unreadable("the last line has no end: the file was cut")
    text = content.decode(encoding)
    delimiter = ";" if text.split("\n", 1)[0].count(";") >= text.split("\n", 1)[0].count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for cells in reader:
        yield reader.line_num, cells


def _rows(lines: Iterator[tuple[int, Sequence[str]]]) -> tuple[Row, ...]:
    _, first = next(lines, (1, ()))
    titles = tuple(title.strip().lower() for title in first)
    while titles and not titles[-1]:
        titles = titles[:-1]
    if unknown := sorted(set(titles) - set(COLUMNS)):
        raise Unreadable(f"nobody knows the column {unknown[0][:80]!r}; known are {', '.join(COLUMNS)}")
    if len(set(titles)) < len(titles):
        raise Unreadable("a column is there twice")
    if missing := [name for name in NEEDED if name not in titles]:
        raise Unreadable(f"the column {missing[0]!r} is missing")
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(titles) and any(cell.strip() for cell in cells[len(titles) :]):
            raise Unreadable(f"line {number} has more cells than there are columns")
        said = {name: _plain(cell) for name, cell in zip(titles, cells, strict=False)}
        rows.append(Row(number, dict.fromkeys(COLUMNS, "") | said))
        if len(rows) > MOST_ROWS:
            raise Unreadable(f"there are more than {MOST_ROWS} rows")
    return tuple(rows)


def _plain(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from running a cell."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@＝＋－＠") else text
