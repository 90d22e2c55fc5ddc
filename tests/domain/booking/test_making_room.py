"""Who moves so that somebody gets in; compared with trying everything."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.making_room import Ask, Movable, NoRoom, Places, Room, Situation, Unasked, make_room
from domain.booking.resources import ResourceId
from domain.periods import Period

BEGIN = datetime(2030, 6, 3, 6, tzinfo=UTC)
A, B, C, D = (ResourceId(UUID(int=number)) for number in range(1, 5))


def span(start: float, end: float) -> Period:
    return Period(BEGIN + timedelta(hours=start), BEGIN + timedelta(hours=end))


def anywhere(start: float, end: float, *at: ResourceId) -> Places:
    return dict.fromkeys(at, span(start, end))


def booking(number: int, at: ResourceId, places: Places) -> Movable:
    return Movable(BookingId(UUID(int=100 + number)), at, places)


def moved(room: Room | Ask | NoRoom) -> dict[int, ResourceId]:
    assert isinstance(room, Room)
    return {booking_id.int - 100: at for booking_id, at in room.moves.items()}


def test_where_there_is_room_nobody_moves() -> None:
    situation = Situation(anywhere(0, 2, A, B), [booking(0, A, anywhere(1, 3, A, B))])
    assert make_room(situation) == Room(B, {})


def test_whoever_is_in_the_way_goes_elsewhere() -> None:
    situation = Situation(anywhere(0, 2, A), [booking(0, A, anywhere(1, 3, A, B))])
    assert make_room(situation) == Room(A, {BookingId(UUID(int=100)): B})


def test_a_chain_of_three_moves_is_found() -> None:
    """None of them can be moved alone: each has one other resource, and there somebody is."""
    chain = [
        booking(0, A, anywhere(0, 2, A, B)),
        booking(1, B, anywhere(1, 3, B, C)),
        booking(2, C, anywhere(2, 4, C, D)),
    ]
    assert moved(make_room(Situation(anywhere(0, 2, A), chain))) == {0: B, 1: C, 2: D}
    assert make_room(Situation(anywhere(0, 2, A), chain, fixed={D: [span(3, 9)]})) == NoRoom(proven=True)


def test_two_who_are_in_each_others_way_are_sorted_out() -> None:
    """A gap of four hours comes from two of two hours each: both early ones go to the one resource, both late to none."""
    two = [booking(0, A, anywhere(0, 2, A, B)), booking(1, B, anywhere(2, 4, A, B))]
    room = make_room(Situation(anywhere(0, 4, A, B), two))
    assert isinstance(room, Room)
    assert len(room.moves) == 1


def test_what_touches_does_not_meet() -> None:
    assert make_room(Situation(anywhere(2, 4, A), [booking(0, A, anywhere(0, 2, A))], fixed={A: [span(4, 5)]})) == Room(
        A, {}
    )


def test_each_claims_of_a_resource_what_that_asks_for() -> None:
    """B asks for an hour of turnaround, which meets what is there."""
    mine = {A: span(0, 2), B: span(0, 3)}
    assert make_room(Situation(anywhere(0, 2, A), [booking(0, A, mine)], fixed={B: [span(2.5, 4)]})) == NoRoom(
        proven=True
    )
    assert moved(make_room(Situation(anywhere(0, 2, A), [booking(0, A, mine)], fixed={B: [span(3, 4)]}))) == {0: B}


def test_those_who_are_not_in_the_way_stay_where_they_are() -> None:
    others = [booking(number, at, anywhere(5, 6, A, B, C)) for number, at in enumerate((A, B, C))]
    in_the_way = booking(9, A, anywhere(0, 2, A, B, C))
    assert set(moved(make_room(Situation(anywhere(0, 2, A), [*others, in_the_way])))) == {9}


def test_forty_equal_ones_that_are_all_taken_are_proven_to_be() -> None:
    """Forty could be shared out in more ways than anybody could try."""
    all_of_them = [ResourceId(UUID(int=number)) for number in range(1, 41)]
    places = anywhere(0, 2, *all_of_them)
    everybody = [booking(number, at, places) for number, at in enumerate(all_of_them)]
    assert make_room(Situation(places, everybody)) == NoRoom(proven=True)


def test_a_search_that_is_given_up_says_so() -> None:
    chain = [booking(number, at, anywhere(0, 2, A, B, C)) for number, at in enumerate((A, B))]
    assert make_room(Situation(anywhere(0, 2, A), chain), most_turns=1, most_steps=1) == NoRoom(proven=False)


def test_who_is_in_the_way_is_asked_about_only_when_it_has_to_be() -> None:
    unasked = [Unasked(BookingId(UUID(int=100)), A, span(0, 2)), Unasked(BookingId(UUID(int=101)), C, span(0, 2))]
    assert make_room(Situation(anywhere(0, 2, A, B), unasked=unasked)) == Room(B, {})
    assert make_room(Situation(anywhere(0, 2, A), unasked=unasked)) == Ask((BookingId(UUID(int=100)),))
    first = booking(0, A, anywhere(0, 2, A, C))
    assert make_room(Situation(anywhere(0, 2, A), [first], unasked[1:])) == Ask((BookingId(UUID(int=101)),))
    second = booking(1, C, anywhere(0, 2, C, D))
    assert moved(make_room(Situation(anywhere(0, 2, A), [first, second]))) == {0: C, 1: D}
    assert make_room(Situation(anywhere(0, 2, A), [first], unasked[1:], {A: [span(1, 2)]})) == NoRoom(proven=True)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Bookings that stand beside each other on up to four resources, of which each fits some."""
    names = [A, B, C, D][: draw(st.integers(1, 4))]
    buffer = {at: draw(st.sampled_from([0, 0, 1])) for at in names}

    def places(start: int, length: int) -> dict[ResourceId, Period]:
        fits = draw(st.sets(st.sampled_from(names), min_size=1))
        return {at: span(start, start + length + buffer[at]) for at in sorted(fits)}

    def any_places() -> dict[ResourceId, Period]:
        return places(draw(st.integers(0, 8)), draw(st.integers(1, 4)))

    fixed: dict[ResourceId, list[Period]] = {at: [] for at in names}
    taken: dict[ResourceId, list[Period]] = {at: [] for at in names}
    movable: list[Movable] = []
    for number in range(draw(st.integers(0, 6))):
        mine = any_places()
        at = next((at for at, span in mine.items() if not any(span.overlaps(other) for other in taken[at])), None)
        if at is None:
            continue
        taken[at].append(mine[at])
        if draw(st.booleans()) or draw(st.booleans()):
            movable.append(booking(number, at, mine))
        else:
            fixed[at].append(mine[at])
    return Situation(any_places(), movable, fixed=fixed)


