"""Tables as files for spreadsheets: CSV as German ones read it, and XLSX. No cell is ever run as a formula."""

import codecs
import csv
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as SheetCell
    from openpyxl.worksheet.worksheet import Worksheet

Cell: TypeAlias = str | int | Decimal | date | datetime | None
MOST_ROWS = 1_048_576  # of a sheet, its titles included
BLOCK = 1000
# What makes a spreadsheet run a cell as a formula (OWASP, CSV injection), full-width signs included.
_FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r\n")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def csv_blocks(titles: Sequence[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo) -> Iterator[bytes]:
    """UTF-8 with its mark, semicolons, decimal commas, days as 2026-11-23 and instants in the zone's time."""
    yield codecs.BOM_UTF8
    lines = chain([titles], ([written(cell, zone) for cell in row] for row in rows))
    while block := list(islice(lines, BLOCK)):
        text = StringIO()
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(block)
        yield text.getvalue().encode()


def written(cell: Cell, zone: ZoneInfo) -> str:
    match cell:
        case None:
            return ""
        case str():
            return harmless(cell)
        case Decimal():
            return f"{cell:f}".replace(".", ",")
        case datetime():
            return f"{cell.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return str(cell)


def harmless(text: str) -> str:
    """An apostrophe before what a spreadsheet might run."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) or text.lstrip().startswith(_FORMULA_SIGNS) else text


def xlsx(name: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo) -> bytes:
    """A workbook with a sheet of that name, and more of them where one is full; instants are in the zone's time."""
    from openpyxl import Workbook  # noqa: PLC0415 - half a second at each start, for what is asked once a month

    book = Workbook(write_only=True)
    left = iter(rows)
    number = 0
    while True:
        number += 1
        sheet = book.create_sheet(name if number == 1 else f"{name} {number}")
        sheet.freeze_panes = "A2"
        sheet.append([_title(sheet, title) for title in titles])
        count = 0
        for row in islice(left, MOST_ROWS - 1):
            sheet.append([_cell(sheet, cell, zone) for cell in row])
            count += 1
        if count < MOST_ROWS - 1:
            break
    packed = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the clock that openpyxl stamps its files by
        book.save(packed)
    return packed.getvalue()


def _title(sheet: "Worksheet", title: str) -> "SheetCell":
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - likewise
    from openpyxl.styles import Font  # noqa: PLC0415 - likewise

    cell = WriteOnlyCell(sheet, value=title)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: "Worksheet", value: Cell, zone: ZoneInfo) -> "SheetCell | None":
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - likewise

    match value:
        case None | "":
            return None
        case str():
            cell = WriteOnlyCell(sheet, value=_UNREADABLE.sub(" ", value)[:32_767])
            cell.data_type = "s"  # else what begins with an equals sign would be a formula
            return cell
        case Decimal():
            cell = WriteOnlyCell(sheet, value=value)
            cell.number_format = "#,##0.00"
            return cell
        case datetime():
            cell = WriteOnlyCell(sheet, value=value.astimezone(zone).replace(tzinfo=None))
            cell.number_format = "yyyy-mm-dd hh:mm:ss"
            return cell
        case date():
            cell = WriteOnlyCell(sheet, value=value)
            cell.number_format = "yyyy-mm-dd"
            return cell
    return WriteOnlyCell(sheet, value=value)
