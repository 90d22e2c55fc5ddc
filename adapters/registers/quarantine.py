"""The rows that were not imported, written down for whoever mends them."""

import csv
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from adapters.registers.layout_2019 import COLUMNS
from domain.charging.register import RejectedRow

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
# What makes a spreadsheet run a cell as a formula (OWASP, CSV injection), full-width signs included.
_FORMULA_SIGNS = "=+-@＝＋－＠"


def rejected_path(register: Path) -> Path:
    return register.with_name(register.name + ".rejected.csv")


def write_rejected(register: Path, rejected: Sequence[RejectedRow], columns: Sequence[str] = COLUMNS) -> Path | None:
    """Write the rows with line number, fault and detail beside the register; the file's path, or None without rows.

    The file tells of the last import only: it replaces an older one, and is removed when nothing was rejected. It is
    whole or not there, readable by its owner, UTF-8 with BOM for spreadsheets, which run no cell of it as a formula.
    Raises OSError where the folder cannot be written to.
    """
    path = rejected_path(register)
    if not rejected:
        path.unlink(missing_ok=True)
        return None
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
            writer.writerow(("line", "fault", "detail", *columns))
            writer.writerows((row.number, row.fault, *map(_harmless, (row.detail, *row.cells))) for row in rejected)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path


def _harmless(cell: str) -> str:
    """The cell as text: an apostrophe before what a spreadsheet might run; numbers stay numbers."""
    if _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}" if cell.lstrip()[:1] in tuple(_FORMULA_SIGNS) or cell[:1] in ("\t", "\r", "\n") else cell
