"""Lines to records: the cells of a row, which in the layout of 2026 may go on over several lines.

A quote that is left open costs its own row only: what follows is read anew. A file that ends within a record was cut, and is
refused whole, for nobody knows what else is missing.
"""

import csv
from collections import deque
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from adapters.registers.errors import NotARegister
from adapters.registers.text import MAX_LINE_BYTES, Line
from domain.charging.register import RowFault

MAX_LINES = 16  # of one record; the published ones have at most five


class Record(Struct, frozen=True):
    """`number` is that of its first line. A record with a fault has its text for its only cell."""

    number: int
    cells: tuple[str, ...]
    fault: RowFault | None = None
    detail: str = ""


def records(lines: Iterator[Line], columns: int, *, may_have_lines: bool) -> Iterator[Record]:
    """The records of a register's lines, its header left out; raises NotARegister at the end of a cut file."""
    ahead: deque[Line] = deque()
    most = MAX_LINES if may_have_lines else 1
    while True:
        ahead.extend(islice(lines, most - len(ahead)))
        if not ahead:
            return
        record, used = _record(ahead, columns, at_end=1 < most > len(ahead))
        for _ in range(used):
            ahead.popleft()
        if record is not None:
            yield record


def _record(ahead: deque[Line], columns: int, *, at_end: bool) -> tuple[Record | None, int]:
    """The first record and how many lines it takes; `at_end` that no further line can close its quotes."""
    first = ahead[0]
    if not first.text.strip("; \t"):
        return None, 1
    if not first.whole:
        return _faulty(first, RowFault.LINE_TOO_LONG, f"only the first {len(first.text)} characters were read"), 1
    text, problem = "", ""
    for used, line in enumerate(ahead, 1):
        text = line.text if used == 1 else f"{text}\n{line.text}"
        if not line.whole or len(text) > MAX_LINE_BYTES:
            break
        try:
            cells = split(text)
        except csv.Error as error:
            problem = problem or str(error)
            if "unexpected end of data" in str(error):
                continue
            break
        # RFC 4180 lets the last line go without its end, so only what is missing in it shows the cut.
        if not line.ended and len(cells) < columns:
            raise NotARegister(f"it was cut: the file ends within line {line.number}")
        if used > 1 and len(cells) != columns:
            break
        return Record(first.number, cells), used
    else:
        if at_end or not ahead[-1].ended:
            raise NotARegister(f"it was cut: the file ends within quotes that line {first.number} opens")
    return _faulty(first, RowFault.BROKEN_QUOTES, problem), 1


def split(text: str) -> tuple[str, ...]:
    """The cells between semicolons; raises csv.Error."""
    return tuple(next(csv.reader([text], delimiter=";", strict=True), ()))


def _faulty(line: Line, fault: RowFault, detail: str) -> Record:
    return Record(line.number, (line.text[:1_000],), fault, detail)
