"""The books as files over HTTP: DATEV, the journal, the treasury; and the end of a month."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from domain.cities.finance import Accounting
from infra.ids import new_id
from services.ledger.posting import Fact, post
from tests.adapters.datev.reading import ReadFile, posted, read
from tests.adapters.http.bank import problem
from tests.adapters.http.books import DATEV, Books, kept_books
from tests.database import Databases

pytestmark = pytest.mark.database
AUTOMATIC = {"8400": (Decimal("0.19"), "1776")}


@pytest.fixture
async def books(database: Databases) -> AsyncIterator[Books]:
    async with kept_books(database) as found:
        yield found


async def ledger(books: Books, period: str) -> Counter[str]:
    """Debits less credits by the chart's numbers, as the trial balance has them."""
    numbers = {
        "bank": "1200",
        "unexplained": "1370",
        "revenue.charging.19": "8400",
        "vat.19": "1776",
        "receivables": "10001",
    }
    rows = await books.rows(
        "SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs"
        " WHERE city = :city AND period = :period GROUP BY 1",
        period=date.fromisoformat(period),
    )
    return Counter({numbers[account]: total for account, total in rows if total})


async def datev(books: Books, month: str, *, lock: bool = False) -> ReadFile:
    answer = await books.export("datev", **{"from": month, "lock": lock})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=windows-1252"), answer.text
    return read(answer.content)


async def test_a_month_goes_to_datev_and_ends_with_the_same_cents_on_every_account(books: Books) -> None:
    first, second = [await books.invoiced(f"2030-06-{day}T10:00:00Z") for day in ("04", "05")]
    await books.transferred(first, on="2030-06-20", before="2030-06-19")
    file = await datev(books, "2030-06")
    assert posted(file, AUTOMATIC) == await ledger(books, "2030-06-01")
    documents = [(row.document, row.performed, row.amount) for row in file.rows if "8400" in {row.account, row.contra}]
    assert documents == [(each.number, date(2030, 6, 3), 240) for each in (first, second)]
    settled = [row.document for row in file.rows if row.day == date(2030, 6, 20) and row.document]
    assert settled == [first.number]


async def test_months_have_their_edges_in_local_time_and_a_file_each(books: Books) -> None:
    await books.invoiced("2030-06-30T21:59:59Z")
    await books.invoiced("2030-06-30T22:00:00Z")
    answer = await books.export("datev", **{"from": "2030-06", "to": "2030-07"})
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as archive:
        files = {name: read(archive.read(name)) for name in archive.namelist()}
    assert {name: [row.day for row in file.rows] for name, file in files.items()} == {
        "EXTF_Buchungsstapel_203006.csv": [date(2030, 6, 30)],
        "EXTF_Buchungsstapel_203007.csv": [date(2030, 7, 1)],
    }
    again = await books.office.ask(
        "GET",
        "exports/journal",
        params={"from": "2030-06", "to": "2030-07"},
        headers={
            "if-none-match": (await books.export("journal", **{"from": "2030-06", "to": "2030-07"})).headers["etag"]
        },
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_the_end_of_a_month(books: Books) -> None:
    """Closed, exported and locked; it stays as it is, and what comes late belongs to the next."""
    await books.invoiced("2030-06-04T10:00:00Z")
    too_early = await books.export("datev", **{"from": "2030-06", "lock": True})
    assert problem(too_early) == (409, "month_not_closed")
    closed = await books.office.ask("POST", "periods/2030-06/close")
    assert closed.status_code == 200, closed.text
    before = await datev(books, "2030-06", lock=True)
    assert before.head[20] == "1"

    for method, path in (("DELETE", "periods/2030-06"), ("POST", "periods/2030-06/open"), ("PUT", "periods/2030-06")):
        refused = await books.office.ask(method, path)
        assert refused.status_code in {404, 405}
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        await books.rows("DELETE FROM ledger_periods WHERE city = :city RETURNING month")
    again = await books.office.ask("POST", "periods/2030-06/close")
    assert again.json() == closed.json()

    late = await books.invoiced("2030-06-29T10:00:00Z")
    ((period, effective),) = await books.rows(
        "SELECT period, effective_at::date FROM ledger_entries WHERE city = :city AND invoice_id = :id", id=late.id
    )
    assert (period, effective) == (date(2030, 7, 1), date(2030, 6, 29))
    assert (await datev(books, "2030-06", lock=True)).rows == before.rows
    (row,) = (await datev(books, "2030-07")).rows
    assert (row.day, row.performed, row.document) == (date(2030, 7, 1), date(2030, 6, 3), late.number)
    assert posted(await datev(books, "2030-07"), AUTOMATIC) == await ledger(books, "2030-07-01")
    not_over = await books.office.ask("POST", "periods/2030-07/close")
    assert problem(not_over) == (422, "month_not_over")


async def test_the_journal_has_a_row_for_each_leg_as_csv_and_xlsx(books: Books) -> None:
    invoice = await books.invoiced("2030-06-04T10:00:00Z")
    text = (await books.export("journal", **{"from": "2030-06"})).content.decode("utf-8-sig")
    titles, *rows = csv.reader(StringIO(text), delimiter=";")
    assert [titles[4], *(row[4] for row in rows)] == ["Wirksam am", *["2030-06-04 12:00:00"] * 3]
    assert [(row[7], row[9], row[10]) for row in rows] == [
        ("1400", "2,40", ""),
        ("8400", "", "2,02"),
        ("1776", "", "0,38"),
    ]
    answer = await books.export("journal", **{"from": "2030-06", "format": "xlsx"})
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet["S"]][1:] == [str(invoice.id)] * 3


