"""How lists of leases, and of what there is about them, are paged: the newest first."""

from typing import Annotated

from msgspec import Meta, Struct

from adapters.http import cursors
from services.bike_leasing.pages import Mark, Wanted


class PageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`cursor` is a page's `next_cursor`."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


def wanted(query: PageQuery) -> Wanted:
    """One more than fits on the page. Raises Rejected for a cursor that there is not."""
    place = cursors.read(query.cursor) if query.cursor is not None else None
    return Wanted(query.limit + 1, Mark(place.at, place.id) if place is not None else None)
