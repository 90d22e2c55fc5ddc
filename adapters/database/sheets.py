"""A sheet: one transaction in one city, with whoever writes in it; what most stores are opened with."""

from collections.abc import Awaitable, Callable, Sequence, Set
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.transacting import answered_in_city, in_city
from domain.cities.settings import CitySettings
from domain.identity import City
from services.calls import Answer, Call

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def as_json(value: object) -> str:
    return _encode(value).decode()


class Sheet(Struct, frozen=True):
    """What stores write on: one transaction in one city, and who writes in it."""

    connection: AsyncConnection
    city: City
    actor_id: UUID
    request_id: str
    now: datetime
    new_id: Callable[[], UUID]

    async def rows(self, sql: str, **values: object) -> Sequence[Any]:
        return (await self.connection.execute(text(sql), {"city": self.city, "now": self.now} | values)).all()

    async def write(self, sql: str, **values: object) -> int:
        """How many rows it wrote."""
        found = await self.connection.execute(text(sql), {"city": self.city, "now": self.now} | values)
        return found.rowcount

    async def note(self, action: str, subject_id: UUID) -> None:
        """Leave a line in the audit trail."""
        await self.write(
            "INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)"
            " VALUES (:city, :id, :now, :actor_id, :action, :subject_id, :request_id)",
            id=self.new_id(),
            actor_id=self.actor_id,
            action=action,
            subject_id=subject_id,
            request_id=self.request_id,
        )

    async def tell(self, action: str, subject_id: UUID) -> None:
        """Leave a line in the audit trail, and the same in the outbox."""
        await self.note(action, subject_id)
        await self.write(
            "INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)"
            " VALUES (:city, :id, :kind, :subject_id, :now, :now)",
            id=self.new_id(),
            kind=action,
            subject_id=subject_id,
        )

    def day_in(self, time_zone: str) -> date:
        return self.now.astimezone(ZoneInfo(time_zone)).date()

    def named(self, *path: str) -> UUID:
        """The id of something that has only a name, for the audit trail: always the same for the same name."""
        return uuid5(NAMESPACE_URL, "/".join(("kommobil", self.city, *path)))


async def settings_of(sheet: Sheet) -> CitySettings:
    rows = await sheet.rows("SELECT settings FROM cities WHERE city = :city")
    return msgspec.convert(rows[0].settings, CitySettings)


class SqlSheets:
    """Opens a sheet for one call, in one transaction, and again where somebody was quicker."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def work(self, city: City, by: UUID, request_id: str, do: Callable[[Sheet], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            return await do(Sheet(connection, city, by, request_id, self._clock(), self._new_id))

        return await in_city(self._transactions, city, work)

    async def answered(
        self, call: Call[Any], do: Callable[[Sheet], Awaitable[Any]], not_final: Set[StrEnum] = frozenset()
    ) -> Answer:
        """The same for a call with a key: what is asked again is answered as before, unless that is `not_final`."""

        async def work(connection: AsyncConnection, now: datetime) -> Any:
            return await do(Sheet(connection, call.city, call.actor.id, call.request_id, now, self._new_id))

        return await answered_in_city(self._transactions, call, work, self._clock, not_final)
