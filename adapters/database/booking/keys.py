"""Keys in PostgreSQL: every command to a lock with what came of it, and the use that it began."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, answered_once, nothing_lapses, through
from adapters.database.booking.bookings import NOTHING, SqlBookingStore, SqlLifeReader, unasked
from adapters.database.booking.changes import write_answer, write_change, write_note
from adapters.database.booking.reservations import kind_of
from adapters.database.connections import Database, Statements
from domain.booking.bookings import BookingId
from domain.booking.events import NOT_FINAL, AlreadyThere, NotPossible
from domain.booking.keys import (
    ABANDONED,
    CommandId,
    KeyAction,
    KeyAttempt,
    KeyState,
    LeftOpen,
    LockCommand,
    LockSilent,
    Turned,
    TurnKey,
    asked_again_at,
)
from domain.booking.reach import may_act
from domain.identity import SYSTEM, Actor, City
from domain.refusals import Refusal
from services.booking.keys import Asked, Attempts, Keys, VehicleLock, turn_key
from services.booking.ports import LifeDesk, Outcome
from services.booking.silent_locks import ask_again
from services.calls import Answer, Call

# What was carried out stays so, however often it is asked again, and what nobody answered is not forgotten either.
ASK = text("""
INSERT INTO key_commands (city, id, booking_id, resource_id, action, asked_by, key, asked_at, state, reason, settled_at, tries,
  again_at)
VALUES (:city, :id, :booking_id, :resource_id, :action, :asked_by, :key, :now, :state, :reason, :settled_at, 1, :again_at)
ON CONFLICT (city, asked_by, booking_id, action, key) DO UPDATE SET tries = key_commands.tries + 1, repeats = 0,
  again_at = CASE key_commands.state WHEN 'done' THEN NULL WHEN 'refused' THEN excluded.again_at
    ELSE coalesce(excluded.again_at, key_commands.again_at, excluded.asked_at) END,
  state = CASE WHEN key_commands.state = 'refused' THEN excluded.state
    WHEN key_commands.state = 'asked' AND excluded.state = 'asked' THEN 'unanswered' ELSE key_commands.state END,
  reason = CASE WHEN key_commands.state = 'refused' THEN excluded.reason
    WHEN key_commands.state = 'unanswered' OR key_commands.state = 'asked' AND excluded.state = 'asked' THEN 'lock_silent' END,
  settled_at = CASE WHEN key_commands.state = 'refused' THEN excluded.settled_at
    WHEN key_commands.state = 'asked' AND excluded.state = 'asked' THEN excluded.asked_at ELSE key_commands.settled_at END
RETURNING id, resource_id, state, settled_at
""")
SETTLE = text("""
UPDATE key_commands SET state = :state, reason = :reason, settled_at = :now, again_at = :again_at
WHERE city = :city AND id = :id AND state <> 'done' AND (state <> 'unanswered' OR :state <> 'refused' OR :for_good)
""")
TAKE = text("""
UPDATE key_commands k SET again_at = :until, repeats = k.repeats + 1, tries = k.tries + 1
WHERE k.city = :city AND k.id = :id AND k.again_at <= :now
RETURNING k.id, k.booking_id, k.resource_id, k.action, k.repeats,
  EXISTS (SELECT FROM key_commands o WHERE o.city = k.city AND o.resource_id = k.resource_id AND o.state <> 'refused'
    AND (o.asked_at, o.id) > (k.asked_at, k.id))
  OR EXISTS (SELECT FROM bookings u WHERE u.city = k.city AND u.resource_id = k.resource_id AND u.service = 'fleet'
    AND u.state = 'in_use' AND u.id <> k.booking_id) AS overtaken
