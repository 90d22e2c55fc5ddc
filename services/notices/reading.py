"""The log of notices, for whoever was written to and for whoever helps her, who also has given up ones tried again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.waiting import WaitlistEntryId
from domain.identity import City, PersonId
from domain.notices.log import NoticeId, NoticeState
from domain.notices.occasions import Occasion
from domain.notices.planning import Unsent
from services.calls import Call


class NoticeView(Struct, frozen=True):
    """A message to the holder of a booking, or to whoever has a wish on a waitlist: planned for when, and what became of it. `unsent` says why it was skipped;
    `failure` names the error of the last of its `attempts`, where one failed."""

    id: NoticeId
    booking_id: BookingId | None
    waitlist_entry_id: WaitlistEntryId | None
    person_id: PersonId
    occasion: Occasion
    planned_for: datetime
    state: NoticeState
    unsent: Unsent | None
    attempts: int
    failure: str | None
    settled_at: datetime | None


class NoticesWanted(Struct, frozen=True):
    """The latest planned first; `after` is the place of the last that was shown. None of a thing, or no state, is any."""

    limit: int
    after: tuple[datetime, UUID] | None = None
    person_id: PersonId | None = None
    booking_id: BookingId | None = None
    states: frozenset[NoticeState] = frozenset()


class TryAgain(Struct, frozen=True):
    """One notice that was given up, or all that were planned for since then."""

    notice_id: NoticeId | None = None
    since: datetime | None = None


class NoticeBooks(Protocol):
    async def page(self, city: City, wanted: NoticesWanted) -> Sequence[NoticeView]: ...

    async def try_again(self, call: Call[Any], command: TryAgain) -> int:
        """How many are due again, with all their attempts; what is not true any more is skipped then, as ever."""
