"""The log of notices: what was planned for whom, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.waiting import WaitlistEntryId
from domain.identity import PersonId
from domain.notices.occasions import Occasion
from domain.notices.planning import Unsent, again

NoticeId = NewType("NoticeId", UUID)


class NoticeState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Planned(Struct, frozen=True):
    """A notice to a booking's holder, to somebody who may approve it, or about a wish that waits to whoever has it. There is one
    of an occasion `about` one thing, however often it is planned: the instant that is near, the entry of the outbox, or the
    booking or wish as such where that is empty.

    `dated` is the message's date: when it happened, or `planned_for` where that is later by the city's will. `unsent` where it
    was clear at once that it is not sent.
    """

    id: NoticeId
    booking_id: BookingId | None
    person_id: PersonId
    occasion: Occasion
    about: str
    happened_at: datetime
    dated: datetime
    planned_for: datetime
    unsent: Unsent | None = None
    waitlist_entry_id: WaitlistEntryId | None = None


class Due(Struct, frozen=True):
    """A notice whose time has come, ours for a while. `attempts` counts this one; `superseded` says that the same was to be
    told the same person of the booking again since."""

    id: NoticeId
    booking_id: BookingId | None
    person_id: PersonId
    occasion: Occasion
    about: str
    dated: datetime
    attempts: int
    superseded: bool
    waitlist_entry_id: WaitlistEntryId | None = None


class Outcome(Struct, frozen=True):
    """What became of a notice that was due. One that stays `planned` is due again at `due_at`; `failure` names types of errors
    and no person."""

    state: NoticeState
    due_at: datetime | None = None
    unsent: Unsent | None = None
    failure: str | None = None


SENT = Outcome(NoticeState.SENT)


def skipped(why: Unsent) -> Outcome:
    return Outcome(NoticeState.SKIPPED, unsent=why)


def failed(failure: str, attempts: int, now: datetime) -> Outcome:
    """Tried again, or given up."""
    due_at = again(attempts, now)
    return Outcome(NoticeState.FAILED if due_at is None else NoticeState.PLANNED, due_at, failure=failure)
