"""Making room for somebody: which bookings by class have to be elsewhere, so that a period gets free.

It is the question whether intervals can be shared out among resources of which each takes some only, and is partly taken. The
search begins with those who are directly in the way and takes further ones along only while it has to, so that few are asked
about and few are moved; in the end it has looked at all who could matter, and a no means that there is no way at all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.periods import Period

MOST_STEPS = 4_000
"""Of one search. Whoever asks waits for it; what is not found by then is as good as not there."""

Places: TypeAlias = Mapping[ResourceId, Period]
"""What somebody would claim of each resource that would do, buffers included."""


class Movable(Struct, frozen=True):
    """A booking that may be at any of its `places`; it is `at` one of them."""

    booking_id: BookingId
    at: ResourceId
    places: Places


class Unasked(Struct, frozen=True):
    """A booking that may be elsewhere as well, if only somebody looked where; and what it claims."""

    booking_id: BookingId
    at: ResourceId
    claimed: Period


class Situation(Struct, frozen=True):
    """What is `wanted`, who could move, who might, and the claims of those who could not."""

    wanted: Places
    movable: Sequence[Movable] = ()
    unasked: Sequence[Unasked] = ()
    fixed: Mapping[ResourceId, Sequence[Period]] = {}


class Room(Struct, frozen=True):
    """The wanted period is free at this resource once the bookings have moved to theirs."""

    at: ResourceId
    moves: Mapping[BookingId, ResourceId]


class Ask(Struct, frozen=True):
    """There is no way yet. There might be one if these could move: look where to, and decide again."""

    booking_ids: tuple[BookingId, ...]


class NoRoom(Struct, frozen=True):
    """Where it is not `proven`, the search was given up."""

    proven: bool


class _GivenUp(Exception):
    pass


class _Piece(Struct, frozen=True, eq=False):
    """What is to be placed; `at` is None of the wanted."""

    places: Places
    at: ResourceId | None = None


def make_room(situation: Situation, most_steps: int = MOST_STEPS) -> Room | Ask | NoRoom:
    """The resource that gets free, and who moves where for that."""
    unasked = {each.booking_id: _Piece({each.at: each.claimed}, each.at) for each in situation.unasked}
    wanted = _Piece(_left(situation.wanted, situation.fixed))
    pieces = {each.booking_id: _Piece(_left(each.places, situation.fixed), each.at) for each in situation.movable}
    if not wanted.places or not _all_have_one_at_any_time(wanted, pieces.values()):
        return NoRoom(proven=True)
    free: set[BookingId] = set()
    while True:
        names, standing = sorted(free), [piece for key, piece in pieces.items() if key not in free]
        here = [wanted, *(pieces[key] for key in names)]
        try:
            found, proven = (
                _placed([_beside(piece, [*standing, *unasked.values()]) for piece in here], most_steps),
                True,
            )
        except _GivenUp:
            found, proven = None, False
        if found is not None:
            moves = {key: at for key, at in zip(names, found[1:], strict=True) if at != pieces[key].at}
            return Room(found[0], moves)
        new = {key for key, piece in pieces.items() if key not in free and _is_in_the_way(piece, here)}
        if not new:
            ask = tuple(sorted(key for key, piece in unasked.items() if _is_in_the_way(piece, here)))
            return Ask(ask) if ask else NoRoom(proven)
        free |= new


def _left(places: Places, fixed: Mapping[ResourceId, Sequence[Period]]) -> dict[ResourceId, Period]:
    return {at: span for at, span in places.items() if not any(span.overlaps(other) for other in fixed.get(at, ()))}


def _is_in_the_way(piece: _Piece, of: Sequence[_Piece]) -> bool:
    if piece.at is None or (mine := piece.places.get(piece.at)) is None:
        return False
    return any(piece.at in other.places and other.places[piece.at].overlaps(mine) for other in of)


def _beside(piece: _Piece, standing: Sequence[_Piece]) -> _Piece:
    """The piece without the places that those who stay have taken."""
    taken: dict[ResourceId, list[Period]] = {}
    for other in standing:
        if other.at is not None and other.at in other.places:
            taken.setdefault(other.at, []).append(other.places[other.at])
    return replace(piece, places=_left(piece.places, taken))


# -- whether there can be a way


def _all_have_one_at_any_time(wanted: _Piece, others: Collection[_Piece]) -> bool:
    """Whether at each instant of the wanted period everybody then could have a resource. Not yet that they can keep it."""
    for at in _instants(wanted, others):
        then = [piece for piece in others if piece.places and all(p.start <= at < p.end for p in piece.places.values())]
        if all(span.start <= at < span.end for span in wanted.places.values()):
            then.append(wanted)
        if not _matched([list(piece.places) for piece in then]):
            return False
    return True


def _instants(wanted: _Piece, others: Collection[_Piece]) -> set[datetime]:
    """The latest that each begins: what is true at no such instant is true at none."""
    begins = max(span.start for span in wanted.places.values())
    ends = min(span.end for span in wanted.places.values())
    starts = {max(span.start for span in piece.places.values()) for piece in others if piece.places}
    return {begins} | {start for start in starts if begins < start < ends}


def _matched(wishes: Sequence[Sequence[ResourceId]]) -> bool:
    """Whether each can have one of its wishes and no two the same, by augmenting paths."""
    has: dict[ResourceId, int] = {}

    def one_for(who: int, seen: set[ResourceId]) -> bool:
        for wish in wishes[who]:
            if wish not in seen:
                seen.add(wish)
                if wish not in has or one_for(has[wish], seen):
                    has[wish] = who
                    return True
        return False

    return all(one_for(who, set()) for who in range(len(wishes)))


# -- the way


class _Open(Struct, eq=False):
    """A piece with the places that are left to it at this step of the search."""

    piece: int
    at: ResourceId | None
    places: dict[ResourceId, Period]


def _placed(pieces: Sequence[_Piece], most_steps: int) -> list[ResourceId] | None:
    """A resource for each, in order; None if there is no way. Raises _GivenUp."""
    steps = iter(range(most_steps))
    placed: dict[int, ResourceId] = {}

    def all_placed(left: list[_Open]) -> bool:
        if not left:
            return True
        if next(steps, None) is None:
            raise _GivenUp
        first = min(left, key=lambda each: len(each.places))
        rest = [each for each in left if each is not first]
        for at in _to_try(first, rest):
            then = [_without(each, at, first.places[at]) for each in rest]
            if all(each.places for each in then) and all_placed(then):
                placed[first.piece] = at
                return True
        return False

    found = all_placed([_Open(number, piece.at, dict(piece.places)) for number, piece in enumerate(pieces)])
    return [placed[number] for number in range(len(pieces))] if found else None


def _to_try(piece: _Open, rest: Sequence[_Open]) -> Iterator[ResourceId]:
    """Where it is comes first. Of resources that are the same to all who are left one is enough."""
    tried = set()
    for at in sorted(piece.places, key=lambda at: at != piece.at):
        same = (piece.places[at], tuple(each.places.get(at) for each in rest), tuple(each.at == at for each in rest))
        if same not in tried:
            tried.add(same)
            yield at


def _without(piece: _Open, at: ResourceId, taken: Period) -> _Open:
    mine = piece.places.get(at)
    if mine is None or not mine.overlaps(taken):
        return piece
    return _Open(piece.piece, piece.at, {place: span for place, span in piece.places.items() if place != at})
