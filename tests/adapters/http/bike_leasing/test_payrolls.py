"""A month of leases for payroll, from the handover on, under HR's own numbers."""

import httpx
import pytest

from adapters.http.bike_leasing.payrolls import LAYOUT
from infra.clock import now
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


async def test_hr_takes_converted_pay_and_benefits_into_payroll(office: Office) -> None:
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    month = f"payrolls/stadtwerke/{now():%Y-%m}"

    found = (await office.ask("hr", "GET", month)).json()
    (line,) = found["items"]
    assert (line["lease_id"], line["personnel_number"]) == (lease, None)
    assert (found["conversion"]["amount"], found["benefit"]["amount"]) == (12_193, 900)
    lodas = f"{month}/file?form=lodas"
    assert (await office.ask("hr", "GET", lodas)).json()["code"] == "no_payroll_layout"
    assert await office.done("hr", "payrolls/stadtwerke", LAYOUT, "PUT") == {"employer": "stadtwerke", "layout": LAYOUT}
    assert (await office.ask("hr", "GET", lodas)).json()["code"] == "personnel_numbers_missing"
    numbered = {"lease_id": lease, "personnel_number": "00417"}
    await office.done("hr", "payrolls/stadtwerke/numbers", numbered)
    imported = (await office.ask("hr", "GET", lodas)).text
    assert imported.endswith(f";-121,93;2;3310;417;\r\n1;01/{now():%m/%Y};9,00;2;8200;417;\r\n")
    assert "00417;" in (await office.ask("hr", "GET", f"{month}/file")).text


async def test_nobody_elses_payroll_is_seen_or_numbered(office: Office) -> None:
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    numbered = {"lease_id": lease, "personnel_number": "1"}

    assert (await office.ask("hr", "GET", "payrolls/wasserwerke/2026-12")).json()["code"] == "unknown_party"
    assert (await office.ask("dealer", "GET", "payrolls/stadtwerke/2026-12")).json()["code"] == "forbidden"
    assert await office.refused("hr", "payrolls/wasserwerke/numbers", numbered) == (404, "unknown_party")
    wrong = numbered | {"personnel_number": "12a"}
    assert await office.refused("hr", "payrolls/stadtwerke/numbers", wrong) == (422, "bad_personnel_number")
    answered = await office.ask("hr", "PUT", "payrolls/stadtwerke", LAYOUT | {"client": 100_000})
    assert answered.json()["code"] == "bad_payroll_layout"
