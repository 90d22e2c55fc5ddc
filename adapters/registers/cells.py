"""The cells of a row, whatever the layout: German numbers and dates, names, and the reasons against a cell."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NoReturn

from adapters.registers.text import is_encoded_twice
from domain.charging.register import ChargingKind, Connector, ConnectorFormat, ConnectorType, RowFault
from domain.places import Location

LONGEST_CELL = 4_096  # characters; a public key in hexadecimal has 66 to 600

KINDS = {"Normalladeeinrichtung": ChargingKind.NORMAL, "Schnellladeeinrichtung": ChargingKind.FAST}

T2_SOCKET = Connector(ConnectorType.IEC_62196_T2, ConnectorFormat.SOCKET)
T2_CABLE = Connector(ConnectorType.IEC_62196_T2, ConnectorFormat.CABLE)
T1_SOCKET = Connector(ConnectorType.IEC_62196_T1, ConnectorFormat.SOCKET)
T1_CABLE = Connector(ConnectorType.IEC_62196_T1, ConnectorFormat.CABLE)
SCHUKO = Connector(ConnectorType.DOMESTIC_F, ConnectorFormat.SOCKET)
COMBO = Connector(ConnectorType.IEC_62196_T2_COMBO, ConnectorFormat.CABLE)
CHADEMO = Connector(ConnectorType.CHADEMO, ConnectorFormat.CABLE)
CEE_3 = Connector(ConnectorType.IEC_60309_2_SINGLE_16, ConnectorFormat.SOCKET)

_COORDINATE = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{1,20})?")
_KILOWATTS = re.compile(r"-?[0-9]{1,5}(?:,[0-9]{1,6})?")  # no dot: 1.000 would be a thousand in German
_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_DAMAGE = re.compile("[\ufffd\x00-\x08\x0a-\x1f\x7f-\x9f]")
_DAMAGE_IN_LINES = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Unreadable(Exception):
    """Ends the reading of one row."""

    def __init__(self, fault: RowFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


def check_cell(column: str, cell: str, *, longest: int = LONGEST_CELL, lines: bool = False) -> None:
    """Raises Unreadable for a cell that is too long or damaged; line breaks are damage unless `lines` may be in it."""
    if len(cell) > longest:
        refuse(RowFault.CELL_TOO_LONG, column, cell)
    if (_DAMAGE_IN_LINES if lines else _DAMAGE).search(cell) or is_encoded_twice(cell):
        refuse(RowFault.DAMAGED_TEXT, column, cell)


def location(row: Mapping[str, str], lat: str, lon: str) -> Location:
    return Location(lat=_degrees(row, lat, 90), lon=_degrees(row, lon, 180))


def _degrees(row: Mapping[str, str], column: str, furthest: int) -> float:
    cell = row[column].strip()
    if not _COORDINATE.fullmatch(cell):
        refuse(RowFault.UNREADABLE_COORDINATES, column, cell)
    degrees = float(cell.replace(",", "."))
    if not -furthest <= degrees <= furthest:
        refuse(RowFault.COORDINATES_OUT_OF_RANGE, column, cell)
    return degrees


def kind(row: Mapping[str, str], column: str) -> ChargingKind:
    found = KINDS.get(plain(row[column]))
    return found if found is not None else refuse(RowFault.UNKNOWN_KIND, column, row[column])


def filled(row: Mapping[str, str], column: str, fault: RowFault) -> str:
    """The cell as plain text; without any, the fault."""
    return plain(row[column]) or refuse(fault, column, "")


def kilowatts(column: str, cell: str) -> Decimal:
    cell = cell.strip()
    if not _KILOWATTS.fullmatch(cell):
        refuse(RowFault.UNREADABLE_POWER, column, cell)
    read = Decimal(cell.replace(",", "."))
    if read <= 0:
        refuse(RowFault.POWER_NOT_POSITIVE, column, cell)
    return read


def day(cell: str) -> date | None:
    """A calendar day written dd.mm.yyyy, or None: a site may open without one, so this is worth a warning only."""
    found = _DATE.fullmatch(cell.strip())
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def plain(cell: str) -> str:
    """Composed characters and single spaces, so that two spellings of one name are one."""
    return " ".join(unicodedata.normalize("NFC", cell).split())


def refuse(fault: RowFault, column: str, cell: str) -> NoReturn:
    raise Unreadable(fault, f"{column}: {excerpt(cell)}")


def excerpt(cell: str) -> str:
    """The start of a cell in quotes, control characters escaped: reasons are printed to terminals."""
    return repr(cell[:80]) if cell else "empty"
