"""The hub: one look at each followed city's log for all followers of this process.

A follower who has caught up is handed what the hub sees. One who comes back after a while, or reads more slowly than
things happen, reads the log by itself until it has caught up: nothing is kept for it, and nothing is lost.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Generic

from domain.identity import Actor, City, PersonId
from services.live.ports import Eyes, H, Log, Mark

EVERY_S = 0.5
PAGE = 200
KEPT = 200
"""Handed over and not yet read: more than that, and the follower reads the log itself."""
FOLLOWERS, FOLLOWERS_EACH = 2000, 5

logger = logging.getLogger(__name__)


class Follower(Generic[H]):
    """One reader of one city. `mark` is how far it has been told."""

    def __init__(self, watch: "_Watch[H]", reader: Eyes[H], mark: Mark, *, begins_anew: bool = False) -> None:
        self._watch = watch
        self.reader = reader
        self.mark = mark
        self.begins_anew = begins_anew
        self._handed: deque[H] = deque()
        self._caught_up = False
        self._bell = asyncio.Event()
        self._over = False

    async def next(self, patience_s: float) -> tuple[H, ...] | None:
        if not self._caught_up and not self._over:
            return await self._read_on()
        if not self._handed and not self._over:
            try:
                async with asyncio.timeout(patience_s):
                    await self._bell.wait()
            except TimeoutError:
                return None if self._over else ()
        self._bell.clear()
        if self._over:
            return None
        found = tuple(self._handed)
        self._handed.clear()
        if found:
            self.mark = found[-1].mark
        return found

    async def _read_on(self) -> tuple[H, ...]:
        """The next stretch of the log. All that the hub had seen before the look is in it, unless there is more."""
        seen = self._watch.mark
        stretch = await self._watch.log.after(self._watch.city, self.mark, PAGE)
        self.mark = stretch.passed if stretch.more else max(stretch.passed, seen)
        self._caught_up = not stretch.more and self.mark >= self._watch.mark
        return tuple(each for each in stretch.happenings if self.reader.sees(each))

    def hand(self, happenings: Sequence[H]) -> None:
        """What the hub has just seen."""
        if not self._caught_up:
            return
        mine = [each for each in happenings if each.mark > self.mark and self.reader.sees(each)]
        if len(self._handed) + len(mine) > KEPT:
            self._handed.clear()
            self._caught_up = False
        else:
            self._handed.extend(mine)
        if mine:
            self._bell.set()

    def end(self) -> None:
        self._over = True
        self._bell.set()

    def leave(self) -> None:
        self._watch.without(self)


class _Watch(Generic[H]):
    """A city that is followed: where the hub stands in its log, and who follows."""

    def __init__(self, city: City, log: Log[H], mark: Mark) -> None:
        self.city = city
        self.log = log
        self.mark = mark
        self.followers: set[Follower[H]] = set()

    def without(self, follower: Follower[H]) -> None:
        self.followers.discard(follower)

    async def look(self) -> bool:
        """Hand on what is new; whether there is more."""
        stretch = await self.log.after(self.city, self.mark, PAGE)
        self.mark = stretch.passed
        if stretch.happenings:
            for follower in self.followers:
                follower.hand(stretch.happenings)
        return stretch.more


class Hub(Generic[H]):
    """Belongs to one event loop. A city is looked at while somebody follows it."""

    def __init__(self, log: Log[H], reader: Callable[[Actor], Eyes[H]]) -> None:
        self._log = log
        self._reader = reader
        self._watches: dict[City, _Watch[H]] = {}
        self._looking: dict[City, asyncio.Task[None]] = {}
        self._over = False

    async def follow(self, actor: Actor, after: Mark | None) -> Follower[H] | None:
        here = await self._log.here(actor.city)
        anew = after is not None and not await self._log.holds(actor.city, after)
        if self._is_full(actor.id):
            return None
        watch = self._watches.setdefault(actor.city, _Watch(actor.city, self._log, here))
        mark = here if after is None or anew else after
        follower = Follower(watch, self._reader(actor), mark, begins_anew=anew)
        if self._over:
            follower.end()
        watch.followers.add(follower)
        if actor.city not in self._looking:
            self._looking[actor.city] = asyncio.create_task(self._look(watch))
        return follower

    def close(self) -> None:
        """Tell every follower that no more will come, so that their connections end."""
        self._over = True
        for watch in self._watches.values():
            for follower in watch.followers:
                follower.end()

    def _is_full(self, person: PersonId) -> bool:
        count = Counter(each.reader.id for watch in self._watches.values() for each in watch.followers)
        return count.total() >= FOLLOWERS or count[person] >= FOLLOWERS_EACH

    async def _look(self, watch: _Watch[H]) -> None:
        """Look until nobody follows any more."""
        try:
            while watch.followers:
                if not await self._looked(watch):
                    await asyncio.sleep(EVERY_S)
        finally:
            del self._watches[watch.city], self._looking[watch.city]

    async def _looked(self, watch: _Watch[H]) -> bool:
        try:
            return await watch.look()
        except Exception as error:  # noqa: BLE001 - the database may be away for a while; the mark stays where it is
            logger.warning("the log of %s cannot be read: %s", watch.city, type(error).__name__)
            return False
