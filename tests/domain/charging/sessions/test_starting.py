"""Whether a station began that a holder asked to begin."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.charging.orders import Answered, OrderId
from domain.charging.sessions.starting import ChargeNotBegun, StartAsked, StartAwaited, heard_of_start
from tests.examples import NOON, an_id, minutes

ASKED = StartAsked(OrderId(an_id("order")), BookingId(an_id("booking")), Answered.ACCEPTED, NOON, True, False)
AWAITED = StartAwaited(ASKED.order_id, NOON + minutes(3))
NOT_BEGUN = ChargeNotBegun(ASKED.booking_id)


@pytest.mark.parametrize(
    ("asked", "after", "heard"),
    [
        (ASKED, minutes(0), AWAITED),
        (ASKED, minutes(3), NOT_BEGUN),
        (replace(ASKED, answered=Answered.NO_ANSWER), minutes(2), AWAITED),
        (replace(ASKED, answered=Answered.REJECTED), minutes(0), NOT_BEGUN),
        (replace(ASKED, answered=Answered.NOT_THERE), minutes(0), NOT_BEGUN),
        (replace(ASKED, has_begun=True), minutes(3), None),
        (replace(ASKED, answered=Answered.REJECTED, has_begun=True), minutes(0), None),
        (replace(ASKED, answered=Answered.REJECTED, is_last=False), minutes(0), None),
    ],
)
def test_a_holder_is_told_that_her_station_did_not_begin_once_that_is_certain(
    asked: StartAsked, after: timedelta, heard: StartAwaited | ChargeNotBegun | None
) -> None:
    assert heard_of_start(asked, NOON + after) == heard
