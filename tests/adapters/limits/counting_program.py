"""One of several processes that ask for the same principal: `counting_program.py REDIS BUDGET QUOTA PROCESSES REQUESTS`.

Prints how many were admitted.
"""

import asyncio
import sys
import time

from adapters.limits.alone import LocalLimiter
from adapters.limits.together import RedisLimiter
from services.limits.ports import Budget

AT_ONCE = 8


async def main(url: str, name: str, quota: int, processes: int, requests: int) -> int:
    alone = LocalLimiter(lambda: time.monotonic_ns() // 1_000_000, processes)
    limiter = RedisLimiter(url, alone, processes)
    budget = Budget(name, quota, 600)
    waiting = iter(range(requests))
    admitted = 0

    async def client() -> None:
        nonlocal admitted
        for _ in waiting:
            taken = await limiter.take(budget, "one principal")
            admitted += taken.admitted
            await asyncio.sleep(0)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    await limiter.close()
    return admitted


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()  # all begin together
    sys.stdout.write(f"{asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))}\n")
