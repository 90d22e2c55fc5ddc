"""`/v1/{city}/leasing/debits`: the account that a holder lets be debited for a lease that she pays herself."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import BOOKERS, Ask, Endpoint, Reply, answer
from domain.bike_leasing.contracts.leases import LeaseId
from services.bike_leasing.money import LeaseMoney
from services.bike_leasing.money.naming import NameAccount, NamedAccount
from services.calls import Answer
from services.payments.wallet import SavedAccount, Wallet

PATH = "/v1/{city:str}/leasing/debits"
EXAMPLE = {"lease_id": "0190f8c0-0000-7000-8000-000000000001", "payment_method_id": "pm_1QAb2cIban"}


class DebitRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`payment_method_id` is a bank account among one's saved payment methods."""

    lease_id: UUID
    payment_method_id: Annotated[str, Meta(min_length=1, max_length=255)]


class DebitView(Struct, frozen=True):
    lease_id: UUID
    payment_method_id: str
    agreed_at: datetime


def lease_debits(offered: LeaseMoney, wallet: Wallet) -> tuple[Endpoint, ...]:
    async def name_account(ask: Ask) -> Reply:
        asked = await ask.body(DebitRequest)
        saved = await wallet.cards(ask.actor)
        known = any(isinstance(each, SavedAccount) and each.id == asked.payment_method_id for each in saved)
        return await offered.name(
            ask.call(asked, _rendered), NameAccount(LeaseId(asked.lease_id), asked.payment_method_id, known)
        )

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            PATH,
            "nameLeaseAccount",
            "leasing",
            "Say which of one's bank accounts is debited for a lease that one pays oneself, from the next run on",
            name_account,
            {200: DebitView},
            codes=("unknown_lease", "unknown_payment_method"),
            body=DebitRequest,
            keyed=True,
            example=EXAMPLE,
            examples={200: EXAMPLE | {"agreed_at": "2026-12-10T14:30:00Z"}},
        ),
    )


def _rendered(named: NamedAccount) -> Answer:
    return answer(DebitView(named.lease_id, named.method_id, named.agreed_at))
