"""Invoices: issued by themselves, shown to whom they are for, sent by mail."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from domain.identity import Actor, City
from domain.invoicing.debtors import AddressInvoices, BillingAddress, NotAddressable
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.refusals import Refusal
from services.calls import Call
from services.invoicing.ports import Addressing, Filed, Format, InvoiceArchive, Rendered, Renderer, Wanted
from services.invoicing.showing import document_of, own


class Invoices(Struct, frozen=True):
    """The use cases, bound to their adapters. `own` gives None where it is not the caller's; `find`, `page` and `document` do
    not ask whose it is: that is for whoever offers them."""

    own: Callable[[Actor, InvoiceId], Awaitable[Filed | None]]
    find: Callable[[City, InvoiceId], Awaitable[Filed | None]]
    page: Callable[[City, Wanted], Awaitable[tuple[Filed, ...]]]
    document: Callable[[City, Invoice, Format], Awaitable[Rendered]]
    address: Callable[[Call[Any]], Awaitable[BillingAddress | None]]
    change_address: Callable[[Call[Any], AddressInvoices], Awaitable[BillingAddress | Refusal[NotAddressable]]]
    forget_address: Callable[[Call[Any]], Awaitable[Refusal[NotAddressable] | None]]


def invoices_with(
    archive: InvoiceArchive, render: Renderer, addressing: Addressing, clock: Callable[[], datetime]
) -> Invoices:
    async def mine(actor: Actor, invoice_id: InvoiceId) -> Filed | None:
        return await own(actor.city, actor.id, invoice_id, archive=archive)

    return Invoices(
        own=mine,
        find=archive.find,
        page=archive.page,
        document=partial(document_of, archive=archive, render=render, clock=clock),
        address=addressing.find,
        change_address=addressing.address,
        forget_address=addressing.forget,
    )
