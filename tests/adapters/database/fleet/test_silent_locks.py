"""Locks that said nothing, asked again by the clock: never to open, and no longer than makes sense."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.database.booking.keys import due_commands, keys_with
from adapters.database.fleet.reminders import SqlReminders
from adapters.locks.simulated import Fault, SimulatedLock
from adapters.mail.fleet_letters import fleet_composer
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.keys import ABANDONED, PAUSES, CommandId, KeyAction, LockAnswer, LockCommand, TurnKey
from domain.identity import Actor, Role
from domain.periods import Period
from domain.refusals import Refusal
from infra.ids import new_id
from services.booking.keys import Keys
from services.calls import Answer, Call
from services.fleet.silent_locks import tell_of_lock
from services.notices.ports import Message
from tests.adapters.database.lives import World
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.examples import NOON, TOWN_HALL, a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database


class Yard:
    """The town hall's car, Kim, who has it booked from noon on, and a clock that is moved by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = NOON
        self.lock = SimulatedLock(lambda: self.now)
        self.kim = world.actor("kim", Role.DRIVER, pools=(TOWN_HALL,))
        self.keys: Keys = keys_with(world.database.app, self.lock, lambda: self.now, new_id, lambda: None)
        self.car = world.city.cars[1]

    async def booked(self, start: datetime = NOON, state: State = State.CONFIRMED) -> Booking:
        order = an_order(self.car, period=Period(start, start + hours(1)))
        booking = a_booking(state, self.car, order=order)
        booking = replace(booking, id=BookingId(new_id()), holder_id=self.kim.id, payer=Payer.COST_CENTRE)
        return await self.world.place(booking, self.car)

    async def turn(self, booking: Booking, action: KeyAction, *faults: Fault, key: str | None = None) -> int:
        self.lock.fail(self.car.id, *faults)
        call: Call[Any] = Call(
            self.world.city.city,
            self.kim,
            action.value,
            key or new_id().hex,
            "",
            "",
            "",
            lambda outcome: Answer(409 if isinstance(outcome, Refusal) else 200, "", ""),
        )
        return (await self.keys.turn(call, TurnKey(booking.id, action))).status

    async def sweep(self, at: datetime, *faults: Fault) -> int:
        """What the worker asks, two of them at once for each; how many there were."""
        self.now = at
        self.lock.fail(self.car.id, *faults)
        due = await due_commands(self.world.database.relay.statements, at, 1000)
        mine = [each for each in due if each[0] == self.world.city.city]
        for each in mine:
            await self.keys.ask_again(*each)
            await self.keys.ask_again(*each)
        return len(mine)

    async def commands(self) -> list[tuple[Any, ...]]:
        return await self.world.rows(
            "SELECT action, state, again_at FROM key_commands WHERE city = :city ORDER BY asked_at, id"
        )

    async def moved(self, booking: Booking) -> None:
        """To the other car, by whoever runs the pool."""
        await self.world.rows(
            "UPDATE bookings SET resource_id = :other, version = version + 1 WHERE city = :city AND id = :id RETURNING id",
            id=booking.id,
            other=self.world.city.cars[0].id,
        )

    @property
    def is_open(self) -> bool:
        return self.lock.is_open(self.car.id)


@pytest.fixture
async def yard(database: Databases) -> Yard:
    found = Yard(World(database, await database.new_city()))
    await found.world.licensed(found.kim)
    return found


async def test_nobody_is_opened_a_car_late_who_may_have_gone(yard: Yard) -> None:
    booking = await yard.booked()
    assert await yard.turn(booking, KeyAction.UNLOCK, Fault.COMMAND_LOST) == 409
    assert await yard.sweep(NOON + PAUSES[0] - minutes(1) / 60) == 0
    assert await yard.sweep(NOON + PAUSES[0]) == 1
    assert (yard.is_open, await yard.commands()) == (False, [("unlock", "refused", None)])
    assert await yard.world.state(booking) == ("confirmed", booking.version)


