"""Invoices: issued by themselves, shown to whom they are for, sent by mail."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.identity import Actor, City
from domain.invoicing.debtors import AddressInvoices, BillingAddress, NotAddressable
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.refusals import Refusal
from services.calls import Answer, Call, UseCase
from services.invoicing.issuing import Replacing, replaced
from services.invoicing.ports import Addressing, Corrections, Filed, Format, InvoiceArchive, Rendered, Renderer, Wanted
from services.invoicing.showing import document_of, own


class Invoices(Struct, frozen=True):
    """The use cases, bound to their adapters. `own` gives None where it is not the caller's; `find`, `page` and `document` do
    not ask whose it is: that is for whoever offers them. `replace` cancels one and issues another in its place."""

    own: Callable[[Actor, InvoiceId], Awaitable[Filed | None]]
    find: Callable[[City, InvoiceId], Awaitable[Filed | None]]
    page: Callable[[City, Wanted], Awaitable[tuple[Filed, ...]]]
    document: Callable[[City, Invoice, Format], Awaitable[Rendered]]
    replace: UseCase[Replacing, InvoiceId]
    address: Callable[[Call[Any]], Awaitable[BillingAddress | None]]
    change_address: Callable[[Call[Any], AddressInvoices], Awaitable[BillingAddress | Refusal[NotAddressable]]]
    forget_address: Callable[[Call[Any]], Awaitable[Refusal[NotAddressable] | None]]


def invoices_with(
    archive: InvoiceArchive,
    render: Renderer,
    addressing: Addressing,
    corrections: Corrections,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> Invoices:
    async def mine(actor: Actor, invoice_id: InvoiceId) -> Filed | None:
        return await own(actor.city, actor.id, invoice_id, archive=archive)

    async def replace(call: Call[Replacing], invoice_id: InvoiceId) -> Answer:
        return await corrections.answered(
            call, invoice_id, lambda open_: replaced(open_, invoice_id, clock=clock, new_id=new_id)
        )

    return Invoices(
        own=mine,
        find=archive.find,
        page=archive.page,
        document=partial(document_of, archive=archive, render=render, clock=clock),
        replace=replace,
        address=addressing.find,
        change_address=addressing.address,
        forget_address=addressing.forget,
    )
