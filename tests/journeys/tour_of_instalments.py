"""The tour's money of leases: the lessee names an account, and finance has a month of all leases charged."""

import asyncio
from uuid import UUID

import httpx

from infra.clock import now
from tests.journeys.installation import Installation
from tests.journeys.tour_of_money import Asking


async def instalments(installation: Installation, finance: Asking, lessee: Asking, holder: UUID) -> None:
    """The lessee has a card at the provider's already, and so is known there."""
    key = await asyncio.to_thread((installation.data / "secrets" / "stripe-braunschweig").read_text)
    async with httpx.AsyncClient(base_url=installation.sandbox, auth=(key.strip(), "")) as provider:
        customers = (await provider.get("/v1/customers", params={"limit": 100})).json()["data"]
        hers = next(each["id"] for each in customers if each["metadata"].get("person_id") == str(holder))
        iban = {"type": "sepa_debit", "sepa_debit[iban]": "DE89370400440532013000"}
        whose = {"billing_details[name]": "Ada", "billing_details[email]": "ada@example.org"}
        account = (await provider.post("/v1/payment_methods", data=iban | whose)).json()["id"]
        (await provider.post(f"/v1/payment_methods/{account}/attach", data={"customer": hers})).raise_for_status()
    lease = (await lessee.ask("GET", "leasing/leases"))["items"][0]["id"]
    await lessee.ask("POST", "leasing/debits", {"lease_id": lease, "payment_method_id": account})
    month = f"{now():%Y-%m}"
    assert (await finance.ask("POST", "finance/lease-runs", {"month": month}))["month"] == month
    assert (await finance.ask("GET", "finance/lease-runs"))["items"][0]["month"] == month
