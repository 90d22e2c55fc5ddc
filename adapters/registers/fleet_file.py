"""Reading a fleet's table, CSV or XLSX, as `services.fleet.files` names its columns."""

from adapters.registers.errors import NotARegister
from adapters.registers.table import read_table
from services.fleet.files import COLUMNS, MOST_ROWS, NEEDED, Row, Unreadable


def read_fleet(content: bytes) -> tuple[Row, ...]:
    """The rows with something in them, by the titles in the first line. Raises Unreadable for what is no such table, was cut,
    has columns that nobody knows, or too many rows."""
    try:
        table = read_table(content, COLUMNS, NEEDED, MOST_ROWS)
    except NotARegister as problem:
        raise Unreadable(str(problem)) from problem
    return tuple(Row(number, cells) for number, cells in table.rows)
