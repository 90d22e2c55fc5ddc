"""A fleet as a file for spreadsheets, which can be taken in again."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from adapters.spreadsheets.tables import csv_blocks, xlsx
from domain.fleet.keeping import Vehicle
from services.fleet.files import COLUMNS, cells_of


def fleet_csv(vehicles: Sequence[Vehicle], zone: ZoneInfo) -> bytes:
    return b"".join(csv_blocks(COLUMNS, map(cells_of, vehicles), zone))


def fleet_xlsx(vehicles: Sequence[Vehicle], zone: ZoneInfo) -> bytes:
    return xlsx("Fahrzeuge", COLUMNS, map(cells_of, vehicles), zone)
