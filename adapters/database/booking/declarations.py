"""Declarations of withdrawal in PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.booking.reservations import kind_of
from adapters.database.connections import Transactions
from domain.booking.bookings import BookingId
from domain.booking.declarations import Declaration, DeclarationId, WithdrawalConfirmed
from domain.cities.settings import CitySettings
from domain.identity import SYSTEM, City

COLUMNS = "id, name, reference, email, language, declared_at, confirmed_at"
ENTER = text("""
INSERT INTO withdrawals (city, id, name, reference, email, language, declared_at)
SELECT city, :id, :name, :reference, :email, :language, :declared_at FROM cities WHERE city = :city
ON CONFLICT (city, id) DO UPDATE SET declared_at = EXCLUDED.declared_at
""")
FIND = text(f"SELECT {COLUMNS} FROM withdrawals WHERE city = :city AND id = :id")
CONFIRM = text("""
WITH w AS (UPDATE withdrawals SET confirmed_at = :at WHERE city = :city AND id = :id AND confirmed_at IS NULL RETURNING city, id),
o AS (INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) SELECT city, :outbox_id, :kind, id, :at, :at FROM w)
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
SELECT city, :audit_id, :at, :actor_id, :kind, id, 'withdrawal' FROM w
""")
HELD_BY = text("""
SELECT b.id FROM bookings b JOIN persons p ON p.city = b.city AND p.id = b.holder_id
WHERE b.city = :city AND b.id = :id AND p.email = :email
""")
EARLIER = text("""
SELECT count(*) FROM withdrawals WHERE city = :city AND email = :email AND confirmed_at > :since
  AND (confirmed_at, id) < (:at, :id)
""")


class SqlDeclarationBooks:
    def __init__(self, transactions: Transactions, new_id: Callable[[], UUID], written: Callable[[], None]) -> None:
        self._transactions = transactions
        self._new_id = new_id
        self._written = written

    async def enter(self, city: City, declaration: Declaration) -> bool:
        async def once() -> bool:
            values = {field: getattr(declaration, field) for field in COLUMNS.split(", ")}
            async with self._transactions.city(city) as connection:
                return (await connection.execute(ENTER, {"city": city} | values)).rowcount == 1

        return await through(once)

    async def find(self, city: City, declaration_id: DeclarationId) -> Declaration | None:
        async def once() -> Declaration | None:
            async with self._transactions.city(city) as connection:
                row = (await connection.execute(FIND, {"city": city, "id": declaration_id})).mappings().one_or_none()
            return msgspec.convert(dict(row), Declaration) if row is not None else None

        return await through(once)

    async def confirm(self, city: City, event: WithdrawalConfirmed) -> bool:
        async def once() -> bool:
            values = {
                "city": city,
                "id": event.declaration.id,
                "at": event.declaration.confirmed_at,
                "kind": kind_of(event),
                "actor_id": SYSTEM,
                "outbox_id": self._new_id(),
                "audit_id": self._new_id(),
            }
            async with self._transactions.city(city) as connection:
                return (await connection.execute(CONFIRM, values)).rowcount == 1

        confirmed = await through(once)
        self._written()
        return confirmed

    async def settings(self, city: City) -> CitySettings:
        async with self._transactions.city(city) as connection:
            found = await connection.execute(text("SELECT settings FROM cities WHERE city = :city"), {"city": city})
            return msgspec.convert(found.scalar_one(), CitySettings)

    async def booking(self, city: City, booking_id: BookingId, email: str) -> BookingId | None:
        async with self._transactions.city(city) as connection:
            found = await connection.execute(HELD_BY, {"city": city, "id": booking_id, "email": email})
            row = found.one_or_none()
        return BookingId(row.id) if row is not None else None

    async def earlier(self, city: City, declaration: Declaration, since: datetime) -> int:
        values = {"email": declaration.email, "since": since, "at": declaration.confirmed_at, "id": declaration.id}
        async with self._transactions.city(city) as connection:
            return int((await connection.execute(EARLIER, {"city": city} | values)).scalar_one())
