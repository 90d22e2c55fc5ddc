"""Whether energy wanted fits at all: a flow from those who want it through the spans of time in which they are there.

The largest flow, found by augmenting paths (Ford and Fulkerson, 1956), of one after the other: who came before keeps what it
has, only when it gets it may change. So as much is met as can be met at all, in the order of the list.
"""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from domain.charging.power.board import Board, Want

Shares = list[dict[int, int]]
"""By span, the watt-seconds of each want."""


def flow(board: Board, wants: Sequence[Want], order: Sequence[int]) -> Shares:
    """Share out all spans of the board, which begin and end with every want's time. Least powers are not looked at."""
    lengths = [end - start for start, end in zip(board.times, board.times[1:], strict=False)]
    flowing = _Flow(
        wants=wants,
        lengths=lengths,
        spans={n: range(board.cut(wants[n].since), board.cut(wants[n].until)) for n in order},
        left=[free * length for free, length in zip(board.free, lengths, strict=True)],
        shares=[{} for _ in lengths],
        closed=set(),
    )
    for n in order:
        missing = flowing.direct(n)
        while missing > 0 and (moved := flowing.pass_on(n, missing)):
            missing -= moved
    return flowing.shares


class _Flow(Struct):
    """The flow so far. `left` is what is left of each span; `spans` are those in which each want is there. From a `closed` span no
    way leads to one with energy left, and none ever will: whatever moves, moves elsewhere."""

    wants: Sequence[Want]
    lengths: Sequence[int]
    spans: dict[int, range]
    left: list[int]
    shares: Shares
    closed: set[int]

    def room(self, n: int, span: int) -> int:
        """How much more the want could have in a span, were it free."""
        return self.wants[n].max_w * self.lengths[span] - self.shares[span].get(n, 0)

    def direct(self, n: int) -> int:
        """What is free goes to the want, the earliest first; what it still lacks is answered."""
        missing = self.wants[n].energy
        for i in self.spans[n]:
            if more := min(self.room(n, i), self.left[i], missing):
                self.shares[i][n] = more
                self.left[i] -= more
                missing -= more
        return missing

    def pass_on(self, first: int, missing: int) -> int:
        """Look, nearest first, for spans with energy left, and have the others make room on the way there, each moving from one
        span to another; how much the want got so is answered."""
        came_by: dict[int, int] = {}  # a span, and the want that could have more in it
        came_from: dict[int, int] = {}  # a want, and the span in which it could have less
        asking = deque([first])
        got = 0
        while asking and got < missing:
            n = asking.popleft()
            for i in self.spans[n]:
                if i in came_by or i in self.closed or not self.room(n, i):
                    continue
                came_by[i] = n
                if self.left[i] and got < missing:
                    way = [(i, n)]
                    while way[-1][1] != first:
                        span = came_from[way[-1][1]]
                        way.append((span, came_by[span]))
                    got += self.move(way, missing - got)
                for other in self.shares[i]:
                    if other != first and other not in came_from:
                        came_from[other] = i
                        asking.append(other)
        if not got:
            self.closed |= came_by.keys()
        return got

    def move(self, way: Sequence[tuple[int, int]], missing: int) -> int:
        """Have each on the way take more in its span and less in the next; how much is moved is answered."""
        less = [(way[nth + 1][0], n) for nth, (_, n) in enumerate(way[:-1])]
        most = min(
            missing,
            self.left[way[0][0]],
            *(self.room(n, span) for span, n in way),
            *(self.shares[span].get(n, 0) for span, n in less),
        )
        if not most:
            return 0
        self.left[way[0][0]] -= most
        for span, n in way:
            self.shares[span][n] = self.shares[span].get(n, 0) + most
        for span, n in less:
            self.shares[span][n] -= most
            if not self.shares[span][n]:
                del self.shares[span][n]
        return most
