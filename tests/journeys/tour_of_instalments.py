"""The tour's money of leases: the lessee names an account, and finance has a month of all leases charged."""

import asyncio
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from adapters.http.finance.lease_payments import ACCOUNT
from infra.clock import now
from tests.journeys.installation import Installation
from tests.journeys.tour_of_leasing import Sides
from tests.journeys.tour_of_money import Asking
from tests.journeys.towns import BRAUNSCHWEIG, first_month_come

PATIENCE_S = 30.0


async def instalments(installation: Installation, finance: Asking, sides: Sides, holder: UUID) -> None:
    """The lessee has a card at the provider's already, and so is known there."""
    key = await asyncio.to_thread((installation.data / "secrets" / "stripe-braunschweig").read_text)
    async with httpx.AsyncClient(base_url=installation.sandbox, auth=(key.strip(), "")) as provider:
        customers = (await provider.get("/v1/customers", params={"limit": 100})).json()["data"]
        hers = next(each["id"] for each in customers if each["metadata"].get("person_id") == str(holder))
        iban = {"type": "sepa_debit", "sepa_debit[iban]": "DE89370400440532013000"}
        whose = {"billing_details[name]": "Ada", "billing_details[email]": "ada@example.org"}
        account = (await provider.post("/v1/payment_methods", data=iban | whose)).json()["id"]
        (await provider.post(f"/v1/payment_methods/{account}/attach", data={"customer": hers})).raise_for_status()
    lease = (await sides.lessee.ask("GET", "leasing/leases"))["items"][0]["id"]
    await sides.lessee.ask("POST", "leasing/debits", {"lease_id": lease, "payment_method_id": account})
    theirs = (await sides.hr.ask("GET", "leasing/leases"))["items"][0]["id"]
    await first_month_come(installation, BRAUNSCHWEIG, theirs)
    month = f"{now():%Y-%m}"
    assert (await finance.ask("POST", "finance/lease-runs", {"month": month}))["month"] == month
    assert (await finance.ask("GET", "finance/lease-runs"))["items"][0]["month"] == month
    lodas = {"consultant": 1001, "client": 42, "conversion_type": 3310, "benefit_type": 8200, "booking_key": 2}
    await sides.hr.ask("PUT", "leasing/payrolls/stadtwerke", lodas)
    numbered = {"lease_id": theirs, "personnel_number": "417"}
    await sides.hr.ask("POST", "leasing/payrolls/stadtwerke/numbers", numbered)
    assert (await sides.hr.ask("GET", f"leasing/payrolls/stadtwerke/{month}"))["employer"] == "stadtwerke"
    await sides.hr.fetch(f"leasing/payrolls/stadtwerke/{month}/file", b"\xef\xbb\xbfmonth;")
    assert "items" in await finance.ask("GET", "finance/lease-receivables")
    await _invoiced(sides.hr)
    await _dealers(finance)


async def _invoiced(hr: Asking) -> None:
    """The employer's month, once the run is over."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := (await hr.ask("GET", "leasing/invoices"))["items"]):  # noqa: ASYNC110 - as any client
            await asyncio.sleep(0.2)
    (invoice,) = found
    place = f"leasing/invoices/{invoice['id']}"
    assert (await hr.ask("GET", place))["number"] == invoice["number"]
    await hr.fetch(f"{place}/pdf", b"%PDF")
    await hr.fetch(f"{place}/xml", b"<?xml")


async def _dealers(finance: Asking) -> None:
    """Each bike that was handed over is ordered to be paid."""
    said = await finance.ask("PUT", "finance/lease-payments/accounts/radhaus", ACCOUNT)
    assert (await finance.ask("GET", "finance/lease-payments/accounts"))["items"] == [said]
    owed = (await finance.ask("GET", "finance/lease-payments/payables"))["items"]
    today = now().astimezone(ZoneInfo("Europe/Berlin")).date()
    made = await finance.ask("POST", "finance/lease-payments", {"execute_on": today.isoformat()})
    assert len(made["items"]) == len(owed) > 0
    assert (await finance.ask("GET", "finance/lease-payments"))["items"] == [made]
    await finance.fetch(f"finance/lease-payments/{made['id']}/file", b"<?xml")
    back = await finance.ask("POST", "finance/lease-payments/returns", {"reference": made["items"][0]["reference"]})
    assert back["returned_at"] is not None
    await finance.ask("POST", "finance/lease-payments", {"execute_on": today.isoformat()})
    (month,) = (await finance.ask("GET", f"finance/lease-residuals?from={today:%Y-%m}"))["items"]
    assert month["open_payables"]["amount"] == 0
    await finance.fetch(f"finance/lease-residuals/file?from={today:%Y-%m}", b"\xef\xbb\xbfmonth;")
