"""Persons whom a city knows."""

from typing import Any
from uuid import UUID

import httpx
from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.identity import City
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order


class Somebody(Struct, frozen=True):
    """A person whom a city knows, and her token."""

    http: httpx.AsyncClient
    database: Databases
    seeded: SeededCity
    id: UUID
    email: str

    @property
    def city(self) -> City:
        return self.seeded.city

    @property
    def url(self) -> str:
        return f"/v1/{self.city}/me"

    async def ask(self, method: str, path: str = "", json: Any = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(
            method, self.url + path, json=json, headers=bearer(a_token(self.city, person=self.id)) | sent
        )

    async def booked(self, state: State, fee: int = 0) -> Booking:
        point = self.seeded.charge_points[0]
        order = an_order(point)
        booking = replace(a_booking(state, point, order=order), id=BookingId(new_id()), holder_id=self.id)
        booking = replace(booking, fee=replace(booking.quote.total, amount=fee) if not booking.is_live else None)
        await self.database.place(self.city, booking, point)
        return booking


async def somebody(http: httpx.AsyncClient, database: Databases, email: str = "ada@example.org") -> Somebody:
    seeded, person = await database.new_city(), new_id()
    await database.rows(
        seeded.city,
        "UPDATE cities SET settings = settings || CAST(:terms AS jsonb) WHERE city = :city RETURNING city",
        terms='{"terms": {"general": "2026-01", "privacy": "3"}}',
    )
    await database.rows(
        seeded.city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING id",
        id=person,
        email=email,
    )
    return Somebody(http, database, seeded, person, email)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]
