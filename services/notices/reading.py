"""The log of notices, for whoever was written to and for whoever helps her."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.identity import City, PersonId
from domain.notices.log import NoticeId, NoticeState
from domain.notices.occasions import Occasion
from domain.notices.planning import Unsent


class NoticeView(Struct, frozen=True):
    """A message to the holder of a booking: planned for when, and what became of it. `unsent` says why it was skipped; `failure`
    names the error of the last of its `attempts`, where one failed."""

    id: NoticeId
    booking_id: BookingId
    person_id: PersonId
    occasion: Occasion
    planned_for: datetime
    state: NoticeState
    unsent: Unsent | None
    attempts: int
    failure: str | None
    settled_at: datetime | None


class NoticesWanted(Struct, frozen=True):
    """The latest planned first; `after` is the place of the last that was shown. None of a thing is any."""

    limit: int
    after: tuple[datetime, UUID] | None = None
    person_id: PersonId | None = None
    booking_id: BookingId | None = None
    state: NoticeState | None = None


PageOfNotices: TypeAlias = Callable[[City, NoticesWanted], Awaitable[Sequence[NoticeView]]]
