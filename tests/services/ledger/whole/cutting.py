"""A crash at an await: the task is cancelled while it waits there, whatever it waits for, and is begun again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from random import Random
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Cut(Generic[T]):
    """Runs a coroutine, and cancels the task that it runs in as it begins to wait for the `at`-th time."""

    def __init__(self, doing: Coroutine[Any, Any, T], at: int) -> None:
        self._doing = doing
        self._at = at
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._doing.__await__()
        thrown: BaseException | None = None
        while True:
            try:
                waits_for = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return] # what the coroutine returns
            self.waits += 1
            if self.waits == self._at and (task := asyncio.current_task()) is not None:
                task.cancel()
            try:
                thrown = None
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - it is for the coroutine, whatever it is
                thrown = error


class Crashes:
    """Every so many awaits a crash, from the first on or a little later, by chance; `count` is how many there were."""

    def __init__(self, chance: Random, every: int) -> None:
        self._chance = chance
        self._every = every
        self.count = 0

    async def until_done(self, begin: Callable[[], Awaitable[T]]) -> T:
        """Begun again after each crash, which comes some awaits later each time, until it is through."""
        at = self._chance.randint(1, self._every)
        while True:
            task: asyncio.Task[T] = asyncio.create_task(_awaited(Cut(_begun(begin), at)))
            await asyncio.wait([task])
            if not task.cancelled():
                return task.result()
            self.count += 1
            at += self._every


async def _begun(begin: Callable[[], Awaitable[T]]) -> T:
    return await begin()


async def _awaited(cut: Cut[T]) -> T:
    return await cut