def possible(situation: Situation) -> bool:
    """By trying everything."""
    everybody = [situation.wanted, *(each.places for each in situation.movable)]
    return any(not clashes(everybody, chosen, situation.fixed) for chosen in product(*everybody))


def clashes(
    everybody: list[Places], chosen: tuple[ResourceId, ...], fixed: Mapping[ResourceId, Sequence[Period]]
) -> bool:
    taken: dict[ResourceId, list[Period]] = {at: list(spans) for at, spans in fixed.items()}
    for places, at in zip(everybody, chosen, strict=True):
        if any(places[at].overlaps(other) for other in taken.setdefault(at, [])):
            return True
        taken[at].append(places[at])
    return False


def asked_about(situation: Situation) -> Room | NoRoom:
    """As it is where nobody's other places are known before they are asked for."""
    known = {each.booking_id: each for each in situation.movable}
    asked: set[BookingId] = set()
    while True:
        unasked = [
            Unasked(each.booking_id, each.at, each.places[each.at]) for key, each in known.items() if key not in asked
        ]
        room = make_room(replace(situation, movable=[known[key] for key in sorted(asked)], unasked=unasked))
        if not isinstance(room, Ask):
            return room
        assert asked.isdisjoint(room.booking_ids)
        asked |= set(room.booking_ids)


