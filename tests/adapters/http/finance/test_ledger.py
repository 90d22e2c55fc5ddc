"""The ledger over HTTP, for finance: every figure leads to what it is made of."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.identity import City
from domain.ledger.entries import mirrored
from domain.ledger.posting.bank import Line, bank_line
from domain.ledger.posting.documents import (
    Gone,
    InternalUse,
    Taxed,
    cost_centre_charge,
    credit_note,
    invoice,
    write_off,
)
from domain.ledger.posting.movements import movement
from domain.money import Money
from domain.payments.transactions import TransactionKind
from infra.ids import new_id
from tests.adapters.database.ledgers import Books
from tests.adapters.http.bank import Office, an_office, problem
from tests.database import Databases
from tests.domain.ledger.facts import ADA, AT, NINETEEN, a_document, a_movement, cents

pytestmark = pytest.mark.database
OCTOBER = AT - timedelta(days=31)


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await an_office(http, database)


@pytest.fixture
async def books(office: Office, database: Databases) -> Books:
    """In October an invoice of 24.70; in November its charge with the fee on it, sealed, and an invoice that is not yet."""
    found = Books(database, City(office.city))
    await found.post(invoice(a_document("RE-17", issued_at=OCTOBER)))
    await found.post(*movement(a_movement(TransactionKind.CHARGE, 2470, 62), ADA))
    await found.seal()
    await found.post(invoice(a_document("RE-18", issued_at=AT + timedelta(hours=1))))
    return found


def figures(balance: Any) -> dict[str, tuple[int, ...]]:
    names = ("opening", "debit", "credit", "closing")
    return {each["account"]["key"]: tuple(each[name]["amount"] for name in names) for each in balance["items"]}


@pytest.mark.usefixtures("books")
async def test_a_trial_balance_says_what_stands_on_each_account_and_what_moved(office: Office) -> None:
    november = await office.get("trial-balance", **{"from": "2026-11", "to": "2026-11"})
    assert figures(november) == {
        "provider": (0, 2470, 62, 2408),
        "provider_fees": (0, 62, 0, 62),
        "receivables": (2470, 2470, 2470, 2470),
        "revenue.fleet.19": (-2076, 0, 2076, -4152),
        "vat.19": (-394, 0, 394, -788),
    }
    assert november["totals"] == [
        {name: {"amount": amount, "currency": "EUR"} for name, amount in totals.items()}
        for totals in [{"debit": 5002, "credit": 5002, "difference": 0}]
    ]
    october = await office.get("trial-balance", to="2026-10")
    assert figures(october)["receivables"] == (0, 2470, 0, 2470)
    numbers = {each["account"]["key"]: each["account"]["skr03"] for each in november["items"]}
    assert numbers["revenue.fleet.19"] == "8400"


@pytest.mark.usefixtures("books")
async def test_accounts_have_the_numbers_of_the_citys_own_chart_beside_the_standard_ones(office: Office) -> None:
    own = {"chart": "SKR04", "numbers": {"receivables": "153100", "revenue.*.19": "332100"}}
    await office.resident.database.rows(
        office.resident.city.city,
        "UPDATE cities SET settings = settings || jsonb_build_object('accounting', CAST(:own AS jsonb))"
        " WHERE city = :city RETURNING city",
        own=json.dumps(own),
    )
    balance = await office.get("trial-balance", to="2026-11")
    numbers = {
        each["account"]["key"]: (each["account"]["number"], each["account"]["skr03"]) for each in balance["items"]
    }
    assert (numbers["receivables"], numbers["revenue.fleet.19"], numbers["provider"]) == (
        ("153100", "1400"),
        ("332100", "8400"),
        ("1461", "1361"),
    )
    (receivables,) = [each for each in balance["items"] if each["account"]["key"] == "receivables"]
    statement = (await office.ask("GET", receivables["statement"])).json()
    assert statement["account"] == receivables["account"]


async def test_each_figure_leads_to_its_lines_and_each_line_to_its_entry(office: Office, books: Books) -> None:
    balance = await office.get("trial-balance", **{"from": "2026-11", "to": "2026-11"})
    (receivables,) = [each for each in balance["items"] if each["account"]["key"] == "receivables"]
    statement = (await office.ask("GET", receivables["statement"])).json()
    assert [(line["side"], line["amount"]["amount"], line["balance"]["amount"]) for line in statement["items"]] == [
        ("credit", 2470, 0),
        ("debit", 2470, 2470),
    ]
    assert (statement["opening"], statement["closing"]) == (receivables["opening"], receivables["closing"])
    entry = await office.get(statement["items"][1]["entry"])
    (known,) = await books.known(entry["source"])
    assert (entry["id"], entry["text"], entry["position"]) == (str(known.id), "RE-18", None)
    assert entry["origin"]["invoice"] == f"/v1/{office.city}/finance/invoices/{known.entry.origin.invoice_id}"
    assert entry["origin"]["booking"] == f"/v1/{office.city}/finance/bookings/{known.entry.origin.booking_id}"
    assert [leg["account"] for leg in entry["legs"]] == ["receivables", "revenue.fleet.19", "vat.19"]


async def test_a_statement_is_read_page_by_page_with_a_balance_that_goes_on(office: Office, books: Books) -> None:
    await books.post(*(invoice(a_document(f"RN-{n}")) for n in range(5)))
    whole = await office.get("accounts/receivables/statement", to="2026-11")
    items, cursor = [], None
    while True:
        page = await office.get(
            "accounts/receivables/statement", to="2026-11", limit=3, **({"cursor": cursor} if cursor else {})
        )
        items += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert items == whole["items"]
    assert items[-1]["balance"] == whole["closing"] == {"amount": 6 * 2470, "currency": "EUR"}


async def test_of_one_debtor_only_what_is_hers_is_shown(office: Office, books: Books) -> None:
    await books.post(invoice(a_document("RE-19", debtor=new_id())))
    statement = await office.get("accounts/receivables/statement", to="2026-11", debtor_id=str(ADA))
    assert (len(statement["items"]), statement["closing"]["amount"]) == (3, 2470)
    nobody = await office.get("accounts/receivables/statement", to="2026-11", debtor_id=str(new_id()))
    assert (nobody["items"], nobody["closing"]["amount"]) == ([], 0)


@pytest.mark.usefixtures("books")
async def test_an_account_on_which_nothing_stands_is_empty_and_one_that_could_not_be_is_unknown(office: Office) -> None:
    empty = await office.get("accounts/bank/statement")
    assert (empty["items"], empty["opening"]["amount"], empty["closing"]["amount"]) == ([], 0, 0)
    found = await office.ask("GET", "accounts/petty_cash/statement")
    assert problem(found) == (404, "unknown_ledger_account")


async def test_entries_come_newest_first_and_by_what_they_are_of(office: Office, books: Books) -> None:
    first = await office.get("entries", limit=2)
    second = await office.get("entries", limit=2, cursor=first["next_cursor"])
    kinds = [each["kind"] for each in first["items"] + second["items"]]
    assert kinds[0] == "invoice"
    assert sorted(kinds[1:3]) == ["capture", "fee"]
    assert (kinds[3], second["next_cursor"]) == ("invoice", None)
    assert [each["text"] for each in (await office.get("entries", period="2026-10"))["items"]] == ["RE-17"]
    assert [each["kind"] for each in (await office.get("entries", kind="fee"))["items"]] == ["fee"]
    of_source = await office.get("entries", source="bt:txn_charge:fee")
    assert [each["position"] in {2, 3} for each in of_source["items"]] == [True]
    (known,) = await books.known("bt:txn_charge:fee")
    of_booking = await office.get("entries", booking_id=str(known.entry.origin.booking_id))
    assert len(of_booking["items"]) == 4


async def test_what_was_undone_and_what_undid_it_lead_to_each_other(office: Office, books: Books) -> None:
    (known,) = await books.known("bt:txn_charge:fee")
    await books.post(mirrored(known.id, known.entry, AT + timedelta(1), "wrong"))
    undone = await office.get(f"entries/{known.id}")
    undoing = await office.get(undone["reversed_by"])
    assert (undoing["kind"], undoing["reverses"]) == ("reversal", f"/v1/{office.city}/finance/entries/{known.id}")


@pytest.mark.parametrize("source", ["bt:txn_charge:fee", "bt:txn_charge:capture"])
async def test_what_stands_in_another_book_too_is_not_undone_here(office: Office, books: Books, source: str) -> None:
    (known,) = await books.known(source)
    refused = await office.ask("POST", f"entries/{known.id}/reverse", new_id().hex, json={"reason": "not ours"})
    assert problem(refused) == (409, "not_reversible")


async def test_what_a_dunning_case_gave_up_is_not_owed_again_by_a_word_to_the_ledger(
    office: Office, books: Books
) -> None:
    (loss,) = write_off(Gone(f"written_off:{new_id()}", new_id(), ADA, "EUR", (Taxed(NINETEEN, 202, 38),), AT))
    await books.post(loss)
    (known,) = await books.known(loss.source)
    refused = await office.ask("POST", f"entries/{known.id}/reverse", new_id().hex, json={"reason": "she pays"})
    assert problem(refused) == (409, "not_reversible")


async def test_what_was_posted_wrongly_is_undone_by_its_mirror_once(office: Office, books: Books) -> None:
    use = InternalUse(new_id(), "5100", "fleet", Money(1200, "EUR"), AT)
    await books.post(cost_centre_charge(use))
    (known,) = await books.known(f"cost_centre:{use.booking_id}")
    key = new_id().hex
    asked = {"json": {"reason": "another city's"}}
    undone = await office.ask("POST", f"entries/{known.id}/reverse", key, **asked)
    assert (undone.status_code, undone.json()["kind"], undone.json()["text"]) == (200, "reversal", "another city's")
    again = await office.ask("POST", f"entries/{known.id}/reverse", key, **asked)
    assert (again.content, again.headers["idempotency-replayed"]) == (undone.content, "true")
    other = await office.ask("POST", f"entries/{known.id}/reverse", new_id().hex, json={"reason": "once more"})
    assert other.json()["id"] == undone.json()["id"]
    balance = figures(await office.get("trial-balance"))
    assert balance["cost_centres"] == (0, 1200, 1200, 0)
    noted = await books.rows("SELECT subject_id FROM audit WHERE city = :city AND action = 'ledger.entry_reversed'")
    assert noted == [(known.id,)]
    assert await books.post(cost_centre_charge(use)) == 0  # its fact stays posted
    twice = await office.ask("POST", f"entries/{undone.json()['id']}/reverse", new_id().hex, **asked)
    assert problem(twice) == (409, "not_reversible")
    nobody = await office.ask("POST", f"entries/{new_id()}/reverse", new_id().hex, **asked)
    assert problem(nobody) == (404, "unknown_entry")
    for reason in ("", "x" * 201, "a\nb"):
        wrong = await office.ask("POST", f"entries/{known.id}/reverse", new_id().hex, json={"reason": reason})
        assert problem(wrong) == (422, "invalid_input")


async def test_an_entry_has_a_tag_and_one_of_another_city_is_unknown(
    office: Office, books: Books, database: Databases
) -> None:
    (known,) = await books.known("bt:txn_charge:fee")
    answer = await office.ask("GET", f"entries/{known.id}")
    again = await office.ask("GET", f"entries/{known.id}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    abroad = Books(database, (await database.new_city()).city)
    await abroad.post(*bank_line(Line(new_id(), cents(1), AT)))
    ((foreign,),) = await abroad.rows("SELECT id FROM ledger_entries WHERE city = :city")
    assert problem(await office.ask("GET", f"entries/{foreign}")) == (404, "unknown_entry")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("trial-balance", {"from": "2026-12", "to": "2026-11"}),
        ("trial-balance", {"to": "2026-13"}),
        ("trial-balance", {"to": "1999-12"}),
        ("accounts/bank/statement", {"currency": "eur"}),
        ("accounts/bank/statement", {"cursor": "x"}),
        ("entries", {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}),
        ("entries", {"from": "0001-01-01T00:00:00+14:00"}),
        ("entries", {"limit": "101"}),
    ],
)
async def test_what_makes_no_sense_is_refused(office: Office, path: str, params: dict[str, str]) -> None:
    assert problem(await office.ask("GET", path, params=params)) == (422, "invalid_input")


# -- closing


async def test_a_month_is_closed_once_and_for_good_and_what_comes_late_belongs_to_the_next(
    office: Office, books: Books
) -> None:
    listed = (await office.get("periods"))["items"]
    assert [(each["period"], each["state"]) for each in listed] == [("2026-11", "open"), ("2026-10", "open")]
    key = new_id().hex
    closed = await office.ask("POST", "periods/2026-10/close", key)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert (await office.ask("POST", "periods/2026-10/close", key)).headers["idempotency-replayed"] == "true"
    again = await office.ask("POST", "periods/2026-10/close", new_id().hex)
    assert again.json() == closed.json()

    late = credit_note(a_document("GS-1", issued_at=OCTOBER + timedelta(days=1)))
    await books.post(late)
    (entry,) = (await office.get("entries", source=late.source))["items"]
    assert (entry["period"], entry["effective_at"]) == ("2026-11", "2026-10-22T09:00:00Z")
    before = await office.get("trial-balance", to="2026-10")
    assert figures(before)["receivables"] == (0, 2470, 0, 2470)
    assert (await office.get("periods/2026-10"))["state"] == "closed"
    assert (await office.get("periods/2026-09"))["closed_with"] == "2026-10"
    noted = await books.rows("SELECT action FROM audit WHERE city = :city AND action LIKE 'ledger.%'")
    assert noted == [("ledger.month_closed:2026-10",)]


@pytest.mark.usefixtures("books")
async def test_no_month_is_opened_again(office: Office) -> None:
    await office.ask("POST", "periods/2026-10/close", new_id().hex)
    for method in ("DELETE", "PUT", "PATCH"):
        assert problem(await office.ask(method, "periods/2026-10/close")) == (405, "method_not_allowed")


async def test_a_month_that_is_not_over_stays_open(office: Office) -> None:
    found = await office.ask("POST", "periods/2099-01/close", new_id().hex)
    assert problem(found) == (422, "month_not_over")
    assert problem(await office.ask("POST", "periods/2026-1/close", new_id().hex)) == (404, "unknown_period")
    assert problem(await office.ask("GET", "periods/nil")) == (404, "unknown_period")
