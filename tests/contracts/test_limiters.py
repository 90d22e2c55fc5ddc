"""Whoever counts requests counts alike: Redis for all, or a process alone."""

import random
from collections.abc import AsyncIterator

import pytest

from adapters.limits.alone import LocalLimiter
from adapters.limits.together import RedisLimiter
from infra.ids import new_id
from services.limits.ports import Budget, Limiter, Taken


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["alone", "together"])
async def limiter(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Limiter]:
    if request.param == "alone":
        yield LocalLimiter(clock)
        return
    counting = RedisLimiter(request.getfixturevalue("redis_url"), LocalLimiter(_never), 1, clock)
    yield counting
    await counting.close()


def _never() -> int:
    raise AssertionError("Redis is there")


@pytest.fixture
def budget() -> Budget:
    """Ten in a minute, which no other test has taken from."""
    return Budget(f"test-{new_id().hex}", 10, 60)


async def times(count: int, limiter: Limiter, budget: Budget, principal: str = "ada") -> list[Taken]:
    return [await limiter.take(budget, principal) for _ in range(count)]


async def test_the_quota_is_admitted_and_no_more(limiter: Limiter, budget: Budget) -> None:
    taken = await times(12, limiter, budget)

    assert taken[:10] == [Taken(True, 9 - number, 60) for number in range(10)]
    assert taken[10:] == [Taken(False, 0, 66)] * 2


async def test_whoever_waits_as_long_as_he_was_told_is_admitted(limiter: Limiter, budget: Budget, clock: Clock) -> None:
    told = (await times(11, limiter, budget))[-1]
    clock.now += 1000 * (told.wait_s - 1)
    too_early = await limiter.take(budget, "ada")
    clock.now += 1000

    assert (too_early.admitted, (await limiter.take(budget, "ada")).admitted) == (False, True)


async def test_there_is_no_double_portion_between_two_windows(limiter: Limiter, budget: Budget, clock: Clock) -> None:
    first = await times(1, limiter, budget)
    clock.now += 59_000
    late = await times(20, limiter, budget)
    clock.now += 2_000
    after = await times(20, limiter, budget)

    assert [sum(one.admitted for one in some) for some in (first, late, after)] == [1, 9, 0]


async def test_everybody_has_a_budget_of_his_own(limiter: Limiter, budget: Budget) -> None:
    await times(11, limiter, budget)

    assert await limiter.take(budget, "bob") == Taken(True, 9, 60)


async def test_after_two_windows_of_rest_everything_is_as_it_was(
    limiter: Limiter, budget: Budget, clock: Clock
) -> None:
    await times(11, limiter, budget)
    clock.now += 120_000

    assert await limiter.take(budget, "ada") == Taken(True, 9, 60)


async def test_redis_counts_as_a_process_alone_does_over_any_course_of_events(redis_url: str, clock: Clock) -> None:
    alone, dice = LocalLimiter(clock), random.Random(7)
    together = RedisLimiter(redis_url, LocalLimiter(_never), 1, clock)
    budgets = [Budget(f"test-{new_id().hex}", quota, window) for quota, window in ((1, 1), (7, 10), (60, 60))]
    try:
        for _ in range(1500):
            clock.now += dice.choice((0, 0, 0, 1, 7, 400, 3_000, 40_000))
            budget, principal = dice.choice(budgets), dice.choice("ab")
            assert await together.take(budget, principal) == await alone.take(budget, principal)
    finally:
        await together.close()
