"""The key of what is booked: who may have its lock opened, and when. The first time it opens, the use begins.

What a lock does is known only once it says so. A command therefore has an id, under which it may be given any number of times
and is carried out once.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import LIVE, Booking, BookingId, Readings, State
from domain.booking.events import AlreadyThere, BookingStarted, NotPossible
from domain.booking.handover import Handover, no_key
from domain.booking.life import begun, code_fits, start
from domain.booking.resources import Resource, ResourceId
from domain.identity import Actor
from domain.refusals import Refusal

# Beyond the last of them somebody has to go and look.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (20, 60, 180, 540, 1620))
ABANDONED = timedelta(minutes=1)
"""Whoever tells a lock has heard of it by then, or is no more."""
CLOSES_FOR = timedelta(hours=24)
"""Whoever left it open comes back for that within so long, or whoever runs the pool does."""

CommandId = NewType("CommandId", UUID)


class KeyAction(StrEnum):
    UNLOCK = "unlock"
    LOCK = "lock"


class KeyState(StrEnum):
    """`asked` is one whose answer is not in yet, `unanswered` one to which none came in time: it may have been carried out."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class TurnKey(Struct, frozen=True):
    """Have the lock of what is booked opened or closed; `code` is what stands on it, as the caller read it there."""

    booking_id: BookingId
    action: KeyAction
    code: str | None = None
    seen: int | None = None


class LockCommand(Struct, frozen=True):
    """What a lock is told."""

    id: CommandId
    resource_id: ResourceId
    booking_id: BookingId
    action: KeyAction


class Turned(Struct, frozen=True):
    """The lock did as it was told."""

    at: datetime


class LockRefusal(StrEnum):
    """The lock did not, and nothing has changed: it cannot be reached, the vehicle moves or its engine runs, a door is open, it
    has no lock."""

    OFFLINE = "lock_offline"
    NOT_PARKED = "not_parked"
    DOOR_OPEN = "door_open"
    NO_LOCK = "no_lock"


class Silence(Struct, frozen=True):
    """No answer in time: whether it was carried out is not known. The same command may be given again."""


class NotTurned(Struct, frozen=True):
    """The lock has not done it, and will not unless it is told again."""


LockAnswer: TypeAlias = Turned | Refusal[LockRefusal] | Silence
LockAccount: TypeAlias = LockAnswer | NotTurned


class LeftOpen(Struct, frozen=True):
    """A command of which nobody knows whether it was carried out. `repeats` says how often the lock was asked again by itself,
    `overtaken` that it was told something else since, or that somebody else uses what is booked."""

    command: LockCommand
    repeats: int
    overtaken: bool


class LockSilent(Struct, frozen=True, tag="key.given_up"):
    """A lock was asked again and again and said nothing: somebody has to go and look."""

    command_id: CommandId


class KeyAttempt(Struct, frozen=True):
    """One command as it stands; `reason` is why it was refused, `tries` how often it was given."""

    id: CommandId
    resource_id: ResourceId
    action: KeyAction
    asked_at: datetime
    state: KeyState
    reason: str | None
    settled_at: datetime | None
    tries: int


def may_turn(
    command: TurnKey,
    booking: Booking,
    resource: Resource,
    handover: Handover | None,
    *,
    code: str | None,
    actor: Actor,
    time_zone: str,
    now: datetime,
    still_in_use: bool = False,
) -> Refusal[NotPossible] | None:
    """Why the lock is not even asked; None where it is. For the holder alone, from the earliest start of the terms until
    the use is over; opened only where somebody has seen her licence in time (§ 21 StVG). To close it takes no licence, and what
    she left open she closes afterwards too, for a day, until somebody else uses it."""
    if actor.id != booking.holder_id:
        return Refusal(NotPossible.FORBIDDEN)
    if not code_fits(command.code, code):
        return Refusal(NotPossible.CODE_DOES_NOT_FIT, "/code")
    if command.action is KeyAction.LOCK and _was_just_used(booking, now) and not still_in_use:
        return None
    if booking.state is not State.IN_USE:
        started = start(booking, resource, Readings(), now, still_in_use=still_in_use)
        if isinstance(started, Refusal):
            return started
    if command.action is KeyAction.LOCK:
        return None
    return no_key(handover, time_zone, now, booking.end)


def _was_just_used(booking: Booking, now: datetime) -> bool:
    finished_at = booking.finished_at if booking.started_at is not None and booking.state not in LIVE else None
    return finished_at is not None and now < finished_at + CLOSES_FOR


def stands_open(left: LockCommand, booking: Booking, *, still_in_use: bool) -> bool:
    """Whether what a command may have opened is closed at once: no use of it will begin any more, and nobody else's has."""
    same = left.resource_id == booking.resource_id
    return left.action is KeyAction.UNLOCK and same and booking.state not in LIVE and not still_in_use


def opened(booking: Booking, at: datetime) -> BookingStarted | AlreadyThere | Refusal[NotPossible]:
    """The lock is open, so the use has begun, and what is booked is final. What the instruments show is told by `start`
    afterwards.

    Not of a booking that was cancelled meanwhile: whoever hears that has the lock closed again."""
    if booking.state is State.IN_USE:
        return AlreadyThere(booking)
    if booking.state is not State.CONFIRMED:
        return Refusal(NotPossible.WRONG_STATE)
    return begun(booking, at)


def may_repeat(left: LeftOpen) -> bool:
    """Whether the lock is told again, instead of being asked what became of it. Nothing is ever opened that way: whoever wanted
    it may have gone. Nor closed once somebody else may be at it."""
    return left.command.action is KeyAction.LOCK and not left.overtaken


def asked_again_at(repeats: int, now: datetime) -> datetime | None:
    """When a silent lock is asked again, three times as long after each time; None where it is given up."""
    return now + PAUSES[repeats] if repeats < len(PAUSES) else None