async def test_the_treasury_sees_what_is_due_and_what_was_received(books: Books) -> None:
    first, second = [await books.invoiced(f"2030-06-{day}T10:00:00Z") for day in ("04", "05")]
    await books.transferred(first, on="2030-06-20", before="2030-06-19")
    answer = await books.export("receivables", year=2030)
    rows = {row["number"]: row for row in csv.DictReader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";")}
    assert {
        number: (row["cash_reference"], row["product"], row["account"], row["amount"], row["received"], row["open"])
        for number, row in rows.items()
    } == {
        first.number: (first.cash_reference, "charging", "revenue.charging.19", "2,40", "2,40", "0,00"),
        second.number: (second.cash_reference, "charging", "revenue.charging.19", "2,40", "0,00", "2,40"),
    }
    assert rows[first.number]["received_on"] == "20.06.2030"
    assert (await books.export("receivables", year=2030, product="fleet")).text.count("\n") == 1
    assert (await books.export("receivables", year=2031)).text.count("\n") == 1


async def test_a_treasurys_own_columns(books: Books) -> None:
    columns = [{"title": "Kassenzeichen", "field": "cash_reference"}, {"title": "Produkt", "field": "product"}]
    mapped = {"columns": columns, "products": {"charging": "547.01"}, "accounts": {"*": "332100"}}
    await books.resident.settings(accounting=Accounting(receivables=mapped))
    invoice = await books.invoiced("2030-06-04T10:00:00Z")
    answer = await books.export("receivables", year=2030)
    assert answer.text == f"Kassenzeichen;Produkt\r\n{invoice.cash_reference};547.01\r\n"
    await books.resident.settings(accounting=Accounting(receivables=mapped | {"products": {}}))
    assert problem(await books.export("receivables", year=2030)) == (409, "not_exportable")


async def test_numbers_of_ones_own_go_over_the_charts(books: Books) -> None:
    own = {"bank": "1810", "revenue.charging.19": "8401"}
    await books.resident.settings(
        accounting=Accounting(DATEV.consultant, DATEV.client, numbers=own, automatic=("8401",))
    )
    await books.invoiced("2030-06-04T10:00:00Z")
    (row,) = (await datev(books, "2030-06")).rows
    assert {row.account, row.contra} == {"10001", "8401"}
    assert row.amount == 240


async def test_what_was_paid_in_francs_does_not_keep_a_month_from_being_exported(books: Books) -> None:
    """Its euros are in the batch, its francs in a file of their own, for whoever knows by which rate they count."""
    await books.invoiced("2030-06-04T10:00:00Z")
    movement = new_id()
    await books.rows(
        "INSERT INTO provider_transactions (city, id, transaction_id, kind, type, category, amount, fee, net, currency,"
        " created_at, available_at, fees, exchange_rate, seen_at, presented_amount, presented_currency) VALUES (:city, :id,"
        " 'txn_1', 'charge', 'charge', 'charge', 9500, 0, 9500, 'EUR', '2030-06-05T10:00:00Z', '2030-06-05T10:00:00Z', '[]',"
        " '0.95', now(), 10000, 'CHF') RETURNING id",
        id=movement,
    )
    await post(Fact.MOVEMENT, books.resident.city.city, movement, ledgers=books.ledgers)
    answer = await books.export("datev", **{"from": "2030-06"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    with ZipFile(BytesIO(answer.content)) as archive:
        batch, apart = (archive.read(name) for name in sorted(archive.namelist()))
        assert sorted(archive.namelist()) == ["EXTF_Buchungsstapel_203006.csv", "other-currencies-2030-06-2030-06.csv"]
    assert sorted((row.amount, row.account, row.contra) for row in read(batch).rows) == [
        (240, "10001", "8400"),
        (9500, "1361", "1363"),
    ]
    _, *listed = csv.reader(StringIO(apart.decode("utf-8-sig")), delimiter=";")
    assert [(row[2], row[6], row[9], row[10], row[11]) for row in listed] == [
        ("bt:txn_1:capture", "currencies", "100,00", "", "CHF"),
        ("bt:txn_1:capture", "unexplained", "", "100,00", "CHF"),
    ]


async def test_what_cannot_be_exported_says_why(books: Books) -> None:
    assert problem(await books.export("datev", **{"from": "2030-06"})) == (409, "nothing_to_export")
    for wrong in ({"from": "2030-06", "to": "2030-05"}, {"from": "2030-01", "to": "2031-01"}, {"from": "2030-13"}, {}):
        assert problem(await books.export("datev", **wrong)) == (422, "invalid_input")
    await books.invoiced("2030-06-04T10:00:00Z")
    await books.resident.settings(accounting=Accounting())
    refused = await books.export("datev", **{"from": "2030-06"})
    assert problem(refused) == (409, "not_exportable")
    assert "accounting.consultant" in refused.json()["detail"]
