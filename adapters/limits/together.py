"""Budgets counted in Redis, for all processes together.

One script counts, so no two processes ever see the same room. Whoever has most of his budget left is admitted at once, a
few requests ahead of the count, and counted with the next question; a hundredth of the quota, shared out among the
processes, is all that may be ahead. Whoever has little left, or asks for a budget too small for that, waits for the
answer. What comes while a question is under way is asked together in the next one.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from adapters.limits.alone import MOST, LocalLimiter
from services.limits.ports import Budget, Taken
from services.limits.windows import Window, admitted, refused, room, window_at

PREFIX = "kommobil:limit:"
TOGETHER = 256  # principals in one question
AHEAD = 100  # one in so many of the quota may be ahead of the count
PLENTY = 4  # and only while more than one in so many is left
REPORT_S = 0.05  # between being admitted ahead and being counted
PATIENCE_S = 0.25  # for Redis to answer; then requests are counted here
SILENCE_S = 1.0  # before a Redis that is gone is asked again

# services/limits/windows.py in Redis, for many principals; a test holds the two against each other. ARGV: the instant, or
# '' for Redis' own clock; then quota, length in ms, how many were admitted ahead and how many more are wanted.
SCRIPT = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local answers = {now}
for i, key in ipairs(KEYS) do
  local quota, length = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local taken, wanted = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local began, used, before = now, 0, 0
  local known = redis.call('GET', key)
  if known then
    local b, u, p = string.match(known, '^(%d+) (%d+) (%d+)$')
    if b then began, used, before = tonumber(b), tonumber(u), tonumber(p) end
  end
  if now - began >= 2 * length then began, used, before = now, 0, 0
  elseif now - began >= length then began, used, before = began + length, 0, used end
  used = used + taken
  local left = math.max(0, length - (now - began))
  local room = math.max(0, quota - used - math.ceil(before * left / length))
  local granted = math.min(wanted, room)
  if taken + granted > 0 then
    used = used + granted
    local kept = string.format('%.0f %.0f %.0f', began, used, before)
    redis.call('SET', key, kept, 'PX', math.max(1, 2 * length - (now - began)))
  end
  answers[#answers + 1] = granted
  answers[#answers + 1] = began
  answers[#answers + 1] = used
  answers[#answers + 1] = before
end
return answers
"""

_Key: TypeAlias = tuple[Budget, str]
logger = logging.getLogger(__name__)


class _Open(msgspec.Struct):
    """What is to be asked for one principal: how many were admitted ahead, and who waits."""

    taken: int = 0
    waiting: list["asyncio.Future[Taken]"] = msgspec.field(default_factory=list)


