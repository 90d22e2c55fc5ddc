"""Small registers in the layout of 2026, as CSV and as workbooks, and where the real one lies."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from adapters.registers.layout_2026 import COLUMNS
from tests.adapters.registers.files import text

REAL_REGISTER = Path(__file__).parents[4] / "shared" / "data" / "charging-register-2026-berlin.csv"

CELLS = {
    "Ladeeinrichtungs-ID": "1144860",
    "Betreiber": "Stadtwerke Okerstadt",
    "Status": "In Betrieb",
    "Art der Ladeeinrichtung": "Schnellladeeinrichtung",
    "Anzahl Ladepunkte": "2",
    "Nennleistung Ladeeinrichtung [kW]": "172",
    "Inbetriebnahmedatum": "17.05.2018",
    "Straße": "Güldenstraße",
    "Hausnummer": "7",
    "Postleitzahl": "38100",
    "Ort": "Braunschweig",
    "Kreis/kreisfreie Stadt": "Kreisfreie Stadt Braunschweig",
    "Bundesland": "Niedersachsen",
    "Breitengrad": "52,264949",
    "Längengrad": "10,52972",
    "Bezahlsysteme": "Onlinezahlungsverfahren;RFID-Karte",
    "Öffnungszeiten": "247",
    "Steckertypen1": "DC Fahrzeugkupplung Typ Combo 2 (CCS); DC CHAdeMO",
    "Nennleistung Stecker1": "150; 51,5",
    "EVSE-ID1": "DE*OKS*E0001*1",
    "Public Key1": "3059 3013\n06",
    "Steckertypen2": "AC Typ 2 Steckdose",
    "Nennleistung Stecker2": "22",
    "EVSE-ID2": "DE*OKS*E0001*2",
}


def cells_2026(**changed: str) -> tuple[str, ...]:
    """A row's cells; columns are named without what is no letter or digit: `EVSEID1`, `Hausnummer`."""
    short = {"".join(filter(str.isalnum, column)): column for column in COLUMNS}
    row = CELLS | {short[name]: cell for name, cell in changed.items()}
    return tuple(row.get(column, "") for column in COLUMNS)


def text_2026(*rows: tuple[str, ...]) -> str:
    return text(*rows, header=COLUMNS)


def workbook(*rows: Sequence[object], preface: Sequence[Sequence[object]] = (), more_sheets: bool = False) -> bytes:
    """An XLSX workbook of the rows, the layout's header before them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ladesäulenregister")
    for row in (*preface, COLUMNS, *rows):
        sheet.append([cell if cell != "" else None for cell in row])
    if more_sheets:
        book.create_sheet("Hinweise").append(["Stand", "2026"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rewritten(content: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The workbook with its parts changed, left out where `change` gives None, and more parts in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
        for name, part in more.items():
            new.writestr(name, part)
    return file.getvalue()


def real_register_2026() -> Path:
    """The published rows of Berlin; skips the test, saying so, where this checkout has no such neighbour."""
    if not REAL_REGISTER.exists():
        pytest.skip(f"the published register is not at ../shared/data: {REAL_REGISTER.name}")
    return REAL_REGISTER
