"""Bookings that live in a city of their own, under a clock that the test sets."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.bookings import SqlBookings
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import Actor, Role
from infra.ids import new_id
from services.booking import Bookings
from services.booking.views import BookingView
from services.calls import Answer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_actor


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

    async def licensed(self, driver: Actor) -> None:
        """Somebody has seen her licence, and it counts for as long as these tests go on."""
        values = {"city": self.city.city, "id": driver.id, "email": f"{driver.id}@example.org"}
        async with self.database.app.transactions.city(self.city.city) as connection:
            for statement in (
                "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now())",
                """INSERT INTO proofs (city, person_id, kind, valid_until, method, classes, checked_by, checked_at)
                  VALUES (:city, :id, 'licence', '2099-12-31', 'at the counter', '{B}', :id, now())""",
            ):
                await connection.execute(text(statement), values)

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


class _Answered(Struct):
    view: BookingView


def view_of(answer: Answer) -> BookingView:
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=_Answered).view
