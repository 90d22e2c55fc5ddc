"""In what order wants are served on a board, so that as many as can leave with what they need.

Whoever is served gets all the power there is for it, as early as there is some: few steps, each above the least with which a
vehicle charges, and what is planned again a minute later is the same. Where somebody would go short so, she is served before
the others; where that does not help either, the exact flow says who gets when how much.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from domain.charging.power.board import Board, Want
from domain.charging.power.flowing import flow

TRIES = 4
GRAIN = 36_000  # watt-seconds, ten watt-hours: what is lost where power changes at whole seconds, nobody lacks


def served(
    board: Board, wants: Sequence[Want], by_deadline: Sequence[int], by_rank: Sequence[int], first: int
) -> Board:
    """The best that is found; the first `first` of `by_rank` go before all others where there is not enough for all."""
    ahead = set(by_rank[:first])

    def lacking(tried: Board) -> tuple[int, int, int, int]:
        missing = [each if each > GRAIN else 0 for each in tried.missing(wants)]
        before = [missing[n] for n in ahead]
        others = [missing[n] for n in by_rank[first:]]
        return sum(map(bool, before)), sum(before), sum(map(bool, others)), sum(others)

    best, least = board, lacking(board)
    for tried in _tries(board, wants, by_deadline, by_rank):
        if (lacks := lacking(tried)) < least or best is board:
            best, least = tried, lacks
        if not any(least):
            return best
    # An exact answer takes its time: it is looked for only where it might be that nobody goes short.
    for exact in (by_rank, by_rank[:first]) if least[0] else (by_rank,):
        if exact and _might_do(board, wants, exact):
            tried = _flowed(board, wants, exact, [n for n in by_rank if n not in exact])
            return tried if lacking(tried) < least else best
    return best


def _tries(board: Board, wants: Sequence[Want], by_deadline: Sequence[int], by_rank: Sequence[int]) -> Iterator[Board]:
    yield from _mended(board, wants, by_deadline)
    if by_rank != by_deadline:
        yield from _mended(board, wants, by_rank)


def _might_do(board: Board, wants: Sequence[Want], some: Sequence[int]) -> bool:
    """Whether there is as much up to each departure, and from each arrival on, as those want who have no other time."""
    until, since = accumulate(wants[n].energy for n in sorted(some, key=lambda n: wants[n].until)), 0
    departures = sorted(wants[n].until for n in some)
    if any(wanted > board.energy(0, departure) for wanted, departure in zip(until, departures, strict=True)):
        return False
    for n in sorted(some, key=lambda n: -wants[n].since):
        since += wants[n].energy
        if since > board.energy(wants[n].since, board.times[-1]):
            return False
    return True


def _poured(board: Board, wants: Sequence[Want], order: Sequence[int]) -> Board:
    tried = board.copy()
    for n in order:
        tried.pour(n, wants[n], wants[n].energy)
    return tried


def _mended(board: Board, wants: Sequence[Want], order: Sequence[int]) -> Iterator[Board]:
    """In each try the first that went short in the one before is served first."""
    moved: list[int] = []
    for _ in range(TRIES):
        tried = _poured(board, wants, [*(n for n in order if n in moved), *(n for n in order if n not in moved)])
        yield tried
        missing = tried.missing(wants)
        short = next((n for n in order if missing[n] > GRAIN and n not in moved), None)
        if short is None:
            break
        moved.append(short)


def _flowed(board: Board, wants: Sequence[Want], order: Sequence[int], others: Sequence[int]) -> Board:
    """The flow made real: who would have less than it can charge with takes turns within the span, and what gets lost by
    that is made up for wherever there is room; the others get what is left."""
    made = board.copy()
    for n in order:
        made.cut(wants[n].since)
        made.cut(wants[n].until)
    shares = flow(made, wants, order)
    for start, end, share in zip(list(made.times), made.times[1:], shares, strict=False):
        _within(made, start, end, wants, [(n, share[n]) for n in order if n in share])
    missing = made.missing(wants)
    for n in (*order, *others):
        if missing[n]:
            made.pour(n, wants[n], missing[n])
    return made


def _within(made: Board, start: int, end: int, wants: Sequence[Want], share: Sequence[tuple[int, int]]) -> None:
    """Give each its energy within a span: evenly where that is enough to charge with, one after the other where it is not,
    before those who have it evenly or after them, whatever loses less."""
    free, seconds = made.free[made.cut(start)], end - start
    low = [(n, energy) for n, energy in share if energy < max(wants[n].min_w, 1) * seconds]
    even = [(n, energy) for n, energy in share if (n, energy) not in low]
    ways: list[tuple[int, Board]] = []
    for first in (even, low) if low else (even,):
        span = Board([start, end], [free])
        lost = 0
        for n, energy in first if first is even else ():
            span.give(0, n, energy // seconds)
        for n, energy in low if first is even else (*low, *even):
            lost += span.pour(n, wants[n], energy, start, end)
        ways.append((lost, span))
    _, best = min(ways, key=lambda way: way[0])
    for i, given in zip([made.cut(at) for at in best.times], best.given, strict=False):
        for n, watts in given.items():
            made.give(i, n, watts)
