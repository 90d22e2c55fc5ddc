"""Payouts, refunds and disputes over HTTP, for whoever keeps the city's books."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from domain.booking.bookings import State
from domain.booking.resources import Service
from domain.identity import PersonId, Role
from infra.ids import new_id
from tests.adapters.payments.sandbox.running import running
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import euros, person_id
from tests.services.payments.world import FAILS_LATER
from tests.services.settlement.treasury import Treasury, treasury

pytestmark = pytest.mark.database
REASON = {"reason": "Der Ladepunkt war defekt."}


class Desk(Struct, frozen=True):
    """Fatima and Gustav keep the city's books."""

    http: httpx.AsyncClient
    town: Treasury

    async def ask(
        self, method: str, path: str, body: Any = None, *, by: PersonId | None = None, **more: Any
    ) -> httpx.Response:
        token = a_token(self.town.city, Role.FINANCE, person=by or person_id("fatima"))
        headers = bearer(token, more.pop("key", None)) | more.pop("headers", {})
        url = path if path.startswith("/") else f"/v1/{self.town.city}/finance/{path}"
        return await self.http.request(method, url, json=body, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> Any:
        found = await self.ask("GET", path, **more)
        assert found.status_code == 200, found.text
        return found.json()


@pytest.fixture
async def desk(http: httpx.AsyncClient, database: Databases, tmp_path: Path) -> AsyncIterator[Desk]:
    async with running(tmp_path / "stripe") as sandbox, treasury(database, sandbox) as town:
        yield Desk(http, town)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def amount(cents: int, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": {"amount": cents, "currency": currency}}


async def test_a_payout_leads_to_the_bookings_that_it_pays_for(desk: Desk) -> None:
    bookings = {str((await desk.town.paid()).id) for _ in range(3)}
    await desk.town.paid_out("paid", "reconciled", "traced")
    await desk.town.gather()
    (payout,) = (await desk.get("payouts"))["items"]
    assert (payout["amount"]["amount"], payout["state"], payout["itemised"]) == (1344, "paid", True)
    shown = await desk.get(f"payouts/{payout['id']}")
    assert shown["totals"] == [
        {
            "kind": "charge",
            "count": 3,
            "amount": {"amount": 1440, "currency": "EUR"},
            "fee": {"amount": 96, "currency": "EUR"},
            "net": {"amount": 1344, "currency": "EUR"},
        }
    ]
    first = await desk.get(payout["items"], params={"limit": 2})
    second = await desk.get(payout["items"], params={"limit": 2, "cursor": first["next_cursor"]})
    assert {item["booking_id"] for item in first["items"] + second["items"]} == bookings
    assert second["next_cursor"] is None


async def test_a_payout_is_asked_for_again_only_if_it_changed(desk: Desk) -> None:
    await desk.town.paid()
    payout_id = await desk.town.paid_out()
    await desk.town.gather()
    (payout,) = (await desk.get("payouts", params={"state": "pending"}))["items"]
    answer = await desk.ask("GET", f"payouts/{payout['id']}")
    known = {"if-none-match": answer.headers["etag"]}
    assert (await desk.ask("GET", f"payouts/{payout['id']}", headers=known)).status_code == 304
    await desk.town.sandbox.by_hand(f"payouts/{payout_id}", step="paid")
    await desk.town.gather()
    assert (await desk.ask("GET", f"payouts/{payout['id']}", headers=known)).json()["state"] == "paid"
    assert (await desk.get("payouts", params={"state": "pending"}))["items"] == []


async def test_a_refund_needs_two_above_the_limit_and_the_same_key_answers_the_same(desk: Desk) -> None:
    booking = await desk.town.paid()
    await desk.town.rows(
        "UPDATE cities SET settings = jsonb_build_object('refunds', jsonb_build_object('four_eyes_above', 300))"
        " WHERE city = :city RETURNING city"
    )
    proposal = {"booking_id": str(booking.id), **amount(400), **REASON}
    first = await desk.ask("POST", "refunds", proposal, key="k")
    again = await desk.ask("POST", "refunds", proposal, key="k")
    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    refund = first.json()
    assert (refund["state"], refund["needs_second"]) == ("proposed", True)
    decision, url = {"approve": True, **REASON}, f"refunds/{refund['id']}/decision"
    assert told(await desk.ask("POST", url, decision)) == (409, "own_proposal")
    gustav = person_id("gustav")
    stale = await desk.ask("POST", url, decision, by=gustav, headers={"if-match": '"7-0"'})
    assert told(stale) == (412, "version_mismatch")
    etag = (await desk.ask("GET", f"refunds/{refund['id']}")).headers["etag"]
    decided = await desk.ask("POST", url, decision, by=gustav, headers={"if-match": etag})
    assert (decided.status_code, decided.json()["state"]) == (200, "approved")
    await desk.town.work()
    shown = await desk.get(f"refunds/{refund['id']}")
    assert (shown["state"], shown["decided_by"]) == ("paid", str(gustav))
    assert [each["id"] for each in (await desk.get("refunds", params={"booking_id": str(booking.id)}))["items"]] == [
        refund["id"]
    ]


async def test_what_cannot_be_given_back_is_refused_with_the_reason(desk: Desk) -> None:
    booking = await desk.town.paid()
    for wish, expected in (
        (amount(481), (409, "more_than_taken")),
        (amount(0), (422, "invalid_input")),
        (amount(100, "USD"), (409, "currencies_differ")),
        (amount(100) | {"booking_id": str(new_id())}, (404, "unknown_booking")),
        (amount(100) | {"payment_id": str(new_id())}, (409, "nothing_taken")),
    ):
        assert told(await desk.ask("POST", "refunds", {"booking_id": str(booking.id), **REASON, **wish})) == expected
    assert told(await desk.ask("GET", f"refunds/{new_id()}")) == (404, "unknown_refund")
    nobody = await desk.ask("POST", f"refunds/{new_id()}/decision", {"approve": False, **REASON})
    assert told(nobody) == (404, "unknown_refund")


async def test_a_disputed_payment_is_not_given_back_and_the_dispute_is_answered_once(desk: Desk) -> None:
    booking = await desk.town.paid(method="pm_card_createDispute")
    await desk.town.gather()
    wish = {"booking_id": str(booking.id), **amount(100), **REASON}
    assert told(await desk.ask("POST", "refunds", wish)) == (409, "disputed")
    (dispute,) = (await desk.get("disputes", params={"state": "needs_response"}))["items"]
    assert (dispute["booking_id"], dispute["withdrawn"]["amount"]) == (str(booking.id), 480)
    at = f"disputes/{dispute['id']}"
    assert told(await desk.ask("POST", f"{at}/evidence", {})) == (422, "invalid_input")
    said = {"uncategorized_text": "She was there. " * 200}
    answered = await desk.ask("POST", f"{at}/evidence", said)
    assert (answered.status_code, answered.json()["answer"]["kind"]) == (200, "evidence")
    assert told(await desk.ask("POST", f"{at}/accept")) == (409, "already_answered")
    await desk.town.work()
    shown = await desk.get(at)
    assert (shown["state"], shown["answer_by"], shown["answer"]["failure"]) == ("under_review", None, None)


async def test_giving_in_says_so(desk: Desk) -> None:
    await desk.town.paid(method="pm_card_createDispute")
    await desk.town.gather()
    (dispute,) = (await desk.get("disputes"))["items"]
    etag = (await desk.ask("GET", f"disputes/{dispute['id']}")).headers["etag"]
    given_in = await desk.ask("POST", f"disputes/{dispute['id']}/accept", headers={"if-match": etag})
    assert given_in.json()["answer"]["kind"] == "acceptance"
    await desk.town.work()
    assert (await desk.get(f"disputes/{dispute['id']}"))["state"] == "lost"


async def test_a_dunning_case_is_seen_and_closed_once(desk: Desk) -> None:
    town = desk.town
    booking = await town.world.booking(Service.FLEET, starts_in=timedelta(days=30), lasts=timedelta(days=1))
    await town.world.pay(booking, FAILS_LATER)
    await town.world.end(booking, State.CANCELLED, euros("45.00"))
    await town.world.payments.settle(town.city, booking.id)
    await town.work()
    (case,) = (await desk.get("dunning-cases", params={"state": "open"}))["items"]
    assert (case["booking_id"], case["owed"]["amount"], case["steps"]) == (str(booking.id), 4500, 0)
    at, said = f"dunning-cases/{case['id']}", {"how": "written_off", **REASON}
    holder = bearer(a_token(town.city, person=booking.holder_id))
    shown = await desk.http.get(f"/v1/{town.city}/bookings/{booking.id}", headers=holder)
    assert shown.json()["actions"] == ["pay"]
    assert (await desk.ask("POST", f"{at}/waive-fees", REASON)).json() == case
    otherwise = said | {"how": "paid_otherwise"}
    assert told(await desk.ask("POST", f"{at}/close", otherwise)) == (422, "no_reference")
    etag = (await desk.ask("GET", at)).headers["etag"]
    assert told(await desk.ask("POST", f"{at}/close", said, headers={"if-match": '"9-0"'})) == (412, "version_mismatch")
    assert told(await desk.ask("POST", f"{at}/close", said | {"how": "paid"})) == (422, "invalid_input")
    closed = await desk.ask("POST", f"{at}/close", said, headers={"if-match": etag})
    assert (closed.status_code, closed.json()["state"]) == (200, "written_off")
    assert told(await desk.ask("POST", f"{at}/close", said)) == (409, "case_closed")
    assert told(await desk.ask("GET", f"dunning-cases/{new_id()}")) == (404, "unknown_case")


async def test_another_citys_payouts_are_as_if_they_were_not_there(desk: Desk, database: Databases) -> None:
    await desk.town.paid()
    await desk.town.paid_out("reconciled")
    await desk.town.gather()
    (payout,) = (await desk.get("payouts"))["items"]
    elsewhere = (await database.new_city()).city
    headers = bearer(a_token(elsewhere, Role.FINANCE))
    for path in (f"payouts/{payout['id']}", f"payouts/{payout['id']}/items"):
        found = await desk.http.get(f"/v1/{elsewhere}/finance/{path}", headers=headers)
        assert told(found) == (404, "unknown_payout")
