"""What answers to a request by class is said twice: in the statement that chooses, and in the decision that assigns."""

from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.booking.choosing import all_equal_to
from adapters.database.fleet.assigning import SqlAssignmentBooks
from adapters.database.fleet.store import VEHICLE
from domain.booking.bookings import Booking
from domain.booking.classes import ClassRequest
from domain.fleet.assignment.reasons import Why
from domain.fleet.assignment.settling import rules_for, trip_of
from domain.fleet.assignment.suitability import mismatch
from domain.fleet.reservations import FleetOptions, VehicleWanted
from domain.fleet.vehicles import Drive
from domain.identity import Role
from infra.ids import new_id
from services.calls import Answer, Call
from tests.adapters.database.fleet.test_assigning import facts, provisional
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car

pytestmark = pytest.mark.database
CLASSES = ("compact", "van", "pedelec")
# What the assignment prefers, and a statement does not ask.
TASTE = {Why.DISTANCE_UNKNOWN, Why.TOO_FAR_FOR_A_BICYCLE}


def asked(rng: Random, booking: Booking) -> Booking:
    """The booking, asking for something else."""
    wanted = VehicleWanted(
        vehicle_class=rng.choice((None, *CLASSES)),
        seats=rng.choice((None, 1, 4, 5, 8)),
        drive=rng.choice((None, None, *(drive.value for drive in Drive))),
        range_km=rng.choice((None, 0, 60, 300, 301)),
        load_kg=rng.choice((None, 0, 1, 80, 500)),
    )
    options = FleetOptions(passengers=rng.choice((None, 1, 5, 6)))
    return replace(
        booking,
        request=ClassRequest(booking.request.station_id, None, msgspec.Raw(msgspec.json.encode(wanted))),  # type: ignore[union-attr]
        options=msgspec.Raw(msgspec.json.encode(options)),
    )


async def test_the_statement_and_the_decision_agree_on_what_answers_to_a_request(world: World) -> None:
    rng = Random(20261129)
    for number in range(40):
        car = await add_car(world, f"car {number}", seats=rng.choice((1, 4, 5, 8)), vehicle_class=rng.choice(CLASSES))
        await facts(
            world,
            car,
            drive=rng.choice(tuple(Drive)).value,
            range_km=rng.choice((60, 300, 500)),
            load_kg=rng.choice((None, 80, 500)),
        )
    car = world.city.cars[0]
    booking = await provisional(world, car)
    operator = world.actor("olga", Role.OPERATOR)
    call: Call[Any] = Call(world.city.city, operator, "", "", "", "", "", lambda _: Answer(204, "", ""))

    async with world.database.app.transactions.city(world.city.city) as connection:
        desk = await SqlAssignmentBooks(connection, call, new_id, locked=False).desk(booking.id)
        assert desk is not None
        found = 0
        for _ in range(300):
            wish = asked(rng, booking)
            sql, values = all_equal_to(VEHICLE, world.city.city, wish, car)
            stated = msgspec.json.decode((await connection.exec_driver_sql(sql, values)).scalar_one())
            trip, policy = trip_of(wish), rules_for(wish).policy
            decided = {
                str(vehicle.id)
                for vehicle in desk.vehicles
                if (reason := mismatch(trip, vehicle, policy)) is None or reason.why in TASTE
            }
            assert {each["id"] for each in stated} == decided, (wish.request, wish.options)
            found += len(decided)
    assert found > 300, "most of the requests are answered by something"