class RedisLimiter:
    """Belongs to one event loop. While Redis is gone or slow, `alone` counts: no request waits longer, none fails."""

    def __init__(self, url: str, alone: LocalLimiter, processes: int, clock: Callable[[], int] | None = None) -> None:
        """One of `processes` on this Redis. `clock` gives milliseconds instead of Redis' own clock."""
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, single_connection_client=True
        )
        self._alone = alone
        self._processes = processes
        self._clock = clock
        self._digest = ""
        self._open: dict[_Key, _Open] = {}
        self._under_way: dict[_Key, _Open] = {}
        self._known: dict[_Key, Window] = {}
        self._difference: float | None = None  # from the loop's clock to Redis' own, in ms
        self._asking: asyncio.Task[None] | None = None
        self._report: asyncio.TimerHandle | None = None
        self._gone_until = 0.0

    async def take(self, budget: Budget, principal: str) -> Taken:
        loop = asyncio.get_running_loop()
        if self._gone_until and loop.time() < self._gone_until:
            return self._alone.take_now(budget, principal)
        key = (budget, principal)
        answer = self._known_already(key, loop)
        if answer is not None:
            return answer
        wanted: asyncio.Future[Taken] = loop.create_future()
        self._opened(key).waiting.append(wanted)
        self._ask_soon()
        return await wanted

    async def answers(self) -> bool:
        """Whether Redis does, just now."""
        try:
            async with asyncio.timeout(2 * PATIENCE_S):
                return bool(await self._redis.ping())
        except Exception:  # noqa: BLE001 - whatever is wrong, it does not
            return False

    async def close(self) -> None:
        """Count what was admitted ahead, and hang up."""
        if self._report is not None:
            self._report.cancel()
        self._ask_soon()
        if self._asking is not None:
            await self._asking
        await self._redis.aclose()

    def _known_already(self, key: _Key, loop: asyncio.AbstractEventLoop) -> Taken | None:
        """Refused, for what was taken comes back by time alone; or admitted ahead of the count; None: only Redis knows."""
        now = self._now(loop)
        if now is None:
            return None
        budget = key[0]
        known = self._known.get(key)
        window = window_at(known, budget, now)
        left = room(window, budget, now)
        if not left:
            return refused(window, budget, now)
        ahead = sum(found.taken for found in (self._open.get(key), self._under_way.get(key)) if found)
        if ahead >= budget.quota // (AHEAD * self._processes) or (left - ahead) * PLENTY <= budget.quota:
            return None
        self._opened(key).taken += 1
        if self._report is None:
            self._report = loop.call_later(REPORT_S, self._ask_soon)
        return admitted(msgspec.structs.replace(window, used=window.used + ahead + 1), budget, now)

    def _now(self, loop: asyncio.AbstractEventLoop) -> int | None:
        if self._clock is not None:
            return self._clock()
        return None if self._difference is None else int(1000 * loop.time() + self._difference)

    def _opened(self, key: _Key) -> _Open:
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = _Open()
        return found

    def _ask_soon(self) -> None:
        self._report = None
        if self._asking is None and self._open:
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        """Ask for all that is open, until nothing is."""
        try:
            while self._open:
                asked = self._under_way = dict(list(self._open.items())[:TOGETHER])
                for key in asked:
                    del self._open[key]
                try:
                    async with asyncio.timeout(2 * PATIENCE_S):
                        said = await self._said(asked)
                except Exception as error:  # noqa: BLE001 - whatever Redis says or holds, no request may fail by it
                    self._gone(error)
                    self._alone_for(asked)
                else:
                    self._gone_until = 0.0
                    self._tell(asked, said)
        finally:
            self._under_way = {}
            self._asking = None

    async def _said(self, asked: dict[_Key, _Open]) -> list[int]:
        keys = [f"{PREFIX}{budget.name}:{principal}" for budget, principal in asked]
        values: list[Any] = [self._clock() if self._clock else ""]
        for (budget, _), found in asked.items():
            values += (budget.quota, budget.window_s * 1000, found.taken, len(found.waiting))
        if self._digest:
            try:
                return await self._redis.evalsha(self._digest, len(keys), *keys, *values)  # type: ignore[no-any-return,misc]
            except NoScriptError:  # Redis was started anew
                pass
        self._digest = str(await self._redis.script_load(SCRIPT))
        return await self._redis.evalsha(self._digest, len(keys), *keys, *values)  # type: ignore[no-any-return,misc]

    def _tell(self, asked: dict[_Key, _Open], said: list[int]) -> None:
        """The first of those who wait for the same principal are admitted, as many as there was room for."""
        now = said[0]
        self._difference = now - 1000 * asyncio.get_running_loop().time()
        for index, (key, found) in enumerate(asked.items()):
            granted, began, used, before = said[4 * index + 1 : 4 * index + 5]
            window = Window(began, used, before)
            self._known.pop(key, None)
            self._known[key] = window
            for place, answer in enumerate(found.waiting):
                if not answer.done():
                    answer.set_result((admitted if place < granted else refused)(window, key[0], now))
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def _gone(self, error: Exception) -> None:
        if not self._gone_until:
            logger.warning("Redis does not count requests, each process does: %s", type(error).__name__)
        self._gone_until = asyncio.get_running_loop().time() + SILENCE_S

    def _alone_for(self, asked: dict[_Key, _Open]) -> None:
        for (budget, principal), found in asked.items():
            for answer in found.waiting:
                if not answer.done():
                    answer.set_result(self._alone.take_now(budget, principal))
