"""Parts of lists, as they are asked for."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Mark(Struct, frozen=True):
    """A place in a list that is ordered by time, newest first."""

    at: datetime
    id: UUID


class Wanted(Struct, frozen=True):
    """A part of a list: after the mark, made from `since`, before `until`, in one of the `states`."""

    limit: int
    after: Mark | None = None
    since: datetime | None = None
    until: datetime | None = None
    states: tuple[str, ...] = ()
    booking_id: UUID | None = None
