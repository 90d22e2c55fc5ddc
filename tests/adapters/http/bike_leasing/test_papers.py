"""The contracts of a lease over HTTP: drawn up once, read by those whom they bind, said yes to by their hash."""

import asyncio
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.http.bike_leasing.examples import CONSUMER_TERMS
from adapters.http.bike_leasing.paper_examples import NAME
from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.papers.papers import Paper
from domain.identity import Actor, PersonId
from domain.refusals import Refusal
from infra.bike_leasing.papers import lease_papers
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.bike_leasing.test_leases import office
from tests.adapters.http.leasing_office import Office

__all__ = ["office"]
pytestmark = pytest.mark.database


async def approved(office: Office) -> str:
    """An approved lease, whose parties have names."""
    await office.done("hr", "parties/stadtwerke", NAME, "PUT")
    await office.done("lessor", "parties/leasing-ag", NAME | {"name": "Leasing AG"}, "PUT")
    named = "UPDATE persons SET name = 'Ada Beispiel' WHERE city = :city AND id = :id RETURNING id"
    await office.database.rows(office.city, named, id=office.ada)
    lease = await office.offered()
    await office.approved(lease)
    return lease


async def listed(office: Office, who: str, lease: str) -> dict[str, Any]:
    found = (await office.ask(who, "GET", f"leases/{lease}/papers")).json()
    return {each["kind"]: each for each in found["items"]}


async def test_papers_are_drawn_once_read_by_whom_they_bind_and_an_order_waits_for_their_yes(office: Office) -> None:
    lease = await approved(office)
    order = {"lease_id": lease, "accepted": True, "signed": True}
    assert await office.refused("lessor", "orders", order) == (409, "not_signed"), (
        "the lessor's word alone signs nothing"
    )
    both = await asyncio.gather(*(office.ask(who, "POST", f"leases/{lease}/papers") for who in ("ada", "hr")))
    assert [each.status_code for each in both] == [200, 200]
    hers, lessors = await listed(office, "ada", lease), await listed(office, "lessor", lease)
    assert (set(hers), set(lessors)) == ({"conversion", "single_lease"}, {"single_lease"})
    assert {each["kind"]: each["digest"] for each in both[0].json()["items"]} == {
        kind: paper["digest"] for kind, paper in hers.items()
    }
    pdf = await office.ask("ada", "GET", f"leases/{lease}/papers/conversion")
    assert pdf.content.startswith(b"%PDF-1.7")
    assert sha256(pdf.content).hexdigest() == hers["conversion"]["digest"]
    assert (await office.ask("lessor", "GET", f"leases/{lease}/papers/conversion")).status_code == 404
    for who in ("dealer", "stranger"):
        assert (await office.ask(who, "GET", f"leases/{lease}/papers")).json()["code"] == "unknown_lease"

    assert await office.refused("lessor", "orders", order) == (409, "not_signed")
    for who, kind in (("ada", "conversion"), ("hr", "conversion"), ("hr", "single_lease")):
        yes = {"digest": hers[kind]["digest"]}
        said = await office.done(who, f"leases/{lease}/papers/{kind}/acceptances", yes)
        assert said["digest"] == hers[kind]["digest"]
    signature = {"provider": "Vertrauensdienst", "reference": "4711", "content": "MIIB"}
    qualified = {"digest": hers["single_lease"]["digest"], "method": "qualified", "signature": signature}
    said = await office.done("lessor", f"leases/{lease}/papers/single_lease/acceptances", qualified)
    assert [(each["side"], each["method"]) for each in said["accepted"]] == [("hr", "simple"), ("lessor", "qualified")]
    assert said["awaits"] == []
    assert (await office.done("lessor", "orders", order))["state"] == "ordered"


