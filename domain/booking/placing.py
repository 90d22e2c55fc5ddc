"""Sharing out pieces of time among resources, of which each piece takes some only, so that no two meet.

It is list colouring of an interval graph, which is hard in general. What makes it quick in practice: resources are bits, so that
what is left to a piece is one number; pieces that cannot get in each other's way are shared out by themselves; where at some moment
more pieces are there than have a resource, that is noticed before anything is tried; and of resources that are the same to
everybody who is left one is tried.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.periods import Period

FIRST_PATIENCE = 50
"""Steps back before the search begins again."""


class Piece(Struct, frozen=True, eq=False):
    """What is to be placed, and what it would take of each resource that would do; `at` is where it is, if anywhere."""

    places: Mapping[ResourceId, Period]
    at: ResourceId | None = None


class Budget:
    """Steps that are left. Whoever asks waits for the answer."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def take(self) -> None:
        """Raises GivenUp where none is left."""
        if self.left <= 0:
            raise GivenUp
        self.left -= 1


class GivenUp(Exception):
    """Neither a way was found, nor that there is none."""


def place(pieces: Sequence[Piece], budget: Budget) -> list[ResourceId] | None:
    """A resource for each, in order, where it is if that can be; None if there is no way. Raises GivenUp."""
    board, names = _laid_out(pieces)
    if not all(board.share_out(group, budget) for group in board.groups()):
        return None
    return [names[number] for number in board.placed]


def all_have_one(pieces: Sequence[Piece]) -> bool:
    """Whether at each moment of the first one's time everybody who is there then could have a resource. Not yet that they can keep
    it. The others are all somewhere, so that at other moments nobody could lack one."""
    board, _ = _laid_out(pieces)
    return board.could_be()


def _laid_out(pieces: Sequence[Piece]) -> "tuple[_Board, list[ResourceId]]":
    names = sorted({at for piece in pieces for at in piece.places})
    numbers = {at: number for number, at in enumerate(names)}
    return _Board([_Laid.of(piece, numbers) for piece in pieces]), names


class _Impatient(Exception):
    pass


class _Laid(Struct, frozen=True, eq=False):
    """A piece with its resources as bits. It is there during its `core` wherever that is, if it has one, and never outside its
    `hull`; `is_even` if it takes the same time of all."""

    mask: int
    at: int
    spans: Mapping[int, Period]
    core: Period | None
    hull: Period
    is_even: bool

    @staticmethod
    def of(piece: Piece, numbers: Mapping[ResourceId, int]) -> "_Laid":
        spans = {numbers[at]: span for at, span in piece.places.items()}
        starts, ends = {span.start for span in spans.values()}, {span.end for span in spans.values()}
        core = Period(max(starts), min(ends)) if max(starts) < min(ends) else None
        return _Laid(
            mask=sum(1 << number for number in spans),
            at=-1 if piece.at is None else numbers.get(piece.at, -1),
            spans=spans,
            core=core,
            hull=Period(min(starts), max(ends)),
            is_even=len(starts) == len(ends) == 1,
        )

    def conflicts(self, other: "_Laid") -> int:
        """The resources at which both cannot be."""
        common = self.mask & other.mask
        if not common or not self.hull.overlaps(other.hull):
            return 0
        if self.is_even and other.is_even:
            return common
        return sum(1 << at for at in _bits(common) if self.spans[at].overlaps(other.spans[at]))


