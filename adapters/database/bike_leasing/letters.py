"""What a lease's sides are told of, in PostgreSQL: found across cities by its day, and written to the outbox once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.bike_leasing.upkeep import used_by_year
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet, settings_of
from adapters.database.transacting import Transacting
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.reminding import Occasion, due, next_look
from domain.bike_leasing.upkeep.budgets import budget_of
from domain.identity import SYSTEM, City
from services.bike_leasing.letters import OfLease
from services.notices.ports import Holder

REMINDED = "bike_leasing.lease_reminded"
# Nowhere is it a later day than fourteen hours ahead of UTC: by that the index finds those that may be due.
DUE = text("""SELECT k.city, k.lease_id FROM lease_looks k JOIN cities c ON c.city = k.city
WHERE k.look_on <= CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' + interval '14 hours' AS date)
  AND k.look_on <= CAST(CAST(:now AS timestamptz) AT TIME ZONE c.time_zone AS date) ORDER BY random() LIMIT :limit""")
LEASE = "SELECT lease FROM leases WHERE city = :city AND id = :id"
LOCKED = " FOR NO KEY UPDATE"
WRITTEN = """INSERT INTO lease_letters (city, id, lease_id, occasion, about, written_at) VALUES (:city, :letter, :id, :occasion, :about, :now)
ON CONFLICT (city, lease_id, occasion, about) DO NOTHING"""
AGAIN = """INSERT INTO lease_looks (city, lease_id, look_on) VALUES (:city, :id, :day)
ON CONFLICT (city, lease_id) DO UPDATE SET look_on = excluded.look_on"""
OVER = "DELETE FROM lease_looks WHERE city = :city AND lease_id = :id"
LETTER = "SELECT lease_id, occasion, about FROM lease_letters WHERE city = :city AND id = :letter"
READERS = """
SELECT 'employee' AS side, p.email, p.language FROM persons p
WHERE p.city = :city AND p.id = :holder AND p.email IS NOT NULL AND p.erased_at IS NULL
UNION SELECT g.role, p.email, p.language FROM role_grants g JOIN persons p ON p.city = g.city AND p.id = g.person_id
WHERE g.city = :city AND p.email IS NOT NULL AND p.erased_at IS NULL AND p.id <> :holder
  AND (g.role, g.party_id) IN (('hr', :employer), ('dealer', :dealer), ('lessor', :lessor))
ORDER BY email
"""


class SqlLeaseLetters(Transacting):
    async def look(self, city: City, lease_id: LeaseId) -> None:
        """One after the other for a lease: the step that was taken last says when to look again."""

        async def work(connection: AsyncConnection) -> None:
            sheet = self._sheet(connection, city)
            rows = await sheet.rows(LEASE + LOCKED, id=lease_id)
            if not rows:
                return
            lease, zone = msgspec.convert(rows[0].lease, Lease), (await settings_of(sheet)).time_zone
            today = sheet.day_in(zone)
            for each in due(lease, today, zone):
                letter = self._new_id()
                about = {"occasion": each.occasion.value, "about": each.about}
                if await sheet.write(WRITTEN, id=lease_id, letter=letter, **about):
                    await sheet.tell(REMINDED, letter)
            day = next_look(lease, today, zone)
            if day is None:
                await sheet.write(OVER, id=lease_id)
            else:
                await sheet.write(AGAIN, id=lease_id, day=day)

        await self._done(city, work)

    async def of_lease(self, city: City, lease_id: LeaseId) -> OfLease | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            rows = await sheet.rows(LEASE, id=lease_id)
            if not rows:
                return None
            lease = msgspec.convert(rows[0].lease, Lease)
            parties = lease.parties
            found = await sheet.rows(
                READERS,
                holder=parties.holder,
                employer=parties.employer or "",
                dealer=parties.dealer,
                lessor=parties.lessor,
            )
            readers = {side: tuple(Holder(r.email, r.language) for r in found if r.side == side) for side in Side}
            budget = budget_of(lease, await used_by_year(sheet, lease_id))
            city_settings = await settings_of(sheet)
            return OfLease(city_settings, lease, readers, sheet.day_in(city_settings.time_zone), budget)

    async def reminder(self, city: City, letter_id: UUID) -> tuple[LeaseId, Occasion, date] | None:
        async with self._transactions.city(city) as connection:
            rows = await self._sheet(connection, city).rows(LETTER, letter=letter_id)
            return (LeaseId(rows[0].lease_id), Occasion(rows[0].occasion), rows[0].about) if rows else None

    def _sheet(self, connection: Any, city: City) -> Sheet:
        return Sheet(connection, city, SYSTEM, "", self._clock(), self._new_id)


async def due_leases(relay: Transactions, now: datetime, limit: int) -> Sequence[tuple[City, LeaseId]]:
    """Across cities, which leases something comes near for, by the day in their city."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"now": now, "limit": limit})
        return [(City(row.city), LeaseId(row.lease_id)) for row in rows]
