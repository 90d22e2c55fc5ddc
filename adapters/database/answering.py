"""The unit of work is a function that may run twice: whoever loses a race decides again on fresh facts."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError

from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable, Unavailable

# A key that came in flight; serialisation; deadlock; a lock not given in time; an overlap that DO NOTHING did not meet.
LOST = frozenset({"23505", "23P01", "40001", "40P01", "55P03"})
# Statement timeout; too many connections; shutting down, starting up, read-only after a failover.
BUSY = frozenset({"57014", "53300", "57P01", "57P02", "57P03", "25006"})
# What is no fault of whoever asks, nor of ours: a migration may hold the lock, or meet it. It is other another time.
PASSING = BUSY | {"40001", "40P01", "55P03"}
# The connection is gone, or asyncpg lost track of it while it went.
BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
ATTEMPTS = 16  # of many rivals for the last of a class, one gets on in each round
LONGEST_PAUSE_S = 0.16
RETRIED: Counter[str] = Counter()
"""How often this process ran something again, by PostgreSQL's code or what else was the reason."""
T = TypeVar("T")


class LostRace(Exception):
    """Somebody else took it between the reading and the recording."""


class LapsedHolds(Exception):
    """Holds that expired lie in the way; whoever meets them releases them and decides again."""

    def __init__(self, booking_ids: Sequence[UUID]) -> None:
        super().__init__(booking_ids)
        self.booking_ids = booking_ids


class Busy(Unavailable):
    """The database cannot do it now: it `said` so."""

    def __init__(self, said: Exception) -> None:
        super().__init__(f"the database is busy ({sqlstate(said)})")
        self.said = said


class AlreadyAnswered(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class KeyReused(Exception):
    """The idempotency key came with another request before."""


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of an error that came through asyncpg or through SQLAlchemy."""
    found = error.orig if isinstance(error, DBAPIError) else error
    return getattr(found, "sqlstate", None)


@contextmanager
def busy_is_unavailable() -> Iterator[None]:
    """Whatever is read or written inside. Raises Busy for what passes by itself."""
    try:
        yield
    except (asyncpg.PostgresError, DBAPIError) as error:
        if sqlstate(error) in PASSING:
            raise Busy(error) from error
        raise


async def retried(
    work: Callable[[], Awaitable[Answer]],
    expire: Callable[[Sequence[UUID]], Awaitable[None]],
    in_flight: Callable[[], Answer],
) -> Answer:
    """Run the work until it is through. Raises Unavailable where the database cannot do it now."""
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(random.uniform(0, min(0.01 * 2**attempt, LONGEST_PAUSE_S)))  # noqa: S311 - jitter, not a secret
        try:
            return await work()
        except AlreadyAnswered as earlier:
            return earlier.answer
        except LapsedHolds as lapsed:
            await expire(lapsed.booking_ids)
        except LostRace:
            RETRIED["lost_race"] += 1
        except Busy as busy:
            _again_or_raise(busy.said)
        except (*BROKEN, asyncpg.PostgresError, DBAPIError) as error:
            _again_or_raise(error)
    return in_flight()


async def nothing_lapses(_booking_ids: Sequence[UUID]) -> None:
    """For work that does not look at other bookings' holds."""


async def through(
    work: Callable[[], Awaitable[T]], expire: Callable[[Sequence[UUID]], Awaitable[None]] = nothing_lapses
) -> T:
    """`retried`, for work by which nobody is answered. Raises Unavailable."""
    found: list[T] = []

    async def once() -> Answer:
        found.append(await work())
        return Answer(204, "", "")

    await retried(once, expire, _unavailable)
    return found[-1]


def _unavailable() -> Answer:
    raise Unavailable("the database did not answer, several times")


def _again_or_raise(error: Exception) -> None:
    """Swallow what a second try may mend; the key makes sure that it does nothing twice."""
    state = sqlstate(error)
    if state in LOST:
        RETRIED[str(state)] += 1
        return
    gone = isinstance(error, BROKEN) or getattr(error, "connection_invalidated", False)
    if gone or (state is not None and state.startswith("08")):
        RETRIED["connection"] += 1
        return
    if state in BUSY:
        raise Unavailable("the database is busy") from error
    raise error


async def answered_once(
    call: Call[Any],
    work: Callable[[], Awaitable[Answer]],
    expire: Callable[[Sequence[UUID]], Awaitable[None]],
) -> Answer:
    """`retried`, with the answers for a key that came before with something else, or comes at the same time."""
    try:
        return await retried(work, expire, lambda: call.answer(Refusal(NotAnswerable.IN_FLIGHT)))
    except KeyReused:
        return call.answer(Refusal(NotAnswerable.KEY_REUSED))