class _Board:
    """Where everybody is so far, `placed`, and what is left to those who are nowhere yet."""

    def __init__(self, pieces: Sequence[_Laid]) -> None:
        self._pieces = pieces
        self._left = [piece.mask for piece in pieces]
        self._failed = [1] * len(pieces)
        self.placed = [-1] * len(pieces)
        self._meets: list[list[tuple[int, int]]] = [[] for _ in pieces]
        by_start = sorted(range(len(pieces)), key=lambda number: pieces[number].hull.start)
        there: list[int] = []
        for number in by_start:
            piece = pieces[number]
            there = [other for other in there if pieces[other].hull.end > piece.hull.start]
            for other in there:
                if conflicts := piece.conflicts(pieces[other]):
                    self._meets[number].append((other, conflicts))
                    self._meets[other].append((number, conflicts))
            there.append(number)

    def could_be(self) -> bool:
        """Whether at each moment of the first one's time those who are there then could have one each."""
        time = self._pieces[0].core
        if time is None:
            return True
        there = [(piece.core, piece) for piece in self._pieces if piece.core is not None and piece.core.overlaps(time)]
        starts = {max(core.start, time.start) for core, _ in there}
        return all(_matched([piece for core, piece in there if core.start <= at < core.end]) for at in starts)

    def groups(self) -> Iterator[list[int]]:
        """Those who may get in each other's way, directly or through others."""
        unseen = set(range(len(self._pieces)))
        while unseen:
            group, new = [], [unseen.pop()]
            while new:
                number = new.pop()
                group.append(number)
                near = {other for other, _ in self._meets[number]} & unseen
                unseen -= near
                new.extend(near)
            yield group

    def share_out(self, group: Sequence[int], budget: Budget) -> bool:
        """Place them all, or say that it cannot be done. Whoever was left with nothing is placed earlier the next time; so that
        this comes to bear, the search begins again and again, each time with more patience."""
        patience = FIRST_PATIENCE
        while True:
            try:
                return self._shared_out(group, Budget(patience), budget)
            except _Impatient:
                patience *= 2

    def _shared_out(self, group: Iterable[int], patience: Budget, budget: Budget) -> bool:
        waiting = set(group)
        frames: list[tuple[int, Iterator[int], list[tuple[int, int]]]] = []

        def forget() -> None:
            while frames:
                number, _, undo = frames.pop()
                self._undo(number, undo)

        while waiting:
            number = min(waiting, key=lambda each: (self._left[each].bit_count() / self._failed[each], each))
            waiting.discard(number)
            frames.append((number, self._to_try(number, waiting), []))
            budget.take()
            while not self._step(*frames[-1], waiting):
                failed, _, _ = frames.pop()
                waiting.add(failed)
                if not frames:
                    return False
                self._undo(frames[-1][0], frames[-1][2])
                budget.take()
                if patience.left <= 0:
                    forget()
                    raise _Impatient
                patience.take()
        return True

    def _step(self, number: int, to_try: Iterator[int], undo: list[tuple[int, int]], waiting: set[int]) -> bool:
        """Place it at the next resource that leaves something to everybody it meets; False if there is none."""
        for at in to_try:
            self.placed[number] = at
            bit = 1 << at
            for other, conflicts in self._meets[number]:
                if other in waiting and conflicts & self._left[other] & bit:
                    undo.append((other, self._left[other]))
                    self._left[other] &= ~bit
                    if not self._left[other]:
                        self._failed[other] += 1
                        break
            else:
                return True
            self._undo(number, undo)
        return False

    def _undo(self, number: int, undo: list[tuple[int, int]]) -> None:
        self.placed[number] = -1
        while undo:
            other, left = undo.pop()
            self._left[other] = left

    def _to_try(self, number: int, waiting: set[int]) -> Iterator[int]:
        """Where it is comes first, and where nobody is who would have to leave comes before others. Of resources that are the same
        to all who are left one is enough."""
        mine = self._pieces[number]
        left = [(self._left[other], self._pieces[other]) for other in waiting]
        held = {piece.at for _, piece in left}
        tried = set()
        for at in sorted(_bits(self._left[number]), key=lambda each: (each != mine.at, each in held)):
            to_all = sum(1 << nth for nth, (mask, _) in enumerate(left) if mask >> at & 1)
            uneven = tuple(piece.spans[at] for mask, piece in left if not piece.is_even and mask >> at & 1)
            same = (mine.spans[at], to_all, uneven, at in held)
            if same not in tried:
                tried.add(same)
                yield at


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _matched(pieces: Sequence[_Laid]) -> bool:
    """Whether each can have one resource and no two the same: those who are somewhere begin there, and leave along augmenting
    paths."""
    holder: dict[int, int] = {}
    for who, piece in enumerate(pieces):
        if piece.at >= 0:
            holder.setdefault(piece.at, who)
    holds = {who: at for at, who in holder.items()}
    return all(who in holds or _one_for(who, pieces, holder, holds) for who in range(len(pieces)))


def _one_for(who: int, pieces: Sequence[_Laid], holder: dict[int, int], holds: dict[int, int]) -> bool:
    seen, reached = 0, [who]
    came: dict[int, int] = {}
    for each in reached:
        new = pieces[each].mask & ~seen
        seen |= new
        for at in _bits(new):
            came[at] = each
            if at in holder:
                reached.append(holder[at])
                continue
            left: int | None = at
            while left is not None:
                taker = came[left]
                holder[left], holds[taker], left = taker, left, holds.get(taker)
            return True
    return False
