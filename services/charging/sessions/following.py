"""Following sessions: one look for all that are followed in this process, as with the city's log, and not one by each who follows."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from domain.charging.sessions.sessions import SessionId
from domain.identity import City

EVERY_S = 0.5

Look: TypeAlias = Callable[[City, Sequence[SessionId]], Awaitable[Mapping[SessionId, str]]]
"""How each of those sessions stands: another word once anything of it that is shown is another."""
_Followed: TypeAlias = tuple[City, SessionId]

logger = logging.getLogger(__name__)


class Bell(Protocol):
    """Held while somebody follows."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def rings(self, patience_s: float) -> bool:
        """Once something is new, and once as it is first looked at; False where nothing was for so long."""


class _Bell:
    def __init__(self, watch: "SessionWatch", of: _Followed) -> None:
        self._watch, self._of = watch, of
        self._rung = asyncio.Event()

    def __enter__(self) -> Self:
        self._watch.with_bell(self._of, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.without(self._of, self)

    def ring(self) -> None:
        self._rung.set()

    async def rings(self, patience_s: float) -> bool:
        try:
            async with asyncio.timeout(patience_s):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class SessionWatch:
    """Belongs to one event loop. Nothing is looked at while nobody follows."""

    def __init__(self, look: Look, every_s: float = EVERY_S) -> None:
        self._look, self._every_s = look, every_s
        self._bells: dict[_Followed, set[_Bell]] = {}
        self._stands: dict[_Followed, str] = {}
        self._looking: asyncio.Task[None] | None = None

    def follow(self, city: City, session_id: SessionId) -> Bell:
        return _Bell(self, (city, session_id))

    def with_bell(self, of: _Followed, bell: _Bell) -> None:
        self._bells.setdefault(of, set()).add(bell)
        # What happened since it was read is told by the first look.
        self._stands.pop(of, None)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())

    def without(self, of: _Followed, bell: _Bell) -> None:
        self._bells[of].discard(bell)
        if not self._bells[of]:
            del self._bells[of]
            self._stands.pop(of, None)

    async def _look_on(self) -> None:
        try:
            while self._bells:
                for city in {city for city, _ in self._bells}:
                    await self._look_at(city)
                await asyncio.sleep(self._every_s)
        finally:
            self._looking = None

    async def _look_at(self, city: City) -> None:
        followed: Set[SessionId] = {session for of_city, session in self._bells if of_city == city}
        try:
            found = await self._look(city, sorted(followed))
        except Exception as error:  # noqa: BLE001 - the database may be away for a while; whoever follows looks by herself then
            logger.warning("the sessions of %s cannot be looked at: %s", city, type(error).__name__)
            return
        for session, stands in found.items():
            of = (city, session)
            if of in self._bells and self._stands.get(of) != stands:
                self._stands[of] = stands
                for bell in self._bells[of]:
                    bell.ring()
