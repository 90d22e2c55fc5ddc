"""A resident's booking is given nothing that is not registered for rental, by rule or by hand."""

import msgspec
from msgspec.structs import replace

from domain.booking.bookings import Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.resources import Service
from domain.fleet.assignment.settling import NotAssignable, ReassignVehicle, settle, settle_by_staff
from domain.refusals import Refusal
from tests.domain.fleet.assignment.pools import a_petrol_car, a_vehicle
from tests.examples import NOON, a_booking

MINE = a_petrol_car(shared=True)
OTHER = a_vehicle("electric")
ASKED = ClassRequest(MINE.station_id, None, msgspec.Raw(b"{}"))
BOOKING = replace(a_booking(State.CONFIRMED, request=ASKED, final_at=NOON), resource_id=MINE.id, service=Service.FLEET)


def test_a_resident_is_not_given_what_is_not_rented_out() -> None:
    for_city = replace(BOOKING, payer=Payer.COST_CENTRE)
    moves = [
        settle(booking, (MINE, other), NOON)
        for booking, other in ((BOOKING, OTHER), (BOOKING, replace(OTHER, shared=True)), (for_city, OTHER))
    ]

    assert BOOKING.payer is Payer.SELF
    assert [found is not None and found.explained.vehicle_id for found in moves] == [MINE.id, OTHER.id, OTHER.id]


def test_nor_do_staff_give_it_to_one() -> None:
    command = ReassignVehicle(BOOKING.id, OTHER.id, None)

    assert settle_by_staff(command, BOOKING, (MINE, OTHER), NOON) == Refusal(NotAssignable.COST_CENTRE_REQUIRED)
