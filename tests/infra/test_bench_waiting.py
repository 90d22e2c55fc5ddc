"""A benchmark waits while it goes on, and says how far it went where it does not."""

from collections.abc import Sequence

import pytest

from infra.bench.waiting import STALLED_AFTER_S, Stalled, until


class Slow:
    """Each look takes most of the time after which nothing comes any more; the last count stays."""

    def __init__(self, counts: Sequence[int]) -> None:
        self.now = 0.0
        self._counts = list(counts)

    async def count(self) -> int:
        self.now += 0.6 * STALLED_AFTER_S
        return self._counts.pop(0) if len(self._counts) > 1 else self._counts[0]

    async def told(self, most: int) -> str:
        return f"{most} came"

    async def waited(self, wanted: int) -> float:
        await until(self.count, wanted, self.told, clock=lambda: self.now, pause_s=0)
        return self.now


async def test_it_takes_as_long_as_it_takes_while_it_goes_on() -> None:
    assert await Slow([0, 1, 1, 2, 2, 3, 3, 4]).waited(4) == 8 * 0.6 * STALLED_AFTER_S
    assert await Slow([4]).waited(4) == 0.6 * STALLED_AFTER_S


async def test_what_comes_no_more_is_told_of_with_the_most_that_there_were() -> None:
    for counts in ([0, 3], [0, 3, 2, 3, 1], [0, 3, 1, 2, 1, 2, 1, 2]):  # stations that come and go are no progress
        with pytest.raises(Stalled) as stalled:
            await Slow(counts).waited(4)
        assert str(stalled.value) == "3 came, and no more for 60 s"
