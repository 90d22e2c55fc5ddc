"""One's own invoices, and whom they are addressed to."""

from datetime import datetime
from typing import Annotated, TypeAlias

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import SIGNED_IN, Ask, Endpoint, Reply, nothing
from adapters.http.invoicing.answers import Shelf, invoice_endpoints
from adapters.http.invoicing.examples import ADDRESS, INVOICE
from adapters.http.problems import Rejected
from adapters.http.tags import tagged
from domain.invoicing.debtors import AddressInvoices, BillingAddress
from domain.invoicing.invoices import Address, InvoiceId
from domain.refusals import Refusal
from services.calls import Answer
from services.invoicing import Invoices
from services.invoicing.ports import Filed

ADDRESSED = "/v1/{city:str}/me/billing-address"
LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\S[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=LINE)]
Postcode: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{1,9}$")]
Country: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
LeitwegId: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{2,12}(-[A-Z0-9]{1,30})?-[0-9]{2}$")]


class BillingAddressRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What stands on the caller's invoices from now on; `country` by ISO 3166-1. A `leitweg_id` makes the recipient a public
    body, which gets an XRechnung beside the PDF."""

    name: Line
    street: Line
    postcode: Postcode
    town: Line
    country: Country = "DE"
    leitweg_id: LeitwegId | None = None


class BillingAddressView(Struct, frozen=True):
    name: str
    street: str
    postcode: str
    town: str
    country: str
    leitweg_id: str | None
    changed_at: datetime
    version: int


def invoices(offered: Invoices) -> tuple[Endpoint, ...]:
    async def find(ask: Ask, invoice_id: InvoiceId) -> Filed | None:
        return await offered.own(ask.actor, invoice_id)

    own = Shelf(
        rule=SIGNED_IN,
        path="/v1/{city:str}/invoices",
        tag="invoices",
        name="Invoice",
        names="Invoices",
        summaries=(
            "One's own invoices and credit notes, newest first",
            "An invoice or credit note of one's own, with an ETag",
        ),
        example=INVOICE,
        find=find,
        debtor=lambda ask: ask.actor.id,
    )
    return (*invoice_endpoints(offered, own), *_billing_address(offered))


def _billing_address(offered: Invoices) -> tuple[Endpoint, ...]:
    async def get_address(ask: Ask) -> Reply:
        found = await offered.address(ask.unkeyed(nothing))
        if found is None:
            raise Rejected("unknown_billing_address")
        return tagged(ask, _view(found))

    async def put_address(ask: Ask) -> Reply:
        asked = await ask.body(BillingAddressRequest)
        where = Address(asked.street.strip(), asked.postcode, asked.town.strip(), asked.country)
        command = AddressInvoices(asked.name.strip(), where, asked.leitweg_id)
        outcome = await offered.change_address(ask.unkeyed(nothing), command)
        return ask.refuse(outcome) if isinstance(outcome, Refusal) else tagged(ask, _view(outcome))

    async def delete_address(ask: Ask) -> Reply:
        refusal = await offered.forget_address(ask.unkeyed(nothing))
        return ask.refuse(refusal) if refusal is not None else Answer(204, "", "")

    return (
        Endpoint(
            HttpMethod.GET,
            SIGNED_IN,
            ADDRESSED,
            "getBillingAddress",
            "invoices",
            "Whom the caller's invoices are addressed to, with an ETag",
            get_address,
            {200: BillingAddressView, 304: None},
            codes=("unknown_billing_address",),
            examples={200: ADDRESS},
        ),
        Endpoint(
            HttpMethod.PUT,
            SIGNED_IN,
            ADDRESSED,
            "setBillingAddress",
            "invoices",
            "Address the caller's invoices from now on; those that were issued stay as they are",
            put_address,
            {200: BillingAddressView},
            codes=("unknown_person", "leitweg_id_invalid", "public_bodies_not_invoiced"),
            body=BillingAddressRequest,
            tagged=True,
            example={key: ADDRESS[key] for key in ("name", "street", "postcode", "town", "country")},
            examples={200: ADDRESS},
        ),
        Endpoint(
            HttpMethod.DELETE,
            SIGNED_IN,
            ADDRESSED,
            "removeBillingAddress",
            "invoices",
            "Address no further invoices: small ones name nobody, others the name that is known",
            delete_address,
            {204: None},
            codes=("unknown_billing_address",),
        ),
    )


def _view(found: BillingAddress) -> BillingAddressView:
    where = found.address
    return BillingAddressView(
        found.name,
        where.street,
        where.postcode,
        where.town,
        where.country,
        found.leitweg_id,
        found.changed_at,
        found.version,
    )
