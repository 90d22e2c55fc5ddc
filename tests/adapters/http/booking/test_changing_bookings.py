"""More time and less of it, from the wire to the tables and to Stripe."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.tills import Till
from tests.api import a_token, bearer
from tests.examples import hours, minutes

pytestmark = pytest.mark.database
ASKS = "pm_card_authenticationRequired"


def wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def said(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def euro(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


async def test_the_known_card_is_held_for_more_and_the_booking_is_longer_at_once(till: Till) -> None:
    booking = await till.paid()
    end = {"end": wire(booking.end + minutes(30))}
    seen = await till.act(booking.id, "extend?dry_run=true", end)
    first = await till.act(booking.id, "extend", end, key="k")
    again = await till.act(booking.id, "extend", end, key="k")

    assert seen.json() == {
        "allowed": True,
        "end": end["end"],
        "price": euro(480),
        "delta": euro(240),
        "fee": euro(0),
        "refund": euro(0),
        "latest_end": wire(booking.terms.latest_end),
        "valid_until": wire(booking.end),
        "needs_approval": False,
    }
    shown = first.json()
    assert (first.status_code, shown["end"], shown["price"], shown["extension"]) == (200, end["end"], euro(480), None)
    assert shown["payment"]["state"] == "authorised"
    assert await till.holds(booking) == [240, 240]
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert said(await till.act(booking.id, "extend", {"end": wire(booking.end + hours(2))}, key="k")) == (
        422,
        "key_reused",
    )


async def test_a_card_that_wants_its_holder_makes_the_extension_wait(till: Till) -> None:
    booking = await till.paid(ASKS)
    end = {"end": wire(booking.end + hours(1))}
    before = now()
    waiting = (await till.act(booking.id, "extend", end, key="k")).json()

    extension = waiting["extension"]
    assert (waiting["end"], waiting["price"]) == (wire(booking.end), euro(240))
    assert (extension["end"], extension["delta"], extension["payment"]["state"]) == (end["end"], euro(240), "failed")
    assert before + minutes(10) <= datetime.fromisoformat(extension["expires_at"]) <= now() + minutes(10)
    assert waiting["actions"] == ["pay", "cancel", "shorten"]
    assert (await till.act(booking.id, "extend", end, key="k")).json() == waiting
    assert (await till.act(booking.id, "extend", end, key="another")).json()["extension"] == extension
    assert said(await till.act(booking.id, "extend", {"end": wire(booking.end + hours(3))})) == (409, "wrong_state")

    body = {"payment_method_id": ASKS, "return_url": "https://city.example/back"}
    begun = (await till.pay(booking.id, body, key="more")).json()
    assert (begun["state"], begun["amount"], begun["expires_at"]) == (
        "requires_action",
        euro(240),
        extension["expires_at"],
    )
    assert (await till.show(booking))["extension"]["payment"] == {
        "id": begun["id"],
        "kind": "payment",
        "state": "requires_action",
    }
    await till.authenticate(begun)
    shown = await till.show(booking)
    assert (shown["end"], shown["price"], shown["extension"]) == (end["end"], euro(480), None)
    assert await till.holds(booking) == [240, 240]


async def test_a_shorter_booking_is_priced_by_its_terms(till: Till) -> None:
    booking = await till.paid()
    longer = await till.act(booking.id, "extend", {"end": wire(booking.end + hours(2))})
    end = {"end": wire(booking.end)}
    seen = (await till.act(booking.id, "shorten?dry_run=true", end)).json()
    short = (await till.act(booking.id, "shorten", end)).json()

    assert longer.json()["price"] == euro(720)
    fee = seen["fee"]["amount"]  # free until a day before the start, half of it then
    assert fee == (240 if now() > booking.terms.free_cancel_until else 0)
    assert (seen["price"], seen["delta"], seen["refund"]) == (euro(240 + fee), euro(fee - 480), euro(480 - fee))
    assert (short["end"], short["price"], short["state"]) == (end["end"], euro(240 + fee), "confirmed")
    assert [line["kind"] for line in short["quote"]["lines"]] == ["time", "fee"] if fee else ["time"]


async def test_who_comes_next_is_in_the_way_and_named_by_the_latest_end(till: Till) -> None:
    first = await till.paid()
    second = await till.hold()  # two hours after the first
    end = {"end": wire(second.start + minutes(1))}
    taken = await till.act(first.id, "extend", end)
    seen = await till.act(first.id, "extend?dry_run=true", end)

    assert said(taken) == (409, "resource_taken")
    assert taken.json()["latest_end"] == wire(second.start)
    assert (seen.status_code, seen.json()["allowed"], seen.json()["latest_end"]) == (200, False, wire(second.start))
    assert seen.json()["valid_until"] is None


@pytest.mark.parametrize("action", ["extend", "shorten"])
async def test_what_makes_no_sense_is_refused_with_a_pointer(till: Till, action: str) -> None:
    booking = await till.paid()
    for dry in ("", "?dry_run=true"):
        for body, status, code, pointer in (
            ({}, 422, "invalid_input", "/end"),
            ({"end": "2030-01-01T00:00:00"}, 422, "invalid_input", "/end"),
            ({"end": 1893456000}, 422, "invalid_input", "/end"),
            ({"end": "1990-01-01T00:00:00Z"}, 422, "invalid_input", "/end"),
            ({"end": wire(booking.end), "price": 0}, 422, "invalid_input", "/price"),
        ):
            answer = await till.act(booking.id, action + dry, body)
            assert said(answer) == (status, code), body
            assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert said(await till.act(new_id(), action, {"end": wire(booking.end)})) == (404, "unknown_booking")
    assert said(await till.act(new_id(), f"{action}?dry_run=true", {"end": wire(booking.end)})) == (
        404,
        "unknown_booking",
    )
    stale = await till.act(booking.id, action, {"end": wire(booking.end + minutes(20))}, if_match='"1"')
    assert said(stale) == (412, "version_mismatch")
    too_far = {"extend": booking.terms.latest_end + minutes(1), "shorten": booking.start + minutes(14)}[action]
    code = {"extend": "period_too_long", "shorten": "period_too_short"}[action]
    assert said(await till.act(booking.id, action, {"end": wire(too_far)})) == (422, code)
    there = await till.act(booking.id, action, {"end": wire(booking.end)})
    assert (there.status_code, there.json()["end"], there.json()["version"]) == (200, wire(booking.end), 2 + 1)


async def test_a_key_is_asked_for_unless_it_is_only_a_look(till: Till) -> None:
    booking = await till.paid()
    for action in ("extend", "shorten"):
        answer = await till.act(booking.id, action, {"end": wire(booking.end)}, idempotency_key="")
        assert said(answer) == (400, "key_missing")
        look = await till.act(booking.id, f"{action}?dry_run=true", {"end": wire(booking.end)}, idempotency_key="")
        assert (look.status_code, look.json()["allowed"]) == (200, True)
    await till.act(booking.id, "cancel")
    for action in ("extend", "shorten", "cancel"):
        body = None if action == "cancel" else {"end": wire(booking.end + minutes(20))}
        look = await till.act(booking.id, f"{action}?dry_run=true", body)
        assert (look.status_code, look.json()["allowed"], look.json()["valid_until"]) == (200, False, None)
    assert said(await till.act(booking.id, "extend", {"end": wire(booking.end + hours(1))})) == (409, "wrong_state")


async def test_a_provider_that_is_down_leaves_the_extension_waiting_and_the_key_goes_on(till: Till) -> None:
    booking = await till.paid()
    end = {"end": wire(booking.end + hours(1))}
    await till.sandbox.fault("POST", "/v1/payment_intents", "timeout_after", times=3)
    waiting = (await till.act(booking.id, "extend", end, key="k")).json()
    assert (waiting["end"], waiting["extension"]["payment"]["state"]) == (wire(booking.end), "requires_payment_method")
    assert said(await till.pay(booking.id, {"payment_method_id": "pm_card_visa"}, key="more")) == (409, "wrong_state")
    await till.database.rows(
        till.city.city,
        "UPDATE payments SET attempts = 0, retry_at = now() WHERE city = :city AND booking_id = :id RETURNING id",
        id=booking.id,
    )
    done = (await till.act(booking.id, "extend", end, key="later")).json()
    assert (done["end"], done["extension"]) == (end["end"], None)
    assert await till.holds(booking) == [240, 240]


@pytest.mark.parametrize("same_key", [True, False])
async def test_many_ask_for_the_same_at_once_and_it_is_given_and_held_once(till: Till, same_key: bool) -> None:
    booking = await till.paid()
    end = {"end": wire(booking.end + hours(1))}
    answers = await asyncio.gather(
        *(till.act(booking.id, "extend", end, key="k" if same_key else f"k{n}") for n in range(6))
    )

    assert {answer.status_code for answer in answers} == {200}
    if same_key:
        assert len({answer.content for answer in answers}) == 1
    shown = (await till.act(booking.id, "extend", end, key="last")).json()
    assert (shown["end"], shown["price"], shown["extension"]) == (end["end"], euro(480), None)
    assert await till.holds(booking) == [240, 240]
    claims = await till.database.rows(
        till.city.city,
        "SELECT claimed_from, claimed_until FROM claims WHERE city = :city AND booking_id = :id ORDER BY 1",
        id=booking.id,
    )
    assert claims == [(booking.start, booking.end), (booking.end, booking.end + hours(1))]


@pytest.mark.parametrize("round_", range(5))
async def test_of_an_extension_and_a_rivals_booking_one_wins(till: Till, round_: int) -> None:
    booking = await till.paid()
    end = booking.end + hours(1)
    wish = {
        "service": "charging",
        "resource_id": str(booking.resource_id),
        "start": wire(booking.end),
        "end": wire(end),
        "options": {},
    }
    rival = bearer(a_token(till.city.city))
    first = till.act(booking.id, "extend", {"end": wire(end)})
    second = till.http.post(f"/v1/{till.city.city}/bookings", json=wish, headers=rival)
    extended, booked = await asyncio.gather(*((first, second) if round_ % 2 else (second, first)))
    if not round_ % 2:
        extended, booked = booked, extended

    claims = await till.database.rows(
        till.city.city,
        "SELECT booking_id FROM claims WHERE city = :city AND resource_id = :id AND claimed_from = :at",
        id=booking.resource_id,
        at=booking.end,
    )
    if extended.status_code == 200:
        assert said(booked) == (409, "resource_taken")
        assert (claims, extended.json()["end"]) == ([(booking.id,)], wire(end))
        assert await till.holds(booking) == [240, 240]
    else:
        assert said(extended) == (409, "resource_taken")
        assert booked.status_code == 201
        assert (extended.json()["latest_end"], await till.holds(booking)) == (wire(booking.end), [240])
