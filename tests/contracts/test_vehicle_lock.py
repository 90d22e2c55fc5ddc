"""What any lock of a vehicle does, by whatever it is reached; the simulated one here."""

from collections.abc import Callable
from datetime import datetime

import pytest
from msgspec import Struct

from adapters.locks.simulated import Fault, SimulatedLock
from domain.booking.bookings import BookingId
from domain.booking.keys import CommandId, KeyAction, LockCommand, LockRefusal, NotTurned, Silence, Turned
from domain.booking.resources import ResourceId
from domain.refusals import Refusal
from infra.ids import new_id
from services.booking.keys import VehicleLock
from tests.examples import NOON, minutes


class Clock(Struct):
    now: datetime

    def __call__(self) -> datetime:
        return self.now


class Bench(Struct, frozen=True):
    """A lock, how to make the next command to it fail, whether it is open, and its clock."""

    lock: VehicleLock
    fail: Callable[..., None]
    is_open: Callable[[ResourceId], bool]
    clock: Clock


@pytest.fixture
def bench() -> Bench:
    clock = Clock(NOON)
    lock = SimulatedLock(clock)
    return Bench(lock, lock.fail, lock.is_open, clock)


def command(action: KeyAction = KeyAction.UNLOCK, car: ResourceId | None = None) -> LockCommand:
    return LockCommand(CommandId(new_id()), car or ResourceId(new_id()), BookingId(new_id()), action)


async def test_a_lock_opens_and_closes(bench: Bench) -> None:
    opening = command()
    assert await bench.lock.carry_out(opening) == Turned(NOON)
    assert bench.is_open(opening.resource_id)
    await bench.lock.carry_out(command(KeyAction.LOCK, opening.resource_id))
    assert not bench.is_open(opening.resource_id)


async def test_a_command_is_carried_out_once_however_late_it_comes_again(bench: Bench) -> None:
    opening = command()
    first = await bench.lock.carry_out(opening)
    await bench.lock.carry_out(command(KeyAction.LOCK, opening.resource_id))
    bench.clock.now += minutes(5)
    assert await bench.lock.carry_out(opening) == first
    assert not bench.is_open(opening.resource_id)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.OFFLINE, LockRefusal.OFFLINE),
        (Fault.NOT_PARKED, LockRefusal.NOT_PARKED),
        (Fault.DOOR_OPEN, LockRefusal.DOOR_OPEN),
        (Fault.NO_LOCK, LockRefusal.NO_LOCK),
    ],
)
async def test_what_was_refused_changed_nothing_and_may_come_again(
    bench: Bench, fault: Fault, reason: LockRefusal
) -> None:
    opening = command()
    bench.fail(opening.resource_id, fault)
    assert await bench.lock.carry_out(opening) == Refusal(reason)
    assert not bench.is_open(opening.resource_id)
    assert await bench.lock.carry_out(opening) == Turned(NOON)


@pytest.mark.parametrize(("fault", "done"), [(Fault.COMMAND_LOST, False), (Fault.ANSWER_LOST, True)])
async def test_after_silence_the_same_command_tells_what_became_of_it(bench: Bench, fault: Fault, done: bool) -> None:
    opening = command()
    bench.fail(opening.resource_id, fault)
    assert await bench.lock.carry_out(opening) == Silence()
    assert bench.is_open(opening.resource_id) is done
    bench.clock.now += minutes(1)
    assert await bench.lock.carry_out(opening) == Turned(NOON if done else NOON + minutes(1))
    assert bench.is_open(opening.resource_id)


async def test_an_id_is_no_other_commands(bench: Bench) -> None:
    opening = command()
    await bench.lock.carry_out(opening)
    with pytest.raises(ValueError, match="another command"):
        await bench.lock.carry_out(LockCommand(opening.id, opening.resource_id, opening.booking_id, KeyAction.LOCK))


@pytest.mark.parametrize(("fault", "done"), [(Fault.COMMAND_LOST, False), (Fault.ANSWER_LOST, True)])
async def test_what_became_of_a_command_is_told_without_giving_it(bench: Bench, fault: Fault, done: bool) -> None:
    opening = command()
    bench.fail(opening.resource_id, fault)
    await bench.lock.carry_out(opening)
    bench.clock.now += minutes(1)
    assert await bench.lock.became_of(opening) == (Turned(NOON) if done else NotTurned())
    assert bench.is_open(opening.resource_id) is done
    bench.fail(opening.resource_id, Fault.ANSWER_LOST, Fault.OFFLINE)
    assert await bench.lock.became_of(opening) == Silence()
    assert await bench.lock.became_of(opening) == Refusal(LockRefusal.OFFLINE)
