"""The board on which power is shared out: time cut into spans, and in each what is free and who has how much.

Times are whole seconds from the moment of planning, energies watt-seconds. A plan is made on one board and read off it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct


class Want(Struct, frozen=True):
    """One who wants and could have `energy` watt-seconds within [since, until), by no less than `min_w` and no more than `max_w` at a time."""

    since: int
    until: int
    energy: int
    min_w: int
    max_w: int


class Board:
    """Spans [times[i], times[i + 1]) with `free[i]` watts left and `given[i]`, the watts of each want by its number."""

    def __init__(self, times: Sequence[int], free: Sequence[int]) -> None:
        self.times = list(times)
        self.free = list(free)
        self.given: list[dict[int, int]] = [{} for _ in free]

    def copy(self) -> "Board":
        again = Board(self.times, self.free)
        again.given = [dict(each) for each in self.given]
        return again

    def cut(self, at: int) -> int:
        """Make a span begin at `at`, and tell which; outside of all of them, the nearest end."""
        i = bisect_left(self.times, at)
        if i == 0 or i == len(self.times) or self.times[i] == at:
            return min(i, len(self.free))
        self.times.insert(i, at)
        self.free.insert(i, self.free[i - 1])
        self.given.insert(i, dict(self.given[i - 1]))
        return i

    def take(self, since: int, until: int, watts: int) -> None:
        """Reserve power for somebody who is on no list; where there is less, all that there is."""
        for i in range(self.cut(since), self.cut(until)):
            self.free[i] = max(self.free[i] - watts, 0)

    def energy(self, since: int, until: int, most: int | None = None, least: int = 0) -> int:
        """What is free between two times, or what of it somebody could have by no more and no less than so many watts."""
        total = 0
        for start, end, free in zip(self.times, self.times[1:], self.free, strict=False):
            watts = free if most is None else min(free, most)
            if watts >= least and (seconds := min(end, until) - max(start, since)) > 0:
                total += watts * seconds
        return total

    def pour(self, number: int, want: Want, energy: int, since: int | None = None, until: int | None = None) -> int:
        """Give energy as early as there is room for it, on top of what the want has; what is left over is answered."""
        i = self.cut(want.since if since is None else since)
        end = want.until if until is None else until
        self.cut(end)
        while energy > 0 and i < len(self.free) and self.times[i] < end:
            has = self.given[i].get(number, 0)
            more = min(want.max_w - has, self.free[i])
            if more > 0 and has + more >= want.min_w:
                seconds = self.times[i + 1] - self.times[i]
                if more * seconds > energy:
                    enough = -(-energy // more)
                    if enough < seconds:
                        # A want that has some already gets the rest evenly: no new step for it.
                        even = -(-energy // seconds)
                        if has and has + even >= want.min_w:
                            more = even
                        else:
                            self.cut(self.times[i] + enough)
                            seconds = enough
                self.give(i, number, more)
                energy -= more * seconds
            i += 1
        return max(energy, 0)

    def give(self, span: int, number: int, watts: int) -> None:
        self.free[span] -= watts
        self.given[span][number] = self.given[span].get(number, 0) + watts

    def missing(self, wants: Sequence[Want]) -> list[int]:
        """What each want lacks."""
        had = [0] * len(wants)
        for given, start, end in zip(self.given, self.times, self.times[1:], strict=False):
            for number, watts in given.items():
                had[number] += watts * (end - start)
        return [max(want.energy - has, 0) for want, has in zip(wants, had, strict=True)]

    def spread(self, wants: Sequence[Want], present: Iterable[int], until: int) -> None:
        """What is free up to then is shared by those who are there, alike, beyond what they need: nobody knows it exactly."""
        there = sorted(present)
        last = self.cut(until)
        for i in range(last):
            at, given = self.times[i], self.given[i]
            some = [n for n in there if wants[n].since <= at < wants[n].until]
            some.sort(key=lambda n: (n not in given, n))
            for left, n in zip(range(len(some), 0, -1), some, strict=True):
                has = given.get(n, 0)
                more = min(wants[n].max_w - has, self.free[i], max(self.free[i] // left, wants[n].min_w - has))
                if more > 0 and has + more >= wants[n].min_w:
                    self.give(i, n, more)
