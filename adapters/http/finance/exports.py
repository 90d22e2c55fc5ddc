"""`/v1/{city}/finance/exports`: the books as files, for accountants and the treasury."""

from collections.abc import Awaitable
from hashlib import sha256
from io import BytesIO
from typing import Annotated, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct, field

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Handler, Reply
from adapters.http.months import Month, first_day, in_turn
from adapters.http.problems import Fault, Rejected
from domain.refusals import Refusal
from services.accounting import Accounting, Exported
from services.accounting.ports import CannotExport, File, Format, ReceivablesWanted

AT = "/v1/{city:str}/finance/exports"
CSV, ZIP = "text/csv", "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_MONTHS = 12
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=40, examples=["547.01"])]


class DatevQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The months from `from` to `to`, that alone if left out; `lock` has DATEV lock the postings (Festschreibung), and takes
    closed months only."""

    from_: Month = field(name="from")
    to: Month | None = None
    lock: Annotated[bool, Meta(examples=[False])] = False


class JournalQuery(Struct, forbid_unknown_fields=True, frozen=True):
    from_: Month = field(name="from")
    to: Month | None = None
    format: Annotated[Format, Meta(examples=["xlsx"])] = Format.CSV


class ReceivablesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The budget year in which it is due; `product` and `cost_centre` as the treasury calls them."""

    year: Annotated[int, Meta(ge=2000, le=2098, examples=[2026])]
    product: Code | None = None
    cost_centre: Code | None = None


def exports(offered: Accounting) -> tuple[Endpoint, ...]:
    async def datev(ask: Ask) -> Reply:
        asked = ask.query(DatevQuery)
        last = _span(asked.from_, asked.to)
        made = offered.datev(ask.city, first_day(asked.from_), first_day(last), lock=asked.lock)
        return await _sent(ask, made, f"DATEV_{asked.from_}_{last}.zip")

    async def journal(ask: Ask) -> Reply:
        asked = ask.query(JournalQuery)
        last = _span(asked.from_, asked.to)
        made = offered.journal(ask.city, first_day(asked.from_), first_day(last), asked.format)
        return await _sent(ask, made, "journal.zip")

    async def receivables(ask: Ask) -> Reply:
        asked = ask.query(ReceivablesQuery)
        wanted = ReceivablesWanted(asked.year, asked.product, asked.cost_centre)
        return await _sent(ask, offered.receivables(ask.city, wanted), "receivables.zip")

    def endpoint(
        name: str, operation_id: str, summary: str, handler: Handler, query: type[Struct], *codes: str, more: str = ""
    ) -> Endpoint:
        return Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{AT}/{name}",
            operation_id,
            "finance",
            summary,
            handler,
            {200: None, 304: None},
            codes=("unknown_city", "not_exportable", *codes),
            query=query,
            media=CSV,
            more_media=(more,) if more else (),
        )

    nothing = ("nothing_to_export", "too_much_to_export")
    return (
        endpoint(
            "datev",
            "exportDatev",
            "Postings for DATEV (EXTF), a file for each month; several come as a ZIP archive",
            datev,
            DatevQuery,
            *nothing,
            "month_not_closed",
            more=ZIP,
        ),
        endpoint(
            "journal",
            "exportJournal",
            "The journal as a table, a row for each leg: CSV, or XLSX if asked for",
            journal,
            JournalQuery,
            *nothing,
            more=XLSX,
        ),
        endpoint(
            "receivables",
            "exportReceivables",
            "What is due in a budget year, and what of it was received, in the treasury's own columns",
            receivables,
            ReceivablesQuery,
        ),
    )


def _span(first: str, last: str | None) -> str:
    """The last month. Raises Rejected where it comes before the first, or a year after it."""
    end = last or first
    in_turn(first, end)
    begins, ends = first_day(first), first_day(end)
    if (ends.year - begins.year) * 12 + ends.month - begins.month >= MOST_MONTHS:
        raise Rejected("invalid_input", errors=(Fault(f"{MOST_MONTHS} months at most", parameter="to"),))
    return end


async def _sent(ask: Ask, exported: Awaitable[Exported], archive: str) -> Reply:
    try:
        files = await exported
    except CannotExport as problem:
        raise Rejected("not_exportable", detail=str(problem)) from problem
    if isinstance(files, Refusal):
        return ask.refuse(files)
    file = files[0] if len(files) == 1 else File(archive, ZIP, packed(files))
    headers = {
        "etag": f'"{sha256(file.content).hexdigest()}"',
        "cache-control": "private, no-cache",
        "content-disposition": f'attachment; filename="{file.name}"',
    }
    known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
    if known & {headers["etag"], "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(file.content, status_code=200, media_type=file.media_type, headers=headers, encoding=file.charset)


def packed(files: tuple[File, ...]) -> bytes:
    """An archive that says the same whenever it is made."""
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for file in files:
            archive.writestr(ZipInfo(file.name), file.content, ZIP_DEFLATED)
    return content.getvalue()
