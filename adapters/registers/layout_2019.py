"""The charging register's layout of 2019: 22 columns, at most four charge points in a row, no ids.

A row is one line: no cell of this layout holds a line break, so a quote left open costs its own row only. `Anzahl
Ladepunkte` agrees with the filled plug columns in all 501 published rows at hand; a row where it does not contradicts
itself and is quarantined, because nobody could sell the point that is missing or surplus.
"""

import re
from collections.abc import Iterator

from adapters.registers.cells import (
    CEE_3,
    CHADEMO,
    COMBO,
    LONGEST_CELL,
    SCHUKO,
    T1_SOCKET,
    T2_CABLE,
    T2_SOCKET,
    Unreadable,
    check_cell,
    day,
    excerpt,
    filled,
    kilowatts,
    kind,
    location,
    plain,
    refuse,
)
from domain.charging.register import (
    Connector,
    ReadRow,
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)

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

# The first five occur in the files at hand. A plug whose size or pins the register leaves open (AC CEE 5 polig: 16, 32 or
# 63 A; the Tesla plugs) has no sure ConnectorType, and a wrong one would send a driver to a point that does not fit.
PLUGS = {
    "AC Steckdose Typ 2": T2_SOCKET,
    "AC Kupplung Typ 2": T2_CABLE,
    "AC Schuko": SCHUKO,
    "DC Kupplung Combo": COMBO,
    "DC CHAdeMO": CHADEMO,
    "AC CEE 3 polig": CEE_3,
    "Steckdose Typ 1": T1_SOCKET,
}

_POSTCODE = re.compile(r"\s*([0-9]{5})(?:\s+(.*\S))?\s*")


def read_row(number: int, cells: tuple[str, ...]) -> ReadRow:
    """The row of a line: its cells in the order of COLUMNS, as many as the line has."""
    if len(cells) != len(COLUMNS):
        detail = f"{len(cells)} columns instead of {len(COLUMNS)}"
        return RejectedRow(number, RowFault.WRONG_NUMBER_OF_COLUMNS, detail, None, cells)
    found = _POSTCODE.fullmatch(cells[2])
    postcode = None if found is None else found[1]
    try:
        return _row(number, cells)
    except Unreadable as unreadable:
        return RejectedRow(number, unreadable.fault, unreadable.detail, postcode, cells)


def _row(number: int, cells: tuple[str, ...]) -> RegisterRow:
    row = dict(zip(COLUMNS, cells, strict=True))
    for column, cell in row.items():
        check_cell(column, cell, longest=LONGEST.get(column, LONGEST_CELL))
    operator = filled(row, "Betreiber", RowFault.MISSING_OPERATOR)
    address = filled(row, "Adresse", RowFault.MISSING_ADDRESS)
    place = _POSTCODE.fullmatch(row["Postleitzahl Ort"])
    if place is None or not place[2]:
        refuse(RowFault.UNREADABLE_POSTCODE, "Postleitzahl Ort", row["Postleitzahl Ort"])
    commissioned = day(row["Inbetriebnahmedatum"])
    return RegisterRow(
        number=number,
        operator=operator,
        address=address,
        postcode=place[1],
        town=plain(place[2]),
        state=plain(row["Bundesland"]),
        kind=kind(row, "Art der Ladeeinrichtung"),
        location=location(row, "Breitengrad [DG]", "Längengrad [DG]"),
        commissioned=commissioned,
        connection_kw=kilowatts("Anschlussleistung [kW]", row["Anschlussleistung [kW]"]),
        points=_points(row),
        warnings=() if commissioned else (RowWarning.UNREADABLE_DATE,),
        cells=cells,
    )


def _points(row: dict[str, str]) -> tuple[RegisterPoint, ...]:
    points = tuple(_filled_points(row))
    if not points:
        refuse(RowFault.NO_CHARGE_POINT, "Steckertypen1", row["Steckertypen1"])
    if plain(row["Anzahl Ladepunkte"]) != str(len(points)):
        detail = f"{len(points)} plug columns are filled, Anzahl Ladepunkte is {excerpt(row['Anzahl Ladepunkte'])}"
        raise Unreadable(RowFault.POINTS_DO_NOT_ADD_UP, detail)
    return points


def _filled_points(row: dict[str, str]) -> Iterator[RegisterPoint]:
    for ordinal in POINTS:
        plugs, power, key = f"Steckertypen{ordinal}", f"P{ordinal} [kW]", f"Public Key{ordinal}"
        if row[plugs].strip():
            connectors = tuple(_connector(plugs, plug) for plug in row[plugs].split(","))
            yield RegisterPoint(ordinal, connectors, kilowatts(power, row[power]), public_key=row[key])
        elif row[power].strip() or row[key].strip():
            refuse(RowFault.INCOMPLETE_POINT, plugs, row[plugs])


def _connector(column: str, plug: str) -> Connector:
    connector = PLUGS.get(plain(plug))
    return connector if connector is not None else refuse(RowFault.UNKNOWN_PLUG, column, plug.strip())
