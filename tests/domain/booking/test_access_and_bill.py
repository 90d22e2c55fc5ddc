"""Who has a say in a booking, and what it asks of its payments."""

import pytest

from domain.booking.bookings import State
from domain.booking.life import bill
from domain.booking.reach import may_act
from domain.identity import Role
from domain.payments.settlement import Bill, Phase
from tests.examples import NOON, a_booking, a_pool_car, a_resource, an_actor, euros, hours

ONE = NOON + hours(1)


def test_the_holder_the_pools_manager_and_the_operator_act_on_a_booking() -> None:
    car = a_pool_car()
    booking = a_booking(State.CONFIRMED, car)
    assert may_act(an_actor("ada"), booking, car)
    assert may_act(an_actor("grace", Role.OPERATOR), booking, car)
    assert may_act(an_actor("grace", Role.FLEET_MANAGER), booking, car)
    assert may_act(an_actor("grace", Role.FLEET_MANAGER, pools=["town-hall"]), booking, car)
    assert not may_act(an_actor("grace", Role.FLEET_MANAGER, pools=["fire-brigade"]), booking, car)
    assert not may_act(an_actor("grace", Role.DRIVER, pools=["town-hall"]), booking, car)
    assert not may_act(an_actor("grace", Role.FINANCE), booking, car)
    assert not may_act(an_actor("grace"), booking, car)


def test_the_manager_of_pools_has_no_say_where_there_is_no_pool() -> None:
    assert not may_act(an_actor("grace", Role.FLEET_MANAGER), a_booking(), a_resource())


@pytest.mark.parametrize(
    ("state", "phase", "amount"),
    [
        (State.HELD, Phase.SECURE, "2.40"),
        (State.CONFIRMED, Phase.SECURE, "2.40"),
        (State.IN_USE, Phase.SECURE, "2.40"),
        (State.COMPLETED, Phase.OWED, "2.40"),
        (State.EXPIRED, Phase.OWED, "0.00"),
        (State.CANCELLED, Phase.OWED, "0.00"),
        (State.NO_SHOW, Phase.OWED, "2.40"),
    ],
)
def test_a_bill_asks_for_safety_ahead_and_for_what_is_owed_afterwards(state: State, phase: Phase, amount: str) -> None:
    booking = a_booking(state)
    assert bill(booking) == Bill(
        booking.id, booking.holder_id, phase, euros(amount), NOON, ONE, in_use=state is State.IN_USE
    )
