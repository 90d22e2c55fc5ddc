"""Small registers in the layout of 2019, and where the real one lies."""

import csv
import io
from pathlib import Path
from typing import BinaryIO

import pytest

from adapters.registers.layout_2019 import COLUMNS

REAL_REGISTER = Path(__file__).parents[4] / "shared" / "data" / "charging-register-2019-model-cities.csv"

CELLS = {
    "Betreiber": "Stadtwerke Okerstadt",
    "Adresse": "Güldenstraße 7",
    "Postleitzahl Ort": "38100 Braunschweig",
    "Bundesland": "Niedersachsen",
    "Längengrad [DG]": "10,52972",
    "Breitengrad [DG]": "52,264949",
    "Inbetriebnahmedatum": "17.05.2018",
    "Anschlussleistung [kW]": "25,7",
    "Art der Ladeeinrichtung": "Normalladeeinrichtung",
    "Anzahl Ladepunkte": "2",
    "Steckertypen1": "AC Steckdose Typ 2, AC Schuko",
    "P1 [kW]": "22",
    "Public Key1": "3059 3013 06",
    "Steckertypen2": "AC Schuko",
    "P2 [kW]": "3,7",
}


def cells(**changed: str) -> tuple[str, ...]:
    """A row's cells; columns are named without what is no letter or digit: `P1kW`, `AnzahlLadepunkte`."""
    short = {"".join(filter(str.isalnum, column)): column for column in COLUMNS}
    row = CELLS | {short[name]: cell for name, cell in changed.items()}
    return tuple(row.get(column, "") for column in COLUMNS)


def text(*rows: tuple[str, ...], header: tuple[str, ...] = COLUMNS) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=";", lineterminator="\n").writerows([header, *rows])
    return file.getvalue()


def stream(content: str, encoding: str = "utf-8") -> BinaryIO:
    return io.BytesIO(content.encode(encoding))


def real_register() -> Path:
    """The published rows; skips the test, saying so, where this checkout has no such neighbour."""
    if not REAL_REGISTER.exists():
        pytest.skip(f"the published register is not at ../shared/data: {REAL_REGISTER.name}")
    return REAL_REGISTER
