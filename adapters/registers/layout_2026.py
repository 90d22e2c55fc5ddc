"""The register's layout of 2026: 47 columns, the register's own ids, at most six charge points in a row.

`Steckertypen` of a point may list several plugs, divided by semicolons; `Nennleistung Stecker` then lists the power of
each in the same order, or a single one that is meant for all (12 of the 4,528 published rows of Berlin). EVSE ids and
public keys may hold line breaks: they are kept as published.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from adapters.registers.cells import (
    CEE_3,
    CHADEMO,
    COMBO,
    LONGEST_CELL,
    SCHUKO,
    T1_CABLE,
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

POINTS = range(1, 7)
ID, POSTCODE, DISTRICT = "Ladeeinrichtungs-ID", "Postleitzahl", "Kreis/kreisfreie Stadt"
COLUMNS = (
    ID,
    "Betreiber",
    "Anzeigename (Karte)",
    "Status",
    "Art der Ladeeinrichtung",
    "Anzahl Ladepunkte",
    "Nennleistung Ladeeinrichtung [kW]",
    "Inbetriebnahmedatum",
    "Straße",
    "Hausnummer",
    "Adresszusatz",
    POSTCODE,
    "Ort",
    DISTRICT,
    "Bundesland",
    "Breitengrad",
    "Längengrad",
    "Standortbezeichnung",
    "Informationen zum Parkraum",
    "Bezahlsysteme",
    "Öffnungszeiten",
    "Öffnungszeiten: Wochentage",
    "Öffnungszeiten: Tageszeiten",
    *(
        column
        for n in POINTS
        for column in (f"Steckertypen{n}", f"Nennleistung Stecker{n}", f"EVSE-ID{n}", f"Public Key{n}")
    ),
)
MAY_HAVE_LINES = frozenset(column for n in POINTS for column in (f"EVSE-ID{n}", f"Public Key{n}"))
LONGEST = {"Betreiber": 200, "Straße": 200, "Hausnummer": 50, "Ort": 100}

# The first five occur in the file at hand; the others are the register's names of 2019 in the order of words of 2026.
PLUGS = {
    "AC Typ 2 Steckdose": T2_SOCKET,
    "AC Typ 2 Fahrzeugkupplung": T2_CABLE,
    "AC Schuko": SCHUKO,
    "DC Fahrzeugkupplung Typ Combo 2 (CCS)": COMBO,
    "DC CHAdeMO": CHADEMO,
    "AC CEE 3-polig": CEE_3,
    "AC CEE 3 polig": CEE_3,
    "AC Typ 1 Steckdose": T1_SOCKET,
    "AC Typ 1 Fahrzeugkupplung": T1_CABLE,
}

_ID = re.compile(r"[0-9]{1,12}")
_POSTCODE = re.compile(r"[0-9]{5}")
_BREAKS = re.compile(r"\s")
_WORD = re.compile(r"\w+")
_CITY = "Kreisfreie Stadt "


def read_row(number: int, cells: tuple[str, ...]) -> ReadRow:
    """The row of a record: its cells in the order of COLUMNS, as many as the record has."""
    if len(cells) != len(COLUMNS):
        detail = f"{len(cells)} columns instead of {len(COLUMNS)}"
        return RejectedRow(number, RowFault.WRONG_NUMBER_OF_COLUMNS, detail, None, cells)
    row = dict(zip(COLUMNS, cells, strict=True))
    postcode = row[POSTCODE].strip() if _POSTCODE.fullmatch(row[POSTCODE].strip()) else None
    register_id = row[ID].strip() if _ID.fullmatch(row[ID].strip()) else None
    try:
        return _row(number, cells, row)
    except Unreadable as unreadable:
        return RejectedRow(number, unreadable.fault, unreadable.detail, postcode, cells, register_id)


def _row(number: int, cells: tuple[str, ...], row: dict[str, str]) -> RegisterRow:
    for column, cell in row.items():
        check_cell(column, cell, longest=LONGEST.get(column, LONGEST_CELL), lines=column in MAY_HAVE_LINES)
    if not _ID.fullmatch(row[ID].strip()):
        refuse(RowFault.UNREADABLE_ID, ID, row[ID])
    if plain(row["Status"]) != "In Betrieb":
        refuse(RowFault.NOT_IN_OPERATION, "Status", row["Status"])
    operator = filled(row, "Betreiber", RowFault.MISSING_OPERATOR)
    street = filled(row, "Straße", RowFault.MISSING_ADDRESS)
    if not _POSTCODE.fullmatch(row[POSTCODE].strip()):
        refuse(RowFault.UNREADABLE_POSTCODE, POSTCODE, row[POSTCODE])
    house = plain(row["Hausnummer"])
    commissioned = day(row["Inbetriebnahmedatum"])
    town = filled(row, "Ort", RowFault.MISSING_ADDRESS)
    points = _points(row)
    warnings = (
        *(() if commissioned else (RowWarning.UNREADABLE_DATE,)),
        *((RowWarning.HOUSE_NUMBER_ZERO,) if house == "0" else ()),
        *(() if _fits(town, plain(row[DISTRICT])) else (RowWarning.TOWN_OUTSIDE_ITS_DISTRICT,)),
        *((RowWarning.UNTIDY_EVSE_ID,) if any(_BREAKS.search(point.evse_id) for point in points) else ()),
    )
    return RegisterRow(
        number=number,
        operator=operator,
        # Nobody finds a house number 0: the street has none, or its operator knew none.
        address=street if house in ("", "0") else f"{street} {house}",
        postcode=row[POSTCODE].strip(),
        town=town,
        state=plain(row["Bundesland"]),
        kind=kind(row, "Art der Ladeeinrichtung"),
        location=location(row, "Breitengrad", "Längengrad"),
        commissioned=commissioned,
        connection_kw=kilowatts("Nennleistung Ladeeinrichtung [kW]", row["Nennleistung Ladeeinrichtung [kW]"]),
        points=points,
        warnings=warnings,
        cells=cells,
        register_id=row[ID].strip(),
    )


def _fits(town: str, district: str) -> bool:
    """Whether the town may be in the district. Only a town that is its own district tells: `Berlin-Spandau` is Berlin."""
    if not district.startswith(_CITY):
        return True
    return bool(_words(town) & _words(district.removeprefix(_CITY)))


def _words(name: str) -> set[str]:
    return set(_WORD.findall(name.casefold()))


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
        plugs, power = f"Steckertypen{ordinal}", f"Nennleistung Stecker{ordinal}"
        evse_id, key = row[f"EVSE-ID{ordinal}"], row[f"Public Key{ordinal}"]
        if row[plugs].strip():
            connectors = tuple(_connectors(plugs, row[plugs], power, row[power]))
            most = max(plug.max_power_kw for plug in connectors if plug.max_power_kw is not None)
            yield RegisterPoint(ordinal, connectors, most, public_key=key, evse_id=evse_id)
        elif row[power].strip() or evse_id.strip() or key.strip():
            refuse(RowFault.INCOMPLETE_POINT, plugs, row[plugs])


def _connectors(column: str, plugs: str, power_column: str, powers: str) -> Iterator[Connector]:
    names = plugs.split(";")
    each = [kilowatts(power_column, power) for power in powers.split(";")]
    if len(each) == 1:
        each *= len(names)
    if len(each) != len(names):
        refuse(RowFault.UNREADABLE_POWER, power_column, powers)
    for name, power in zip(names, each, strict=True):
        yield replace(_plug(column, name), max_power_kw=Decimal(power))


def _plug(column: str, plug: str) -> Connector:
    connector = PLUGS.get(plain(plug))
    return connector if connector is not None else refuse(RowFault.UNKNOWN_PLUG, column, plug.strip())
