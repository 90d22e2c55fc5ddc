"""Reading registers in the layout of 2026: several plugs in a cell, lines within cells, and what is wrong with a row."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.registers.cells import CHADEMO, COMBO, T2_SOCKET
from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from adapters.registers.layout_2026 import COLUMNS
from domain.charging.register import (
    ChargingKind,
    ReadRow,
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)
from domain.places import Location
from tests.adapters.registers.files_2026 import cells_2026, text_2026

ROW = RegisterRow(
    number=2,
    operator="Stadtwerke Okerstadt",
    address="Güldenstraße 7",
    postcode="38100",
    town="Braunschweig",
    state="Niedersachsen",
    location=Location(lat=52.264949, lon=10.52972),
    commissioned=date(2018, 5, 17),
    connection_kw=Decimal(172),
    kind=ChargingKind.FAST,
    points=(
        RegisterPoint(
            ordinal=1,
            connectors=(
                replace(COMBO, max_power_kw=Decimal(150)),
                replace(CHADEMO, max_power_kw=Decimal("51.5")),
            ),
            max_power_kw=Decimal(150),
            public_key="3059 3013\n06",
            evse_id="DE*OKS*E0001*1",
        ),
        RegisterPoint(2, (replace(T2_SOCKET, max_power_kw=Decimal(22)),), Decimal(22), "", "DE*OKS*E0001*2"),
    ),
    cells=cells_2026(),
    register_id="1144860",
)


def read(content: str | bytes) -> list[ReadRow]:
    return list(read_charging_register(BytesIO(content if isinstance(content, bytes) else content.encode())))


def one(**changed: str) -> RegisterRow:
    (row,) = read(text_2026(cells_2026(**changed)))
    assert isinstance(row, RegisterRow)
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_a_row_becomes_a_site_with_its_points_whatever_its_encoding(encoding: str, end: str) -> None:
    assert read((text_2026(cells_2026()).removesuffix("\n") + end).encode(encoding)) == [ROW]


def test_each_connector_has_the_power_of_its_strongest_plug() -> None:
    point = one(
        Steckertypen1="AC Typ 2 Steckdose; AC Schuko;AC Typ 2 Fahrzeugkupplung", NennleistungStecker1="11;3,7;22"
    )
    assert (point.points[0].standards, point.points[0].standards_kw) == (
        ("IEC_62196_T2", "DOMESTIC_F"),
        (Decimal(22), Decimal("3.7")),
    )


def test_a_single_power_is_that_of_every_plug() -> None:
    point = one(NennleistungStecker1="50").points[0]
    assert (point.max_power_kw, point.standards_kw) == (Decimal(50), (Decimal(50), Decimal(50)))


def test_keys_and_evse_ids_stay_byte_for_byte() -> None:
    row = one(EVSEID1="\nDE*OKS*E1\nDE*OKS*E2\t", PublicKey1=" 3059\t30;13\n\nAB== ")
    assert (row.points[0].evse_id, row.points[0].public_key) == ("\nDE*OKS*E1\nDE*OKS*E2\t", " 3059\t30;13\n\nAB== ")
    assert row.warnings == (RowWarning.UNTIDY_EVSE_ID,)


def test_lines_end_alike_whatever_the_file_ends_its_lines_with() -> None:
    (row,) = read(text_2026(cells_2026()).replace("\n", "\r\n"))
    assert isinstance(row, RegisterRow)
    assert row.points[0].public_key == "3059 3013\n06"


@pytest.mark.parametrize(
    ("changed", "warning"),
    [
        ({"Hausnummer": "0"}, RowWarning.HOUSE_NUMBER_ZERO),
        ({"Inbetriebnahmedatum": "Mai 2018"}, RowWarning.UNREADABLE_DATE),
        ({"Ort": "Essen"}, RowWarning.TOWN_OUTSIDE_ITS_DISTRICT),
    ],
)
def test_what_is_odd_is_a_warning(changed: dict[str, str], warning: RowWarning) -> None:
    assert one(**changed).warnings == (warning,)


@pytest.mark.parametrize("town", ["braunschweig", "Braunschweig-Rüningen", "Braunschweig (Stöckheim)"])
def test_a_part_of_the_city_is_in_the_city(town: str) -> None:
    assert one(Ort=town).warnings == ()


def test_a_house_number_0_is_not_shown() -> None:
    assert one(Hausnummer="0").address == "Güldenstraße"


FAULTS = [
    ({"LadeeinrichtungsID": "A1"}, RowFault.UNREADABLE_ID, "Ladeeinrichtungs-ID: 'A1'", None),
    ({"Status": "In Planung"}, RowFault.NOT_IN_OPERATION, "Status: 'In Planung'", "1144860"),
    ({"Straße": " "}, RowFault.MISSING_ADDRESS, "Straße: empty", "1144860"),
    ({"Ort": ""}, RowFault.MISSING_ADDRESS, "Ort: empty", "1144860"),
    (
        {"NennleistungStecker1": "150; 50; 22"},
        RowFault.UNREADABLE_POWER,
        "Nennleistung Stecker1: '150; 50; 22'",
        "1144860",
    ),
    ({"NennleistungStecker1": ""}, RowFault.UNREADABLE_POWER, "Nennleistung Stecker1: empty", "1144860"),
    ({"NennleistungStecker2": "0"}, RowFault.POWER_NOT_POSITIVE, "Nennleistung Stecker2: '0'", "1144860"),
    ({"Steckertypen2": "AC Typ 3"}, RowFault.UNKNOWN_PLUG, "Steckertypen2: 'AC Typ 3'", "1144860"),
    ({"Steckertypen1": "DC CHAdeMO;"}, RowFault.UNKNOWN_PLUG, "Steckertypen1: empty", "1144860"),
    ({"EVSEID3": "DE*X"}, RowFault.INCOMPLETE_POINT, "Steckertypen3: empty", "1144860"),
    (
        {"AnzahlLadepunkte": "3"},
        RowFault.POINTS_DO_NOT_ADD_UP,
        "2 plug columns are filled, Anzahl Ladepunkte is '3'",
        "1144860",
    ),
    ({"Straße": "Gasse\n7"}, RowFault.DAMAGED_TEXT, r"Straße: 'Gasse\n7'", "1144860"),
    ({"EVSEID1": "DE\x1b[2J"}, RowFault.DAMAGED_TEXT, r"EVSE-ID1: 'DE\x1b[2J'", "1144860"),
    ({"PublicKey1": "0" * 4_097}, RowFault.CELL_TOO_LONG, f"Public Key1: {'0' * 80!r}", "1144860"),
]


@pytest.mark.parametrize(("changed", "fault", "detail", "register_id"), FAULTS)
def test_a_faulty_row_is_rejected_with_its_reason_and_the_others_are_read(
    changed: dict[str, str], fault: RowFault, detail: str, register_id: str | None
) -> None:
    faulty = cells_2026(**changed)
    first, second = read(text_2026(faulty, cells_2026()))
    assert first == RejectedRow(2, fault, detail, "38100", faulty, register_id)
    assert isinstance(second, RegisterRow)


def test_a_quote_left_open_costs_its_own_row_only() -> None:
    broken = ";".join(cells_2026(PublicKey1="")).replace("Stadtwerke", '"Stadtwerke', 1)
    first, *others = read(text_2026() + broken + "\n" + text_2026(*[cells_2026()] * 20).partition("\n")[2])
    assert isinstance(first, RejectedRow)
    assert (first.fault, first.number) == (RowFault.BROKEN_QUOTES, 2)
    assert [type(row) for row in others] == [RegisterRow] * 20


def test_quotes_that_close_in_a_later_row_do_not_swallow_it() -> None:
    first, second, third = read(text_2026() + '1;"Werke\n2;Werke";x\n' + text_2026(cells_2026()).partition("\n")[2])
    assert isinstance(first, RejectedRow)
    assert isinstance(second, RejectedRow)
    assert [row.fault for row in (first, second)] == [RowFault.BROKEN_QUOTES, RowFault.WRONG_NUMBER_OF_COLUMNS]
    assert isinstance(third, RegisterRow)


def test_a_file_that_is_cut_anywhere_in_its_last_row_is_refused_whole() -> None:
    whole = text_2026(cells_2026(), cells_2026(LadeeinrichtungsID="2"))
    last = text_2026(cells_2026()).__len__()
    for length in range(last + 1, len(whole)):
        content = whole[:length]
        if content.count(";") == whole.count(";"):
            break
        with pytest.raises(NotARegister, match="it was cut"):
            read(content)
    assert length > len(whole) - 25


def test_a_row_may_have_as_many_lines_as_it_needs_and_no_endless_ones() -> None:
    assert one(PublicKey1="\n".join("ABCD")).points[0].public_key == "A\nB\nC\nD"
    endless = read(text_2026(cells_2026(PublicKey1="\n" * 40)) + text_2026(cells_2026()).partition("\n")[2])
    assert isinstance(endless[-1], RegisterRow)
    assert all(isinstance(row, RejectedRow) for row in endless[:-1])


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "cp1252"]))
def test_whatever_follows_the_header_is_read_rejected_or_refused(body: bytes, encoding: str) -> None:
    try:
        rows = read(text_2026().encode(encoding) + body)
    except NotARegister:
        return
    assert all(isinstance(row, RegisterRow | RejectedRow) for row in rows)


@given(st.data())
def test_a_row_that_is_spoilt_anywhere_is_read_rejected_or_refused(data: st.DataObject) -> None:
    content = bytearray(text_2026(cells_2026(), cells_2026(LadeeinrichtungsID="2")).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b'"', b";", b"\n", b"\xe4", b"\x00"])
        )
    try:
        rows = read(bytes(content))
    except NotARegister:
        return
    assert all(isinstance(row, RegisterRow | RejectedRow) for row in rows)


def test_the_layout_has_47_columns() -> None:
    assert (len(COLUMNS), len(set(COLUMNS))) == (47, 47)
