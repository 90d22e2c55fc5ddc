"""Budgets over several processes, and what holds while Redis is gone."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.limits.alone import LocalLimiter
from adapters.limits.together import RedisLimiter
from infra.ids import new_id
from services.limits.ports import Budget
from tests.servers import running_redis

ROOT = Path(__file__).parents[3]
PROCESSES, REQUESTS = 4, 10_000


def admitted_by_processes(redis_url: str, quota: int) -> int:
    """How many of 10,000 requests of one principal four processes admit, asked all at once."""
    name, numbers = f"test-{new_id().hex}", (quota, PROCESSES, REQUESTS // PROCESSES)
    command = [sys.executable, "-m", "tests.adapters.limits.counting_program", redis_url, name, *map(str, numbers)]
    started = [
        subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(PROCESSES)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(int(process.communicate(timeout=60)[0]) for process in started)
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.parametrize("quota", [10, 1000])
def test_four_processes_and_ten_thousand_requests_never_exceed_a_limit_by_more_than_a_hundredth(
    redis_url: str, quota: int
) -> None:
    admitted = admitted_by_processes(redis_url, quota)

    assert quota <= admitted <= quota + quota // 100


async def test_while_redis_is_gone_each_process_admits_its_share(tmp_path: Path) -> None:
    budget = Budget("test", 12, 60)
    limiters = [
        RedisLimiter(f"unix://{tmp_path}/nothing.sock", LocalLimiter(lambda: 0, PROCESSES), PROCESSES)
        for _ in range(PROCESSES)
    ]

    admitted = [[(await limiter.take(budget, "ada")).admitted for _ in range(12)].count(True) for limiter in limiters]

    assert admitted == [3, 3, 3, 3]
    for limiter in limiters:
        await limiter.close()


async def test_redis_counts_again_when_it_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.limits.together.SILENCE_S", 0.0)
    budget = Budget("test", 12, 600)
    with running_redis(tmp_path / "redis") as url:
        limiter = RedisLimiter(url, LocalLimiter(lambda: 0, PROCESSES), PROCESSES)
        before = [(await limiter.take(budget, "ada")).remaining for _ in range(2)]
    gone = [(await limiter.take(budget, "ada")).remaining for _ in range(2)]
    with running_redis(tmp_path / "redis") as url:
        after = (await limiter.take(budget, "ada")).remaining
        await limiter.close()

    assert (before, gone, after) == ([11, 10], [2, 1], 9)


async def test_a_process_with_less_than_one_request_in_its_share_admits_one() -> None:
    limiter = LocalLimiter(lambda: 0, 4)

    assert [(await limiter.take(Budget("test", 3, 60), "ada")).admitted for _ in range(2)] == [True, False]


async def test_a_flood_of_addresses_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.limits.alone.MOST", 3)
    limiter, budget = LocalLimiter(lambda: 0), Budget("test", 2, 60)
    for principal in "abcd":
        await limiter.take(budget, principal)

    assert [(await limiter.take(budget, principal)).remaining for principal in "dca"] == [0, 0, 1]
