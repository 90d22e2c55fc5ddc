"""Having a lock opened and closed: ask, tell the lock, keep what it said. The lock is told between two transactions."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.deposits import no_deposit
from domain.booking.events import AlreadyThere, NotPossible
from domain.booking.keys import (
    CommandId,
    KeyAction,
    KeyAttempt,
    KeyState,
    LockAccount,
    LockAnswer,
    LockCommand,
    LockRefusal,
    Silence,
    Turned,
    TurnKey,
    may_turn,
    opened,
    stands_open,
)
from domain.booking.reach import may_act
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.booking.ports import Done, LifeDesk, Outcome
from services.booking.reading import sheet_view
from services.calls import UseCase

Attempts: TypeAlias = tuple[KeyAttempt, ...] | Refusal[NotPossible]


class VehicleLock(Protocol):
    """The lock of a vehicle, by whatever technology it is reached."""

    async def carry_out(self, command: LockCommand) -> LockAnswer:
        """The same command, by its id, is carried out once however often it is given, also where nobody heard the answer, and
        answered with the same instant; one that was refused may be given again. Takes a few seconds at most. Raises
        ValueError for an id under which something else was told."""
        ...

    async def became_of(self, command: LockCommand) -> LockAccount:
        """What became of a command, without giving it. `NotTurned` is the last word: it is not carried out later by itself,
        however long it was under way."""
        ...


class Asked(Struct, frozen=True):
    """A command that was written down; with the outcome where it is known already that it was carried out."""

    command: LockCommand
    turned: Turned | None = None


class KeyBooks(Protocol):
    """Open for one call in one city, a transaction for each."""

    async def desk(self, booking_id: BookingId) -> LifeDesk | None:
        """An earlier answer to the same key ends the call."""

    async def ask(self, command: TurnKey, desk: LifeDesk) -> Asked:
        """Write down that the lock is about to be told. The same key finds the command that it made before."""

    async def refuse(self, command: TurnKey, refused: Refusal[NotPossible], desk: LifeDesk | None) -> Asked | None:
        """Keep the attempt with its answer. Where the lock was told before under this key, and said nothing, the command stays as
        it is and is given back."""

    async def settle(self, asked: Asked, state: KeyState, outcome: Outcome) -> None:
        """Keep what the lock said with what it means for the booking, unless that has changed since it was read. A refusal says
        nothing of an earlier try to which no answer came."""

    async def close_again(self, asked: Asked) -> Asked:
        """Write down that what was opened is to be closed again, whoever has to see to it."""

    async def closed(self, again: Asked) -> None:
        """It is."""


class Keys(Struct, frozen=True):
    """The use cases, bound."""

    turn: UseCase[Done, TurnKey]
    ask_again: Callable[[City, CommandId], Awaitable[None]]
    attempts: Callable[[Actor, BookingId], Awaitable[Attempts]]


async def turn_key(
    command: TurnKey, *, books: KeyBooks, lock: VehicleLock | None, actor: Actor, clock: Callable[[], datetime]
) -> None:
    """Ask, tell, keep. A lock that says nothing leaves the command open: the same key gives the same command again."""
    desk = await books.desk(command.booking_id)
    refused = _refused(command, desk, lock, actor, clock())
    if refused is not None or desk is None or lock is None:
        left = await books.refuse(command, refused or Refusal(NotPossible.UNKNOWN_BOOKING), desk)
        if left is not None and desk is not None and lock is not None:
            await _close_if_open(left, desk, books=books, lock=lock)
        return
    asked = await books.ask(command, desk)
    if asked.turned is None and asked.command.resource_id != desk.sheet.booking.resource_id:
        await books.settle(asked, KeyState.REFUSED, Refusal(NotPossible.MOVED))
        return
    said: LockAnswer = asked.turned or await lock.carry_out(asked.command)
    if isinstance(said, Silence):
        await books.settle(asked, KeyState.UNANSWERED, Refusal(NotPossible.LOCK_SILENT))
    elif isinstance(said, Refusal):
        await books.settle(asked, KeyState.REFUSED, Refusal(_TOLD[said.reason]))
    else:
        outcome = turned(asked.command, await books.desk(command.booking_id), said, actor, clock())
        if isinstance(outcome, Refusal) and command.action is KeyAction.UNLOCK:
            await close_again(asked, books=books, lock=lock)
        await books.settle(asked, KeyState.DONE, outcome)


async def _close_if_open(left: Asked, desk: LifeDesk, *, books: KeyBooks, lock: VehicleLock) -> None:
    if stands_open(left.command, desk.sheet.booking, still_in_use=desk.still_in_use):
        await close_again(left, books=books, lock=lock)


async def close_again(asked: Asked, *, books: KeyBooks, lock: VehicleLock) -> None:
    """What must not be open is closed; where the lock says nothing, it is asked again by the clock."""
    again = await books.close_again(asked)
    if again.turned is None and isinstance(await lock.carry_out(again.command), Turned):
        await books.closed(again)


def _refused(
    command: TurnKey, desk: LifeDesk | None, lock: VehicleLock | None, actor: Actor, now: datetime
) -> Refusal[NotPossible] | None:
    if desk is None or not may_act(actor, desk.sheet.booking, desk.sheet.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    sheet = desk.sheet
    if command.seen not in {None, sheet.booking.version}:
        return Refusal(NotPossible.VERSION_MISMATCH)
    if desk.handover is None or lock is None:
        return Refusal(NotPossible.NO_LOCK)
    refused = may_turn(
        command,
        sheet.booking,
        sheet.resource,
        desk.handover,
        code=desk.code,
        actor=actor,
        time_zone=sheet.time_zone,
        now=now,
        still_in_use=desk.still_in_use,
    )
    if refused is not None or command.action is KeyAction.LOCK or sheet.booking.state is State.IN_USE:
        return refused
    return no_deposit(sheet.booking, sheet.payments, now)


def turned(command: LockCommand, desk: LifeDesk | None, said: Turned, actor: Actor, now: datetime) -> Outcome:
    """What it means for the booking that the lock did as it was told."""
    if desk is None:
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    booking = desk.sheet.booking
    if command.resource_id != booking.resource_id:
        return Refusal(NotPossible.MOVED)
    decided = opened(booking, said.at) if command.action is KeyAction.UNLOCK else AlreadyThere(booking)
    if isinstance(decided, Refusal):
        return decided
    return Done(decided, sheet_view(replace(desk.sheet, booking=decided.booking), actor, now))


_TOLD = {
    LockRefusal.OFFLINE: NotPossible.LOCK_OFFLINE,
    LockRefusal.NOT_PARKED: NotPossible.NOT_PARKED,
    LockRefusal.DOOR_OPEN: NotPossible.DOOR_OPEN,
    LockRefusal.NO_LOCK: NotPossible.NO_LOCK,
}
