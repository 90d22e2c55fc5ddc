"""Retention: what the law keeps no longer goes, with proof; what somebody may have to prove is held."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.identity import City
from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, NotHeld, PlaceHold
from services.calls import Answer, Call
from services.retention.holding import lifted, placed
from services.retention.ports import HoldBooks, Holds

Holding: TypeAlias = Hold | Refusal[NotHeld]


class LegalHolds(Struct, frozen=True):
    """What finance asks: to keep something whatever its age, and to let it go by its age again. All raise Unavailable."""

    books: HoldBooks
    list: Callable[[City, bool], Awaitable[tuple[Hold, ...]]]
    clock: Callable[[], datetime]

    async def place(self, call: Call[Holding], command: PlaceHold) -> Answer:
        async def do(holds: Holds) -> Holding:
            return await placed(command, holds, call.actor.id, self.clock())

        return await self.books.answered(call, do)

    async def lift(self, call: Call[Holding], hold_id: HoldId, because: str) -> Answer:
        async def do(holds: Holds) -> Holding:
            return await lifted(hold_id, because, holds, call.actor.id, self.clock())

        return await self.books.answered(call, do)
