"""Placing and lifting legal holds."""

from collections.abc import Callable
from datetime import datetime

from domain.identity import City, PersonId
from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, NotHeld, PlaceHold, lift, place
from services.retention.ports import Holds, RetentionBooks


async def place_hold(
    command: PlaceHold, city: City, by: PersonId, *, books: RetentionBooks, clock: Callable[[], datetime]
) -> Hold | Refusal[NotHeld]:
    return await books.hold(city, by, lambda holds: placed(command, holds, by, clock()))


async def placed(command: PlaceHold, holds: Holds, by: PersonId, now: datetime) -> Hold | Refusal[NotHeld]:
    outcome = place(command, await holds.knows(command), by, now)
    if isinstance(outcome, Hold):
        await holds.place(outcome)
    return outcome


async def lift_hold(
    hold_id: HoldId,
    because: str,
    city: City,
    by: PersonId,
    *,
    books: RetentionBooks,
    clock: Callable[[], datetime],
) -> Hold | Refusal[NotHeld]:
    return await books.hold(city, by, lambda holds: lifted(hold_id, because, holds, by, clock()))


async def lifted(hold_id: HoldId, because: str, holds: Holds, by: PersonId, now: datetime) -> Hold | Refusal[NotHeld]:
    found = await holds.find(hold_id)
    if found is None:
        return Refusal(NotHeld.UNKNOWN_HOLD)
    outcome = lift(found, because, by, now)
    if isinstance(outcome, Hold):
        await holds.lift(outcome)
    return outcome
