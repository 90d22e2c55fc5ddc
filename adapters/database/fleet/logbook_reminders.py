"""Which trips somebody is reminded of, in PostgreSQL: found across cities by the day, and written to the outbox in its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.changes import NOTE
from adapters.database.connections import Transactions
from adapters.database.fleet.logbooks import SqlLogbookBooks
from adapters.database.fleet.reminders import HERSELF
from adapters.database.notices.readers import managers_of
from adapters.database.sheets import Sheet, settings_of
from adapters.database.transacting import Transacting
from domain.booking.bookings import BookingId
from domain.fleet.reminding import asked_for, asked_next
from domain.identity import SYSTEM, City
from services.fleet.logbook_reminding import OfTrip
from services.notices.ports import Holder

DUE = text("SELECT city, trip_id FROM trips_to_complete WHERE remind_on <= :today ORDER BY random() LIMIT :limit")
TAKE = "SELECT 1 FROM trips_to_complete WHERE city = :city AND trip_id = :id AND remind_on <= :today FOR UPDATE"
AGAIN = "UPDATE trips_to_complete SET remind_on = :day WHERE city = :city AND trip_id = :id"
OVER = "DELETE FROM trips_to_complete WHERE city = :city AND trip_id = :id"


class SqlTripReminders(Transacting):
    async def trip_is_due(self, city: City, trip_id: BookingId) -> None:
        """Write down that it is time, and when it is time again; nothing where it is not, or was completed."""

        async def work(connection: AsyncConnection) -> None:
            sheet = self._sheet(connection, city)
            books = SqlLogbookBooks(sheet)
            today = await books.today()
            if not await sheet.rows(TAKE, id=trip_id, today=today.day):
                return
            known = await books.find(trip_id)
            event = asked_for(known.logged, today.day, today.time_zone) if known is not None else None
            day = asked_next(known.logged, today.day, today.time_zone) if known is not None else None
            if known is not None and known.logged.current.missing:
                await sheet.write(AGAIN, id=trip_id, day=day)
            else:
                await sheet.write(OVER, id=trip_id)
            if event is not None:
                note = {"action": str(event.__struct_config__.tag), "subject_id": trip_id, "actor_id": SYSTEM}
                ids = {"outbox_id": self._new_id(), "audit_id": self._new_id(), "request_id": "", "address": ""}
                await connection.execute(NOTE, {"city": city, "now": sheet.now, "tell": True} | note | ids)

        await self._done(city, work)

    async def of_trip(self, city: City, trip_id: BookingId) -> OfTrip | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            known = await SqlLogbookBooks(sheet).find(trip_id)
            if known is None:
                return None
            driver = await sheet.rows(HERSELF, id=known.logged.trip.driver_id)
            managers = await managers_of(sheet, known.logged.trip.pool_id)
            return OfTrip(await settings_of(sheet), known, tuple(Holder(*row) for row in driver), managers)

    def _sheet(self, connection: Any, city: City) -> Sheet:
        return Sheet(connection, city, SYSTEM, "", self._clock(), self._new_id)


async def due_trips(relay: Transactions, now: datetime, limit: int) -> Sequence[tuple[City, UUID]]:
    """Across cities, by the day in UTC."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"today": now.date(), "limit": limit})
        return [(City(row.city), row.trip_id) for row in rows]
