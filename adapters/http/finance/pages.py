"""Pages of what moves money: newest first, by state and time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.cursors import Place
from adapters.http.endpoints import Ask
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant, asked_in_utc
from services.settlement.lists import Mark, Wanted

T = TypeVar("T")


class Query(Struct, forbid_unknown_fields=True, frozen=True):
    """Made from `from`, before `to`; `cursor` is a page's `next_cursor`."""

    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


def wanted(query: Query, states: Sequence[str] = (), booking_id: UUID | None = None) -> Wanted:
    """One more than fits on the page. Raises Rejected for a time or a cursor that there is not."""
    if query.from_ is not None and query.to is not None and query.from_ >= query.to:
        raise Rejected("invalid_input", errors=(Fault("the end comes after the start", parameter="to"),))
    place = cursors.read(query.cursor) if query.cursor is not None else None
    return Wanted(
        limit=query.limit + 1,
        after=Mark(place.at, place.id) if place else None,
        since=asked_in_utc("from", query.from_),
        until=asked_in_utc("to", query.to),
        states=tuple(states),
        booking_id=booking_id,
    )


def page_of(found: Sequence[T], limit: int, place: "Sequence[tuple[datetime, UUID]]") -> tuple[Sequence[T], str | None]:
    """What fits, and the cursor of what follows; `place` says where each of the found stands."""
    if len(found) <= limit:
        return found, None
    at, identifier = place[limit - 1]
    return found[:limit], cursors.written(Place(at.astimezone(UTC), identifier))


def named(ask: Ask, name: str) -> UUID:
    identifier: UUID = ask.path(name)
    return identifier
