"""Asking PostgreSQL for many at once: a statement, and the way there and back, cost more than what most of them are about.

Of those who want the same sort of thing of one city at a time one asks, and whoever comes meanwhile is taken along by the next.
Nobody waits for company: who is alone asks at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from msgspec import UNSET, Struct, UnsetType

from adapters.database.connections import Session
from domain.identity import City

Wish = TypeVar("Wish")
Found = TypeVar("Found")
Ask: TypeAlias = Callable[[Session, City, Sequence[Wish]], Awaitable[Sequence[Found]]]
"""What is found for each of the wishes, in their order, by one statement."""

MOST = 50  # wishes at once


class _Waiting(Struct, Generic[Wish, Found], eq=False):
    """`alone` after it was in a statement that failed, perhaps by another's fault."""

    wish: Wish
    found: Found | UnsetType = UNSET
    alone: bool = False


class Together(Generic[Wish, Found]):
    def __init__(self, ask: Ask[Wish, Found]) -> None:
        self._ask = ask
        self._waiting: dict[City, list[_Waiting[Wish, Found]]] = {}
        self._asking: dict[City, asyncio.Event] = {}

    async def one(self, session: Session, city: City, wish: Wish) -> Found:
        """Whoever's turn it is asks on the connection that it has. What fails for several of them fails here only if it
        fails for this one alone."""
        mine = _Waiting[Wish, Found](wish)
        waiting = self._waiting.setdefault(city, [])
        waiting.append(mine)
        try:
            while mine.found is UNSET:
                if (busy := self._asking.get(city)) is not None:
                    await busy.wait()
                else:
                    await self._turn(session, city, mine)
        finally:
            waiting.remove(mine)
        return mine.found

    async def _turn(self, session: Session, city: City, mine: _Waiting[Wish, Found]) -> None:
        others = [] if mine.alone else [each for each in self._waiting[city] if _joins(each, mine)]
        batch = [mine, *others[: MOST - 1]]
        done = self._asking[city] = asyncio.Event()
        try:
            found = await self._ask(session, city, [each.wish for each in batch])
            for each, its in zip(batch, found, strict=True):
                each.found = its
        except Exception:
            if len(batch) == 1:
                raise
            for each in batch:
                each.alone = True
        finally:
            del self._asking[city]
            done.set()


def _joins(each: _Waiting[Wish, Found], mine: _Waiting[Wish, Found]) -> bool:
    return each is not mine and each.found is UNSET and not each.alone
