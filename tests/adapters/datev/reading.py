"""A reader of EXTF files that posts as DATEV does: it splits tax off automatic accounts, and takes back what is turned
round."""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO

from msgspec import Struct

# Every field that we fill, and the rest of the columns as DATEV's developer portal has their expressions.
SHAPES = {
    1: r"\d{1,10},\d{2}",
    2: r'"[SH]"',
    7: r"\d{1,9}",
    8: r"\d{1,9}",
    9: r'"\d{0,4}"',
    10: r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])",
    11: r'"[A-Z0-9$&%*+\-/_]{0,36}"',
    14: r'"[^\r\n]{0,62}"',
    37: r'"[^\r\n]{0,36}"',
    38: r'"[^\r\n]{0,36}"',
    114: r"[01]",
    115: r"(\d{8})?",
    118: r'"(1|)"',
}


class ReadRow(Struct, frozen=True):
    amount: int
    side: str
    account: str
    contra: str
    key: str
    day: date
    document: str
    words: str
    cost_centre: str
    performed: date | None
    turned_round: bool


class ReadFile(Struct, frozen=True):
    head: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[ReadRow, ...]


def read(content: bytes) -> ReadFile:
    """Checks the shape of every field on its way."""
    text = content.decode("cp1252")
    assert text.endswith("\r\n")
    raw = text[:-2].split("\r\n")
    head, titles, *rows = csv.reader(StringIO(text, newline=""), delimiter=";")
    assert len(raw) == len(rows) + 2, "a text has a line break"
    first, last = (datetime.strptime(head[at], "%Y%m%d").date() for at in (14, 15))  # noqa: DTZ007 - days
    for each in raw[2:]:
        for number, field in enumerate(_split(each), 1):
            shape = SHAPES.get(number, r'(""|)')
            assert re.fullmatch(shape, field), f"field {number} is {field!r}"
    assert len(titles) == 125
    assert all(len(row) == 125 for row in rows)
    return ReadFile(tuple(head), tuple(titles), tuple(_row(row, first, last) for row in rows))


def _row(row: list[str], first: date, last: date) -> ReadRow:
    day = date(first.year, int(row[9][2:]), int(row[9][:2]))
    assert first <= day <= last
    return ReadRow(
        amount=int(row[0].replace(",", "")),
        side=row[1],
        account=row[6],
        contra=row[7],
        key=row[8],
        day=day,
        document=row[10],
        words=row[13],
        cost_centre=row[36],
        performed=datetime.strptime(row[114], "%d%m%Y").date() if row[114] else None,  # noqa: DTZ007 - a day
        turned_round=row[117] == "1",
    )


def _split(line: str) -> list[str]:
    return re.findall(r'(?:^|(?<=;))("(?:[^"]|"")*"|[^;"]*)(?=;|$)', line)


def posted(file: ReadFile, automatic: Mapping[str, tuple[Decimal, str]]) -> Counter[str]:
    """Debits less credits by account, in cents. `automatic` accounts have a rate, and an account for their tax."""
    totals: Counter[str] = Counter()
    for row in file.rows:
        sign = (1 if row.side == "S" else -1) * (-1 if row.turned_round else 1)
        for account, its_sign in ((row.account, sign), (row.contra, -sign)):
            tax = 0
            if account in automatic and row.key != "40":
                rate, tax_account = automatic[account]
                tax = int((row.amount * rate / (1 + rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
                totals[tax_account] += its_sign * tax
            totals[account] += its_sign * (row.amount - tax)
    return Counter({account: total for account, total in totals.items() if total})
