"""Keys in PostgreSQL: every command to a lock with what came of it, and the use that it began."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, answered_once, nothing_lapses, through
from adapters.database.bookings import SqlBookingStore, SqlLifeReader
from adapters.database.changes import write_answer, write_change, write_note
from adapters.database.connections import Database
from adapters.database.reservations import kind_of
from domain.booking.bookings import BookingId
from domain.booking.events import NOT_FINAL, AlreadyThere, NotPossible
from domain.booking.keys import CommandId, KeyAttempt, KeyState, LockCommand, Turned, TurnKey
from domain.booking.reach import may_act
from domain.identity import Actor
from domain.refusals import Refusal
from services.booking.keys import Asked, Attempts, Keys, VehicleLock, turn_key
from services.booking.ports import LifeDesk, Outcome
from services.calls import Answer, Call

# What was carried out stays so, however often it is asked again.
ASK = text("""
INSERT INTO key_commands (city, id, booking_id, resource_id, action, asked_by, key, asked_at, state, reason, settled_at, tries)
VALUES (:city, :id, :booking_id, :resource_id, :action, :asked_by, :key, :now, :state, :reason, :settled_at, 1)
ON CONFLICT (city, asked_by, booking_id, action, key) DO UPDATE SET tries = key_commands.tries + 1,
  state = CASE WHEN key_commands.state = 'done' THEN 'done' ELSE excluded.state END,
  reason = CASE WHEN key_commands.state = 'done' THEN NULL ELSE excluded.reason END,
  settled_at = CASE WHEN key_commands.state = 'done' THEN key_commands.settled_at ELSE excluded.settled_at END
RETURNING id, resource_id, state, settled_at
""")
SETTLE = text("""
UPDATE key_commands SET state = :state, reason = :reason, settled_at = :now
WHERE city = :city AND id = :id AND state <> 'done'
""")
ATTEMPTS = text("""
SELECT id, resource_id, action, asked_at, state, reason, settled_at, tries FROM key_commands
WHERE city = :city AND booking_id = :booking_id ORDER BY asked_at DESC, id DESC LIMIT 100
""")


class SqlKeyStore(SqlBookingStore):
    """The bookings' books, and the commands to their locks. `answer` is set once the outcome is recorded."""

    def new_command(self) -> CommandId:
        return CommandId(self._new_id())

    async def ask(self, command: TurnKey, desk: LifeDesk) -> Asked:
        async with self._database.transactions.city(self._call.city) as connection:
            row = await self._write(connection, command, desk, KeyState.ASKED, None)
        told = LockCommand(CommandId(row.id), row.resource_id, command.booking_id, command.action)
        return Asked(told, Turned(row.settled_at) if row.state == KeyState.DONE else None)

    async def refuse(self, command: TurnKey, refused: Refusal[NotPossible], desk: LifeDesk | None) -> None:
        """Of a booking that is not there, or not the caller's, nothing but the answer is kept."""
        if desk is not None and refused.reason is not NotPossible.UNKNOWN_BOOKING:
            async with self._database.transactions.city(self._call.city) as connection:
                await self._write(connection, command, desk, KeyState.REFUSED, refused.reason.value)
                await self._note(connection, command.booking_id, f"key.{command.action}:refused:{refused.reason}")
        await self.record(command.booking_id, refused)

    async def settle(self, asked: Asked, state: KeyState, outcome: Outcome) -> None:
        call, told = self._call, asked.command
        answer = call.answer(outcome)
        change = None if isinstance(outcome, Refusal) or isinstance(outcome.change, AlreadyThere) else outcome.change
        final = not isinstance(outcome, Refusal) or outcome.reason not in NOT_FINAL
        reason = outcome.reason.value if isinstance(outcome, Refusal) else None
        async with self._database.transactions.city(call.city) as connection:
            values = {"city": call.city, "id": told.id, "state": state.value, "reason": reason, "now": self._now}
            await connection.execute(SETTLE, values)
            if change is not None:
                if not await write_change(connection, call.city, change):
                    raise LostRace
                await self._note(connection, told.booking_id, kind_of(change), tell=True)
            await self._note(connection, told.booking_id, ":".join(filter(None, (f"key.{told.action}", state, reason))))
            if final:
                await write_answer(connection, call, answer, self._now)
        self.answer = answer

    async def _write(
        self, connection: AsyncConnection, command: TurnKey, desk: LifeDesk, state: KeyState, reason: str | None
    ) -> Any:
        values = {
            "city": self._call.city,
            "id": self._new_id(),
            "booking_id": command.booking_id,
            "resource_id": desk.sheet.booking.resource_id,
            "action": command.action.value,
            "asked_by": self._call.actor.id,
            "key": self._call.key,
            "now": self._now,
            "state": state.value,
            "reason": reason,
            "settled_at": None if state is KeyState.ASKED else self._now,
        }
        return (await connection.execute(ASK, values)).one()

    async def _note(self, connection: AsyncConnection, booking_id: UUID, action: str, *, tell: bool = False) -> None:
        await write_note(connection, self._call, action, booking_id, tell=tell, new_id=self._new_id, now=self._now)


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

    return Keys(turn, attempts)
