"""What may be moved to another resource."""

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.classes import ClassRequest
from domain.booking.events import BookingMoved, NotPossible
from domain.booking.moving import move_to
from domain.booking.resources import ResourceId
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import NOON, a_booking, a_resource, an_id, hours, minutes

POINT = a_resource()
OTHER = replace(POINT, id=ResourceId(an_id("other")), buffer_after_s=900)
NOW = NOON - hours(5)


def by_class(state: State = State.CONFIRMED) -> Booking:
    request = ClassRequest(POINT.station.id, None, msgspec.Raw(b"{}"))
    return a_booking(state, POINT, request=request, final_at=NOON - minutes(30))


@pytest.mark.parametrize("state", [State.HELD, State.CONFIRMED])
def test_a_provisional_booking_claims_the_other_resource_with_its_own_buffers(state: State) -> None:
    booking = by_class(state)
    moved = replace(booking, resource_id=OTHER.id, updated_at=NOW, version=booking.version + 1)
    assert move_to(booking, OTHER.id, OTHER.claim(booking.period), NOW) == BookingMoved(
        moved, Period(NOON, NOON + minutes(75))
    )


@pytest.mark.parametrize(
    "booking",
    [
        replace(by_class(), final_at=None),
        a_booking(State.CONFIRMED, POINT),
        *(by_class(state) for state in State if state not in {State.HELD, State.CONFIRMED}),
    ],
)
def test_what_is_final_has_begun_or_is_over_is_not_moved(booking: Booking) -> None:
    assert move_to(booking, OTHER.id, OTHER.claim(booking.period), NOW) == Refusal(NotPossible.WRONG_STATE)


def test_a_booking_is_not_moved_to_where_it_is() -> None:
    assert move_to(by_class(), POINT.id, POINT.claim(by_class().period), NOW) == Refusal(NotPossible.WRONG_STATE)
