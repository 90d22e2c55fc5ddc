"""A holder whose station does not begin is told so once; nobody is where it did."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.database.charging.starts import SqlStarts
from adapters.database.charging.station_orders import SqlStationOrders, place_order
from domain.booking.bookings import BookingId, State
from domain.charging.orders import Answered, OrderAnswer, OrderId, StartTransaction, StationOrder
from domain.charging.reports import IdToken
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import PersonId
from infra.ids import new_id
from tests.database import Databases, SeededCity
from tests.examples import NOON, a_booking, an_order, minutes

pytestmark = pytest.mark.database
STATION = """WITH station AS (INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
    VALUES (:city, :id, :place, 'one', 'basic', 'd') RETURNING city, id)
  INSERT INTO evses (city, charging_station_id, number, resource_id) SELECT city, id, 1, :point FROM station RETURNING city"""
PERSON = "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', now()) RETURNING id"
SESSION = """INSERT INTO charging_sessions (city, id, charging_station_id, evse, ref, number, state, heard_at, booking_id, holder_id, began_at, due_at, energy_wh,
    parked_s, flags, stops_at, version) VALUES (:city, :id, :station, 1, 'r', 7, 'active', CAST(:at AS timestamptz), :booking, :booking,
    CAST(:at AS timestamptz), CAST(:at AS timestamptz), 0, 0, '{}', '{}', 1) RETURNING id"""
TOLD = "SELECT kind, subject_id, due_at FROM outbox WHERE city = :city AND kind <> 'charging.order_answered' ORDER BY due_at"


class Plugged:
    def __init__(self, database: Databases, city: SeededCity) -> None:
        self.database, self.city = database, city
        self.station, self.booking = ChargingStationId(new_id()), BookingId(new_id())
        self.orders = SqlStationOrders(database.app, new_id)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        return list(await self.database.rows(self.city.city, statement, **values))

    async def settled(self) -> None:
        point, ada = self.city.charge_points[0], PersonId(new_id())
        await self.rows(PERSON, id=ada)
        await self.rows(STATION, id=self.station, place=self.city.station.id, point=point.id)
        booking = replace(a_booking(State.CONFIRMED, point, order=an_order(point)), id=self.booking, holder_id=ada)
        await self.database.place(self.city.city, booking, point)

    async def asked(self, answer: Answered, at: datetime) -> OrderId:
        order = OrderId(new_id())
        wanted = StationOrder(
            order, self.station, StartTransaction(1, IdToken("T"), 1), at, at + minutes(1), self.booking
        )
        async with self.database.app.transactions.city(self.city.city) as connection:
            await place_order(connection, self.city.city, wanted)
        await self.orders.answered(StationAt(self.city.city, self.station), order, OrderAnswer(answer), at)
        return order

    async def look(self, order: OrderId, now: datetime) -> list[tuple[str, Any, datetime]]:
        """What is in the outbox after two looks."""
        answered = await self.orders.find(self.city.city, order)
        assert answered is not None
        starts = SqlStarts(self.database.app.transactions, lambda: now, new_id, lambda: None)
        for _ in range(2):
            await starts.order_answered(self.city.city, answered)
        return [tuple(row) for row in await self.rows(TOLD)]


@pytest.fixture
async def plugged(database: Databases) -> Plugged:
    found = Plugged(database, await database.new_city())
    await found.settled()
    return found


async def test_a_station_that_said_yes_and_does_not_begin_is_told_of_once_its_time_for_the_cable_is_over(
    plugged: Plugged,
) -> None:
    order = await plugged.asked(Answered.ACCEPTED, NOON)
    awaited = ("charging.start_awaited", order, NOON + minutes(3))
    assert await plugged.look(order, NOON) == [awaited]
    not_begun = ("booking.charge_not_begun", plugged.booking, NOON + minutes(4))
    assert await plugged.look(order, NOON + minutes(4)) == [awaited, not_begun]
    followed = "SELECT subject_id FROM audit WHERE city = :city AND action = 'booking.charge_not_begun'"
    assert await plugged.rows(followed) == [(plugged.booking,)]


async def test_a_refusal_is_told_at_once_of_the_last_try_and_of_no_station_that_charges(plugged: Plugged) -> None:
    first = await plugged.asked(Answered.REJECTED, NOON)
    second = await plugged.asked(Answered.REJECTED, NOON + minutes(1))
    assert await plugged.look(first, NOON + minutes(1)) == []
    not_begun = ("booking.charge_not_begun", plugged.booking, NOON + minutes(1))
    assert await plugged.look(second, NOON + minutes(1)) == [not_begun]
    third = await plugged.asked(Answered.ACCEPTED, NOON + minutes(2))
    at = NOON + minutes(2)
    await plugged.rows(SESSION, id=new_id(), station=plugged.station, booking=plugged.booking, at=at)
    assert await plugged.look(third, NOON + minutes(9)) == [not_begun]