async def test_a_consumer_is_told_before_she_binds_herself_and_her_yes_is_on_paper(office: Office) -> None:
    await office.done("lessor", "parties/leasing-ag", NAME | {"name": "Leasing AG"}, "PUT")
    await office.done("lessor", "consumer-terms/leasing-ag", CONSUMER_TERMS, "PUT")
    named = "UPDATE persons SET name = 'Ada Beispiel' WHERE city = :city AND id = :id RETURNING id"
    await office.database.rows(office.city, named, id=office.ada)
    lease = await office.offered(None)
    order = {"lease_id": lease, "accepted": True, "signed": True, "credit_granted": True}

    drawn = await office.done("ada", f"leases/{lease}/papers", None)

    papers = {each["kind"]: each for each in drawn["items"]}
    assert set(papers) == set(await listed(office, "lessor", lease)) == {"pre_contract", "own_lease"}
    assert (papers["pre_contract"]["awaits"], papers["own_lease"]["awaits"]) == ([], ["employee", "lessor"])
    assert {text["name"] for text in papers["pre_contract"]["texts"]} >= {"withdrawal", "withdrawal_form"}
    pdf = await office.ask("ada", "GET", f"leases/{lease}/papers/pre_contract")
    assert sha256(pdf.content).hexdigest() == papers["pre_contract"]["digest"]
    for who in ("dealer", "stranger", "hr"):
        assert (await office.ask(who, "GET", f"leases/{lease}/papers")).json()["code"] == "unknown_lease"

    await office.done("ada", "applications", {"lease_id": lease})
    assert await office.refused("lessor", "orders", order) == (409, "not_signed"), "where there are papers they count"
    yes = {"digest": papers["own_lease"]["digest"]}
    told = f"leases/{lease}/papers/pre_contract/acceptances"
    assert await office.refused("ada", told, {"digest": papers["pre_contract"]["digest"]}) == (403, "not_yours_to_do")
    await office.done("ada", f"leases/{lease}/papers/own_lease/acceptances", yes)
    ordered = await office.done("lessor", "orders", order | {"signed": False})
    today = now().astimezone(ZoneInfo("Europe/Berlin")).date()
    until = date.fromisoformat(ordered["withdrawal_until"])
    assert timedelta(days=14) <= until - today <= timedelta(days=20), "she was told of her right by her paper"


async def test_nothing_is_drawn_up_between_parties_without_names(office: Office) -> None:
    lease = await office.offered()
    assert await office.refused("ada", f"leases/{lease}/papers", None) == (409, "lease_state_forbids")
    await office.approved(lease)
    assert await office.refused("ada", f"leases/{lease}/papers", None) == (409, "party_not_named")
    other = await office.ask("hr", "PUT", "parties/leasing-ag", NAME)
    assert (other.status_code, other.json()["code"]) == (404, "unknown_party")


async def test_one_sees_how_the_parties_are_called_that_one_acts_for(office: Office) -> None:
    assert (await office.ask("hr", "GET", "parties")).json() == {"items": []}
    await office.done("hr", "parties/stadtwerke", NAME | {"name": "Stadtwerke"}, "PUT")
    await office.done("hr", "parties/stadtwerke", NAME, "PUT")
    await office.done("lessor", "parties/leasing-ag", NAME | {"name": "Leasing AG"}, "PUT")

    for who, items in (
        ("hr", [{"party": "stadtwerke"} | NAME]),
        ("lessor", [{"party": "leasing-ag"} | NAME | {"name": "Leasing AG"}]),
        ("dealer", []),
    ):
        assert (await office.ask(who, "GET", "parties")).json() == {"items": items}


async def test_papers_and_what_was_said_to_them_stay_as_they_are(office: Office) -> None:
    lease = await approved(office)
    await office.ask("ada", "POST", f"leases/{lease}/papers")
    digest = (await listed(office, "ada", lease))["conversion"]["digest"]
    path = f"leases/{lease}/papers/conversion/acceptances"
    assert await office.refused("ada", path, {"digest": "0" * 64}) == (409, "paper_differs")
    await office.done("ada", path, {"digest": digest})
    copied = """INSERT INTO lease_papers SELECT city, lease_id, 'single_lease', digest, content || 'x', texts, drawn_at FROM lease_papers
        WHERE kind = 'conversion' ON CONFLICT (city, lease_id, kind, digest) DO NOTHING"""
    for sql, state in (
        ("UPDATE lease_papers SET content = 'x'", "42501"),
        ("DELETE FROM lease_papers", "42501"),
        ("UPDATE lease_acceptances SET accepted_at = now()", "42501"),
        ("DELETE FROM lease_acceptances", "42501"),
        (copied, "23514"),
    ):
        with pytest.raises(DBAPIError) as error:
            async with office.database.app.transactions.city(office.city) as connection:
                await connection.execute(text(sql))
        assert sqlstate(error.value) == state, sql


async def test_nothing_is_kept_of_papers_where_the_lease_is_given_up_while_they_are_rendered(office: Office) -> None:
    lease = await approved(office)

    async def render(_: Paper) -> bytes:
        if (await office.seen("ada", lease))["state"] == "approved":
            await office.done("ada", "cancellations", {"lease_id": lease})
        return b"%PDF"

    offered = lease_papers(office.database.app.transactions, render, now, new_id)
    ada = Actor(PersonId(office.ada), office.city, frozenset())

    assert await offered.draw(ada, LeaseId(UUID(lease))) == Refusal(NotDone.WRONG_STATE)
    assert await listed(office, "ada", lease) == {}
