"""Making room by turns: whoever has no place takes one, those who had it look for another, and so on until nobody is without.

A search by ejection chains, as for vehicle routes with few vehicles (Nagata and Bräysy, 2009): who was without a place often
becomes dear to put out, so that the same two do not turn each other out for ever. It finds ways in crowded situations soon,
keeps whoever need not move where she is, and never knows that there is no way.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Sequence
from datetime import datetime
from random import Random

from domain.booking.placing import Piece
from domain.booking.resources import ResourceId


def eject(pieces: Sequence[Piece], most_turns: int) -> list[ResourceId] | None:
    """A resource for each, in order, such that nobody is anywhere at the same time as another. Who is `at` a resource begins
    there and is there in the end, if that can be; who needs nobody to move gets the first that is free, and who was put out any,
    which finds more ways. None where none was found in so many turns; of the same always the same."""
    board, dice = _Board(pieces), Random(0)  # noqa: S311 - it breaks ties, and keeps nothing secret
    without = [number for number, piece in enumerate(pieces) if piece.at is None]
    dear = [1] * len(pieces)
    for turn in range(most_turns):
        if not without:
            break
        number = without.pop()
        there = [(at, board.in_the_way(number, at)) for at in sorted(pieces[number].places)]
        if not there:
            return None
        free = [at for at, others in there if not others]
        if free:
            home = pieces[number].at
            board.put(number, home if home in free else dice.choice(free) if turn else free[0])
            continue
        at, others = min(there, key=lambda each: (sum(dear[other] for other in each[1]), dice.random()))
        dear[number] += 1
        without.extend(others)
        board.put_out(others, at)
        board.put(number, at)
    if without:
        return None
    board.go_home()
    return board.placed()


class _Board:
    """Who is where, by resource in the order of their starts."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._at = [piece.at for piece in pieces]
        self._there: dict[ResourceId, list[tuple[datetime, datetime, int]]] = {}
        for number, piece in enumerate(pieces):
            if piece.at is not None:
                self._insert(number, piece.at)

    def placed(self) -> list[ResourceId]:
        return [at for at in self._at if at is not None]

    def in_the_way(self, number: int, at: ResourceId) -> list[int]:
        """As nobody is there at the same time as another, ends are in the order of starts."""
        there = self._there.get(at)
        if not there:
            return []
        span = self._pieces[number].places[at]
        last = bisect_left(there, (span.end,))
        found: list[int] = []
        while last and there[last - 1][1] > span.start:
            last -= 1
            found.append(there[last][2])
        return found

    def put_out(self, others: Collection[int], at: ResourceId) -> None:
        self._there[at] = [entry for entry in self._there[at] if entry[2] not in others]
        for other in others:
            self._at[other] = None

    def put(self, number: int, at: ResourceId) -> None:
        self._at[number] = at
        self._insert(number, at)

    def go_home(self) -> None:
        """Whoever finds the place free again where she began."""
        away = [number for number, piece in enumerate(self._pieces) if piece.at not in {None, self._at[number]}]
        while True:
            back = [number for number in away if self._went_home(number)]
            if not back:
                return
            away = [number for number in away if number not in back]

    def _went_home(self, number: int) -> bool:
        home, at = self._pieces[number].at, self._at[number]
        if home is None or at is None or self.in_the_way(number, home):
            return False
        self._there[at] = [entry for entry in self._there[at] if entry[2] != number]
        self.put(number, home)
        return True

    def _insert(self, number: int, at: ResourceId) -> None:
        span = self._pieces[number].places[at]
        insort(self._there.setdefault(at, []), (span.start, span.end, number))
