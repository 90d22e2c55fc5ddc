"""Invoices to be read, for whoever may see them: residents their own and finance all, by the same four operations."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.cursors import Place
from adapters.http.endpoints import Ask, Endpoint, Reply, Rule, answer
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant, asked_in_utc
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


class Shelf(Struct, frozen=True):
    """Whose invoices are read, and where: `path` is that of their list, the operations are `list<names>` and `get<name>`
    with its documents. `find` looks for one, `debtor` says whose a page has, None for everybody's or, where
    there are any, for those of `employers`."""

    rule: Rule
    path: str
    tag: str
    name: str
    names: str
    summaries: tuple[str, str]
    example: dict[str, Any]
    find: Callable[[Ask, InvoiceId], Awaitable[Filed | None]]
    debtor: Callable[[Ask], PersonId | None]
    employers: Callable[[Ask], frozenset[str]] | None = None


def invoice_endpoints(offered: Invoices, shelf: Shelf) -> tuple[Endpoint, ...]:
    """A list, one of them, and its two documents."""
    one = f"{shelf.path}/{{invoice_id:uuid}}"
    of_list, of_one = shelf.summaries

    async def list_invoices(ask: Ask) -> Reply:
        return await _page(ask, offered, shelf)

    async def get_invoice(ask: Ask) -> Reply:
        return tagged(ask, invoice_view(await found(ask), _at(ask, shelf)))

    async def get_pdf(ask: Ask) -> Reply:
        return await document(ask, offered, await found(ask), Format.PDF)

    async def get_xml(ask: Ask) -> Reply:
        return await document(ask, offered, await found(ask), Format.XML)

    async def found(ask: Ask) -> Filed:
        filed = await shelf.find(ask, InvoiceId(ask.path("invoice_id")))
        if filed is None:
            raise Rejected("unknown_invoice")
        return filed

    return (
        Endpoint(
            HttpMethod.GET,
            shelf.rule,
            shelf.path,
            f"list{shelf.names}",
            shelf.tag,
            of_list,
            list_invoices,
            {200: InvoiceList},
            query=InvoicesQuery,
            examples={200: {"items": [shelf.example], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            shelf.rule,
            one,
            f"get{shelf.name}",
            shelf.tag,
            of_one,
            get_invoice,
            {200: InvoiceView, 304: None},
            codes=("unknown_invoice",),
            examples={200: shelf.example},
        ),
        Endpoint(
            HttpMethod.GET,
            shelf.rule,
            f"{one}/pdf",
            f"get{shelf.name}Pdf",
            shelf.tag,
            "The invoice as it was sent: PDF/A-3, with the structured invoice (EN 16931) inside",
            get_pdf,
            {200: None, 304: None},
            codes=("unknown_invoice",),
            media=PDF,
        ),
        Endpoint(
            HttpMethod.GET,
            shelf.rule,
            f"{one}/xml",
            f"get{shelf.name}Xml",
            shelf.tag,
            "The structured invoice alone (EN 16931, CII); for public bodies the XRechnung",
            get_xml,
            {200: None, 304: None},
            codes=("unknown_invoice",),
            media=XML,
        ),
    )


def _at(ask: Ask, shelf: Shelf) -> str:
    return shelf.path.replace("{city:str}", ask.city)


async def _page(ask: Ask, offered: Invoices, shelf: Shelf) -> Reply:
    """A page of the debtor's, of employers', or of all, newest first."""
    at = _at(ask, shelf)
    asked = ask.query(InvoicesQuery)
    if asked.from_ is not None and asked.to is not None and asked.from_ >= asked.to:
        raise Rejected("invalid_input", errors=(Fault("the end comes after the start", parameter="to"),))
    place = cursors.read(asked.cursor) if asked.cursor is not None else None
    found = await offered.page(
        ask.city,
        Wanted(
            limit=asked.limit + 1,
            debtor=shelf.debtor(ask),
            employers=shelf.employers(ask) if shelf.employers is not None else None,
            after=Mark(place.at, InvoiceId(place.id)) if place else None,
            since=asked_in_utc("from", asked.from_),
            until=asked_in_utc("to", asked.to),
            booking_id=BookingId(asked.booking_id) if asked.booking_id else None,
        ),
    )
    shown = found[: asked.limit]
    last = shown[-1].invoice if len(found) > asked.limit else None
    following = cursors.written(Place(last.issued_at, last.id)) if last else None
    return answer(InvoiceList(tuple(invoice_view(filed, at) for filed in shown), following))


async def document(ask: Ask, offered: Invoices, filed: Filed, wanted: Format) -> Reply:
    """The document as it was sealed, with its digest as ETag: it never changes."""
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
