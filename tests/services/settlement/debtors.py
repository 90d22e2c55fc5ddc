"""Somebody who owes the city, and how a city reminds her."""

from datetime import timedelta

from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from domain.payments.dunning import CaseState
from domain.payments.owing import CaseId
from services.calls import Answer
from services.settlement.dunning import CloseCase
from tests.examples import euros
from tests.services.payments.world import FAILS_LATER
from tests.services.settlement.treasury import Treasury

POLICIES = [
    {
        "valid_from": "2026-01-01",
        "source": "Ratsbeschluss",
        "steps": [{"after_days": 14, "fee": 0}, {"after_days": 28, "fee": 250}, {"after_days": 42, "fee": 250}],
    },
    {"valid_from": "2999-01-01", "source": "Ratsbeschluss", "steps": []},
]


async def unpaid(town: Treasury) -> Booking:
    """Cancelled late: 45 euros are owed, and the card that was saved says no."""
    booking = await town.world.booking(Service.FLEET, starts_in=timedelta(days=30), lasts=timedelta(days=1))
    await town.world.pay(booking, FAILS_LATER)
    await town.world.end(booking, State.CANCELLED, euros("45.00"))
    await town.world.payments.settle(town.city, booking.id)
    await town.work()
    return booking


async def case(town: Treasury) -> list[tuple[str, int, int, int]]:
    """State, what is owed, steps and fees."""
    rows = await town.rows("SELECT state, owed, steps_taken, fees FROM dunning_cases WHERE city = :city")
    return [(state, owed, steps, fees) for state, owed, steps, fees in rows]


async def close(town: Treasury, booking: Booking, how: CaseState = CaseState.PAID_OTHERWISE) -> Answer:
    """A person says of the booking's case that it is closed; of its id where there is none."""
    known = await town.rows("SELECT id FROM dunning_cases WHERE city = :city AND booking_id = :id", id=booking.id)
    command = CloseCase(CaseId(known[0][0] if known else booking.id), how, "at the counter", "receipt 118")
    return await town.settlement.close_case(town.call(command, "fatima"), command)
