"""Invoices as answers: for whoever may see them, residents their own and finance all."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.cursors import Place
from adapters.http.endpoints import Ask, Reply, answer
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import EARLIEST, LATEST, Instant
from adapters.http.tags import tagged
from domain.booking.bookings import BookingId
from domain.identity import PersonId
from domain.invoicing.invoices import InvoiceId
from services.invoicing import Invoices
from services.invoicing.ports import Filed, Format, Wanted
from services.invoicing.ports import Place as Mark
from services.invoicing.views import InvoiceView, invoice_view

PDF, XML = "application/pdf", "application/xml"
MEDIA_TYPES = {Format.PDF: PDF, Format.XML: XML}


class InvoicesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Issued from `from`, before `to`; of one booking; `cursor` is a page's `next_cursor`."""

    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    booking_id: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class InvoiceList(Struct, frozen=True):
    items: tuple[InvoiceView, ...]
    next_cursor: str | None


async def invoices_page(ask: Ask, offered: Invoices, debtor: PersonId | None, at: str) -> Reply:
    """A page of the debtor's, or of all, newest first; `at` is the list's path."""
    asked = ask.query(InvoicesQuery)
    if asked.from_ is not None and asked.to is not None and asked.from_ >= asked.to:
        raise Rejected("invalid_input", errors=(Fault("the end comes after the start", parameter="to"),))
    place = cursors.read(asked.cursor) if asked.cursor is not None else None
    found = await offered.page(
        ask.city,
        Wanted(
            limit=asked.limit + 1,
            debtor=debtor,
            after=Mark(place.at, InvoiceId(place.id)) if place else None,
            since=in_utc("from", asked.from_),
            until=in_utc("to", asked.to),
            booking_id=BookingId(asked.booking_id) if asked.booking_id else None,
        ),
    )
    shown = found[: asked.limit]
    last = shown[-1].invoice if len(found) > asked.limit else None
    following = cursors.written(Place(last.issued_at, last.id)) if last else None
    return answer(InvoiceList(tuple(invoice_view(filed, at) for filed in shown), following))


def invoice_shown(ask: Ask, filed: Filed | None, at: str) -> Reply:
    """The invoice with an ETag. Raises Rejected where there is none."""
    if filed is None:
        raise Rejected("unknown_invoice")
    return tagged(ask, invoice_view(filed, at))


async def invoice_document(ask: Ask, offered: Invoices, filed: Filed | None, wanted: Format) -> Reply:
    """The document as it was sealed, with its digest as ETag: it never changes. Raises Rejected where there is none."""
    if filed is None:
        raise Rejected("unknown_invoice")
    document = await offered.document(ask.city, filed.invoice, wanted)
    name = "".join(c if c.isalnum() or c in "-." else "_" for c in filed.invoice.number)
    headers = {
        "etag": f'"{document.digest}"',
        "cache-control": "private, max-age=31536000, immutable",
        "content-disposition": f'inline; filename="{name}.{wanted}"',
    }
    known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
    if known & {headers["etag"], "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(document.content, status_code=200, media_type=MEDIA_TYPES[wanted], headers=headers)


def in_utc(parameter: str, value: datetime | None) -> datetime | None:
    """Raises Rejected for what lies outside of this century."""
    if value is None:
        return None
    if not EARLIEST <= value < LATEST:
        raise Rejected("invalid_input", errors=(Fault("outside the years 2000 to 2099", parameter=parameter),))
    return value.astimezone(UTC)
