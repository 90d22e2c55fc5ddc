"""Reading registers in the layout of 2019: what a row says, and what is wrong with one."""

import tracemalloc
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from adapters.registers.layout_2019 import COLUMNS, PLUGS
from adapters.registers.text import MAX_LINE_BYTES
from domain.charging.register import (
    ChargingKind,
    Connector,
    ConnectorFormat,
    ConnectorType,
    ReadRow,
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)
from domain.places import Location
from tests.adapters.registers.files import cells, stream, text

SOCKET, CABLE = ConnectorFormat.SOCKET, ConnectorFormat.CABLE
T2_SOCKET = Connector(ConnectorType.IEC_62196_T2, SOCKET)
SCHUKO = Connector(ConnectorType.DOMESTIC_F, SOCKET)
ROW = RegisterRow(
    number=2,
    operator="Stadtwerke Okerstadt",
    address="Güldenstraße 7",
    postcode="38100",
    town="Braunschweig",
    state="Niedersachsen",
    location=Location(lat=52.264949, lon=10.52972),
    commissioned=date(2018, 5, 17),
    connection_kw=Decimal("25.7"),
    kind=ChargingKind.NORMAL,
    points=(
        RegisterPoint(1, (T2_SOCKET, SCHUKO), Decimal(22), "3059 3013 06"),
        RegisterPoint(2, (SCHUKO,), Decimal("3.7"), ""),
    ),
    warnings=(),
    cells=cells(),
)
NO_PLUGS = {"Steckertypen1": "", "P1kW": "", "PublicKey1": "", "Steckertypen2": "", "P2kW": ""}


def read(content: str | bytes, encoding: str = "utf-8") -> list[ReadRow]:
    return list(read_charging_register(BytesIO(content) if isinstance(content, bytes) else stream(content, encoding)))


def refusal(content: bytes) -> str:
    """Why the file is refused, at once and not only when its rows are asked for."""
    with pytest.raises(NotARegister) as refused:
        read_charging_register(BytesIO(content))
    return str(refused.value)


def test_a_row_becomes_a_site_with_its_points() -> None:
    assert read(text(cells())) == [ROW]


