"""A booking with priority gets what suits it best, where whoever stands there may be elsewhere."""

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.events import NotPossible
from domain.booking.resources import Service
from domain.fleet.assignment.priorities import PrioritySet, SetPriority, set_priority
from domain.fleet.assignment.reasons import Reason, Why
from domain.fleet.assignment.settling import better_places, settle
from domain.refusals import Refusal
from tests.domain.fleet.assignment.pools import a_pedelec, a_petrol_car, a_use, a_vehicle, charged
from tests.examples import NOON, a_booking, hours

MINE = a_petrol_car()
TAKEN = replace(a_vehicle("electric", buffer_after_s=600), uses=(a_use(0, 1),))
ASKED = ClassRequest(MINE.station_id, None, msgspec.Raw(b"{}"))
BOOKING = replace(
    a_booking(State.CONFIRMED, request=ASKED, final_at=NOON),
    resource_id=MINE.id,
    service=Service.FLEET,
    payer=Payer.COST_CENTRE,
    priority=5,
)


def test_what_suits_better_is_wanted_though_others_stand_there() -> None:
    found = better_places(BOOKING, (MINE, a_pedelec(), TAKEN))

    assert found == {TAKEN.id: TAKEN.claim(BOOKING.period)}


@pytest.mark.parametrize(
    "booking",
    [replace(BOOKING, priority=0), replace(BOOKING, final_at=None), replace(BOOKING, resource_id=TAKEN.id)],
    ids=["without priority", "final", "there already"],
)
def test_nobody_has_to_leave_for_what_has_no_priority_or_gains_nothing(booking: Booking) -> None:
    assert better_places(booking, (MINE, TAKEN)) == {}


def test_nobody_has_to_leave_where_as_good_a_one_is_free_or_the_charge_would_not_do() -> None:
    free = a_vehicle("another electric")
    empty = replace(TAKEN, range_km=300, **charged(0, NOON - hours(0.1)))

    assert better_places(BOOKING, (MINE, free, TAKEN)) == {}
    assert better_places(BOOKING, (MINE, empty)) == {}


def test_the_reasons_say_that_a_trip_has_priority() -> None:
    told = [settle(booking, (MINE,), NOON) for booking in (BOOKING, replace(BOOKING, priority=0))]

    assert [found.explained.reasons[0] if found else None for found in told] == [
        Reason(Why.HAS_PRIORITY, has="5"),
        Reason(Why.ONLY_ONE_THAT_FITS),
    ]


def test_a_priority_is_given_until_the_key_is_out() -> None:
    command = SetPriority(BOOKING.id, 7, "Katastrophenschutz")
    final, charging = replace(BOOKING, final_at=None), replace(BOOKING, service=Service.CHARGING)
    driving = replace(BOOKING, state=State.IN_USE)
    given = PrioritySet(BOOKING.id, 7, "Katastrophenschutz")
    refused = Refusal(NotPossible.WRONG_STATE)

    found = [set_priority(command, each) for each in (BOOKING, final, driving, charging)]

    assert found == [given, given, refused, refused]
