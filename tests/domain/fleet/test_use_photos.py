"""Who may show how a vehicle was taken over and given back, and when."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.resources import Service
from domain.fleet.use_photos import (
    NotPhotographed,
    Phase,
    PhotographedUse,
    UsePhoto,
    has_no_room,
    may_photograph,
    sees_photos,
)
from domain.identity import Role
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal
from tests.examples import NOON, TOWN_HALL, a_booking, a_pool_car, an_actor, hours, person_id

ADA, BOB = an_actor("ada"), an_actor("bob")
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])
STRANGER = an_actor("sam", Role.FLEET_MANAGER, pools=["harbour"])
FINISHED = NOON + hours(1)


def use(state: State, **changes: Any) -> PhotographedUse:
    booking = replace(a_booking(state, a_pool_car()), **changes)
    return PhotographedUse(booking, TOWN_HALL)


def over(**changes: Any) -> PhotographedUse:
    return use(State.COMPLETED, finished_at=FINISHED, **changes)


@pytest.mark.parametrize(
    ("of", "phase", "at", "why"),
    [
        (use(State.IN_USE), Phase.START, NOON, None),
        (use(State.IN_USE), Phase.END, NOON, None),
        (over(), Phase.END, FINISHED + hours(23), None),
        (over(), Phase.END, FINISHED + hours(24), NotPhotographed.TOO_LATE),
        (over(), Phase.START, FINISHED, NotPhotographed.WRONG_STATE),
        (use(State.CONFIRMED), Phase.START, NOON, NotPhotographed.WRONG_STATE),
        (use(State.CANCELLED), Phase.END, NOON, NotPhotographed.WRONG_STATE),
        (use(State.IN_USE, service=Service.CHARGING), Phase.START, NOON, NotPhotographed.NO_VEHICLE),
        (use(State.IN_USE, holder_id=person_id("bob")), Phase.START, NOON, NotPhotographed.UNKNOWN_BOOKING),
        (None, Phase.START, NOON, NotPhotographed.UNKNOWN_BOOKING),
    ],
)
def test_the_start_is_shown_while_one_has_the_vehicle_and_the_end_until_a_day_after(
    of: PhotographedUse | None, phase: Phase, at: datetime, why: NotPhotographed | None
) -> None:
    assert may_photograph(of, phase, ADA, at) == (Refusal(why) if why else None)


def test_there_are_ten_photos_of_each_phase_at_most() -> None:
    photos = tuple(
        UsePhoto(Phase.START, Photo(Digest(str(number)), "image/jpeg", 1, 1, 1, ADA.id, NOON)) for number in range(MOST)
    )
    full = replace(use(State.IN_USE), photos=photos)
    assert has_no_room(full, Phase.START, Digest("another")) == Refusal(NotPhotographed.TOO_MANY_PHOTOS)
    assert has_no_room(full, Phase.START, Digest("3")) is None
    assert has_no_room(full, Phase.END, Digest("another")) is None


def test_the_holder_and_whoever_runs_the_pool_see_them() -> None:
    assert [sees_photos(use(State.IN_USE), each) for each in (ADA, MANAGER, BOB, STRANGER)] == [
        True,
        True,
        False,
        False,
    ]