async def test_a_car_that_opened_in_silence_is_in_use_since_then(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK, Fault.ANSWER_LOST, key="again")
    await yard.sweep(NOON + PAUSES[0])
    assert await yard.turn(booking, KeyAction.UNLOCK, Fault.OFFLINE, key="again") == 200, "what is known is not asked"
    assert await yard.commands() == [("unlock", "done", None)]
    assert await yard.world.state(booking) == ("in_use", booking.version + 1)
    assert await yard.world.rows("SELECT started_at FROM bookings WHERE city = :city AND id = :id", id=booking.id) == [
        (NOON,)
    ]


async def test_a_car_that_opened_in_silence_and_was_given_up_meanwhile_is_closed_again(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK, Fault.ANSWER_LOST)
    await yard.world.rows("UPDATE bookings SET state = 'cancelled' WHERE city = :city RETURNING id")
    await yard.sweep(NOON + PAUSES[0])
    assert not yard.is_open
    assert [row[:2] for row in await yard.commands()] == [("unlock", "done"), ("lock", "done")]


async def test_a_car_that_did_not_close_is_closed_after_its_driver_has_gone(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK)
    await yard.turn(booking, KeyAction.LOCK, Fault.COMMAND_LOST)
    await yard.world.rows("UPDATE bookings SET state = 'completed' WHERE city = :city RETURNING id")
    at = NOON + PAUSES[0]
    await yard.sweep(at, Fault.DOOR_OPEN)
    assert yard.is_open
    await yard.sweep(at + PAUSES[1])
    assert (yard.is_open, await yard.commands()) == (False, [("unlock", "done", None), ("lock", "done", None)])


@pytest.mark.parametrize("by", ["herself", "somebody else"])
async def test_what_is_used_again_is_not_closed_behind_somebodys_back(yard: Yard, by: str) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK)
    await yard.turn(booking, KeyAction.LOCK, Fault.COMMAND_LOST)
    if by == "herself":
        yard.now += minutes(1) / 60
        await yard.turn(booking, KeyAction.UNLOCK)
    else:
        await yard.world.rows("UPDATE bookings SET state = 'completed' WHERE city = :city RETURNING id")
        await yard.booked(NOON + hours(2), State.IN_USE)
    await yard.sweep(NOON + PAUSES[0])
    assert yard.is_open
    assert ("lock", "refused", None) in await yard.commands()


@pytest.mark.parametrize("fault", [Fault.COMMAND_LOST, Fault.ANSWER_LOST])
async def test_a_key_opens_no_car_that_the_booking_has_no_more_and_what_it_had_opened_is_closed(
    yard: Yard, fault: Fault
) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK, fault, key="once")
    await yard.moved(booking)
    assert await yard.turn(booking, KeyAction.UNLOCK, key="once") == 409
    assert (await yard.world.state(booking))[0] == "confirmed"
    await yard.sweep(NOON + ABANDONED)
    assert not yard.is_open
    assert (await yard.world.state(booking))[0] == "confirmed"
    assert await yard.turn(booking, KeyAction.UNLOCK) == 200
    assert yard.lock.is_open(yard.world.city.cars[0].id)


async def test_what_is_moved_while_it_opens_is_closed_again(yard: Yard) -> None:
    booking = await yard.booked()

    class Slow:
        """Before it answers, the booking gets another car."""

        became_of = yard.lock.became_of

        async def carry_out(self, command: LockCommand) -> LockAnswer:
            if command.action is KeyAction.UNLOCK:
                await yard.moved(booking)
            return await yard.lock.carry_out(command)

    yard.keys = keys_with(yard.world.database.app, Slow(), lambda: yard.now, new_id, lambda: None)
    assert await yard.turn(booking, KeyAction.UNLOCK) == 409
    assert not yard.is_open
    assert (await yard.world.state(booking))[0] == "confirmed"


async def test_whoever_asks_again_for_what_was_given_up_meanwhile_has_it_closed(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK, Fault.ANSWER_LOST, key="once")
    await yard.world.rows("UPDATE bookings SET state = 'cancelled' WHERE city = :city RETURNING id")
    assert await yard.turn(booking, KeyAction.UNLOCK, key="once") == 409
    assert not yard.is_open
    assert [row[:2] for row in await yard.commands()] == [("unlock", "unanswered"), ("lock", "done")]
    await yard.sweep(NOON + PAUSES[0])
    assert [row[:2] for row in await yard.commands()] == [("unlock", "done"), ("lock", "done")]


