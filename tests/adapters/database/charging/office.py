"""A station with a plug that is sold, and a booking of it, in PostgreSQL."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import text

from adapters.database.charging.bills import SqlBills
from adapters.database.charging.transactions import SqlTransactions
from adapters.metering.signatures import EcdsaSignatures
from domain.booking.bookings import Booking, State
from domain.charging.reports import (
    Context,
    IdToken,
    Reading,
    SignedValue,
    StartAnswer,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
)
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import ChargingStationId, StationAt
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.database import Databases
from tests.domain.charging.sessions.central import read
from tests.examples import NOON, hours, person_id

TOKEN = IdToken("K7PQ2M4XW3ZB5TQA")
SIGNED = SignedValue(b'OCMF|{"PG":"T1"}|{"SD":"00"}', "OCMF")

STANDING = (
    """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest)
      SELECT r.city, :id, r.station_id, 'CP-1', 'basic', 'd' FROM resources r WHERE r.city = :city AND r.id = :resource""",
    """INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, 1, :resource), (:city, :id, 2, NULL)""",
    """INSERT INTO charging_tokens (city, token, booking_id, group_token, valid_from, valid_until)
      SELECT b.city, 'K7PQ2M4XW3ZB5TQA', b.id, 'TOWNHALL', b.starts, b.ends FROM bookings b WHERE b.city = :city AND b.id = :booking""",
    """INSERT INTO persons (city, id, email, made_at)
      VALUES (:city, :ada, 'ada@example.org', now()), (:city, :bob, 'bob@example.org', now())""",
    """INSERT INTO person_tokens (city, token, person_id, group_token)
      VALUES (:city, 'ADA', :ada, NULL), (:city, 'BOB', :bob, NULL), (:city, 'COLLEAGUE', :bob, 'TOWNHALL')""",
)


class Charging(Struct, frozen=True):
    """A station with a plug that is sold, and a booking of it."""

    world: World
    at: StationAt
    booking: Booking

    def central(self, now: datetime) -> SqlTransactions:
        return SqlTransactions(self.world.database.app, lambda: now, new_id)

    def bills(self, now: datetime) -> SqlBills:
        return SqlBills(self.world.database.app.transactions, lambda: now, new_id, lambda: None, EcdsaSignatures())

    async def started(self, at: datetime = NOON, token: IdToken = TOKEN, now: datetime | None = None) -> StartAnswer:
        report = TransactionStarted(1, 1, token, at, readings=(read(at, 5000, Context.BEGIN),))
        return await self.central(now or at).started(self.at, report)

    async def ended(
        self, number: int, at: datetime, wh: int, reason: str = "Local", now: datetime | None = None
    ) -> None:
        last = Reading(at, Context.END, Decimal(wh), signed=SIGNED)
        report = TransactionEnded(TransactionRef(str(number)), at, reason, readings=(last,))
        await self.central(now or at).ended(self.at, report)

    async def reached(self) -> None:
        """Its station has a line for as long as anybody looks."""
        await self.world.rows(
            "UPDATE charging_stations SET held_by = id, held_over = id, held_until = :until WHERE city = :city RETURNING 1",
            until=NOON + hours(99),
        )

    async def work(self, now: datetime) -> None:
        """What the outbox asks for, twice."""
        for _ in range(2):
            for kind, subject in await self.world.rows(
                "SELECT kind, subject_id FROM outbox WHERE city = :city AND kind LIKE 'charging.session_%' ORDER BY id"
            ):
                if kind == "charging.session_begun":
                    await self.bills(now).begin(self.at.city, SessionId(subject))
                elif kind == "charging.session_ended":
                    await self.bills(now).bill(self.at.city, SessionId(subject))

    async def sessions(self, columns: str = "state, energy_wh, flags, billed_at IS NOT NULL") -> list[tuple[Any, ...]]:
        return await self.world.rows(f"SELECT {columns} FROM charging_sessions WHERE city = :city ORDER BY number")

    async def booked(self) -> tuple[Any, ...]:
        (row,) = await self.world.rows(
            "SELECT state, started_at, finished_at, (fee ->> 'amount')::int FROM bookings WHERE city = :city AND id = :id",
            id=self.booking.id,
        )
        return row


@pytest.fixture
async def charging(database: Databases, world: World) -> Charging:
    booking = await world.booked(State.CONFIRMED)
    at = StationAt(world.city.city, ChargingStationId(new_id()))
    values = {"city": at.city, "id": at.id, "resource": booking.resource_id, "booking": booking.id}
    values |= {"ada": booking.holder_id, "bob": person_id("bob")}
    async with database.app.transactions.city(at.city) as connection:
        for statement in STANDING:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), named)
    return Charging(world, at, booking)
