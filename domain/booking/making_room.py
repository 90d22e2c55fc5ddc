"""Making room for somebody: which bookings by class have to be elsewhere, so that a period gets free.

It is the question whether intervals can be shared out among resources of which each takes some only, and is partly taken. The
search begins with those who are directly in the way and takes further ones along only while it has to, so that few are asked
about and few are moved; in the end it has looked at all who could matter, and a no means that there is no way at all.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.placing import Budget, GivenUp, Piece, all_have_one, place
from domain.booking.resources import ResourceId
from domain.periods import Period

MOST_STEPS = 20_000
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


def make_room(situation: Situation, most_steps: int = MOST_STEPS) -> Room | Ask | NoRoom:
    """The resource that gets free, and who moves where for that."""
    unasked = {each.booking_id: Piece({each.at: each.claimed}, each.at) for each in situation.unasked}
    wanted = Piece(_left(situation.wanted, situation.fixed))
    pieces = {each.booking_id: Piece(_left(each.places, situation.fixed), each.at) for each in situation.movable}
    if not wanted.places or not all_have_one([wanted, *(each for each in pieces.values() if each.places)]):
        return NoRoom(proven=True)
    budget = Budget(most_steps)
    free: set[BookingId] = set()
    while True:
        names, standing = sorted(free), [piece for key, piece in pieces.items() if key not in free]
        here = [wanted, *(pieces[key] for key in names)]
        try:
            found, proven = _placed(here, [*standing, *unasked.values()], budget), True
        except GivenUp:
            found, proven = None, False
        if found is not None:
            moves = {key: at for key, at in zip(names, found[1:], strict=True) if at != pieces[key].at}
            return Room(found[0], moves)
        new = {key for key, piece in pieces.items() if key not in free and _is_in_the_way(piece, here)}
        if not new:
            ask = tuple(sorted(key for key, piece in unasked.items() if _is_in_the_way(piece, here)))
            return Ask(ask) if ask else NoRoom(proven)
        free |= new


def _placed(pieces: Sequence[Piece], standing: Sequence[Piece], budget: Budget) -> list[ResourceId] | None:
    """Beside those who stay. Raises GivenUp."""
    taken: dict[ResourceId, list[Period]] = {}
    for other in standing:
        if other.at is not None and other.at in other.places:
            taken.setdefault(other.at, []).append(other.places[other.at])
    left = [replace(piece, places=_left(piece.places, taken)) for piece in pieces]
    return place(left, budget) if all(each.places for each in left) and all_have_one(left) else None


def _left(places: Places, taken: Mapping[ResourceId, Sequence[Period]]) -> dict[ResourceId, Period]:
    return {at: span for at, span in places.items() if not any(span.overlaps(other) for other in taken.get(at, ()))}


def _is_in_the_way(piece: Piece, of: Sequence[Piece]) -> bool:
    if piece.at is None or (mine := piece.places.get(piece.at)) is None:
        return False
    return any(piece.at in other.places and other.places[piece.at].overlaps(mine) for other in of)
