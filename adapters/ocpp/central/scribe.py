"""Writes down what is said with stations, a moment later and in handfuls: nobody waits for the log."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from domain.identity import City
from services.charging.central.ports import Message, MessageLog

EVERY_S = 0.25
AT_ONCE = 500
KEPT_AT_MOST = 20_000
"""While the database is away; then what is said next is not written down."""

logger = logging.getLogger("kommobil")


class Scribe:
    """`watch` sees every message at once."""

    def __init__(self, log: MessageLog, watch: Callable[[Message], None]) -> None:
        self._log, self._watch = log, watch
        self._unwritten: list[Message] = []
        self._writing = asyncio.Lock()

    def note(self, message: Message) -> None:
        self._watch(message)
        if len(self._unwritten) < KEPT_AT_MOST:
            self._unwritten.append(message)

    async def run(self) -> None:
        """Until cancelled; what is being written then is written."""
        while True:
            await asyncio.sleep(EVERY_S)
            await asyncio.shield(self.write())

    async def write(self) -> None:
        """All that was noted so far."""
        async with self._writing:
            while self._unwritten:
                handful, self._unwritten = self._unwritten[:AT_ONCE], self._unwritten[AT_ONCE:]
                await self._write(handful)

    async def _write(self, handful: Sequence[Message]) -> None:
        by_city = defaultdict[City, list[Message]](list)
        for message in handful:
            by_city[message.at.city].append(message)
        try:
            for city, messages in by_city.items():
                await self._log.keep(city, messages)
        except Exception as error:  # noqa: BLE001 - no station waits for the log, whatever is wrong with it
            logger.warning("what was said with stations is not written down: %s", error)
