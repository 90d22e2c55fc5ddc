"""The rows that were not imported, as a spreadsheet will show them."""

import csv
from pathlib import Path

import pytest

from adapters.registers.charging_register import read_charging_register
from adapters.registers.layout_2019 import COLUMNS
from adapters.registers.quarantine import rejected_path, write_rejected
from domain.charging.register import RejectedRow, RowFault
from tests.adapters.registers.files import cells, text

HEADER = ["line", "fault", "detail", *COLUMNS]


def rejected(*row: str, detail: str = "Adresse: empty") -> RejectedRow:
    return RejectedRow(7, RowFault.MISSING_ADDRESS, detail, "38100", row)


def written(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";", strict=True))


def test_rejected_rows_stand_beside_the_register_with_line_fault_and_detail(tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    faulty = cells(Betreiber='Manufaktur; "Gläserne"', P1kW="viel")
    register.write_text(text(cells(), faulty), encoding="utf-8")
    rows = [row for row in read_charging_register(register) if isinstance(row, RejectedRow)]
    path = write_rejected(register, rows)
    assert path == tmp_path / "register.csv.rejected.csv" == rejected_path(register)
    assert written(path) == [HEADER, ["3", "unreadable_power", "P1 [kW]: 'viel'", *faulty]]
    assert path.read_bytes().startswith(b"\xef\xbb\xbfline;fault;")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=HYPERLINK(0)", "'=HYPERLINK(0)"),
        ("+49 531 123", "'+49 531 123"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\tA", "'\tA"),
        ("\rA", "'\rA"),
        ("＝1", "'＝1"),
        ("-10,5", "-10,5"),
        ("+22", "+22"),
        ("Am = 4", "Am = 4"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_no_cell_runs_as_a_formula_and_numbers_stay_numbers(tmp_path: Path, cell: str, shown: str) -> None:
    path = write_rejected(tmp_path / "register.csv", [rejected("A", cell, detail=cell)])
    assert path is not None
    assert written(path)[1] == ["7", "missing_address", shown, "A", shown]


def test_the_file_tells_of_the_last_import_only(tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    write_rejected(register, [rejected("A"), rejected("B")])
    path = write_rejected(register, [rejected("C")])
    assert path is not None
    assert written(path)[1:] == [["7", "missing_address", "Adresse: empty", "C"]]
    assert write_rejected(register, []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_rejected(tmp_path / "register.csv", [rejected("A"), rejected("\ud800")])
    assert list(tmp_path.iterdir()) == []
