"""Wrong invoices are replaced, and what may have to be proved is held, over HTTP."""

from typing import Any

import httpx
import pytest

from domain.identity import Role
from infra.ids import new_id
from tests.adapters.http.test_invoices import Resident
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def ada(http: httpx.AsyncClient, database: Databases) -> Resident:
    found = Resident(http, database, await database.new_city(), new_id())
    await found.settings()
    return found


TOKENS: dict[str, str] = {}


async def ask(ada: Resident, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
    """By the city's treasurer, always the same."""
    token = TOKENS.setdefault(ada.city.city, a_token(ada.city.city, Role.FINANCE))
    headers = bearer(token) | {"idempotency-key": key or new_id().hex}
    return await ada.http.request(method, f"/v1/{ada.city.city}/finance/{path}", headers=headers, **more)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_wrong_invoice_is_cancelled_and_another_takes_its_place_once(ada: Resident) -> None:
    wrong = await ada.invoiced(holder=new_id())
    key = new_id().hex
    done = await ask(ada, "POST", f"invoices/{wrong.id}/replacement", key)
    assert done.status_code == 201, done.text
    said = done.json()
    assert said["gross"] == {"amount": wrong.gross.amount, "currency": "EUR"}
    again = await ask(ada, "POST", f"invoices/{wrong.id}/replacement", key)
    assert (again.status_code, again.json()) == (201, said)
    listed = (await ask(ada, "GET", "invoices")).json()["items"]
    assert {each["number"] for each in listed} == {wrong.number, said["credit_note_number"], said["invoice_number"]}
    shown = {each["number"]: each for each in listed}
    assert shown[wrong.number]["open"]["amount"] == 0
    assert shown[said["credit_note_number"]]["why"] == "replaced"
    kept = await ada.database.rows(
        ada.city.city, "SELECT count(*) FROM audit WHERE city = :city AND action = 'invoice.replaced'"
    )
    assert kept == [(1,)]


async def test_what_cannot_be_replaced_is_said(ada: Resident) -> None:
    wrong = await ada.invoiced(holder=new_id())
    said = (await ask(ada, "POST", f"invoices/{wrong.id}/replacement")).json()
    note = said["credit_note"].rpartition("/")[2]
    assert told(await ask(ada, "POST", f"invoices/{wrong.id}/replacement")) == (409, "nothing_left")
    assert told(await ask(ada, "POST", f"invoices/{note}/replacement")) == (409, "is_credit_note")
    assert told(await ask(ada, "POST", f"invoices/{new_id()}/replacement")) == (404, "unknown_invoice")
    assert len((await ask(ada, "GET", "invoices")).json()["items"]) == 3


async def test_what_is_held_is_listed_until_it_is_lifted(ada: Resident) -> None:
    invoice = await ada.invoiced(holder=new_id())
    wanted = {"on": "document", "subject_id": str(invoice.id), "reason": "a lawsuit"}
    key = new_id().hex
    placed = await ask(ada, "POST", "legal-holds", key, json=wanted)
    assert placed.status_code == 201, placed.text
    hold = placed.json()
    assert {name: hold[name] for name in wanted} == wanted
    assert (await ask(ada, "POST", "legal-holds", key, json=wanted)).json() == hold
    assert (await ask(ada, "GET", "legal-holds")).json() == {"items": [hold]}
    lifted = await ask(ada, "POST", f"legal-holds/{hold['id']}/lift", json={"reason": "settled"})
    assert lifted.json()["lifted_because"] == "settled"
    assert (await ask(ada, "GET", "legal-holds")).json() == {"items": []}
    assert (await ask(ada, "GET", "legal-holds", params={"lifted": True})).json() == {"items": [lifted.json()]}
    twice = await ask(ada, "POST", f"legal-holds/{hold['id']}/lift", json={"reason": "settled"})
    assert told(twice) == (409, "already_lifted")


async def test_what_is_not_there_is_not_held(ada: Resident) -> None:
    nobody = {"on": "person", "subject_id": str(new_id()), "reason": "a lawsuit"}
    assert told(await ask(ada, "POST", "legal-holds", json=nobody)) == (404, "unknown_subject")
    gone = await ask(ada, "POST", f"legal-holds/{new_id()}/lift", json={"reason": "settled"})
    assert told(gone) == (404, "unknown_hold")
    for wrong in (nobody | {"on": "city"}, {"on": "booking", "reason": "a lawsuit"}):
        assert told(await ask(ada, "POST", "legal-holds", json=wrong))[1] == "invalid_input"
    everything = await ask(ada, "POST", "legal-holds", json={"on": "city", "reason": "a tax audit"})
    assert (everything.status_code, everything.json()["subject_id"]) == (201, None)