def test_a_register_is_read_from_a_file_and_the_file_is_closed_after_it(tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(text(cells()), encoding="utf-8")
    assert list(read_charging_register(file)) == [ROW]
    file.unlink()


def test_a_stream_is_read_from_where_it_stands_and_left_open() -> None:
    content = BytesIO(b"preface\n" + text(cells()).encode())
    content.readline()
    assert list(read_charging_register(content)) == [ROW]
    assert not content.closed


def test_a_register_without_rows_is_a_register() -> None:
    assert read(text()) == []


def test_columns_are_known_by_name_and_not_by_place() -> None:
    order = sorted(range(len(COLUMNS)), key=lambda n: COLUMNS[n])
    content = text(tuple(cells()[n] for n in order), header=tuple(COLUMNS[n] for n in order))
    assert read(content) == [ROW]


def test_a_quoted_cell_may_hold_a_semicolon_and_quotes() -> None:
    (row,) = read(text(cells(Betreiber='Manufaktur; "Gläserne" Werke')))
    assert isinstance(row, RegisterRow)
    assert row.operator == 'Manufaktur; "Gläserne" Werke'


def test_spaces_and_decomposed_umlauts_do_not_make_another_name() -> None:
    (row,) = read(text(cells(Adresse="  Gu\u0308ldenstraße   7 ")))
    assert isinstance(row, RegisterRow)
    assert row.address == "Güldenstraße 7"


def test_a_public_key_stays_as_it_was_published() -> None:
    key = "  3059\t3013 06;07  Gu\u0308 "
    (row,) = read(text(cells(PublicKey1=key)))
    assert isinstance(row, RegisterRow)
    assert row.points[0].public_key == key


def test_a_point_keeps_its_place_in_the_row_where_one_before_it_is_empty() -> None:
    changed = {"Steckertypen2": "", "P2kW": "", "Steckertypen4": "AC Schuko", "P4kW": "3,7"}
    (row,) = read(text(cells(**changed)))
    assert isinstance(row, RegisterRow)
    assert [point.ordinal for point in row.points] == [1, 4]


@pytest.mark.parametrize(
    ("plug", "connector"),
    [
        ("AC Steckdose Typ 2", T2_SOCKET),
        ("AC Kupplung Typ 2", Connector(ConnectorType.IEC_62196_T2, CABLE)),
        ("AC Schuko", SCHUKO),
        ("DC Kupplung Combo", Connector(ConnectorType.IEC_62196_T2_COMBO, CABLE)),
        ("DC CHAdeMO", Connector(ConnectorType.CHADEMO, CABLE)),
        ("AC CEE 3 polig", Connector(ConnectorType.IEC_60309_2_SINGLE_16, SOCKET)),
        ("Steckdose Typ 1", Connector(ConnectorType.IEC_62196_T1, SOCKET)),
    ],
)
def test_a_plug_is_named_as_ocpi_names_it(plug: str, connector: Connector) -> None:
    (row,) = read(text(cells(Steckertypen2=plug)))
    assert isinstance(row, RegisterRow)
    assert row.points[1].connectors == (connector,)
    assert plug in PLUGS


@pytest.mark.parametrize("written", ["", "17.5.2018", "2018-05-17", "31.02.2018", "00.00.0000", "17.05.18", "Mai 2018"])
def test_an_unreadable_date_is_a_warning(written: str) -> None:
    (row,) = read(text(cells(Inbetriebnahmedatum=written)))
    assert isinstance(row, RegisterRow)
    assert (row.commissioned, row.warnings) == (None, (RowWarning.UNREADABLE_DATE,))


FAULTS = [
    ({"Betreiber": " "}, RowFault.MISSING_OPERATOR, "Betreiber: empty"),
    ({"Adresse": ""}, RowFault.MISSING_ADDRESS, "Adresse: empty"),
    ({"PostleitzahlOrt": "38100"}, RowFault.UNREADABLE_POSTCODE, "Postleitzahl Ort: '38100'"),
    ({"BreitengradDG": "52.264949"}, RowFault.UNREADABLE_COORDINATES, "Breitengrad [DG]: '52.264949'"),
    ({"LängengradDG": ""}, RowFault.UNREADABLE_COORDINATES, "Längengrad [DG]: empty"),
    ({"LängengradDG": "nan"}, RowFault.UNREADABLE_COORDINATES, "Längengrad [DG]: 'nan'"),
    ({"BreitengradDG": "90,01"}, RowFault.COORDINATES_OUT_OF_RANGE, "Breitengrad [DG]: '90,01'"),
    ({"LängengradDG": "-181"}, RowFault.COORDINATES_OUT_OF_RANGE, "Längengrad [DG]: '-181'"),
    ({"ArtderLadeeinrichtung": "Schnell"}, RowFault.UNKNOWN_KIND, "Art der Ladeeinrichtung: 'Schnell'"),
    ({"AnschlussleistungkW": "1.000"}, RowFault.UNREADABLE_POWER, "Anschlussleistung [kW]: '1.000'"),
    ({"P1kW": ""}, RowFault.UNREADABLE_POWER, "P1 [kW]: empty"),
    ({"P2kW": "1E5"}, RowFault.UNREADABLE_POWER, "P2 [kW]: '1E5'"),
    ({"P2kW": "0,0"}, RowFault.POWER_NOT_POSITIVE, "P2 [kW]: '0,0'"),
    ({"AnschlussleistungkW": "-22"}, RowFault.POWER_NOT_POSITIVE, "Anschlussleistung [kW]: '-22'"),
    (NO_PLUGS, RowFault.NO_CHARGE_POINT, "Steckertypen1: empty"),
    (
        {"AnzahlLadepunkte": "3"},
        RowFault.POINTS_DO_NOT_ADD_UP,
        "2 plug columns are filled, Anzahl Ladepunkte is '3'",
    ),
    ({"P3kW": "22"}, RowFault.INCOMPLETE_POINT, "Steckertypen3: empty"),
    ({"PublicKey4": "3059"}, RowFault.INCOMPLETE_POINT, "Steckertypen4: empty"),
    ({"Steckertypen1": "AC CEE 5 polig"}, RowFault.UNKNOWN_PLUG, "Steckertypen1: 'AC CEE 5 polig'"),
    ({"Steckertypen2": "AC Schuko,"}, RowFault.UNKNOWN_PLUG, "Steckertypen2: empty"),
    ({"Adresse": "A" * 201}, RowFault.CELL_TOO_LONG, f"Adresse: {'A' * 80!r}"),
    ({"PublicKey1": "0" * 4_097}, RowFault.CELL_TOO_LONG, f"Public Key1: {'0' * 80!r}"),
    ({"Adresse": "Gasse\x1b[2J"}, RowFault.DAMAGED_TEXT, r"Adresse: 'Gasse\x1b[2J'"),
    ({"Adresse": "G\ufffdldenstra\ufffde"}, RowFault.DAMAGED_TEXT, "Adresse: 'G\ufffdldenstra\ufffde'"),
    ({"Betreiber": "BÃ¤ckerei Löwe"}, RowFault.DAMAGED_TEXT, "Betreiber: 'BÃ¤ckerei Löwe'"),
]


@pytest.mark.parametrize(("changed", "fault", "detail"), FAULTS)
def test_a_faulty_row_is_rejected_with_its_reason_and_the_others_are_read(
    changed: dict[str, str], fault: RowFault, detail: str
) -> None:
    faulty = cells(**changed)
    first, second = read(text(faulty, cells()))
    assert first == RejectedRow(2, fault, detail, "38100", faulty)
    assert isinstance(second, RegisterRow)


@pytest.mark.parametrize("place", ["", "1067 Dresden", "381000 Braunschweig", "Braunschweig 38100", "３８100 Ort"])
def test_a_postcode_that_is_not_five_digits_leaves_the_place_unknown(place: str) -> None:
    (row,) = read(text(cells(PostleitzahlOrt=place)))
    assert isinstance(row, RejectedRow)
    assert (row.fault, row.postcode) == (RowFault.UNREADABLE_POSTCODE, None)


LINE_FAULTS = [
    (";".join(cells()[:21]), RowFault.WRONG_NUMBER_OF_COLUMNS, "21 columns instead of 22"),
    (";".join((*cells(), "")), RowFault.WRONG_NUMBER_OF_COLUMNS, "23 columns instead of 22"),
    ('"' + ";".join(cells()), RowFault.BROKEN_QUOTES, "unexpected end of data"),
    ('"Werke" AG;' + ";".join(cells()[1:]), RowFault.BROKEN_QUOTES, "';' expected after '\"'"),
    ("A" * (MAX_LINE_BYTES + 1), RowFault.LINE_TOO_LONG, f"only the first {MAX_LINE_BYTES} characters were read"),
    ("A" * (3 * MAX_LINE_BYTES), RowFault.LINE_TOO_LONG, f"only the first {MAX_LINE_BYTES} characters were read"),
]


@pytest.mark.parametrize(("line", "fault", "detail"), LINE_FAULTS)
def test_a_faulty_line_costs_no_other_row(line: str, fault: RowFault, detail: str) -> None:
    first, second = read(text() + line + "\n" + ";".join(cells()) + "\n")
    assert isinstance(first, RejectedRow)
    assert (first.number, first.fault, first.detail, first.postcode) == (2, fault, detail, None)
    assert isinstance(second, RegisterRow)
    assert second.number == 3


def test_a_carriage_return_within_a_line_is_a_broken_line() -> None:
    (row,) = read(text() + ";".join(cells(Adresse="Güldenstraße\r7")) + "\n")
    assert isinstance(row, RejectedRow)
    assert row.fault is RowFault.BROKEN_QUOTES


@pytest.mark.parametrize("length", [MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1])
def test_a_line_as_long_as_it_may_be_is_still_a_line(length: int) -> None:
    (row,) = read(text() + "A" * length + "\n")
    assert isinstance(row, RejectedRow)
    expected = RowFault.WRONG_NUMBER_OF_COLUMNS if length <= MAX_LINE_BYTES else RowFault.LINE_TOO_LONG
    assert row.fault is expected


def test_blank_lines_and_empty_rows_are_passed_over() -> None:
    content = text(cells(), ("",) * 22, cells()) + "\n\n  \n"
    assert [row.number for row in read(content)] == [2, 4]


def cut(content: str | bytes) -> str:
    """Why the file is refused, at the latest at its end."""
    with pytest.raises(NotARegister) as refused:
        read(content)
    return str(refused.value)


def test_a_file_that_is_cut_within_a_line_is_refused_whole() -> None:
    whole = text(cells(), cells())
    for missing in range(2, len(text(cells())) - len(text()) - 1):
        content = whole[:-missing]
        if content.rsplit("\n", 1)[1].count(";") < len(COLUMNS) - 1:
            assert cut(content) == "it was cut: the file ends within line 3"


def test_a_file_that_is_cut_within_a_character_is_refused_whole() -> None:
    content = text(cells(Adresse="Am Ö")).encode()
    assert cut(content[: content.rindex("Ö".encode()) + 1]) == "it was cut: the file ends within line 2"


def test_a_file_that_is_cut_within_quotes_is_refused_whole() -> None:
    assert cut(text() + '"Manufaktur; Glä') == "it was cut: the file ends within quotes that line 2 opens"


def test_a_last_line_may_go_without_its_end() -> None:
    assert read(text(cells()).rstrip("\n")) == [ROW]


def test_every_fault_of_a_row_is_tried_here_or_decided_by_the_import() -> None:
    tried = {fault for _, fault, _ in FAULTS} | {fault for _, fault, _ in LINE_FAULTS}
    of_the_import = {
        RowFault.UNKNOWN_STATE,
        RowFault.OUTSIDE_GERMANY,
        RowFault.OUTSIDE_ITS_STATE,
        RowFault.POSTCODE_OF_ANOTHER_STATE,
        RowFault.REPEATED_ID,
    }
    of_2026 = {RowFault.UNREADABLE_ID, RowFault.NOT_IN_OPERATION}
    assert set(RowFault) - tried == of_the_import | of_2026


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_utf_8_with_or_without_bom_and_windows_1252_say_the_same(encoding: str, end: str) -> None:
    assert read(text(cells()).replace("\n", end), encoding) == [ROW]


def test_one_damaged_name_is_that_rows_fault_and_many_are_the_files() -> None:
    damaged = cells(Adresse="GÃ¼ldenstraÃŸe 7")
    one, *others = read(text(damaged, cells(), cells()))
    assert isinstance(one, RejectedRow)
    assert (one.fault, one.postcode) == (RowFault.DAMAGED_TEXT, "38100")
    assert len(others) == 2
    assert "encoded twice, Ã¼ stands for ü, in 2 lines" in refusal(text(damaged, damaged, cells()).encode())


@pytest.mark.parametrize("between", ["cp1252", "latin-1"])
def test_text_that_was_encoded_twice_is_refused(between: str) -> None:
    twice = text(cells()).encode().decode(between).encode()
    assert "encoded twice, as the header shows" in refusal(twice)


def test_german_quotes_after_an_umlaut_are_not_taken_for_damage() -> None:
    names = ("Zum „Strauß“ – Café", "„Ä“ & Söhne", "Château Â-Werke", "Ã")
    rows = read(text(*(cells(Betreiber=name) for name in names)), "utf-8")
    assert [row.operator for row in rows if isinstance(row, RegisterRow)] == list(names)


OTHER_FILES = [
    (b"", "the file is empty"),
    (b"\n\n", "the file is empty"),
    (text(cells()).encode("utf-16"), "UTF-16"),
    (text(cells()).encode("utf-16-le"), "NUL byte"),
    (text(cells()).encode("utf-32"), "UTF-16"),
    (b"PK\x03\x04 and so on\n", "cut or damaged XLSX workbook"),
    (text(cells(Adresse="Straße 1 \u20ac")).encode("iso-8859-15"), "line 2 looks like Latin-9"),
    (text(cells(Adresse="Gasse\x81")).encode("latin-1"), "line 2 has a byte 0x81 that is not Windows-1252"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n", "old Excel workbook"),
    (b"\x1f\x8b\x08\n", "gzip"),
    (b"%PDF-1.7\n", "PDF"),
    (text(cells()).encode("mac-roman"), "missing 'Längengrad [DG]'"),
    (text(cells()).encode("cp850"), "missing 'Längengrad [DG]'"),
    (text().encode() + text(cells()).encode("cp1252"), "line 2 has a byte 0xE4 that is not UTF-8, as the header is"),
    (text().encode("cp1252") + b"\x81\n", "line 2 has a byte 0x81 that is not Windows-1252, as the header is"),
    (text().encode("cp1252") + ";".join(cells()).encode(), "encoded twice"),
    (text(cells()).encode() + b"abc\0\n", "line 3 has a NUL byte"),
    (text(cells()).replace(";", ",").encode(), "divided by semicolons"),
    (b'"Betreiber;Adresse\n', "the header cannot be split into columns"),
    (b"name;age\nRieke;7\n", "unknown 'name', 'age'"),
    (text().encode()[:60], "the file ends in its header; expected the columns of 2019"),
    (text(header=(*COLUMNS, "Betreiber")).encode(), "missing none, unknown none, a name stands twice"),
    (text(header=(*COLUMNS, "EVSE-ID1")).encode(), "missing none, unknown 'EVSE-ID1'"),
    (b"A;" * MAX_LINE_BYTES, "missing 'Betreiber', 'Adresse'"),
]


@pytest.mark.parametrize(("content", "reason"), OTHER_FILES)
def test_what_is_no_register_is_refused_with_what_was_expected(content: bytes, reason: str) -> None:
    assert reason in refusal(content)


def test_a_header_without_end_is_not_taken_for_a_cut_one() -> None:
    assert refusal(b"A;" * MAX_LINE_BYTES).startswith("expected the columns of 2019")


def test_a_file_that_ends_anywhere_in_its_header_is_refused() -> None:
    header = text().encode()[:-1]
    for length in range(1, len(header)):
        refusal(header[:length])


def test_a_large_register_is_read_a_row_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(text(*[cells()] * 3_000), encoding="utf-8")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_charging_register(file)) == 3_000
        assert tracemalloc.get_traced_memory()[1] < 500_000  # one row and the buffers; 3,000 rows take ten times that
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "cp1252"]))
def test_whatever_follows_the_header_is_read_rejected_or_refused(body: bytes, encoding: str) -> None:
    try:
        rows = read(text().encode(encoding) + body)
    except NotARegister:
        return
    assert all(isinstance(row, RegisterRow | RejectedRow) for row in rows)
    assert len(rows) <= body.count(b"\n") + 1


@given(st.lists(st.text(max_size=20), min_size=22, max_size=22))
def test_any_cells_make_a_row_or_a_reason(row: list[str]) -> None:
    try:
        rows = read(text(tuple(row)))
    except (NotARegister, UnicodeEncodeError):
        return
    assert all(isinstance(found, RegisterRow | RejectedRow) for found in rows)
