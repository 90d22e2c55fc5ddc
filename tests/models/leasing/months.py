"""What happens in a month to those who have a bike, by the state that their leases are in."""

from collections.abc import Awaitable, Callable

from tests.models.leasing import finishing, leaving, running
from tests.models.leasing.life import STILL_OUT, Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.mistaken import mistaken
from tests.models.leasing.withdrawing import may_withdraw

ACTS: dict[str, Callable[[Lives, Life], Awaitable[None]]] = {
    "handed_over": running.handed_over,
    "active": running.active,
    "suspended": running.suspended,
    "incident": running.incident,
    "total_loss": leaving.settles,
    "terminating": leaving.terminating,
    "ending": finishing.ending,
    "purchase_offered": finishing.offered,
    "return_scheduled": finishing.returns,
    "returned": finishing.inspected,
    "inspected": finishing.closed,
    "purchased": finishing.closed,
}
LATER = {"incident", "total_loss", "terminating", "ending", "purchase_offered", "return_scheduled"}
"""In which a consumer withdraws as well, while her right runs, whatever has come of her lease."""


async def go_on(lives: Lives) -> None:
    for life in lives.running:
        if life.state in LATER and await may_withdraw(lives, life):
            continue
        if life.state in STILL_OUT and lives.dice.random() < lives.often.mishaps:
            await running.mishap(lives, life)
        elif (act := ACTS.get(life.state)) is not None:
            await act(lives, life)
        if lives.dice.random() < 0.05:
            await mistaken(lives, life)
