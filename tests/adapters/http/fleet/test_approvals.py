"""A pool's rules of approval, the inbox, deputies and two who decide at once, from the wire to the tables."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.garage import MANAGER, NOON, OPERATOR, Garage, problem
from tests.api import a_token
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
POOL = f"fleet/pools/{TOWN_HALL}/approval"
DORA = PersonId(new_id())
LONG = {"name": "Länger als zwei Stunden", "longer_than_s": 7200}
WISH = {"answer_s": 7200, "rules": [LONG], "approvers": [], "escalated_s": 3600}


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    found = Garage(http, database, await database.new_city())
    for person, role in ((MANAGER, "fleet_manager"), (DORA, "driver"), (OPERATOR, "operator")):
        await known(found, person, role)
    return found


async def known(garage: Garage, person: UUID, role: str) -> None:
    for sql in (
        "INSERT INTO persons (city, id, email, name, made_at) VALUES (:city, :id, :email, 'Kim', now()) RETURNING id",
        "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at) VALUES (:city, :id, :role, '', now()) RETURNING role",
    ):
        values = {"email": f"{person}@example.org"} if "email" in sql else {"role": role}
        await garage.database.rows(garage.seeded.city, sql, id=person, **values)


def dora(garage: Garage) -> str:
    return a_token(garage.seeded.city, Role.DRIVER, person=DORA, pools=("harbour",))


async def ruled(garage: Garage, **more: Any) -> dict[str, Any]:
    answer = await garage.ask("PUT", POOL, WISH | more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def trip(garage: Garage, hours: float = 3, day: int = 0) -> dict[str, Any]:
    answer = await garage.drive(garage.seeded.cars[1].id, NOON + timedelta(days=day), hours=hours)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decide(garage: Garage, booking: dict[str, Any], word: str, **more: Any) -> httpx.Response:
    body = {"reason": "Winterdienst"} if word == "reject" else {}
    return await garage.ask("POST", f"bookings/{booking['id']}/{word}", body, **more)


async def inbox(garage: Garage, **more: Any) -> list[dict[str, Any]]:
    answer = await garage.ask("GET", "fleet/approvals", **more)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_rules_are_tried_before_they_are_set_and_count_from_then_on(garage: Garage) -> None:
    assert (await trip(garage))["state"] == "confirmed"
    assert (await trip(garage, hours=1, day=1))["state"] == "confirmed"
    looked = await garage.ask("PUT", POOL, WISH, dry_run="true")
    assert looked.json()["trial"] == {"bookings": 2, "asked": 1, "by_rule": [{"rule": LONG["name"], "asked": 1}]}
    assert (await garage.ask("GET", POOL)).json()["answer_s"] is None, "nothing was written"

    made = await garage.ask("PUT", POOL, WISH, headers={"if-match": '"0"'})
    assert (made.status_code, made.json()["version"], made.json()["approver_count"]) == (200, 1, 1)
    assert problem(await garage.ask("PUT", POOL, WISH, headers={"if-match": '"0"'})) == (412, "version_mismatch")
    again = await garage.ask("PUT", POOL, WISH)
    assert (again.json()["version"], (await garage.ask("GET", POOL)).json()) == (1, again.json())
    noted = "SELECT count(*) FROM audit WHERE city = :city AND action = 'fleet.approval_set'"
    assert await garage.database.rows(garage.seeded.city, noted) == [(1,)]

    short, long = await trip(garage, hours=1, day=2), await trip(garage, day=3)
    assert (short["state"], short["approval"], long["state"]) == ("confirmed", None, "held")
    assert long["approval"]["rule"] == LONG["name"]
    assert long["approval"]["why"]["de"] == "Die Dauer von 3 Stunden liegt über 2 Stunden."
    due = datetime.fromisoformat(long["approval"]["due_at"])
    assert timedelta(minutes=179) < due - now() <= timedelta(hours=3)


async def test_who_does_not_run_the_pool_neither_sees_nor_sets_its_rules(garage: Garage) -> None:
    for method, body in (("GET", None), ("PUT", WISH)):
        assert problem(await garage.ask(method, POOL, body, token=garage.stranger)) == (404, "unknown_pool")
    bad = WISH | {"rules": [LONG, LONG]}
    wrong = await garage.ask("PUT", POOL, bad)
    assert (*problem(wrong), wrong.json()["errors"][0]["pointer"]) == (422, "approval_rule_invalid", "/rules/1/name")
    nobody = await garage.ask("PUT", POOL, WISH | {"approvers": [str(MANAGER), str(new_id())]})
    assert (*problem(nobody), nobody.json()["errors"][0]["pointer"]) == (422, "unknown_approver", "/approvers/1")
    assert (await garage.ask("GET", POOL, token=garage.operator)).json()["version"] == 0


async def test_the_inbox_shows_what_waits_in_the_order_in_which_it_is_due(garage: Garage) -> None:
    await ruled(garage)
    first, second, third = [await trip(garage, day=day) for day in range(3)]
    page = await garage.ask("GET", "fleet/approvals", limit="2")
    assert [each["booking_id"] for each in page.json()["items"]] == [first["id"], second["id"]]
    rest = await garage.ask("GET", "fleet/approvals", limit="2", cursor=page.json()["next_cursor"])
    assert [each["booking_id"] for each in rest.json()["items"]] == [third["id"]]
    assert rest.json()["next_cursor"] is None
    shown = rest.json()["items"][0]
    assert (shown["as"], shown["own"], shown["actions"]) == ("approver", False, ["approve", "reject"])
    assert (shown["rule"], shown["payer"], shown["state"]) == (LONG["name"], "cost_centre", "pending")

    assert (await decide(garage, second, "reject")).status_code == 200
    assert [each["booking_id"] for each in await inbox(garage)] == [first["id"], third["id"]]
    (decided,) = await inbox(garage, state="decided")
    assert (decided["booking_id"], decided["state"]) == (second["id"], "rejected")
    assert (decided["decision"]["by"], decided["decision"]["reason"]) == (str(MANAGER), "Winterdienst")
    assert await inbox(garage, token=garage.stranger) == await inbox(garage, token=dora(garage)) == []
    assert [each["as"] for each in await inbox(garage, token=garage.operator)] == ["operator"] * 2
    assert len(await inbox(garage, pool=TOWN_HALL)) == 2
    assert await inbox(garage, pool="harbour") == await inbox(garage, whose="deputy") == []


async def test_a_deputy_decides_while_it_lasts_and_the_audit_trail_says_for_whom(garage: Garage) -> None:
    await ruled(garage)
    first, second = await trip(garage), await trip(garage, day=1)
    assert problem(await decide(garage, first, "approve", token=dora(garage))) == (404, "unknown_booking")
    body = {"deputy_id": str(DORA), "start": now().isoformat(), "end": (now() + timedelta(days=9)).isoformat()}
    named, again = [await garage.ask("POST", "fleet/deputies", body, key="k") for _ in range(2)]
    assert (named.status_code, again.content, named.json()["person_id"]) == (201, named.content, str(MANAGER))
    for token in (garage.manager, dora(garage), garage.operator):
        assert (await garage.ask("GET", "fleet/deputies", token=token)).json()["items"] == [named.json()]

    (one, _) = await inbox(garage, token=dora(garage), whose="deputy")
    assert (one["as"], one["deputy_for"], one["booking_id"]) == ("deputy", str(MANAGER), first["id"])
    assert (
        problem(await garage.ask("POST", f"bookings/{first['id']}/cancel", {}, token=dora(garage), key="c"))[0] == 404
    )
    yes = await decide(garage, first, "approve", token=dora(garage))
    assert (yes.status_code, yes.json()["state"]) == (200, "confirmed")
    (decided,) = await inbox(garage, state="decided")
    assert (decided["decision"]["by"], decided["decision"]["deputy_for"]) == (str(DORA), str(MANAGER))
    told = "SELECT actor_id, subject_id FROM audit WHERE city = :city AND action = 'approval.decided_for'"
    assert await garage.database.rows(garage.seeded.city, told) == [(DORA, MANAGER)]

    stands = f"fleet/deputies/{named.json()['id']}"
    assert problem(await garage.ask("DELETE", stands, token=garage.stranger)) == (404, "unknown_deputyship")
    assert (await garage.ask("DELETE", stands)).json()["ended_at"] is not None
    assert problem(await decide(garage, second, "approve", token=dora(garage))) == (404, "unknown_booking")


@pytest.mark.parametrize(
    ("more", "token", "status", "code"),
    [
        ({"deputy_id": str(MANAGER)}, "manager", 422, "own_deputy"),
        ({"deputy_id": str(new_id())}, "manager", 422, "unknown_deputy"),
        ({"for": str(OPERATOR)}, "manager", 403, "forbidden"),
        ({"for": str(new_id())}, "operator", 404, "unknown_person"),
        ({}, "operator", 409, "decides_nothing"),
        ({"end": (now() - timedelta(hours=1)).isoformat()}, "manager", 422, "deputy_period_invalid"),
        ({"end": (now() + timedelta(days=400)).isoformat()}, "manager", 422, "deputy_period_invalid"),
    ],
)
async def test_what_is_no_deputyship_is_refused(
    garage: Garage, more: dict[str, Any], token: str, status: int, code: str
) -> None:
    body = {"deputy_id": str(DORA), "start": (now() - timedelta(days=1)).isoformat(), "end": NOON.isoformat()} | more
    answer = await garage.ask("POST", "fleet/deputies", body, key="k", token=getattr(garage, token))
    assert problem(answer) == (status, code)


async def test_nobody_approves_her_own_and_who_is_named_decides_in_place_of_who_runs_the_pool(garage: Garage) -> None:
    await ruled(garage)
    times = {"start": NOON.isoformat(), "end": (NOON + timedelta(hours=4)).isoformat()}
    wish = {"service": "fleet", "resource_id": str(garage.seeded.cars[1].id), "options": {"cost_centre": "5100"}}
    own = (await garage.ask("POST", "bookings", wish | times, key="own")).json()
    assert (own["state"], own["actions"]) == ("held", ["cancel"])
    assert problem(await decide(garage, own, "approve")) == (403, "own_booking")
    assert [(each["own"], each["as"]) for each in await inbox(garage)] == [(True, None)]
    assert await inbox(garage, whose="mine") == []

    await ruled(garage, approvers=[str(DORA)])
    another = await trip(garage, day=1)
    assert problem(await decide(garage, another, "approve")) == (403, "forbidden")
    assert [each["as"] for each in await inbox(garage, token=dora(garage))] == ["approver"] * 2
    seen = await garage.ask("GET", f"bookings/{another['id']}", token=dora(garage))
    assert seen.json()["actions"] == ["approve", "reject"]
    assert (await decide(garage, another, "approve", token=dora(garage))).status_code == 200


async def test_of_two_who_decide_at_once_one_does_and_the_other_is_told(garage: Garage) -> None:
    await ruled(garage)
    booking = await trip(garage)
    answers = await asyncio.gather(
        *(decide(garage, booking, "approve") for _ in range(2)),
        *(decide(garage, booking, "reject", token=garage.operator) for _ in range(2)),
    )
    told = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert told == {(200, None), (409, "decided_otherwise")}, [answer.text for answer in answers]
    (stands,) = await inbox(garage, state="decided")
    decisions = "SELECT count(*) FROM audit WHERE city = :city AND subject_id = :id AND action IN ('booking.confirmed', 'booking.cancelled')"
    assert await garage.database.rows(garage.seeded.city, decisions, id=booking["id"]) == [(1,)]
    assert stands["decision"]["by"] == str(MANAGER if stands["state"] == "approved" else OPERATOR)


async def test_more_time_beyond_a_limit_is_asked_for_and_refused_or_given(garage: Garage) -> None:
    await ruled(garage)
    driver = a_token(garage.seeded.city, Role.DRIVER, person=DORA, pools=(TOWN_HALL,))
    times = {"start": NOON.isoformat(), "end": (NOON + timedelta(hours=2)).isoformat()}
    wish = {"service": "fleet", "resource_id": str(garage.seeded.cars[1].id), "options": {"cost_centre": "5100"}}
    booking = (await garage.ask("POST", "bookings", wish | times, key="own", token=driver)).json()
    longer = {"end": (NOON + timedelta(hours=3)).isoformat()}
    path = f"bookings/{booking['id']}/extend"
    looked = await garage.ask("POST", path, longer, token=driver, dry_run="true")
    assert (looked.json()["allowed"], looked.json()["needs_approval"]) == (True, True)
    asked = (await garage.ask("POST", path, longer, token=driver, key="e1")).json()
    assert (asked["state"], asked["end"], asked["extension"]["approval"]["state"]) == (
        "confirmed",
        booking["end"],
        "pending",
    )
    (item,) = await inbox(garage)
    assert datetime.fromisoformat(item["more_until"]) == NOON + timedelta(hours=3)
    no = await decide(garage, booking, "reject")
    assert (no.json()["state"], no.json()["extension"]) == ("confirmed", None)
    claimed = "SELECT count(*) FROM claims WHERE city = :city AND booking_id = :id"
    assert await garage.database.rows(garage.seeded.city, claimed, id=booking["id"]) == [(1,)]
    assert problem(await decide(garage, booking, "approve", token=garage.operator)) == (409, "decided_otherwise")

    await garage.ask("POST", path, longer, token=driver, key="e2")
    given = await decide(garage, booking, "approve")
    assert datetime.fromisoformat(given.json()["end"]) == NOON + timedelta(hours=3)
    assert given.json()["approval"]["state"] == "approved"


async def test_whoever_runs_the_pool_does_not_approve_more_time_that_she_asked_for_herself(garage: Garage) -> None:
    await ruled(garage)
    booking = await trip(garage, hours=2)
    longer = {"end": (NOON + timedelta(hours=3)).isoformat()}
    asked = await garage.ask("POST", f"bookings/{booking['id']}/extend", longer, key="e")
    assert asked.json()["extension"]["approval"]["state"] == "pending"
    assert problem(await decide(garage, booking, "approve")) == (403, "own_booking")
    assert [(each["own"], each["as"]) for each in await inbox(garage)] == [(True, None)]
    assert await inbox(garage, whose="mine") == []
    given = await decide(garage, booking, "approve", token=garage.operator)
    assert datetime.fromisoformat(given.json()["end"]) == NOON + timedelta(hours=3)
