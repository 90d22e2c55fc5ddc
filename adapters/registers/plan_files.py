"""Reading districts and stations from a table, CSV or XLSX; lines that begin with a hash are notes."""

from collections.abc import Sequence

from adapters.registers.errors import NotARegister
from adapters.registers.table import read_table
from domain.charging.planning.plan import MOST_DISTRICTS
from services.charging.plan_files import (
    DISTRICT_COLUMNS,
    DISTRICT_NEEDED,
    MOST_STATIONS,
    STATION_COLUMNS,
    STATION_NEEDED,
    Row,
    Rows,
    Unreadable,
)


def read_districts(content: bytes) -> Rows:
    """Raises Unreadable for what is no such table."""
    return _read(content, DISTRICT_COLUMNS, DISTRICT_NEEDED, MOST_DISTRICTS)


def read_stations(content: bytes) -> Rows:
    """Raises Unreadable for what is no such table."""
    return _read(content, STATION_COLUMNS, STATION_NEEDED, MOST_STATIONS)


def _read(content: bytes, columns: Sequence[str], needed: Sequence[str], most: int) -> Rows:
    try:
        table = read_table(content, columns, needed, most, with_notes=True)
    except NotARegister as problem:
        raise Unreadable(str(problem)) from problem
    return Rows(tuple(Row(f"line {number}", cells) for number, cells in table.rows), table.notes)
