"""Budgets counted by one process alone, with its share of each."""

from collections.abc import Callable

import msgspec

from services.limits.ports import Budget, Taken
from services.limits.windows import Window, admitted, refused, room, window_at

MOST = 50_000  # principals remembered; a flood of addresses must not take all memory


class LocalLimiter:
    """One of `processes` that share a quota without knowing of each other: together they admit no more than the quota.

    Where there are more processes than requests in the quota each admits one.
    """

    def __init__(self, clock: Callable[[], int], processes: int = 1) -> None:
        """`clock` gives milliseconds that never run back."""
        self._clock = clock
        self._processes = processes
        self._windows: dict[tuple[str, str], Window] = {}

    async def take(self, budget: Budget, principal: str) -> Taken:
        return self.take_now(budget, principal)

    def take_now(self, budget: Budget, principal: str) -> Taken:
        share = msgspec.structs.replace(budget, quota=max(1, budget.quota // self._processes))
        key, now = (budget.name, principal), self._clock()
        window = window_at(self._windows.pop(key, None), share, now)
        if not room(window, share, now):
            self._windows[key] = window
            return refused(window, share, now)
        window = self._windows[key] = Window(window.began, window.used + 1, window.before)
        if len(self._windows) > MOST:
            del self._windows[next(iter(self._windows))]  # whoever has been away longest
        return admitted(window, share, now)
