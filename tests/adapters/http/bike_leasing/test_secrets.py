"""What nobody gets to know or to do over HTTP: guess a PIN, approve oneself, see another dealer's offers, or an incident as an employer."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from adapters.http.bike_leasing.examples import ACCREDITATION, APPROVAL, CONSUMER_TERMS, FRAMEWORK, OFFER
from adapters.http.bike_leasing.running_examples import INCIDENT
from domain.identity import Role
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.api import a_token
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


async def test_whoever_guesses_at_a_pin_from_many_places_at_once_has_five_tries_all_the_same(office: Office) -> None:
    lease, pin = await office.ready()
    guesses = [f"{(int(pin) + nth) % 1_000_000:06}" for nth in range(1, 13)]

    said = await asyncio.gather(*(office.refused("dealer", "handovers", handed(lease, guess)) for guess in guesses))

    assert sorted(said) == [(409, "pin_does_not_fit")] * 5 + [(409, "pin_used_up")] * 7
    assert await office.refused("dealer", "handovers", handed(lease, pin)) == (409, "pin_used_up")
    assert (await office.seen("ada", lease))["state"] == "ready_for_pickup"
    async with office.database.app.transactions.city(office.city) as connection:
        noted = await connection.scalar(text("SELECT count(*) FROM audit WHERE action = 'bike_leasing.pin_mistyped'"))
    assert noted == 5, "and each is written down"


async def test_nor_has_the_holder_more_who_enters_it_herself(office: Office) -> None:
    await office.done("lessor", "dealers/radhaus", ACCREDITATION | {"online": True}, "PUT")
    lease, pin = await office.ready()
    wrong = handed(lease, f"{(int(pin) + 1) % 1_000_000:06}")

    said = [await office.refused("ada", "handovers", wrong) for _ in range(6)]

    assert said == [(409, "pin_does_not_fit")] * 5 + [(409, "pin_used_up")]
    for who in ("dealer", "hr", "lessor"):
        assert (await office.seen(who, lease))["pin"] is None, "nobody else reads it"


async def test_hr_cannot_approve_her_own_application_by_any_role_that_she_has(office: Office) -> None:
    """Ada is HR, dealer and lessor of all the parties to her lease."""
    roles = (Role.RESIDENT, Role.HR, Role.DEALER, Role.LESSOR)
    every = ("stadtwerke", "radhaus", "leasing-ag")
    office.tokens["ada"] = a_token(office.city, *roles, person=office.ada, parties=every)
    lease = await office.offered()
    await office.done("ada", "applications", {"lease_id": lease})
    approval = APPROVAL | {"lease_id": lease}

    assert await office.refused("ada", "reviews", {"lease_id": lease}) == (403, "not_yours_to_do")
    assert await office.refused("ada", "approvals", approval) == (403, "not_yours_to_do")
    no = approval | {"approved": False, "reason": "nein"}
    assert await office.refused("ada", "approvals", no) == (403, "not_yours_to_do")
    await office.done("hr", "approvals", approval)
    order = {"lease_id": lease, "accepted": True, "signed": True}
    assert await office.refused("ada", "orders", order) == (403, "not_yours_to_do")
    assert (await office.seen("ada", lease))["sides"] == ["employee"]


async def test_a_dealer_sees_his_own_offers_and_no_others(office: Office) -> None:
    """Two dealers, the same lessor, the same customer; one of the offers names no employer."""
    office.tokens["other"] = a_token(office.city, Role.DEALER, parties=("fahrradkiste",))
    await office.done("lessor", "dealers/fahrradkiste", ACCREDITATION, "PUT")
    await office.done("lessor", "consumer-terms/leasing-ag", CONSUMER_TERMS, "PUT")
    his = await office.offered()
    offer = OFFER | {"holder_id": str(office.ada), "dealer": "fahrradkiste", "employer": None}
    others = (await office.done("other", "offers", offer))["id"]

    for who, own, strange in (("dealer", his, others), ("other", others, his)):
        assert [each["id"] for each in (await office.ask(who, "GET", "leases")).json()["items"]] == [own]
        assert (await office.ask(who, "GET", f"leases/{strange}")).status_code == 404
        ready = {"lease_id": strange, "serial_number": "SN-1"}
        for path, body in (
            ("pickups", ready),
            ("pins", {"lease_id": strange}),
            ("handovers", handed(strange, "123456")),
        ):
            assert await office.refused(who, path, body) == (404, "unknown_lease"), path
    in_his_name = OFFER | {"holder_id": str(office.ada)}
    assert await office.refused("other", "offers", in_his_name) == (404, "unknown_lease"), "nor offers in his name"
    assert {each["id"] for each in (await office.ask("lessor", "GET", "leases")).json()["items"]} == {his, others}


async def test_an_employer_reads_nothing_of_an_incident_wherever_she_looks(office: Office) -> None:
    """In the lease, in the list, in the answers to her own acts, and in payroll."""
    await office.done("lessor", "frameworks/stadtwerke", FRAMEWORK | {"protection": "public"}, "PUT")
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    async with office.database.app.transactions.city(office.city) as connection:
        running = "UPDATE leases SET state = 'active', lease = jsonb_set(lease, '{state}', '\"active\"')"
        await connection.execute(text(running))
    words = "Speichenbruch-7731"
    happened = INCIDENT | {"lease_id": lease, "words": words, "happened_on": "2026-11-01"}
    reported = await office.done("ada", "incidents", happened)
    assert words in str(reported)

    async def read(who: str) -> list[str]:
        paths = (f"leases/{lease}", "leases", "payrolls/stadtwerke/2026-12", f"leases/{lease}/papers")
        return [(await office.ask(who, "GET", path)).text for path in paths]

    assert not any(words in said or "police" in _without_names(said) for said in await read("hr"))
    assert any(words in said for said in await read("ada"))
    answered = await office.ask("hr", "POST", "terminations", _leaving(lease))
    assert (answered.status_code, words in answered.text) == (409, False)
    assert await office.refused("hr", "incident-outcomes", {"lease_id": lease, "outcome": "repaired"}) == (
        403,
        "forbidden",
    )


def _without_names(said: str) -> str:
    """Names of fields are the same for everybody."""
    return said.replace('"police_reference":null', "")


def _leaving(lease: str) -> dict[str, Any]:
    return {"lease_id": lease, "reason": "leaving", "on": "2026-12-31"}