async def test_a_refusal_after_silence_says_nothing_of_what_came_before(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking, KeyAction.UNLOCK, Fault.ANSWER_LOST, key="once")
    assert await yard.turn(booking, KeyAction.UNLOCK, Fault.OFFLINE, key="once") == 409
    assert [row[:2] for row in await yard.commands()] == [("unlock", "unanswered")]
    await yard.sweep(NOON + ABANDONED)
    assert (await yard.world.state(booking))[0] == "in_use"


@pytest.mark.parametrize("cancelled", [False, True])
async def test_where_somebody_died_between_asking_and_keeping_the_lock_is_asked_too(
    yard: Yard, cancelled: bool
) -> None:
    booking = await yard.booked()

    class Cut:
        """The lock does as it is told, and whoever told it is no more."""

        became_of = yard.lock.became_of

        async def carry_out(self, command: LockCommand) -> LockAnswer:
            await yard.lock.carry_out(command)
            raise SystemError

    alive, yard.keys = yard.keys, keys_with(yard.world.database.app, Cut(), lambda: yard.now, new_id, lambda: None)
    with pytest.raises(SystemError):
        await yard.turn(booking, KeyAction.UNLOCK, key="once")
    yard.keys = alive
    if cancelled:
        await yard.world.rows("UPDATE bookings SET state = 'cancelled' WHERE city = :city RETURNING id")
        assert await yard.turn(booking, KeyAction.UNLOCK, key="once") == 409
    await yard.sweep(NOON + ABANDONED)
    assert (await yard.commands())[0] == ("unlock", "done", None)
    assert (await yard.world.state(booking))[0] == ("cancelled" if cancelled else "in_use")
    assert yard.is_open is not cancelled


async def test_a_lock_that_never_answers_is_given_up_and_the_manager_told_once(yard: Yard) -> None:
    await settled(yard.world.database, yard.world.city.city)
    booking, at = await yard.booked(), NOON
    await yard.turn(booking, KeyAction.UNLOCK)
    await yard.turn(booking, KeyAction.LOCK, Fault.COMMAND_LOST)
    for pause in PAUSES:
        at += pause
        assert await yard.sweep(at, Fault.COMMAND_LOST) == 1
    assert await yard.sweep(at + hours(24)) == 0
    assert (yard.is_open, (await yard.commands())[-1]) == (True, ("lock", "unanswered", None))
    ((command_id, entry),) = await yard.world.rows(
        "SELECT subject_id, id FROM outbox WHERE city = :city AND kind = 'key.given_up'"
    )
    letters = await told(yard, CommandId(command_id), entry)
    assert [(letter.to, letter.subject) for letter in letters] == [
        ("gerd@example.org", f"{yard.car.name}: Das Schloss antwortet nicht")
    ]
    assert "kim" not in letters[0].text
    assert await yard.turn(booking, KeyAction.LOCK) == 200


async def told(yard: Yard, command_id: CommandId, entry: Any) -> list[Message]:
    """What whoever runs the pool reads."""
    letters: list[Message] = []

    class Box:
        async def send(self, message: Message) -> None:
            letters.append(message)

    gerd: Actor = yard.world.actor("gerd", Role.FLEET_MANAGER)
    person = (
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'gerd@example.org', now()) RETURNING id"
    )
    await yard.world.rows(person, id=gerd.id)
    grant = """INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)
      VALUES (:city, :id, 'fleet_manager', :pool, now()) RETURNING role"""
    await yard.world.rows(grant, id=gerd.id, pool=TOWN_HALL)
    books = SqlReminders(yard.world.database.app.transactions, lambda: yard.now, new_id, lambda: None)
    await tell_of_lock(
        yard.world.city.city,
        command_id,
        entry,
        yard.now,
        locks=books,
        reminders=books,
        compose=fleet_composer(),
        mailer=Box(),
    )
    return letters
