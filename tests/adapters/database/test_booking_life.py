"""A booking's life in PostgreSQL: what is written, what is freed, who wins, and that it is answered once."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.bookings import SqlBookings
from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.booking.life import CancelBooking
from domain.booking.resources import Resource
from domain.identity import Actor, Role
from infra.ids import new_id
from services.booking import Bookings
from services.booking.views import BookingView
from services.calls import Answer
from tests.database import Databases, SeededCity
from tests.examples import (
    NOON,
    a_booking,
    a_call,
    an_actor,
    euros,
    hours,
)

pytestmark = pytest.mark.database


class World(Struct, frozen=True):
    """One city, its database, and whoever acts in it."""

    database: Databases
    city: SeededCity

    def at(self, now: datetime) -> Bookings:
        """The use cases, with the clock stopped at an instant."""
        return SqlBookings(self.database.app, lambda: now, new_id, lambda: None).bound()

    def actor(self, name: str = "ada", *roles: Role, pools: tuple[str, ...] = ()) -> Actor:
        return an_actor(name, *roles, city=self.city.city, pools=pools)

    async def place(self, booking: Booking, resource: Resource | None = None, *payments: Any) -> Booking:
        await self.database.place(self.city.city, booking, resource or self.city.charge_points[0], *payments)
        return booking

    async def booked(self, state: State, resource: Resource | None = None, **changes: Any) -> Booking:
        resource = resource or self.city.charge_points[0]
        return await self.place(replace(a_booking(state, resource, **changes), id=BookingId(new_id())), resource)

    async def state(self, booking: Booking) -> tuple[str, int]:
        (row,) = await self.rows("SELECT state, version FROM bookings WHERE city = :city AND id = :id", id=booking.id)
        return row[0], row[1]

    async def claims(self, resource: Resource) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT kind, claimed_from, claimed_until FROM claims WHERE city = :city AND resource_id = :id ORDER BY 2",
            id=resource.id,
        )

    async def happened(self, booking: Booking) -> tuple[list[str], list[str]]:
        """The kinds in the outbox, and the actions in the audit trail, of one booking."""
        told = await self.rows(
            "SELECT kind FROM outbox WHERE city = :city AND subject_id = :id ORDER BY 1", id=booking.id
        )
        noted = await self.rows(
            "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY 1", id=booking.id
        )
        return [row[0] for row in told], [row[0] for row in noted]

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.database.rows(self.city.city, sql, **values)


@pytest.fixture
async def world(database: Databases) -> World:
    return World(database, await database.new_city())


class _Answered(Struct):
    view: BookingView


def view_of(answer: Answer) -> BookingView:
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=_Answered).view


async def test_a_cancelled_booking_frees_its_time_and_is_told_and_noted_once(world: World) -> None:
    booking = await world.booked(State.CONFIRMED)
    call = a_call(world.actor(), key="k1")
    answer = await world.at(NOON - hours(25)).cancel(call, CancelBooking(booking.id, "Plans changed"))

    view = view_of(answer)
    assert (view.state, view.reason_code, view.fee) == (State.CANCELLED, ReasonCode.BY_HOLDER, euros("0.00"))
    assert (view.version, view.actions, view.updated_at) == (3, (), NOON - hours(25))
    assert await world.claims(world.city.charge_points[0]) == []
    assert await world.happened(booking) == (["booking.cancelled"], ["booking.cancelled"])
    assert await world.rows("SELECT actor_id, at, request_id FROM audit WHERE city = :city") == [
        (world.actor().id, NOON - hours(25), "request-1")
    ]
    assert await world.rows("SELECT address FROM callers WHERE city = :city") == [("192.0.2.7",)]
    assert await world.rows("SELECT reason FROM bookings WHERE city = :city") == [("Plans changed",)]