""")
WAIT = text("""
UPDATE key_commands SET state = 'unanswered', reason = 'lock_silent', settled_at = :now, again_at = :again_at
WHERE city = :city AND id = :id AND state IN ('asked', 'unanswered')
""")
DUE = """
SELECT coalesce(json_agg(json_build_array(city, id)), '[]'::json)::text
FROM (SELECT city, id FROM key_commands WHERE again_at <= $1::timestamptz ORDER BY random() LIMIT $2::int) due
"""
ATTEMPTS = text("""
SELECT id, resource_id, action, asked_at, state, reason, settled_at, tries FROM key_commands
WHERE city = :city AND booking_id = :booking_id ORDER BY asked_at DESC, id DESC LIMIT 100
""")

_due = msgspec.json.Decoder(tuple[tuple[City, CommandId], ...])


class SqlKeyStore(SqlBookingStore):
    """The bookings' books, and the commands to their locks. `answer` is set once the outcome is recorded."""

    _for_good = False
    """Whether a refusal is of all tries, not of the last one alone."""

    async def ask(self, command: TurnKey, desk: LifeDesk) -> Asked:
        async with self._database.transactions.city(self._call.city) as connection:
            row = await self._write(connection, command, desk, KeyState.ASKED, None)
        return _asked(row, command.booking_id, command.action)

    async def close_again(self, asked: Asked) -> Asked:
        told = asked.command
        values = {
            "booking_id": told.booking_id,
            "resource_id": told.resource_id,
            "action": KeyAction.LOCK.value,
            "asked_by": SYSTEM,
            "key": str(told.id),
        }
        async with self._database.transactions.city(self._call.city) as connection:
            row = await self._enter(connection, values, KeyState.ASKED, None)
        return _asked(row, told.booking_id, KeyAction.LOCK)

    async def closed(self, again: Asked) -> None:
        async with self._database.transactions.city(self._call.city) as connection:
            await self._settle(connection, again.command, KeyState.DONE, None)

    async def refuse(self, command: TurnKey, refused: Refusal[NotPossible], desk: LifeDesk | None) -> Asked | None:
        """Of a booking that is not there, or not the caller's, nothing but the answer is kept."""
        left = None
        if desk is not None and refused.reason is not NotPossible.UNKNOWN_BOOKING:
            async with self._database.transactions.city(self._call.city) as connection:
                row = await self._write(connection, command, desk, KeyState.REFUSED, refused.reason.value)
                await self._note(connection, command.booking_id, f"key.{command.action}:refused:{refused.reason}")
            if row.state == KeyState.UNANSWERED:
                left = _asked(row, command.booking_id, command.action)
        await self.record(command.booking_id, refused)
        return left

    async def settle(self, asked: Asked, state: KeyState, outcome: Outcome) -> None:
        call, told = self._call, asked.command
        answer = call.answer(outcome)
        change = None if isinstance(outcome, Refusal) or isinstance(outcome.change, AlreadyThere) else outcome.change
        final = not isinstance(outcome, Refusal) or outcome.reason not in NOT_FINAL
        reason = outcome.reason.value if isinstance(outcome, Refusal) else None
        async with self._database.transactions.city(call.city) as connection:
            if change is not None:
                if not await write_change(connection, call.city, change):
                    raise LostRace
                await self._note(connection, told.booking_id, kind_of(change), tell=True)
            await self._settle(connection, told, state, reason)
            if final and call.key:
                await write_answer(connection, call, answer, self._now)
        self.answer = answer

    async def _write(
        self, connection: AsyncConnection, command: TurnKey, desk: LifeDesk, state: KeyState, reason: str | None
    ) -> Any:
        values = {
            "booking_id": command.booking_id,
            "resource_id": desk.sheet.booking.resource_id,
            "action": command.action.value,
            "asked_by": self._call.actor.id,
            "key": self._call.key,
        }
        return await self._enter(connection, values, state, reason)

    async def _enter(
        self, connection: AsyncConnection, values: dict[str, Any], state: KeyState, reason: str | None
    ) -> Any:
        waits = state is KeyState.ASKED
        more = {
            "city": self._call.city,
            "id": self._new_id(),
            "now": self._now,
            "state": state.value,
            "reason": reason,
            "settled_at": None if waits else self._now,
            "again_at": self._now + ABANDONED if waits else None,
        }
        return (await connection.execute(ASK, values | more)).one()

    async def _settle(
        self, connection: AsyncConnection, told: LockCommand, state: KeyState, reason: str | None
    ) -> None:
        values = {
            "city": self._call.city,
            "id": told.id,
            "state": state.value,
            "reason": reason,
            "now": self._now,
            "again_at": asked_again_at(0, self._now) if state is KeyState.UNANSWERED else None,
            "for_good": self._for_good,
        }
        await connection.execute(SETTLE, values)
        await self._note(connection, told.booking_id, ":".join(filter(None, (f"key.{told.action}", state, reason))))

    async def _note(self, connection: AsyncConnection, booking_id: UUID, action: str, *, tell: bool = False) -> None:
        await write_note(connection, self._call, action, booking_id, tell=tell, new_id=self._new_id, now=self._now)


