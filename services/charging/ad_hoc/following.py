"""Looking after a charge without an account: one step from the facts as they are, as for a booking's plug."""

from datetime import datetime
from typing import Protocol

from domain.charging.ad_hoc.steps import AdHocFacts, Begin, End, Step, next_step
from domain.charging.plugs.reservations import Facts
from domain.charging.plugs.steps import Spare


class AdHocBooks(Protocol):
    """Open in one city, in one transaction, in which nobody else looks after the booking's plug."""

    async def known(self, facts: Facts, spare: Spare) -> AdHocFacts: ...
    async def order(self, facts: Facts, spare: Spare, step: Begin | End, now: datetime) -> None:
        """Have its station told. Raises what makes the caller try again."""


async def look_after_ad_hoc(facts: Facts, spare: Spare, *, books: AdHocBooks, now: datetime) -> Step:
    """Have the station begin or stop, if it is time; what it came to."""
    step = next_step(await books.known(facts, spare), now)
    if isinstance(step, Begin | End):
        await books.order(facts, spare, step, now)
    return step
