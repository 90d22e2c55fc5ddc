"""Two clocks: the real one, and the sandbox's own, which can be advanced to age holds and keys."""

from collections.abc import Callable
from datetime import datetime

from adapters.payments.sandbox.store import Store


class Clock:
    def __init__(self, now: Callable[[], datetime], store: Store) -> None:
        self._now = now
        self._store = store

    def wall(self) -> float:
        """Real seconds since 1970: when deliveries are due, and what their signatures say."""
        return self._now().timestamp()

    def now(self) -> int:
        """The sandbox's seconds since 1970: what objects are dated with."""
        return int(self.wall()) + self._store.advanced()

    def advance(self, seconds: int) -> None:
        self._store.advance(seconds)
