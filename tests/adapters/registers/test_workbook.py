"""Registers as XLSX: the same rows as from CSV; cut, damaged and bursting workbooks are refused."""

import tracemalloc
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.registers import workbook as limits
from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from adapters.registers.layout_2026 import COLUMNS
from adapters.registers.workbook import MAX_PARTS
from domain.charging.register import ReadRow, RegisterRow, RejectedRow
from tests.adapters.registers.files_2026 import cells_2026, rewritten, workbook
from tests.adapters.registers.test_layout_2026 import ROW

NUMBERS = {
    "Ladeeinrichtungs-ID": 1144860,
    "Anzahl Ladepunkte": 2,
    "Nennleistung Ladeeinrichtung [kW]": 172.0,
    "Inbetriebnahmedatum": datetime(2018, 5, 17),  # noqa: DTZ001  # a day of a spreadsheet, which knows no zones
    "Hausnummer": 7,
    "Postleitzahl": 38100,
    "Breitengrad": 52.264949,
    "Längengrad": 10.52972,
    "Öffnungszeiten": 247,
    "Nennleistung Stecker2": 22,
}
TYPED = [NUMBERS.get(column, cell) for column, cell in zip(COLUMNS, cells_2026(), strict=True)]


def read(content: bytes) -> list[ReadRow]:
    return list(read_charging_register(BytesIO(content)))


def refusal(content: bytes) -> str:
    with pytest.raises(NotARegister) as refused:
        read(content)
    return str(refused.value)


@pytest.mark.parametrize("row", [cells_2026(), TYPED], ids=["text", "numbers-and-days"])
def test_a_workbook_says_the_same_as_a_csv(row: list[object]) -> None:
    assert read(workbook(row)) == [ROW]


def test_a_title_may_stand_over_the_table_and_other_sheets_behind_it() -> None:
    content = workbook(TYPED, preface=[["Ladesäulenregister"], [], ["Stand", "2026-04"]], more_sheets=True)
    assert read(content) == [replace(ROW, number=5)]


def test_a_postcode_that_became_a_number_gets_its_zero_back() -> None:
    row = [1067 if column == "Postleitzahl" else cell for column, cell in zip(COLUMNS, TYPED, strict=True)]
    (found,) = read(workbook(row))
    assert found.postcode == "01067"


def test_a_workbook_that_is_cut_anywhere_is_refused() -> None:
    content = workbook(TYPED)
    for length in range(4, len(content) - 1, 97):
        assert "cut or damaged XLSX workbook" in refusal(content[:length])


def test_a_damaged_part_is_refused_by_its_checksum() -> None:
    content = bytearray(workbook(*[TYPED] * 50))
    at = content.index(b"xl/worksheets/sheet1.xml") + 200
    content[at] ^= 0xFF
    assert "cut or damaged XLSX workbook" in refusal(bytes(content))


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("register.csv", "Betreiber")
    assert refusal(file.getvalue()) == "this is a ZIP archive and no XLSX workbook; unpack it"


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b" " * 50_000_000, "unpacks to over 200 times its size"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>", "declares a document type"),
        (
            "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".encode("utf-16"),
            "document type",
        ),
        (b"<worksheet", "no XLSX workbook that can be read"),
    ],
    ids=["bomb", "entities", "hidden-doctype", "broken-xml"],
)
def test_a_sheet_that_would_burst_or_reach_out_is_refused(part: bytes, reason: str) -> None:
    content = rewritten(workbook(TYPED), lambda name, old: part if name.endswith("sheet1.xml") else old)
    tracemalloc.start()
    try:
        assert reason in refusal(content)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_table_of_texts_that_fills_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OTHER_PART", 20_000)
    content = rewritten(workbook(TYPED), lambda _, old: old, **{"xl/sharedStrings.xml": b"<sst>" * 6_000})
    assert "'xl/sharedStrings.xml' in this workbook unpacks to over 20,000 bytes" in refusal(content)


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    parts = {f"xl/media/{n}.png": b"" for n in range(MAX_PARTS)}
    assert f"at most {MAX_PARTS} are read" in refusal(rewritten(workbook(TYPED), lambda _, old: old, **parts))


@pytest.mark.parametrize("gone", ["xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"])
def test_a_workbook_without_a_part_is_refused(gone: str) -> None:
    content = rewritten(workbook(TYPED), lambda name, old: None if name == gone else old)
    assert "XLSX workbook" in refusal(content)


def test_rows_and_columns_that_are_only_claimed_cost_nothing() -> None:
    far = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    content = rewritten(
        workbook(TYPED),
        lambda name, old: old.replace(b"</sheetData>", far) if name.endswith("sheet1.xml") else old,
    )
    assert read(content) == [ROW]


def test_a_large_workbook_is_read_a_row_at_a_time() -> None:
    peaks = []
    for rows in (20, 20, 80):  # the first warms up
        register = read_charging_register(BytesIO(workbook(*[TYPED] * rows)))
        tracemalloc.start()
        try:
            assert sum(1 for _ in register) == rows
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_workbook_that_is_spoilt_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    with ZipFile(BytesIO(workbook(TYPED))) as old:
        parts = {name: bytearray(old.read(name)) for name in old.namelist()}
    part = parts[data.draw(st.sampled_from(sorted(parts)))]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(part) - 1))
        part[at : at + data.draw(st.integers(0, 40))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"<", b"1e999", b"&a;"])
        )
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, bytes(content))
    try:
        rows = read(file.getvalue())
    except NotARegister:
        return
    assert all(isinstance(row, RegisterRow | RejectedRow) for row in rows)
