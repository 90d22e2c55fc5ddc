"""Everybody alike: what is free is shared by all who are there and still need some, whenever they leave.

Where it does not do for all at the least with which a vehicle charges, some wait: those who had most already.
Every quarter of an hour it is somebody else's turn.
"""

from collections.abc import Sequence

from domain.charging.power.board import Board, Want


def evenly(board: Board, wants: Sequence[Want], turn_s: int) -> Board:
    made = board.copy()
    for want in wants:
        made.cut(want.since)
        made.cut(want.until)
    had = [0] * len(wants)
    i = 0
    while i < len(made.free):
        start = made.times[i]
        made.cut(min(start + turn_s, made.times[i + 1]))
        there = [n for n, want in enumerate(wants) if want.since <= start < want.until and had[n] < want.energy]
        alike = _alike(made.free[i], wants, sorted(there, key=lambda n: (had[n], n)))
        if alike:
            made.cut(start + max(min(-(-(wants[n].energy - had[n]) // watts) for n, watts in alike.items()), 60))
        for n, watts in alike.items():
            made.give(i, n, watts)
            had[n] += watts * (made.times[i + 1] - start)
        i += 1
    return made


def _alike(free: int, wants: Sequence[Want], there: Sequence[int]) -> dict[int, int]:
    """The same for each, as far as each takes it; as many of the first as can charge with it."""
    some: list[int] = []
    for n in there:
        if sum(wants[each].min_w for each in (*some, n)) <= free:
            some.append(n)
    watts = {n: wants[n].min_w for n in some}
    free -= sum(watts.values())
    growing = [n for n in some if watts[n] < wants[n].max_w]
    while growing:
        lowest = min(watts[n] for n in growing)
        low = [n for n in growing if watts[n] == lowest]
        bounds = [wants[n].max_w for n in low] + [watts[n] for n in growing if watts[n] > lowest]
        more = min(min(bounds) - lowest, free // len(low))
        if more == 0:
            break
        for n in low:
            watts[n] += more
        free -= more * len(low)
        growing = [n for n in growing if watts[n] < wants[n].max_w]
    return {n: each for n, each in watts.items() if each}