@given(situations())
@settings(max_examples=300, deadline=None)
def test_room_is_found_exactly_where_there_is_some(situation: Situation) -> None:
    room = asked_about(situation)
    if isinstance(room, NoRoom):
        assert room.proven
        assert not possible(situation)
        return
    everybody = [situation.wanted, *(each.places for each in situation.movable)]
    chosen = (room.at, *(room.moves.get(each.booking_id, each.at) for each in situation.movable))
    assert not clashes(everybody, chosen, situation.fixed)
    assert all(each.at != room.moves.get(each.booking_id) for each in situation.movable)


@pytest.mark.parametrize("count", [10, 60])
def test_a_busy_day_is_sorted_out_within_the_steps(count: int) -> None:
    """Each resource has a gap at another hour; the wanted day needs one that is wholly free."""
    names = [ResourceId(UUID(int=number)) for number in range(1, count + 1)]
    fixed = {at: [span(0, 1 + number % 5)] for number, at in enumerate(names[1:])}
    movable = [booking(number, at, anywhere(6, 8 + number % 3, *names)) for number, at in enumerate(names[:-1])]
    assert isinstance(make_room(Situation(anywhere(0, 10, *names), movable, fixed=fixed)), Room)


KINDS = (("small", 4), ("small", 4), ("compact", 5), ("compact", 5), ("compact", 5), ("van", 7), ("van", 3))
WISHES = ((None, 2), (None, 4), (None, 5), (None, 6), ("small", 1), ("compact", 1), ("van", 1))


def wished(dice: Random, fleet: Mapping[ResourceId, tuple[str, int]]) -> Places:
    """A certain vehicle, or any of a kind or with so many seats, on one of three days."""
    start = 24 * dice.choice((0, 0, 1, 1, 2, 2)) + dice.choice(
        (7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 14, 15, 16, 18)
    )
    length = dice.choice((1, 1, 2, 2, 3, 4, 6, 9, 26)) + 0.25
    if dice.random() < 0.3:
        return anywhere(start, start + length, dice.choice(sorted(fleet)))
    kind, seats = dice.choice(WISHES)
    return anywhere(
        start, start + length, *(at for at, (of, has) in fleet.items() if kind in {None, of} and has >= seats)
    )


def asked_for(vehicles: int, seed: int, requests: int) -> Iterator[tuple[Situation, Room | Ask | NoRoom]]:
    """One request after the other, each with what it met and what it got. Whoever wants a certain vehicle stays; everybody else
    moves for the others."""
    dice = Random(seed)
    fleet = {ResourceId(UUID(int=number + 1)): KINDS[number % len(KINDS)] for number in range(vehicles)}
    fixed: dict[ResourceId, list[Period]] = {at: [] for at in fleet}
    there: dict[BookingId, Movable] = {}
    for number in range(requests):
        wanted = wished(dice, fleet)
        situation = Situation(wanted, list(there.values()), fixed={at: tuple(spans) for at, spans in fixed.items()})
        room = make_room(situation)
        yield situation, room
        if not isinstance(room, Room):
            continue
        there |= {key: replace(there[key], at=at) for key, at in room.moves.items()}
        if len(wanted) == 1:
            fixed[room.at].append(wanted[room.at])
        else:
            new = booking(number, room.at, wanted)
            there[new.booking_id] = new


def test_in_a_fleet_that_is_all_but_full_nobody_is_turned_away_without_a_proof() -> None:
    """A search through every way that does not learn where it fails gives up six times."""
    refused = [room for _, room in asked_for(28, 8, 220) if not isinstance(room, Room)]
    assert refused == [NoRoom(proven=True)] * 54


def could_stay(mover: Movable, situation: Situation, room: Room) -> bool:
    """Whether the mover's place is free when all others are where they are then."""
    now = [(each, room.moves.get(each.booking_id, each.at)) for each in situation.movable if each != mover]
    there = [each.places[at] for each, at in now if at == mover.at]
    there += [situation.wanted[room.at]] if room.at == mover.at else []
    return not any(span.overlaps(mover.places[mover.at]) for span in there)


def test_by_turns_a_way_is_found_that_a_search_through_every_way_gives_up() -> None:
    situation, room = list(asked_for(40, 7, 237))[-1]
    assert isinstance(room, Room)
    assert room.moves
    assert not any(could_stay(each, situation, room) for each in situation.movable if each.booking_id in room.moves)
    assert make_room(situation, most_turns=0) == NoRoom(proven=False)
