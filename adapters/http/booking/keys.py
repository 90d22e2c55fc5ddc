"""`/v1/{city}/bookings/{id}/unlock`, `/lock` and `/keys`: the lock of what is booked."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.booking.actions import ONE, action, booking_id, shown
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.tags import seen
from domain.booking.keys import KeyAction, KeyState, TurnKey
from domain.refusals import Refusal
from services.booking.keys import Keys


class KeyRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The code on the dashboard, as read there."""

    code: Annotated[str, Meta(max_length=500)] | None = None


class KeyAttemptView(Struct, frozen=True):
    """`unanswered` may have been carried out: the same Idempotency-Key asks the lock again, and it is carried out once.
    `reason` is the code of a refusal, `tries` how often it was asked."""

    id: UUID
    resource_id: UUID
    action: KeyAction
    asked_at: datetime
    state: KeyState
    reason: str | None
    settled_at: datetime | None
    tries: int


class KeyAttemptList(Struct, frozen=True):
    items: tuple[KeyAttemptView, ...]
    next_cursor: str | None


OF_LOCKS = (
    "forbidden",
    "code_does_not_fit",
    "booking_moved",
    "no_lock",
    "lock_offline",
    "lock_silent",
    "not_parked",
    "door_open",
)


def booking_keys(offered: Keys) -> tuple[Endpoint, ...]:
    def turning(what: KeyAction) -> Any:
        async def turn(ask: Ask) -> Reply:
            of = booking_id(ask)
            asked = await ask.body_or(KeyRequest, KeyRequest())
            return await offered.turn(ask.call((of, asked), shown), TurnKey(of, what, asked.code, seen(ask)))

        return turn

    async def list_keys(ask: Ask) -> Reply:
        found = await offered.attempts(ask.actor, booking_id(ask))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(
            KeyAttemptList(
                tuple(
                    KeyAttemptView(
                        each.id,
                        each.resource_id,
                        each.action,
                        each.asked_at,
                        each.state,
                        each.reason,
                        each.settled_at,
                        each.tries,
                    )
                    for each in found
                ),
                None,
            )
        )

    return (
        action(
            "unlock",
            "Have the vehicle opened for its driver; with the first time the use begins",
            turning(KeyAction.UNLOCK),
            codes=(
                *OF_LOCKS,
                "too_early",
                "still_in_use",
                "out_of_service",
                "not_usable_then",
                "deposit_required",
                "licence_not_valid",
                "licence_class_missing",
                "briefing_missing",
            ),
            body=KeyRequest,
            example=CODE,
        ),
        action(
            "lock",
            "Have the vehicle closed",
            turning(KeyAction.LOCK),
            codes=(*OF_LOCKS, "too_early", "still_in_use", "out_of_service", "not_usable_then"),
            body=KeyRequest,
            example=CODE,
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/keys",
            "listKeyAttempts",
            "booking",
            "What the vehicle's lock was asked, and what it said; the newest first, a hundred at most",
            list_keys,
            {200: KeyAttemptList},
            codes=("unknown_booking",),
            examples={200: {"items": [ATTEMPT], "next_cursor": None}},
        ),
    )


CODE: dict[str, Any] = {"code": "BS-ID3-07"}
ATTEMPT: dict[str, Any] = {
    "id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52",
    "resource_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "action": "unlock",
    "asked_at": "2026-12-01T17:02:11Z",
    "state": "done",
    "reason": None,
    "settled_at": "2026-12-01T17:02:13Z",
    "tries": 1,
}
