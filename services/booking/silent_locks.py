"""Asking locks again that said nothing: what became of it, and to close where that does no harm. Never to open."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.booking.events import NotPossible
from domain.booking.keys import KeyAction, KeyState, LeftOpen, NotTurned, Silence, Turned, asked_again_at, may_repeat
from domain.identity import Actor
from domain.refusals import Refusal
from services.booking.keys import Asked, KeyBooks, VehicleLock, close_again, turned


class SilentBooks(KeyBooks, Protocol):
    """The same books, open for a command to which no answer came."""

    async def take(self) -> LeftOpen | None:
        """Nobody else asks meanwhile; None where it was settled, or somebody else does."""

    async def wait(self, left: LeftOpen, until: datetime) -> None: ...

    async def give_up(self, left: LeftOpen) -> None:
        """Nobody asks by itself any more, and whoever runs the pool is told."""


async def ask_again(
    *, books: SilentBooks, lock: VehicleLock | None, actor: Actor, clock: Callable[[], datetime]
) -> None:
    left = await books.take()
    if left is None:
        return
    asked = Asked(left.command)
    said = await _said(left, lock)
    if isinstance(said, Turned):
        outcome = turned(left.command, await books.desk(left.command.booking_id), said, actor, clock())
        is_open = left.command.action is KeyAction.UNLOCK and not left.overtaken
        if lock is not None and isinstance(outcome, Refusal) and is_open:
            await close_again(asked, books=books, lock=lock)
        await books.settle(asked, KeyState.DONE, outcome)
    elif isinstance(said, NotTurned):
        await books.settle(asked, KeyState.REFUSED, Refusal(NotPossible.LOCK_SILENT))
    elif (until := asked_again_at(left.repeats, clock())) is not None:
        await books.wait(left, until)
    else:
        await books.give_up(left)


async def _said(left: LeftOpen, lock: VehicleLock | None) -> object:
    if lock is None:
        return Silence()
    return await (lock.carry_out(left.command) if may_repeat(left) else lock.became_of(left.command))
