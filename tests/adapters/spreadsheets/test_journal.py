"""The journal as a table for spreadsheets."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from adapters.spreadsheets import tables
from adapters.spreadsheets.journal import TITLES, Recorded, journal
from adapters.spreadsheets.tables import Cell, csv_blocks, xlsx
from domain.ledger.accounts import RECEIVABLES, SKR03, STANDARD, revenue, vat
from domain.ledger.entries import Entry, EntryId, EntryKind, Leg, Origin, Side
from domain.money import Money
from tests.examples import an_id, person_id

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 16, 11, tzinfo=UTC)
N19 = Decimal("0.19")
INVOICE = Recorded(
    EntryId(an_id("entry")),
    Entry(
        EntryKind.INVOICE,
        "invoice:17",
        NOON,
        (
            Leg(RECEIVABLES, Side.DEBIT, Money(2470, "EUR"), debtor=person_id("ada")),
            Leg(revenue("charging", N19).key, Side.CREDIT, Money(2076, "EUR"), cost_centre="4711", vat_rate=N19),
            Leg(vat(N19).key, Side.CREDIT, Money(394, "EUR")),
        ),
        Origin(booking_id=an_id("booking"), provider_id="txn_1"),
        text='=SUMME(A1); "Größe"',
    ),
    NOON,
)
NAMES = {account.key: account.name for account in STANDARD}
ROWS = list(journal([INVOICE], SKR03, NAMES))


def csv_of(*rows: tuple[Cell, ...]) -> str:
    return b"".join(csv_blocks(TITLES["de"], rows, BERLIN)).decode("utf-8-sig")


def test_a_row_says_where_the_money_went_and_what_it_is_made_of() -> None:
    assert ROWS[1] == (
        *(str(an_id("entry")), 2, "invoice:17", "invoice", NOON, NOON),
        *("revenue.charging.19", "8400", None, None, Decimal("20.76"), "EUR", None, "4711", N19),
        *('=SUMME(A1); "Größe"', str(an_id("booking")), None, None, "txn_1", None, None),
    )
    assert [len(row) for row in ROWS] == [len(TITLES["de"])] * 3 == [len(TITLES["en"])] * 3


def test_csv_is_as_german_spreadsheets_read_it() -> None:
    titles, first, *_ = csv_of(*ROWS).split("\r\n")
    assert titles.startswith("Buchung;Leg;Vorgang;Art;Wirksam am;Erfasst am;Konto;")
    assert first == (
        f"{an_id('entry')};1;invoice:17;invoice;2026-11-16 12:00:00;2026-11-16 12:00:00;receivables;1400;Forderungen;24,70;;"
        f'EUR;{person_id("ada")};;;"\'=SUMME(A1); ""Größe""";{an_id("booking")};;;txn_1;;'
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1"])
def test_no_cell_is_run_as_a_formula(text: str) -> None:
    assert csv_of((text,)).split("\r\n")[1].strip('"').startswith("'")
    book = load_workbook(BytesIO(xlsx("Journal", ("x",), [(text,)], BERLIN)))
    cell = book.active["A2"]
    assert (cell.data_type, cell.value) == ("s", text)


def test_a_workbook_has_numbers_days_and_the_citys_time() -> None:
    sheet = load_workbook(BytesIO(xlsx("Journal", TITLES["de"], ROWS, BERLIN)))["Journal"]
    assert [cell.value for cell in sheet[1]][:3] == ["Buchung", "Leg", "Vorgang"]
    row = [cell.value for cell in sheet[3]]
    assert row[1] == 2
    assert row[4] == datetime(2026, 11, 16, 12)  # noqa: DTZ001 - cells have no zone
    assert row[10] == pytest.approx(20.76)
    assert sheet.max_row == 4


def test_what_does_not_fit_on_a_sheet_goes_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    book = load_workbook(BytesIO(xlsx("J", ("x",), [(number,) for number in range(5)], BERLIN)))
    found = {sheet.title: [row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book}
    assert found == {"J": [0, 1], "J 2": [2, 3], "J 3": [4]}


def test_what_no_workbook_can_hold_becomes_a_blank() -> None:
    book = load_workbook(BytesIO(xlsx("J", ("x",), [("a\x00b\x0bc",)], BERLIN)))
    assert book.active["A2"].value == "a b c"


def test_many_rows_come_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BLOCK", 2)
    assert len(list(csv_blocks(("x",), [(number,) for number in range(4)], BERLIN))) == 4
