"""Redis is wiped, killed and frozen while people book, pay and cancel: all that follows happens all the same, once."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.journeys.installation import Installation
from tests.journeys.letters import Mailbox
from tests.journeys.money import at_rest, charges, compared
from tests.journeys.observer import superuser
from tests.journeys.towns import BRAUNSCHWEIG, demo_charge_points, people
from tests.journeys.writers import Writers, quarters

SEED = 20263
WRITERS, CHARGERS = 6, 16
ALL_WITHIN_S = 60.0
POLLED_WITHIN_S = 15.0  # for one booking that the worker hears of by looking alone, and three calls of the provider
BACK_WITHIN_S = 30.0


async def test_what_follows_from_a_booking_happens_once_within_a_minute_whatever_becomes_of_redis(
    installation: Installation, report: Callable[[str], None], full: bool
) -> None:
    holders = await people(installation, BRAUNSCHWEIG, WRITERS + 1)
    wishes = quarters(demo_charge_points(CHARGERS)[CHARGERS // 2 :], 1, random.Random(SEED))
    writers, latecomer = Writers(holders[1:], wishes, SEED), Writers(holders[:1], wishes, SEED)
    mailbox = Mailbox(installation.mail)
    share = 200 if full else 24  # answers in each third
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(superuser(installation.urls().superuser))
        async with writers.writing():
            wiped = await wiped_meanwhile(installation, writers, share)
            installation.redis().kill()
            await writers.some_answers(share)
            stack.enter_context(frozen(await redis_again(installation)))
            await writers.some_answers(share)
        rest = await at_rest(connection, BRAUNSCHWEIG, ALL_WITHIN_S)
        async with latecomer.writing():
            await latecomer.some_answers(1)
        polled = await at_rest(connection, BRAUNSCHWEIG, POLLED_WITHIN_S)
        books = await compared(connection, BRAUNSCHWEIG, await charges(installation.sandbox, "acct_braunschweig"))
    everything = writers.wishes + latecomer.wishes
    mails = mailbox.told({wish.booking_id for wish in everything})
    report(
        f"seed {SEED}, Redis wiped {wiped} times, killed once, frozen until the end; {len(everything)} bookings, "
        f"{mails.total()} mails, {books.agreeing} payments agree, all done {rest:.1f} s after the last booking, "
        f"and without any other work {polled:.1f} s after one more"
    )
    assert books.faults == []
    cancelled = {wish.booking_id for wish in everything if wish.cancelled}
    # A cancellation may overtake the word that the booking is confirmed; then that is not said any more.
    confirmed = {
        wish.booking_id for wish in everything if not wish.cancelled or (wish.booking_id, "CONFIRMED") in mails
    }
    assert mails == Counter([(booking, "CONFIRMED") for booking in confirmed] + [(b, "CANCELLED") for b in cancelled])


@contextmanager
def frozen(redis: psutil.Process) -> Iterator[None]:
    """It is there and does not answer."""
    redis.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        redis.send_signal(signal.SIGCONT)


async def wiped_meanwhile(installation: Installation, writers: Writers, answers: int) -> int:
    """FLUSHALL as often as it goes until so many answers have come; how often that was."""
    wiped = 0
    redis = Redis.from_url(installation.redis_url())
    try:
        enough = writers.answered + answers
        while writers.answered < enough:
            await redis.flushall()
            wiped += 1
            await writers.some_answers(1)
    finally:
        await redis.aclose()
    return wiped


async def redis_again(installation: Installation) -> psutil.Process:
    """The Redis that `up` has started in place of the killed one, once it answers."""
    redis = Redis.from_url(installation.redis_url(), socket_timeout=1)
    try:
        async with asyncio.timeout(BACK_WITHIN_S):
            while not await _answers(redis):  # noqa: ASYNC110 - nothing tells us but Redis itself
                await asyncio.sleep(0.05)
    finally:
        await redis.aclose()
    return installation.redis()


async def _answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except (RedisError, OSError):
        return False
