"""Locks that only say that they open: for the demo, for tests, and for cities whose vehicles have none yet.

Each process has its own, so that after a restart all are closed.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.booking.keys import (
    KeyAction,
    LockAccount,
    LockAnswer,
    LockCommand,
    LockRefusal,
    NotTurned,
    Silence,
    Turned,
)
from domain.booking.resources import ResourceId
from domain.refusals import Refusal

REMEMBERED = 100_000


class Fault(StrEnum):
    """What goes wrong with the next command: nobody is reached, the vehicle is not parked, a door is open, there is no
    lock; the command is lost on the way, or the answer is, when all was done."""

    OFFLINE = "offline"
    NOT_PARKED = "not_parked"
    DOOR_OPEN = "door_open"
    NO_LOCK = "no_lock"
    COMMAND_LOST = "command_lost"
    ANSWER_LOST = "answer_lost"


class SimulatedLock:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._done: dict[UUID, tuple[LockCommand, Turned]] = {}
        self._faults: dict[ResourceId, list[Fault]] = {}
        self._open: set[ResourceId] = set()

    def fail(self, resource_id: ResourceId, *faults: Fault) -> None:
        """The next commands to this lock meet these, one each."""
        self._faults.setdefault(resource_id, []).extend(faults)

    def is_open(self, resource_id: ResourceId) -> bool:
        return resource_id in self._open

    async def carry_out(self, command: LockCommand) -> LockAnswer:
        earlier = self._done.get(command.id)
        if earlier is not None and earlier[0] != command:
            raise ValueError("the id belongs to another command")
        fault = self._next_fault(command.resource_id)
        if fault in _REFUSALS:
            return Refusal(_REFUSALS[fault])
        if fault is Fault.COMMAND_LOST:
            return Silence()
        turned = earlier[1] if earlier is not None else self._turn(command)
        return Silence() if fault is Fault.ANSWER_LOST else turned

    async def became_of(self, command: LockCommand) -> LockAccount:
        fault = self._next_fault(command.resource_id)
        if fault in _REFUSALS:
            return Refusal(_REFUSALS[fault])
        if fault is not None:
            return Silence()
        earlier = self._done.get(command.id)
        return earlier[1] if earlier is not None else NotTurned()

    def _turn(self, command: LockCommand) -> Turned:
        if command.action is KeyAction.UNLOCK:
            self._open.add(command.resource_id)
        else:
            self._open.discard(command.resource_id)
        turned = Turned(self._clock())
        self._done[command.id] = command, turned
        if len(self._done) > REMEMBERED:
            del self._done[next(iter(self._done))]
        return turned

    def _next_fault(self, resource_id: ResourceId) -> Fault | None:
        waiting = self._faults.get(resource_id)
        return waiting.pop(0) if waiting else None


_REFUSALS: dict[Fault | None, LockRefusal] = {
    Fault.OFFLINE: LockRefusal.OFFLINE,
    Fault.NOT_PARKED: LockRefusal.NOT_PARKED,
    Fault.DOOR_OPEN: LockRefusal.DOOR_OPEN,
    Fault.NO_LOCK: LockRefusal.NO_LOCK,
}
