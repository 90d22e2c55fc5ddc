"""Closing months of the ledger in PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bike_leasing.month_ends import entries_of_closing
from adapters.database.booking.changes import write_note
from adapters.database.connections import Transactions, Within
from adapters.database.ledger.reading import MONTHS, read
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet
from adapters.database.transacting import answered_in_city
from domain.ledger.months import ClosedMonth
from services.calls import Answer, Call
from services.ledger.closing import OpenMonths
from services.ledger.records import Months

# The same lock that the trigger takes: who posts waits, and what was being posted is there first.
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger months ' || :city, 0))")
ZONE = text("SELECT time_zone FROM cities WHERE city = :city")
CLOSE = text(
    "INSERT INTO ledger_periods (city, month, closed_at, closed_by) VALUES (:city, :month, :closed_at, :closed_by)"
)

_months = msgspec.json.Decoder(Months)


class SqlOpenMonths:
    def __init__(self, connection: AsyncConnection, call: Call[Any], now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._now = now
        self._call = call
        self._new_id = new_id

    async def months(self) -> Months:
        return _months.decode((await read(self._connection, MONTHS, self._call.city))[0])

    async def zone(self) -> ZoneInfo:
        return ZoneInfo((await self._connection.execute(ZONE, {"city": self._call.city})).scalar_one())

    async def end(self, month: date, closed: date | None) -> None:
        call = self._call
        sheet = Sheet(self._connection, call.city, call.actor.id, call.request_id, self._now, self._new_id)
        if entries := await entries_of_closing(sheet, month, closed):
            posting = Posting({self._new_id(): each for each in entries}, self._now)
            await write(Within(self._connection), call.city, posting)

    async def close(self, month: ClosedMonth) -> None:
        await self._connection.execute(CLOSE, {"city": self._call.city} | msgspec.structs.asdict(month))
        named = uuid5(NAMESPACE_URL, f"kommobil/{self._call.city}/ledger/{month.month}")
        await write_note(
            self._connection,
            self._call,
            f"ledger.month_closed:{month.month:%Y-%m}",
            named,
            tell=False,
            new_id=self._new_id,
            now=month.closed_at,
        )


class SqlMonthBooks:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def answered(self, call: Call[Any], do: Callable[[OpenMonths], Awaitable[Any]]) -> Answer:
        async def work(connection: AsyncConnection, now: datetime) -> Any:
            await connection.execute(ALONE, {"city": call.city})
            return await do(SqlOpenMonths(connection, call, now, self._new_id))

        return await answered_in_city(self._transactions, call, work, self._clock)
