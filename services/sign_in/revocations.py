"""What was revoked, as every process knows it: a list in memory, read anew every few seconds while somebody asks."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from uuid import UUID

from services.calls import Unavailable

LOOK_EVERY_S = 5.0
"""Older than that, the list is read again beside the request."""
OLDEST_S = 30.0
"""Older than that, no request is decided by it; so nothing lives on for longer, whatever the database does."""

Look: TypeAlias = Callable[[], Awaitable[Mapping[UUID, float]]]
logger = logging.getLogger(__name__)


class Revocations:
    """Tokens of a session, or of a person, that were issued before an instant. Instants in seconds since 1970."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._before: Mapping[UUID, float] = {}
        self._read_at = -math.inf
        self._looking: asyncio.Task[None] | None = None
        self._outdated = 0

    def is_fresh(self, now: float) -> bool:
        return 0 <= now - self._read_at < LOOK_EVERY_S

    def outdate(self) -> None:
        """Something was revoked in this process: the next request waits for a new list."""
        self._read_at = -math.inf
        self._outdated += 1

    async def refresh(self, now: float) -> None:
        """See to it that the list is young enough. Raises Unavailable where it cannot be."""
        for _ in range(3):
            if self.is_fresh(now):
                return
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._read(now))
            if 0 <= now - self._read_at < OLDEST_S:
                return
            await asyncio.shield(self._looking)
        if not 0 <= now - self._read_at < OLDEST_S:
            raise Unavailable("what was revoked is not known")

    def revokes(self, session: UUID, person: UUID, issued_at: float) -> bool:
        """A session that ended has no good token; a person has those that were issued since."""
        return session in self._before or issued_at <= self._before.get(person, -math.inf)

    async def _read(self, now: float) -> None:
        began = self._outdated
        try:
            found = await self._look()
        except Exception:
            logger.warning("the revocations cannot be read", exc_info=True)
            return
        self._before = found
        if began == self._outdated:
            self._read_at = now
