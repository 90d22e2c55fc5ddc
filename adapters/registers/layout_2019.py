"""The charging register's layout of 2019: 22 columns, at most four charge points in a row, no ids.

A row is one line: no cell of this layout holds a line break, so a quote left open costs its own row only. `Anzahl
Ladepunkte` agrees with the filled plug columns in all 501 published rows at hand; a row where it does not contradicts
itself and is quarantined, because nobody could sell the point that is missing or surplus.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NoReturn

from adapters.registers.text import is_encoded_twice
from domain.charging.register import (
    ChargingKind,
    Connector,
    ConnectorFormat,
    ConnectorType,
    ReadRow,
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)
from domain.places import Location

SITE_COLUMNS = (
    "Betreiber",
    "Adresse",
    "Postleitzahl Ort",
    "Bundesland",
    "Längengrad [DG]",
    "Breitengrad [DG]",
    "Inbetriebnahmedatum",
    "Anschlussleistung [kW]",
    "Art der Ladeeinrichtung",
    "Anzahl Ladepunkte",
)
POINTS = range(1, 5)
COLUMNS = (
    *SITE_COLUMNS,
    *(column for n in POINTS for column in (f"Steckertypen{n}", f"P{n} [kW]", f"Public Key{n}")),
)

# Names are held short, since the site's key is made of them and has to fit into an index entry (2,704 bytes).
LONGEST = {"Betreiber": 200, "Adresse": 200, "Postleitzahl Ort": 100}
LONGEST_CELL = 4_096  # characters; a public key in hexadecimal has 66 to 600

KINDS = {"Normalladeeinrichtung": ChargingKind.NORMAL, "Schnellladeeinrichtung": ChargingKind.FAST}

# The first five occur in the files at hand. A plug whose size or pins the register leaves open (AC CEE 5 polig: 16, 32 or
# 63 A; the Tesla plugs) has no sure ConnectorType, and a wrong one would send a driver to a point that does not fit.
PLUGS = {
    "AC Steckdose Typ 2": Connector(ConnectorType.IEC_62196_T2, ConnectorFormat.SOCKET),
    "AC Kupplung Typ 2": Connector(ConnectorType.IEC_62196_T2, ConnectorFormat.CABLE),
    "AC Schuko": Connector(ConnectorType.DOMESTIC_F, ConnectorFormat.SOCKET),
    "DC Kupplung Combo": Connector(ConnectorType.IEC_62196_T2_COMBO, ConnectorFormat.CABLE),
    "DC CHAdeMO": Connector(ConnectorType.CHADEMO, ConnectorFormat.CABLE),
    "AC CEE 3 polig": Connector(ConnectorType.IEC_60309_2_SINGLE_16, ConnectorFormat.SOCKET),
    "Steckdose Typ 1": Connector(ConnectorType.IEC_62196_T1, ConnectorFormat.SOCKET),
}

_POSTCODE = re.compile(r"\s*([0-9]{5})(?:\s+(.*\S))?\s*")
_COORDINATE = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{1,20})?")
_KILOWATTS = re.compile(r"-?[0-9]{1,5}(?:,[0-9]{1,6})?")  # no dot: 1.000 would be a thousand in German
_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_DAMAGE = re.compile("[\ufffd\x00-\x08\x0a-\x1f\x7f-\x9f]")


class _Unreadable(Exception):
    """Ends the reading of one row."""

    def __init__(self, fault: RowFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


def read_row(number: int, cells: tuple[str, ...]) -> ReadRow:
    """The row of a line: its cells in the order of COLUMNS, as many as the line has."""
    if len(cells) != len(COLUMNS):
        detail = f"{len(cells)} columns instead of {len(COLUMNS)}"
        return RejectedRow(number, RowFault.WRONG_NUMBER_OF_COLUMNS, detail, None, cells)
    found = _POSTCODE.fullmatch(cells[2])
    postcode = None if found is None else found[1]
    try:
        return _row(number, cells)
    except _Unreadable as unreadable:
        return RejectedRow(number, unreadable.fault, unreadable.detail, postcode, cells)


def _row(number: int, cells: tuple[str, ...]) -> RegisterRow:
    row = dict(zip(COLUMNS, cells, strict=True))
    for column, cell in row.items():
        if len(cell) > LONGEST.get(column, LONGEST_CELL):
            _refuse(RowFault.CELL_TOO_LONG, column, cell)
        if _DAMAGE.search(cell) or is_encoded_twice(cell):
            _refuse(RowFault.DAMAGED_TEXT, column, cell)
    operator = _text(row["Betreiber"])
    if not operator:
        _refuse(RowFault.MISSING_OPERATOR, "Betreiber", "")
    address = _text(row["Adresse"])
    if not address:
        _refuse(RowFault.MISSING_ADDRESS, "Adresse", "")
    place = _POSTCODE.fullmatch(row["Postleitzahl Ort"])
    if place is None or not place[2]:
        _refuse(RowFault.UNREADABLE_POSTCODE, "Postleitzahl Ort", row["Postleitzahl Ort"])
    kind = KINDS.get(_text(row["Art der Ladeeinrichtung"]))
    if kind is None:
        _refuse(RowFault.UNKNOWN_KIND, "Art der Ladeeinrichtung", row["Art der Ladeeinrichtung"])
    commissioned = _date(row["Inbetriebnahmedatum"])
    return RegisterRow(
        number=number,
        operator=operator,
        address=address,
        postcode=place[1],
        town=_text(place[2]),
        state=_text(row["Bundesland"]),
        location=Location(lat=_degrees(row, "Breitengrad [DG]", 90), lon=_degrees(row, "Längengrad [DG]", 180)),
        commissioned=commissioned,
        connection_kw=_kilowatts(row, "Anschlussleistung [kW]"),
        kind=kind,
        points=_points(row),
        warnings=() if commissioned else (RowWarning.UNREADABLE_DATE,),
        cells=cells,
    )


def _points(row: dict[str, str]) -> tuple[RegisterPoint, ...]:
    points = tuple(_filled_points(row))
    if not points:
        _refuse(RowFault.NO_CHARGE_POINT, "Steckertypen1", row["Steckertypen1"])
    if _text(row["Anzahl Ladepunkte"]) != str(len(points)):
        detail = f"{len(points)} plug columns are filled, Anzahl Ladepunkte is {_excerpt(row['Anzahl Ladepunkte'])}"
        raise _Unreadable(RowFault.POINTS_DO_NOT_ADD_UP, detail)
    return points


def _filled_points(row: dict[str, str]) -> Iterator[RegisterPoint]:
    for ordinal in POINTS:
        plugs, power, key = f"Steckertypen{ordinal}", f"P{ordinal} [kW]", f"Public Key{ordinal}"
        if row[plugs].strip():
            connectors = tuple(_connector(plugs, plug) for plug in row[plugs].split(","))
            yield RegisterPoint(ordinal, connectors, _kilowatts(row, power), public_key=row[key])
        elif row[power].strip() or row[key].strip():
            _refuse(RowFault.INCOMPLETE_POINT, plugs, row[plugs])


def _connector(column: str, plug: str) -> Connector:
    connector = PLUGS.get(_text(plug))
    if connector is None:
        _refuse(RowFault.UNKNOWN_PLUG, column, plug.strip())
    return connector


def _degrees(row: dict[str, str], column: str, furthest: int) -> float:
    cell = row[column].strip()
    if not _COORDINATE.fullmatch(cell):
        _refuse(RowFault.UNREADABLE_COORDINATES, column, cell)
    degrees = float(cell.replace(",", "."))
    if not -furthest <= degrees <= furthest:
        _refuse(RowFault.COORDINATES_OUT_OF_RANGE, column, cell)
    return degrees


def _kilowatts(row: dict[str, str], column: str) -> Decimal:
    cell = row[column].strip()
    if not _KILOWATTS.fullmatch(cell):
        _refuse(RowFault.UNREADABLE_POWER, column, cell)
    kilowatts = Decimal(cell.replace(",", "."))
    if kilowatts <= 0:
        _refuse(RowFault.POWER_NOT_POSITIVE, column, cell)
    return kilowatts


def _date(cell: str) -> date | None:
    """A calendar day written dd.mm.yyyy, or None: a site may open without one, so this is worth a warning only."""
    found = _DATE.fullmatch(cell.strip())
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _text(cell: str) -> str:
    """Composed characters and single spaces, so that two spellings of one name are one."""
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _refuse(fault: RowFault, column: str, cell: str) -> NoReturn:
    raise _Unreadable(fault, f"{column}: {_excerpt(cell)}")


def _excerpt(cell: str) -> str:
    """The start of a cell in quotes, control characters escaped: reasons are printed to terminals."""
    return repr(cell[:80]) if cell else "empty"
