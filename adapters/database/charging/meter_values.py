"""Signed values of a charging session as they are looked at, in PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.meter_proofs import OF_SESSIONS, proof_in
from adapters.database.charging.reading import SqlSessionReader
from adapters.database.connections import Transactions, Within
from adapters.database.transacting import in_city
from domain.charging.reports import Context, SignedValue
from domain.charging.sessions.sessions import SessionId
from domain.identity import Actor, City
from services.charging.meter_values import (
    Kept,
    MeterValues,
    Record,
    Shown,
    WriteFile,
    Written,
    show_meter_values,
    write_meter_file,
)
from services.charging.sessions.ports import Charge

T = TypeVar("T")
VALUES = text("""
SELECT at, context, data, encoding, public_key FROM charging_signed_values v
WHERE city = :city AND session_id = :id ORDER BY v.at, v.context, v.digest
""")


class SqlMeterReader:
    def __init__(self, connection: AsyncConnection, city: City) -> None:
        self._connection = connection
        self._city = city

    async def find(self, session_id: SessionId) -> Charge | None:
        return await SqlSessionReader(Within(self._connection), self._city).find(session_id)

    async def record(self, session_id: SessionId) -> Record:
        (known,) = await self._connection.execute(OF_SESSIONS, {"city": self._city, "ids": [session_id]})
        rows = await self._connection.execute(VALUES, {"city": self._city, "id": session_id})
        values = tuple(
            Kept(row.at, Context(row.context), SignedValue(bytes(row.data), row.encoding, row.public_key))
            for row in rows
        )
        proof = proof_in(known)
        examined: datetime | None = known.examined_at
        return Record(values, (known.key_then or "") if proof else known.key, proof, examined)


class SqlMeterValues:
    def __init__(self, transactions: Transactions, write: WriteFile) -> None:
        self._transactions = transactions
        self._write = write

    def bound(self) -> MeterValues:
        async def show(actor: Actor, session_id: SessionId) -> Shown:
            return await self._looking(actor, lambda books: show_meter_values(session_id, books=books, actor=actor))

        async def file(actor: Actor, session_id: SessionId) -> Written:
            return await self._looking(
                actor, lambda books: write_meter_file(session_id, books=books, actor=actor, write=self._write)
            )

        return MeterValues(show, file)

    async def _looking(self, actor: Actor, do: Callable[[SqlMeterReader], Awaitable[T]]) -> T:
        """The values and what was found of them, as they were at one moment."""
        return await in_city(
            self._transactions, actor.city, lambda connection: do(SqlMeterReader(connection, actor.city))
        )
