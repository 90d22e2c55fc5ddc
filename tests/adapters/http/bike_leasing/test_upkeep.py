"""A leased bike's upkeep over HTTP: a dealer bills within the budget, the lessor decides, and the ledger owes the dealer."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.http.bike_leasing.examples import ACCREDITATION, FRAMEWORK
from adapters.http.bike_leasing.upkeep import INVOICE
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


def eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


async def ridden(office: Office) -> dict[str, Any]:
    """A lease whose bike was handed over today."""
    return await office.done("dealer", "handovers", handed(*await office.ready()))


def bill(lease: dict[str, Any], number: str = "W-1", parts: int = 1) -> dict[str, Any]:
    """So many inspections of 41.65, done and billed today; the package has 83.30 a year, and accepts up to 50.00 at once."""
    days = {"issued_on": lease["handed_over_on"], "serviced_on": lease["handed_over_on"]}
    return INVOICE | {"lease_id": lease["id"], "number": number, "lines": INVOICE["lines"] * parts} | days


async def owed(office: Office) -> dict[str, int]:
    """What services have posted: debits less credits, by account and cost centre."""
    summed = """SELECT account || coalesce(' ' || cost_centre, ''), sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint
      FROM ledger_legs g JOIN ledger_entries e ON e.city = g.city AND e.id = g.entry_id WHERE e.kind = 'lease_service' GROUP BY 1"""
    async with office.database.app.transactions.city(office.city) as connection:
        return dict(map(tuple, await connection.execute(text(summed))))


async def left(office: Office, lease: dict[str, Any]) -> int:
    found = (await office.ask("ada", "GET", f"service-budgets/{lease['id']}")).json()
    cents: int = found["years"][0]["left"]["amount"]
    return cents


async def test_a_small_bill_is_accepted_at_once_and_a_dearer_one_by_the_lessor(office: Office) -> None:
    lease = await ridden(office)

    small = await office.done("dealer", "service-invoices", bill(lease))
    assert (small["state"], small["year"], small["decided_by"], small["gross"]) == ("accepted", 1, None, eur(4_165))
    assert await owed(office) == {"bike_services": 3_500, "input_vat": 665, "dealers radhaus": -4_165}
    too_much = await office.ask("dealer", "POST", "service-invoices", bill(lease, "W-2", 2))
    assert (too_much.status_code, too_much.json()["code"], too_much.json()["left"]) == (
        409,
        "service_budget_exceeded",
        eur(4_165),
    )
    assert await left(office, lease) == 4_165
    assert (await office.refused("dealer", "service-invoices", bill(lease, "w-1")))[1] == "service_invoice_known"


async def test_the_lessor_decides_once_on_what_waits(office: Office) -> None:
    asked = FRAMEWORK["conditions"] | {"service": {"budget": eur(20_000), "carries_over": False}}
    await office.done("lessor", "frameworks/stadtwerke", FRAMEWORK | {"conditions": asked}, "PUT")
    lease = await ridden(office)
    ids = [(await office.done("dealer", "service-invoices", bill(lease, f"W-{n}", n)))["id"] for n in (1, 2)]
    assert (await left(office, lease), await owed(office)) == (20_000 - 3 * 4_165, {})

    waiting = "service-invoices?state=submitted"
    assert await office.listed("lessor", waiting, 1) == [*reversed(ids)]

    no = {"accepted": False, "reason": "nicht beauftragt"}
    decisions = f"service-invoices/{ids[0]}/decisions"
    assert await office.refused("dealer", decisions, no) == (403, "forbidden")
    assert await office.refused("stranger", decisions, no) == (403, "forbidden")
    assert await office.refused("lessor", decisions, no | {"reason": " "}) == (409, "reason_missing")
    assert (await office.done("lessor", decisions, no))["state"] == "refused"
    assert await office.listed("lessor", waiting, 1) == [ids[1]]
    assert await office.listed("lessor", f"{waiting}&state=refused", 1) == [*reversed(ids)]
    assert await left(office, lease) == 20_000 - 2 * 4_165
    both = [
        office.ask("lessor", "POST", f"service-invoices/{ids[1]}/decisions", {"accepted": yes, "reason": "x"})
        for yes in (True, True)
    ]
    assert sorted(each.status_code for each in await asyncio.gather(*both)) == [200, 409]
    assert await owed(office) == {"bike_services": 7_000, "input_vat": 1_330, "dealers radhaus": -8_330}
    assert await office.refused("lessor", f"service-invoices/{lease['id']}/decisions", no) == (
        404,
        "unknown_service_invoice",
    )


async def test_of_two_bills_at_once_the_budget_pays_one(office: Office) -> None:
    lease = await ridden(office)
    bills = (bill(lease, f"W-{number}", 2) for number in (1, 2))
    answers = await asyncio.gather(*(office.ask("dealer", "POST", "service-invoices", each) for each in bills))
    assert sorted(each.status_code for each in answers) == [201, 409]
    assert await left(office, lease) == 0


async def test_each_side_sees_what_concerns_it_and_an_employer_nothing(office: Office) -> None:
    lease = await ridden(office)
    await office.done("dealer", "service-invoices", bill(lease))

    listed = {
        who: (await office.ask(who, "GET", "service-invoices")).json() for who in ("ada", "dealer", "lessor", "hr")
    }
    assert [len(listed[who]["items"]) for who in ("ada", "dealer", "lessor")] == [1, 1, 1]
    assert listed["hr"]["code"] == "forbidden"
    assert (await office.ask("stranger", "GET", "service-invoices")).json() == {"items": [], "next_cursor": None}
    for who, status in (("ada", 200), ("dealer", 200), ("lessor", 200), ("hr", 403), ("stranger", 404)):
        assert (await office.ask(who, "GET", f"service-budgets/{lease['id']}")).status_code == status


async def test_any_dealer_of_the_lessors_bills_once_he_has_the_leases_number(office: Office) -> None:
    lease = await ridden(office)
    theirs = bill(lease) | {"dealer": "wasserwerke"}
    assert await office.refused("stranger", "service-invoices", bill(lease)) == (404, "unknown_party")
    assert await office.refused("stranger", "service-invoices", theirs) == (404, "unknown_lease")
    await office.done("lessor", "dealers/wasserwerke", ACCREDITATION, "PUT")
    assert (await office.done("stranger", "service-invoices", theirs))["dealer"] == "wasserwerke"
    assert len((await office.ask("dealer", "GET", "service-invoices")).json()["items"]) == 0


async def test_a_bill_that_makes_no_sense_is_refused_where_it_does_not(office: Office) -> None:
    lease = await ridden(office)
    assert await office.refused("dealer", "service-invoices", bill(lease) | {"lines": []}) == (422, "invalid_input")
    line = INVOICE["lines"][0]
    for field, value in (("vat_percent", "sNaN"), ("vat", eur(-1)), ("gross", eur(1)), ("net", eur(2**70))):
        answered = await office.ask(
            "dealer", "POST", "service-invoices", bill(lease) | {"lines": [line | {field: value}]}
        )
        assert answered.status_code == 422, (field, answered.text)
    later = bill(lease) | {"serviced_on": date(2099, 1, 1).isoformat()}
    assert await office.refused("dealer", "service-invoices", later) == (422, "not_serviced_then")
    wrong = FRAMEWORK["conditions"] | {"service": {"budget": eur(0)}}
    refused = await office.ask("lessor", "PUT", "frameworks/stadtwerke", FRAMEWORK | {"conditions": wrong})
    assert refused.json()["code"] == "bad_conditions"


async def test_the_books_themselves_refuse_what_exceeds_a_budget_or_changes_a_bill(office: Office) -> None:
    lease = await ridden(office)
    await office.done("dealer", "service-invoices", bill(lease))
    for sql, state in (
        ("UPDATE lease_service_years SET used = granted + 1", "23514"),
        ("UPDATE lease_service_invoices SET gross = 1", "42501"),
        ("DELETE FROM lease_service_invoices", "42501"),
    ):
        with pytest.raises(DBAPIError) as error:
            async with office.database.app.transactions.city(office.city) as connection:
                await connection.execute(text(sql))
        assert sqlstate(error.value) == state, sql
