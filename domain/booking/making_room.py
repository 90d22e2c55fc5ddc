"""Making room for somebody: which bookings by class have to be elsewhere, so that a period gets free.

It is the question whether intervals can be shared out among resources of which each takes some only, and is partly taken. A
search by turns looks for a way among those who were asked where else they could be, and moves few. Only where it finds none are
those asked about who are in the way; once there is nobody left to ask, a search through every way may prove that there is none.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.ejecting import eject
from domain.booking.placing import Budget, GivenUp, Piece, all_have_one, place
from domain.booking.resources import ResourceId
from domain.periods import Period

MOST_TURNS = 10_000
"""Of the search for a way. Whoever asks waits for it; what is not found by then is as good as not there. While there are others
who may be asked where they could be, it is given up after a third of them."""
MOST_STEPS = 4_000
"""Of the search for every way, which alone can say that there is none."""

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


def make_room(situation: Situation, most_turns: int = MOST_TURNS, most_steps: int = MOST_STEPS) -> Room | Ask | NoRoom:
    """The resource that gets free, and who moves where for that."""
    taken: dict[ResourceId, list[Period]] = {at: list(spans) for at, spans in situation.fixed.items()}
    wanted = Piece(_left(situation.wanted, taken))
    able = {each.booking_id: Piece(_left(each.places, taken), each.at) for each in situation.movable}
    pieces = {key: piece for key, piece in able.items() if piece.at in piece.places}
    if not wanted.places or not all_have_one([wanted, *pieces.values()]):
        return NoRoom(proven=True)
    for each in situation.unasked:
        taken.setdefault(each.at, []).append(each.claimed)
    moved = _by_turns(wanted, pieces, taken, most_turns // 3 if situation.unasked else most_turns)
    if moved is not None:
        return moved
    unasked = {each.booking_id: Piece({each.at: each.claimed}, each.at) for each in situation.unasked}
    near = _reached(wanted, pieces)
    if ask := tuple(sorted(key for key, piece in unasked.items() if _is_in_the_way(piece, [wanted, *near.values()]))):
        return Ask(ask)
    try:
        found = place([wanted, *near.values()], Budget(most_steps))
    except GivenUp:
        return NoRoom(proven=False)
    return NoRoom(proven=True) if found is None else _room(found, near)


def _by_turns(
    wanted: Piece, pieces: Mapping[BookingId, Piece], taken: Mapping[ResourceId, Sequence[Period]], most_turns: int
) -> Room | None:
    here = [replace(piece, places=_left(piece.places, taken)) for piece in (wanted, *pieces.values())]
    found = eject(here, most_turns)
    return None if found is None else _room(found, pieces)


def _room(found: Sequence[ResourceId], pieces: Mapping[BookingId, Piece]) -> Room:
    return Room(
        found[0], {key: at for (key, piece), at in zip(pieces.items(), found[1:], strict=True) if at != piece.at}
    )


def _reached(wanted: Piece, pieces: Mapping[BookingId, Piece]) -> dict[BookingId, Piece]:
    """Whoever may have to move: those in the way, those in their way elsewhere, and so on."""
    reached: dict[BookingId, Piece] = {}
    last: Collection[Piece] = [wanted]
    while last:
        new = {key: each for key, each in pieces.items() if key not in reached and _is_in_the_way(each, last)}
        reached |= new
        last = new.values()
    return reached


def _left(places: Places, taken: Mapping[ResourceId, Sequence[Period]]) -> dict[ResourceId, Period]:
    return {at: span for at, span in places.items() if not any(span.overlaps(other) for other in taken.get(at, ()))}


def _is_in_the_way(piece: Piece, of: Collection[Piece]) -> bool:
    if piece.at is None or (mine := piece.places.get(piece.at)) is None:
        return False
    return any(piece.at in other.places and other.places[piece.at].overlaps(mine) for other in of)
