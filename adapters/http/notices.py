"""What holders were told of their bookings, and will be: for themselves, and for whoever helps them."""

from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.administration import ADMIN, PageQuery
from adapters.http.endpoints import OPERATORS, SIGNED_IN, Ask, Endpoint, Reply, answer, nothing
from adapters.http.me import ME
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant, in_utc
from domain.booking.bookings import BookingId
from domain.identity import PersonId
from domain.notices.log import NoticeId, NoticeState
from services.notices.reading import NoticeBooks, NoticesWanted, NoticeView, TryAgain


class OwnNoticesQuery(PageQuery, frozen=True):
    booking_id: Annotated[UUID | None, Meta(description="Of this booking only")] = None


class NoticesQuery(OwnNoticesQuery, frozen=True):
    person_id: Annotated[UUID | None, Meta(description="To this person only")] = None
    state: Annotated[tuple[NoticeState, ...], Meta(examples=[["failed"]])] = ()


class RetryRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Either one notice that was given up, or all in the city that were planned for `since` then."""

    notice_id: UUID | None = None
    since: Instant | None = None


class Retried(Struct, frozen=True):
    count: int


class NoticeList(Struct, frozen=True):
    items: tuple[NoticeView, ...]
    next_cursor: str | None


EXAMPLE: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9bda",
    "booking_id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52",
    "waitlist_entry_id": None,
    "person_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "occasion": "start_near",
    "planned_for": "2026-11-23T17:00:00Z",
    "state": "skipped",
    "unsent": "booking_over",
    "attempts": 1,
    "failure": None,
    "settled_at": "2026-11-23T17:00:01Z",
}


def notices(books: NoticeBooks) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_my_notices(ask: Ask) -> Reply:
        return await _listed(ask, ask.query(OwnNoticesQuery), books, person_id=ask.actor.id)

    async def list_notices(ask: Ask) -> Reply:
        asked = ask.query(NoticesQuery)
        person = PersonId(asked.person_id) if asked.person_id is not None else None
        return await _listed(ask, asked, books, person_id=person, states=frozenset(asked.state))

    async def retry_notices(ask: Ask) -> Reply:
        asked = await ask.body(RetryRequest)
        if (asked.notice_id is None) == (asked.since is None):
            raise Rejected("invalid_input", errors=(Fault("either notice_id or since", pointer="/since"),))
        notice_id = NoticeId(asked.notice_id) if asked.notice_id is not None else None
        since = in_utc(asked.since, pointer="/since") if asked.since is not None else None
        return answer(Retried(await books.try_again(ask.unkeyed(nothing), TryAgain(notice_id, since))))

    return (
        Endpoint(
            HttpMethod.GET,
            SIGNED_IN,
            f"{ME}/notices",
            "listMyNotices",
            "me",
            "What the caller was told of her bookings, and will be, the latest first",
            list_my_notices,
            {200: NoticeList},
            query=OwnNoticesQuery,
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            OPERATORS,
            f"{ADMIN}/notices",
            "listNotices",
            "admin",
            "What holders were told of their bookings, and will be, or why they were not, the latest first; without addresses",
            list_notices,
            {200: NoticeList},
            query=NoticesQuery,
            examples={200: {"items": [EXAMPLE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.POST,
            OPERATORS,
            f"{ADMIN}/notices/retry",
            "retryNotices",
            "admin",
            "Try again what could not be sent; what is not true any more is skipped",
            retry_notices,
            {200: Retried},
            body=RetryRequest,
            example={"since": "2026-11-23T00:00:00Z"},
            examples={200: {"count": 3}},
        ),
    )


async def _listed(
    ask: Ask,
    asked: OwnNoticesQuery,
    books: NoticeBooks,
    *,
    person_id: PersonId | None,
    states: frozenset[NoticeState] = frozenset(),
) -> Reply:
    booking = BookingId(asked.booking_id) if asked.booking_id is not None else None
    after = cursors.read(asked.cursor) if asked.cursor is not None else None
    place = (after.at, after.id) if after is not None else None
    found = await books.page(ask.city, NoticesWanted(asked.limit + 1, place, person_id, booking, states))
    items = tuple(found[: asked.limit])
    last = items[-1] if len(found) > asked.limit else None
    return answer(NoticeList(items, cursors.written(cursors.Place(last.planned_for, last.id)) if last else None))
