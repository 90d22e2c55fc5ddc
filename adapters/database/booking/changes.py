"""Writing what happened to a booking, inside the caller's transaction: state, claims, outbox, audit, answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import AlreadyAnswered, KeyReused, LostRace
from adapters.database.booking.claiming import write_claims
from adapters.database.booking.problems import write_problem
from adapters.database.booking.reservations import as_json
from domain.booking.bookings import State
from domain.booking.events import Changed
from domain.booking.subscribing import rolls_at
from domain.identity import City
from services.calls import Answer, Call

CHANGE = text("""
UPDATE bookings SET resource_id = :resource_id, state = :state, reason_code = :reason_code, reason = :reason, fee = CAST(:fee AS json),
  quote = CAST(:quote AS json), hold_expires_at = :hold_expires_at, hold_extended = :hold_extended,
  started_at = :started_at, finished_at = :finished_at, start_readings = CAST(:start_readings AS json),
  finish_readings = CAST(:finish_readings AS json), ends = :ends, terms = CAST(:terms AS json),
  extension = CAST(:extension AS json), extension_expires_at = :extension_expires_at, overdue_until = :overdue_until,
  delays = :delays, no_show_from = :no_show_from, approval = CAST(:approval AS json),
  approval_due_at = :approval_due_at, approval_step_at = :approval_step_at, final_at = :final_at, problem_open = :problem_open, rolls_at = :rolls_at, version = :version, updated_at = :updated_at
WHERE city = :city AND id = :id AND version = :version - 1
""")
NOTE = text("""
WITH o AS (INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT :city, :outbox_id, :action, :subject_id, :now, :now WHERE :tell),
w AS (INSERT INTO callers (city, audit_id, address, at) SELECT :city, :audit_id, :address, :now WHERE :address <> '')
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :audit_id, :now, :actor_id, :action, :subject_id, :request_id)
""")
EARLIER = text("""
SELECT fingerprint, status, media_type, body FROM answers
WHERE city = :city AND actor_id = :actor_id AND route = :route AND key = :key
""")
# The first answer under a key is the only one: the second raises 23505, and whoever comes second asks again.
ANSWER = text("""
INSERT INTO answers (city, actor_id, route, key, fingerprint, status, media_type, body, answered_at)
VALUES (:city, :actor_id, :route, :key, :fingerprint, :status, :media_type, :body, :now)
""")


async def write_change(connection: AsyncConnection, city: City, event: Changed) -> bool:
    """The booking as the event leaves it, and the claims that go with it; False, and nothing, where those are taken.

    Raises LostRace where the booking is no longer the version that the event was decided on.
    """
    booking = event.booking
    if not await write_claims(connection, city, event):
        return False
    written = await connection.execute(
        CHANGE,
        {
            "city": city,
            "id": booking.id,
            "state": booking.state.value,
            "reason_code": booking.reason_code.value if booking.reason_code else None,
            "reason": booking.reason,
            "fee": _json(booking.fee),
            "quote": as_json(booking.quote),
            "hold_expires_at": booking.hold_expires_at,
            "hold_extended": booking.hold_extended,
            "started_at": booking.started_at,
            "finished_at": booking.finished_at,
            "start_readings": _json(booking.start_readings),
            "finish_readings": _json(booking.finish_readings),
            "ends": booking.end,
            "terms": as_json(booking.terms),
            "extension": _json(booking.extension),
            "extension_expires_at": booking.waiting.expires_at if booking.waiting else None,
            "overdue_until": booking.overdue_until,
            "delays": booking.delays,
            "no_show_from": booking.terms.no_show_from,
            "approval": _json(booking.approval),
            "approval_due_at": booking.asked.due_at if booking.asked else None,
            "approval_step_at": booking.asked.next_step_at if booking.asked else None,
            "final_at": booking.final_at,
            "resource_id": booking.resource_id,
            "problem_open": booking.problem_open,
            "rolls_at": rolls_at(booking) if booking.state is not State.HELD else None,
            "version": booking.version,
            "updated_at": booking.updated_at,
        },
    )
    if written.rowcount != 1:
        raise LostRace
    await write_problem(connection, city, event)
    return True


async def write_note(
    connection: AsyncConnection,
    call: Call[Any],
    action: str,
    subject_id: UUID,
    *,
    tell: bool,
    new_id: Callable[[], UUID],
    now: datetime,
) -> None:
    """Who did what to whom and when; and, where somebody is to be told of it, the same to the outbox."""
    await connection.execute(
        NOTE,
        {
            "city": call.city,
            "actor_id": call.actor.id,
            "action": action,
            "subject_id": subject_id,
            "request_id": call.request_id,
            "address": call.address,
            "tell": tell,
            "outbox_id": new_id(),
            "audit_id": new_id(),
            "now": now,
        },
    )


async def answered_before(connection: AsyncConnection, call: Call[Any]) -> None:
    """An earlier answer to the same key ends the call."""
    scope = {"city": call.city, "actor_id": call.actor.id, "route": call.route, "key": call.key}
    found = (await connection.execute(EARLIER, scope)).one_or_none() if call.key else None
    if found is not None and found.fingerprint != call.fingerprint:
        raise KeyReused
    if found is not None:
        raise AlreadyAnswered(Answer(found.status, found.media_type, found.body, replayed=True))


async def write_answer(connection: AsyncConnection, call: Call[Any], answer: Answer, now: datetime) -> None:
    """What the caller is told, for whenever the key comes again."""
    await connection.execute(
        ANSWER,
        {
            "city": call.city,
            "actor_id": call.actor.id,
            "route": call.route,
            "key": call.key,
            "fingerprint": call.fingerprint,
            "status": answer.status,
            "media_type": answer.media_type,
            "body": answer.body,
            "now": now,
        },
    )


def _json(value: object) -> str | None:
    return None if value is None else as_json(value)
