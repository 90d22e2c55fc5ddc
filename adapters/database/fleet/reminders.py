"""What of a fleet runs out, in PostgreSQL: found across cities by its day, and written to the outbox in its own."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.changes import NOTE
from adapters.database.connections import Transactions
from adapters.database.fleet.damages import SqlDamageBooks
from adapters.database.fleet.drivers import SqlDriverBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks, today_in
from adapters.database.notices.readers import managers_of, readers_of
from adapters.database.sheets import Sheet, settings_of
from adapters.database.transacting import Transacting
from domain.booking.keys import CommandId
from domain.booking.resources import ResourceId
from domain.fleet.damages import DamageId
from domain.fleet.documents import DocumentKind, counting, next_reminder
from domain.fleet.reminding import LicenceDue, PapersDue
from domain.identity import SYSTEM, City, PersonId
from services.fleet.damages import KnownDamage
from services.fleet.reminding import OfDriver, OfVehicle
from services.fleet.silent_locks import SilentLock
from services.notices.ports import Holder

DUE = text("""
SELECT city, subject, of_vehicle FROM (
  SELECT DISTINCT city, vehicle_id AS subject, true AS of_vehicle FROM vehicle_papers WHERE remind_on <= :today
  UNION SELECT DISTINCT city, person_id, false FROM licence_checks WHERE remind_on <= :today) d
ORDER BY random() LIMIT :limit
""")
PAPERS = """
SELECT number, kind FROM vehicle_papers
WHERE city = :city AND vehicle_id = :id AND remind_on <= :today FOR UPDATE
"""
CHECKS = """
SELECT number, counts_until AS last_day FROM licence_checks
WHERE city = :city AND person_id = :id AND remind_on <= :today FOR UPDATE
"""
PAPER_AGAIN = "UPDATE vehicle_papers SET remind_on = :day WHERE city = :city AND vehicle_id = :id AND number = :number"
CHECK_AGAIN = "UPDATE licence_checks SET remind_on = :day WHERE city = :city AND person_id = :id AND number = :number"
LastDays: TypeAlias = Callable[[Sheet, Sequence[Any]], Awaitable[list[date | None]]]
SILENT = """
SELECT resource_id AS vehicle_id, action, asked_at, state FROM key_commands WHERE city = :city AND id = :id
"""
HERSELF = "SELECT email, language FROM persons WHERE city = :city AND id = :id AND email IS NOT NULL"


class SqlReminders(Transacting):
    async def papers_are_due(self, city: City, vehicle_id: ResourceId) -> None:
        async def last_days(sheet: Sheet, rows: Sequence[Any]) -> list[date | None]:
            vehicle = await SqlVehicleBooks(sheet).find(vehicle_id)
            papers = counting(vehicle.papers if vehicle is not None else ())
            return [papers[DocumentKind(row.kind)].valid_until for row in rows]

        kind = str(PapersDue.__struct_config__.tag)
        await self._due(city, vehicle_id, kind, found=PAPERS, again=PAPER_AGAIN, last_days=last_days)

    async def licence_is_due(self, city: City, person_id: PersonId) -> None:
        async def last_days(_sheet: Sheet, rows: Sequence[Any]) -> list[date | None]:
            return [row.last_day for row in rows]

        kind = str(LicenceDue.__struct_config__.tag)
        await self._due(city, person_id, kind, found=CHECKS, again=CHECK_AGAIN, last_days=last_days)

    async def of_vehicle(self, city: City, vehicle_id: ResourceId) -> OfVehicle | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            vehicle = await SqlVehicleBooks(sheet).find(vehicle_id)
            if vehicle is None:
                return None
            readers = await managers_of(sheet, vehicle.placement.pool_id)
            return OfVehicle(await settings_of(sheet), vehicle, readers, (await today_in(sheet)).day)

    async def of_driver(self, city: City, person_id: PersonId) -> OfDriver | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            driver = await SqlDriverBooks(sheet).find(person_id)
            if driver is None:
                return None
            herself = await sheet.rows(HERSELF, id=person_id)
            managers = await readers_of(sheet, "fleet_manager", list(driver.pools), any_pool=driver.every_pool)
            readers = {each.email: each for each in (*(Holder(*row) for row in herself), *managers)}
            return OfDriver(await settings_of(sheet), driver, tuple(readers.values()), (await today_in(sheet)).day)

    async def of_command(self, city: City, command_id: CommandId) -> SilentLock | None:
        async with self._transactions.city(city) as connection:
            rows = await self._sheet(connection, city).rows(SILENT, id=command_id)
            return msgspec.convert(dict(rows[0]._mapping), SilentLock) if rows else None  # noqa: SLF001 - SQLAlchemy's name for it

    async def reported(self, city: City, damage_id: DamageId) -> tuple[KnownDamage, str | None] | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            known = await SqlDamageBooks(sheet).find(damage_id)
            if known is None:
                return None
            reporter = await sheet.rows(HERSELF, id=known.damage.reporter_id)
            return known, reporter[0].email if reporter else None

    async def _due(self, city: City, subject: UUID, kind: str, *, found: str, again: str, last_days: LastDays) -> None:
        async def work(connection: AsyncConnection) -> None:
            sheet = self._sheet(connection, city)
            today = (await today_in(sheet)).day
            rows = await sheet.rows(found, id=subject, today=today)
            for row, last_day in zip(rows, await last_days(sheet, rows), strict=True):
                day = next_reminder(last_day, today) if last_day is not None else None
                await sheet.write(again, id=subject, number=row.number, day=day)
            if rows:
                ids = {"outbox_id": self._new_id(), "audit_id": self._new_id()}
                note = {"action": kind, "subject_id": subject, "actor_id": SYSTEM, "request_id": "", "address": ""}
                await connection.execute(NOTE, {"city": city, "now": sheet.now, "tell": True} | note | ids)

        await self._done(city, work)

    def _sheet(self, connection: Any, city: City) -> Sheet:
        return Sheet(connection, city, SYSTEM, "", self._clock(), self._new_id)


async def due_reminders(relay: Transactions, now: datetime, limit: int) -> Sequence[tuple[City, UUID, bool]]:
    """Across cities, whose papers (true) or licences (false) it is time to remind of, by the day in UTC."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"today": now.date(), "limit": limit})
        return [(City(row.city), row.subject, row.of_vehicle) for row in rows]
