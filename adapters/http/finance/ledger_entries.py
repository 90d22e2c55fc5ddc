"""`/v1/{city}/finance/entries`: what was posted, and what it comes from."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.ledger_examples import ENTRY, REVERSAL
from adapters.http.months import Month, first_day
from adapters.http.problems import Rejected
from adapters.http.reading import Instant, asked_in_utc, in_order
from adapters.http.tags import tagged
from domain.ledger.entries import EntryId, EntryKind
from services.calls import Answer
from services.ledger import Ledger
from services.ledger.ports import Recorded
from services.ledger.records import EntriesWanted, EntryMark
from services.ledger.views import EntryView, entry_view

LIST = "/v1/{city:str}/finance/entries"


class EntriesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Effective from `from`, before `to`; `period` is a month of the books; `source` names a fact, as in `invoice:<id>`; `kind`
    may repeat."""

    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    period: Month | None = None
    kind: Annotated[tuple[EntryKind, ...], Meta(examples=[["invoice"]])] = ()
    source: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$", examples=["bt:txn_1QK3L9:capture"])] | None = (
        None
    )
    booking_id: UUID | None = None
    exception_id: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class EntryList(Struct, frozen=True):
    items: tuple[EntryView, ...]
    next_cursor: str | None


class ReverseRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` stays for as long as the books do: it names nobody."""

    reason: Annotated[str, Meta(min_length=3, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


def ledger_entries(offered: Ledger) -> tuple[Endpoint, ...]:
    async def list_entries(ask: Ask) -> Reply:
        asked = ask.query(EntriesQuery)
        in_order(asked.from_, asked.to)
        place = cursors.read(asked.cursor) if asked.cursor is not None else None
        wanted = EntriesWanted(
            limit=asked.limit + 1,
            after=EntryMark(place.at, place.id) if place else None,
            since=asked_in_utc("from", asked.from_),
            until=asked_in_utc("to", asked.to),
            kinds=frozenset(asked.kind),
            source=asked.source,
            booking_id=asked.booking_id,
            exception_id=asked.exception_id,
            period=first_day(asked.period) if asked.period else None,
        )
        found = await offered.archive.entries(ask.city, wanted)
        shown = found[: asked.limit]
        related = await offered.archive.related(ask.city, tuple(each.id for each in shown))
        mark = cursors.Place(shown[-1].entry.effective_at, shown[-1].id) if len(found) > asked.limit else None
        items = tuple(entry_view(each, ask.city, related[each.id]) for each in shown)
        return answer(EntryList(items, cursors.written(mark) if mark else None))

    async def get_entry(ask: Ask) -> Reply:
        found = await offered.archive.entry(ask.city, EntryId(ask.path("entry_id")))
        if found is None:
            raise Rejected("unknown_entry")
        related = await offered.archive.related(ask.city, (found.id,))
        return tagged(ask, entry_view(found, ask.city, related[found.id]), version=1)

    async def reverse(ask: Ask) -> Reply:
        asked = await ask.body(ReverseRequest)
        entry_id = EntryId(ask.path("entry_id"))

        def render(undoing: Recorded) -> Answer:
            return answer(entry_view(undoing, ask.city))

        return await offered.reverse(ask.call((entry_id, asked), render), entry_id, asked.reason)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listEntries",
            "finance",
            "Entries of the ledger with their legs, newest first",
            list_entries,
            {200: EntryList},
            query=EntriesQuery,
            examples={200: {"items": [ENTRY], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{LIST}/{{entry_id:uuid}}",
            "getEntry",
            "finance",
            "An entry, with an ETag",
            get_entry,
            {200: EntryView, 304: None},
            codes=("unknown_entry",),
            examples={200: ENTRY},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{LIST}/{{entry_id:uuid}}/reverse",
            "reverseEntry",
            "finance",
            "Undo a charge to a cost centre by its mirror; asked for again, the mirror that there is",
            reverse,
            {200: EntryView},
            codes=("unknown_entry", "not_reversible"),
            body=ReverseRequest,
            keyed=True,
            example={"reason": "posted for the wrong operator"},
            examples={200: REVERSAL},
        ),
    )
