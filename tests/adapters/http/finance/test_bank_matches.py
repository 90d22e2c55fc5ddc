"""Matches and exceptions over HTTP: put together by hand, taken apart, seen to."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.identity import Role
from domain.invoicing.invoices import Invoice
from infra.bootstrap import Outside, application
from infra.clock import now
from infra.ids import new_id
from services.ledger.posting import Fact, post
from tests.adapters.database.ledgers import Books
from tests.adapters.http.bank import Office, an_office, paid, problem, reference
from tests.api import a_token
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await an_office(http, database)


async def look(office: Office) -> None:
    """What a worker does each night, and when a file came."""
    outside = Outside(now, new_id, lambda secret: secret)
    await application(office.resident.database.app, outside).reconciliation.run(office.resident.city.city)


async def the_line(office: Office) -> dict[str, Any]:
    (line,) = (await office.get("bank-lines"))["items"]
    return dict(line)


def match_of(line: dict[str, Any], invoice: Invoice, cents: int, currency: str = "EUR") -> dict[str, Any]:
    part = {
        "line_id": line["id"],
        "expected_id": f"invoice:{invoice.id}",
        "amount": {"amount": cents, "currency": currency},
    }
    return {"parts": [part], "reason": "she told us on the phone"}


async def test_a_transfer_that_names_the_cash_reference_leads_to_its_invoice(office: Office) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(paid((240, reference(invoice))))
    await look(office)
    line = await the_line(office)
    assert (line["state"], line["left"]["amount"]) == ("matched", 0)
    match = await office.get(line["matches"][0])
    assert (match["rule"], match["score"], match["version"]) == ("reference", 100, 1)
    (part,) = match["parts"]
    assert (part["line"], part["amount"]["amount"]) == (f"/v1/{office.city}/finance/bank-lines/{line['id']}", 240)
    assert (await office.get(part["expected"]))["number"] == invoice.number


async def test_what_may_fit_is_proposed_and_matched_by_hand(office: Office) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(
        paid(
            (240, "Danke"),
        )
    )
    line = await the_line(office)
    await office.ask("POST", "matches", json=match_of(line, invoice, 240))
    made = (await office.get("matches"))["items"]
    assert [(each["rule"], each["reason"]) for each in made] == [("by_hand", "she told us on the phone")]
    assert (await the_line(office))["matches"] == [f"/v1/{office.city}/finance/matches/{made[0]['id']}"]
    assert (await office.get("matches", line_id=line["id"]))["items"] == made
    assert (await office.get("matches", expected_id="invoice:other"))["items"] == []


@pytest.mark.parametrize(
    ("cents", "currency", "status", "code"),
    [
        (241, "EUR", 409, "more_than_the_line"),
        (-240, "EUR", 409, "more_than_the_line"),
        (240, "CHF", 409, "currencies_differ"),
        (0, "EUR", 422, "nothing_to_match"),
    ],
)
async def test_nothing_is_matched_beyond_what_it_is_worth(
    office: Office, cents: int, currency: str, status: int, code: str
) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(paid((240, "Danke")))
    refused = await office.ask("POST", "matches", json=match_of(await the_line(office), invoice, cents, currency))
    assert problem(refused) == (status, code)
    assert await office.count("matches") == 0


async def test_what_is_unknown_is_not_matched(office: Office) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(paid((240, "Danke")))
    line = await the_line(office)
    unknown = match_of({"id": str(new_id())}, invoice, 240)
    assert problem(await office.ask("POST", "matches", json=unknown)) == (404, "unknown_line")
    wrong = match_of(line, invoice, 240)
    wrong["parts"][0]["expected_id"] = "payout:po_nobody"
    assert problem(await office.ask("POST", "matches", json=wrong)) == (404, "unknown_expected")


async def test_a_match_is_taken_apart_once_and_not_put_together_again_by_itself(office: Office) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(paid((240, reference(invoice))))
    await look(office)
    (match,) = (await office.get("matches"))["items"]
    path, why = f"matches/{match['id']}/undo", {"reason": "it was for last year"}
    stale = await office.ask("POST", path, json=why, headers={"if-match": '"2-0"'})
    assert problem(stale) == (412, "version_mismatch")
    seen = (await office.ask("GET", f"matches/{match['id']}")).headers["etag"]
    undone = await office.ask("POST", path, json=why, headers={"if-match": seen})
    assert (undone.status_code, undone.json()["undone_for"], undone.json()["version"]) == (200, why["reason"], 2)
    again = await office.ask("POST", path, json={"reason": "again"})
    assert again.json() == undone.json()
    await look(office)
    assert (await the_line(office))["left"]["amount"] == 240
    assert (await office.get("matches", undone=False))["items"] == []
    assert len((await office.get("matches", undone=True))["items"]) == 1
    assert problem(await office.ask("POST", f"matches/{new_id()}/undo", json=why)) == (404, "unknown_match")


async def test_the_same_key_matches_once(office: Office) -> None:
    invoice = await office.resident.invoiced()
    await office.upload(paid((240, "Danke")))
    body = match_of(await the_line(office), invoice, 120)
    first = await office.ask("POST", "matches", "k", json=body)
    again = await office.ask("POST", "matches", "k", json=body)
    assert (first.status_code, again.content) == (201, first.content)
    assert (await the_line(office))["left"]["amount"] == 120


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ("matches/{}/undo", {"reason": "it was another"}),
        ("exceptions/{}/note", {"words": "I asked the bank"}),
        ("entries/{}/reverse", {"reason": "it was another"}),
        ("invoices/{}/replacement", None),
    ],
)
async def test_a_refusal_answers_its_key_for_good(office: Office, asked: str, body: Any) -> None:
    path = asked.format(new_id())
    first = await office.ask("POST", path, "k", json=body)
    again = await office.ask("POST", path, "k", json=body)
    assert (first.status_code, again.content) == (404, first.content)
    assert again.headers["idempotency-replayed"] == "true"


async def test_an_exception_is_queued_taken_noted_and_closed(office: Office) -> None:
    await office.upload(paid((2470, "a donation")))
    await look(office)
    (found,) = (await office.get("exceptions"))["items"]
    assert (found["kind"], found["amount"]["amount"], found["owner"]) == ("unexplained_line", 2470, None)
    assert (await office.get(found["line"]))["exceptions"] == [f"/v1/{office.city}/finance/exceptions/{found['id']}"]
    at = f"exceptions/{found['id']}"
    taken = (await office.ask("POST", f"{at}/take")).json()
    noted = (await office.ask("POST", f"{at}/note", json={"words": "I asked the bank"})).json()
    later = (await office.ask("POST", f"{at}/postpone", json={"due_on": "2099-01-01", "words": "it is slow"})).json()
    closed = (
        await office.ask(
            "POST", f"{at}/close", json={"resolution": "booked", "words": "a donation", "account": "other_income"}
        )
    ).json()
    assert [step["kind"] for step in closed["history"]] == ["raised", "assigned", "noted", "postponed", "resolved"]
    assert [each["version"] for each in (found, taken, noted, later, closed)] == [1, 2, 3, 4, 5]
    assert (taken["owner"] is not None, later["due_on"], closed["resolution"]) == (True, "2099-01-01", "booked")
    assert await office.get(at) == closed
    assert (await office.get("exceptions"))["items"] == []
    assert [each["id"] for each in (await office.get("exceptions", state="resolved"))["items"]] == [found["id"]]
    await look(office)
    assert (await office.get("exceptions"))["items"] == []
    assert problem(await office.ask("POST", f"{at}/take")) == (409, "already_resolved")
    opened = (await office.ask("POST", f"{at}/reopen", json={"words": "it was none"})).json()
    assert (opened["resolution"], opened["version"]) == (None, 6)


async def test_an_exception_that_is_put_off_to_the_end_of_time_is_refused_and_the_queue_still_read(
    office: Office,
) -> None:
    await office.upload(paid((2470, "a donation")))
    await look(office)
    (found,) = (await office.get("exceptions"))["items"]
    never = {"due_on": "9999-12-31", "words": "never"}
    refused = await office.ask("POST", f"exceptions/{found['id']}/postpone", json=never)
    assert (*problem(refused), refused.json()["errors"][0]["pointer"]) == (422, "invalid_input", "/due_on")
    assert (await office.get("exceptions"))["items"] == [found]


async def test_an_exception_that_was_put_off_to_the_end_of_time_before_that_was_refused_is_read_and_put_off_again(
    office: Office,
) -> None:
    await office.upload(paid((2470, "a donation"), (2480, "another one")))
    await look(office)
    database, city = office.resident.database, office.resident.city.city
    never = "UPDATE exceptions SET due_on = 'infinity' WHERE city = :city RETURNING id"
    assert len(await database.rows(city, never)) == 2
    # Its history is never changed: the same stands there by a step of its own.
    await database.rows(
        city,
        "INSERT INTO exception_steps (city, id, exception_id, kind, by, at, words, due_on) SELECT city, gen_random_uuid(), id,"
        " 'postponed', gen_random_uuid(), now(), 'never', 'infinity' FROM exceptions WHERE city = :city RETURNING id",
    )
    first = await office.get("exceptions", limit=1)
    rest = await office.get("exceptions", limit=1, cursor=first["next_cursor"])
    found = first["items"] + rest["items"]
    assert len({each["id"] for each in found}) == 2
    assert [each["due_on"] for each in found] == ["9999-12-31"] * 2
    assert all([step["due_on"] for step in each["history"]].count("9999-12-31") == 1 for each in found)
    await look(office)
    at = f"exceptions/{found[0]['id']}"
    assert (await office.get(at))["due_on"] == "9999-12-31"
    later = await office.ask("POST", f"{at}/postpone", json={"due_on": "2099-01-01", "words": "some day"})
    assert (later.status_code, later.json()["due_on"]) == (200, "2099-01-01")


async def test_what_was_booked_for_an_exception_and_taken_back_leads_to_it(office: Office) -> None:
    await office.upload(paid((2470, "a donation")))
    await look(office)
    (found,) = (await office.get("exceptions"))["items"]
    at, city = f"exceptions/{found['id']}", office.resident.city.city
    here = f"/v1/{office.city}/finance/{at}"
    ledgers = Books(office.resident.database, city).ledgers
    booked = {"resolution": "booked", "words": "a donation", "account": "other_income"}
    closed = (await office.ask("POST", f"{at}/close", json=booked)).json()
    await post(Fact.EXPLANATION, city, UUID(found["id"]), ledgers=ledgers)
    (made,) = (await office.get(closed["entries"]))["items"]
    assert (made["kind"], made["origin"]["exception"]) == ("clearing", here)
    assert await office.get(f"entries/{made['id']}") == made
    (posting,) = (await office.get(made["legs"][1]["statement"]))["items"]
    assert (posting["entry_id"], posting["origin"]["exception"]) == (made["id"], here)
    opened = (await office.ask("POST", f"{at}/reopen", json={"words": "it was none"})).json()
    await post(Fact.EXPLANATION, city, UUID(found["id"]), ledgers=ledgers)
    both = (await office.get(opened["entries"]))["items"]
    assert [(each["kind"], each["origin"]["exception"]) for each in both] == [("reversal", here), ("clearing", here)]
    assert both[1]["reversed_by"] == f"/v1/{office.city}/finance/entries/{both[0]['id']}"
    (statement,) = await office.resident.database.rows(city, "SELECT id FROM bank_statements WHERE city = :city")
    await post(Fact.STATEMENT, city, statement[0], ledgers=ledgers)
    (came_in,) = (await office.get("entries", kind="bank_line"))["items"]
    assert came_in["origin"]["exception"] is None


async def test_who_saw_an_older_exception_does_not_change_it(office: Office) -> None:
    await office.upload(paid((2470, "a donation")))
    await look(office)
    (found,) = (await office.get("exceptions"))["items"]
    path = f"exceptions/{found['id']}"
    seen = (await office.ask("GET", path)).headers["etag"]
    await office.ask("POST", f"{path}/note", json={"words": "I was quicker"})
    stale = await office.ask(
        "POST",
        f"{path}/close",
        json={"resolution": "booked", "words": "x", "account": "other_income"},
        headers={"if-match": seen},
    )
    assert problem(stale) == (412, "version_mismatch")
    assert (await office.get(path))["resolution"] is None


async def test_the_queue_is_in_order_of_what_is_due_and_narrowed(office: Office) -> None:
    await office.upload(paid((1, "a"), (2, "b"), (3, "c")))
    await look(office)
    found = (await office.get("exceptions"))["items"]
    past = {"due_on": "2026-11-25", "words": "at once"}
    late = await office.ask("POST", f"exceptions/{found[1]['id']}/postpone", json=past)
    assert problem(late) == (422, "date_passed")
    await office.resident.database.rows(
        office.resident.city.city,
        "UPDATE exceptions SET due_on = '2026-11-25' WHERE city = :city AND id = :id RETURNING id",
        id=UUID(found[1]["id"]),
    )
    person = new_id()
    me = str(person)
    mine = Office(office.http, office.resident, a_token(office.resident.city.city, Role.FINANCE, person=person))
    nobody = await mine.ask("POST", f"exceptions/{found[2]['id']}/take", json={"owner": str(new_id())})
    assert problem(nobody) == (422, "unknown_owner")
    await mine.ask("POST", f"exceptions/{found[2]['id']}/take")
    first = await office.get("exceptions", limit=2)
    rest = await office.get("exceptions", limit=2, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + rest["items"]] == [found[n]["id"] for n in (1, 0, 2)]
    assert [each["id"] for each in (await office.get("exceptions", overdue=True))["items"]] == [found[1]["id"]]
    assert [each["id"] for each in (await office.get("exceptions", owner=me))["items"]] == [found[2]["id"]]
    assert len((await office.get("exceptions", unowned=True))["items"]) == 2
    assert (await office.get("exceptions", kind="dispute"))["items"] == []
    assert (await office.get("exceptions", limit=1))["items"][0]["overdue"] is True


async def test_an_exception_that_is_not_there_is_unknown(office: Office) -> None:
    assert problem(await office.ask("GET", f"exceptions/{new_id()}")) == (404, "unknown_exception")
    assert problem(await office.ask("POST", f"exceptions/{new_id()}/take")) == (404, "unknown_exception")
    words = await office.ask("POST", f"exceptions/{new_id()}/note", json={"words": "  "})
    assert problem(words) == (422, "invalid_input")