class SqlSilentStore(SqlKeyStore):
    """Open for one command that nobody answered."""

    _for_good = True

    def __init__(
        self,
        database: Database,
        call: Call[Any],
        new_id: Callable[[], UUID],
        now: datetime,
        command_id: CommandId,
    ) -> None:
        super().__init__(database, call, new_id, now)
        self._command_id = command_id

    async def take(self) -> LeftOpen | None:
        values = {
            "city": self._call.city,
            "id": self._command_id,
            "now": self._now,
            "until": self._now + ABANDONED,
        }
        async with self._database.transactions.city(self._call.city) as connection:
            row = (await connection.execute(TAKE, values)).one_or_none()
        if row is None:
            return None
        told = LockCommand(CommandId(row.id), row.resource_id, row.booking_id, KeyAction(row.action))
        return LeftOpen(told, row.repeats, row.overtaken)

    async def wait(self, left: LeftOpen, until: datetime) -> None:
        async with self._database.transactions.city(self._call.city) as connection:
            await self._wait(connection, left, until)

    async def give_up(self, left: LeftOpen) -> None:
        async with self._database.transactions.city(self._call.city) as connection:
            await self._wait(connection, left, None)
            await self._note(connection, left.command.id, str(LockSilent.__struct_config__.tag), tell=True)

    async def _wait(self, connection: AsyncConnection, left: LeftOpen, until: datetime | None) -> None:
        values = {"city": self._call.city, "id": left.command.id, "now": self._now, "again_at": until}
        await connection.execute(WAIT, values)
        said = "unanswered:lock_silent" if until is not None else "given_up"
        await self._note(connection, left.command.booking_id, f"key.{left.command.action}:{said}")


def keys_with(
    database: Database,
    lock: VehicleLock | None,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
) -> Keys:
    async def turn(call: Call[Any], command: TurnKey) -> Answer:
        async def once() -> Answer:
            store = SqlKeyStore(database, call, new_id, clock())
            await turn_key(command, books=store, lock=lock, actor=call.actor, clock=clock)
            if store.answer is None:
                raise RuntimeError("a use case records its outcome")
            return store.answer

        answer = await answered_once(call, once, nothing_lapses)
        written()
        return answer

    async def attempts(actor: Actor, booking_id: BookingId) -> Attempts:
        async def once() -> Attempts:
            async with database.statements.session() as session:
                sheet = await SqlLifeReader(session, actor.city).sheet(booking_id)
            if sheet is None or not may_act(actor, sheet.booking, sheet.resource):
                return Refusal(NotPossible.UNKNOWN_BOOKING)
            async with database.transactions.city(actor.city) as connection:
                rows = await connection.execute(ATTEMPTS, {"city": actor.city, "booking_id": booking_id})
                return tuple(msgspec.convert(dict(row), KeyAttempt) for row in rows.mappings())

        return await through(once)

    async def again(city: City, command_id: CommandId) -> None:
        async def once() -> Answer:
            call = unasked(city, "askLockAgain")
            store = SqlSilentStore(database, call, new_id, clock(), command_id)
            await ask_again(books=store, lock=lock, actor=call.actor, clock=clock)
            return NOTHING

        await answered_once(unasked(city, "askLockAgain"), once, nothing_lapses)
        written()

    return Keys(turn, again, attempts)


async def due_commands(relay: Statements, now: datetime, limit: int) -> tuple[tuple[City, CommandId], ...]:
    """Across cities, in no order: commands of which nobody knows yet whether they were carried out."""
    async with relay.session() as session:
        return _due.decode(await session.one(DUE, now, limit))


def _asked(row: Any, booking_id: BookingId, action: KeyAction) -> Asked:
    told = LockCommand(CommandId(row.id), row.resource_id, booking_id, action)
    return Asked(told, Turned(row.settled_at) if row.state == KeyState.DONE else None)
