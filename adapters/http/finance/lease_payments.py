"""`/v1/{city}/finance/lease-payments`: what dealers are owed for leased bikes and their upkeep, what holders get back who withdrew, and the orders by
which the bank pays it."""

from datetime import date
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.bike_leasing.agreements import PARTY
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.problems import Rejected
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.paying import OrderId
from domain.refusals import Refusal
from services.bike_leasing.money import DealerPayments
from services.bike_leasing.money.paying import OrderPayments, SayAccount
from services.bike_leasing.money.views import (
    CreditTransferView,
    DealerOrderView,
    PartyAccountView,
    PayableView,
    account_view,
    order_view,
    payable_view,
    payment_view,
)

LIST = "/v1/{city:str}/finance/lease-payments"
LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\S[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=70, pattern=LINE)]
ORDER = "0190f8c0-0000-7000-8000-000000000071"
LEASE = "0190f8c0-0000-7000-8000-000000000001"
PAID = {"amount": 399_900, "currency": "EUR"}
ACCOUNT = {"name": "Radhaus Beispiel GmbH", "iban": "DE02120300000000202051"}
XML = "application/xml"
SHOWN: dict[str, Any] = {
    "id": ORDER,
    "execute_on": "2026-12-03",
    "ordered_at": "2026-12-02T09:00:00Z",
    "total": PAID,
    "file": f"/v1/braunschweig/finance/lease-payments/{ORDER}/file",
    "items": [
        {
            "paid_for": "bike",
            "lease_id": LEASE,
            "dealer": "radhaus",
            "name": ACCOUNT["name"],
            "iban": ACCOUNT["iban"],
            "amount": PAID,
        }
        | {"reference": f"B{UUID(LEASE).hex.upper()}", "returned_at": None, "holder_id": None}
    ],
}


class AccountRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the party is paid from the next order on; `name` is the account's holder."""

    name: Name
    iban: Annotated[str, Meta(min_length=15, max_length=42)]


class AccountList(Struct, frozen=True):
    items: tuple[PartyAccountView, ...]


class OrderRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """On which day the bank is to pay, from today on."""

    execute_on: date


class PayableList(Struct, frozen=True):
    items: tuple[PayableView, ...]


class ReturnRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The end-to-end id of the transfer that came back."""

    reference: Annotated[str, Meta(min_length=1, max_length=35)]


class OrderList(Struct, frozen=True):
    """The newest first, the last two hundred."""

    items: tuple[DealerOrderView, ...]


def lease_payments(offered: DealerPayments) -> tuple[Endpoint, ...]:
    async def say_account(ask: Ask) -> Reply:
        asked, party = await ask.body(AccountRequest), str(ask.path("party"))
        if PARTY.fullmatch(party) is None:
            raise Rejected("unknown_party")
        said = SayAccount(PartyId(party), asked.name, asked.iban)
        return await offered.say_account(ask.call((party, asked), lambda kept: answer(account_view(kept))), said)

    async def list_accounts(ask: Ask) -> Reply:
        return answer(AccountList(tuple(map(account_view, await offered.accounts(ask.actor)))))

    async def list_payables(ask: Ask) -> Reply:
        return answer(PayableList(tuple(map(payable_view, await offered.waiting(ask.actor)))))

    async def order(ask: Ask) -> Reply:
        asked = await ask.body(OrderRequest)
        command = OrderPayments(OrderId(ask.edge.new_id()), asked.execute_on)
        return await offered.order(ask.call(asked, lambda made: answer(order_view(made, ask.city), 201)), command)

    async def say_returned(ask: Ask) -> Reply:
        asked = await ask.body(ReturnRequest)
        return await offered.say_returned(ask.call(asked, lambda made: answer(payment_view(made))), asked.reference)

    async def list_orders(ask: Ask) -> Reply:
        return answer(OrderList(tuple(order_view(each, ask.city) for each in await offered.orders(ask.actor))))

    async def get_file(ask: Ask) -> Reply:
        order_id = OrderId(ask.path("order_id"))
        found = await offered.file(ask.actor, order_id)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        named = {"content-disposition": f'attachment; filename="pain001-{order_id}.xml"'}
        return Response(found, status_code=200, media_type=XML, headers=named | {"cache-control": "private, no-store"})

    return (
        Endpoint(
            HttpMethod.PUT,
            FINANCE,
            f"{LIST}/accounts/{{party:str}}",
            "sayPartyAccount",
            "finance",
            "Say which account a dealer is paid to",
            say_account,
            {200: PartyAccountView},
            codes=("unknown_party", "bad_iban"),
            body=AccountRequest,
            keyed=True,
            example=ACCOUNT,
            examples={200: {"party": "radhaus"} | ACCOUNT},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{LIST}/accounts",
            "listPartyAccounts",
            "finance",
            "Which accounts dealers are paid to, as finance has said",
            list_accounts,
            {200: AccountList},
            examples={200: {"items": [{"party": "radhaus"} | ACCOUNT]}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{LIST}/payables",
            "listDealerPayables",
            "finance",
            "What dealers are owed, or holders are owed back, and nobody has ordered, the oldest first",
            list_payables,
            {200: PayableList},
            examples={
                200: {
                    "items": [
                        {
                            "paid_for": "bike",
                            "lease_id": LEASE,
                            "dealer": "radhaus",
                            "amount": PAID,
                            "since": "2026-12-01T10:00:00Z",
                        }
                        | {"account_known": True, "holder_id": None}
                    ]
                }
            },
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "payDealers",
            "finance",
            "Order the transfer of all that dealers are owed, each bike and each service once, and of what holders get back",
            order,
            {201: DealerOrderView},
            codes=("nothing_to_pay", "execution_day_not_possible"),
            body=OrderRequest,
            keyed=True,
            example={"execute_on": "2026-12-03"},
            examples={201: SHOWN},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listDealerPayments",
            "finance",
            "The orders of transfers to dealers",
            list_orders,
            {200: OrderList},
            examples={200: {"items": [SHOWN]}},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{LIST}/returns",
            "sayPaymentReturned",
            "finance",
            "Say that the bank gave a transfer back: it is owed again, and the next order pays it",
            say_returned,
            {200: CreditTransferView},
            codes=("unknown_dealer_payment",),
            body=ReturnRequest,
            keyed=True,
            example={"reference": SHOWN["items"][0]["reference"]},
            examples={200: SHOWN["items"][0] | {"returned_at": "2026-12-09T08:00:00Z"}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{LIST}/{{order_id:uuid}}/file",
            "getDealerPaymentsFile",
            "finance",
            "An order as the bank takes it: ISO 20022 pain.001.001.09, the same however often it is fetched",
            get_file,
            {200: None},
            codes=("unknown_payment_order",),
            media=XML,
        ),
    )
