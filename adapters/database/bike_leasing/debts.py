"""Reminders of what is owed for leases, in PostgreSQL: a step of a receivable is written down once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from adapters.database.bike_leasing.receivables import open_receivable, open_receivables
from adapters.database.bike_leasing.runs import PLACE
from adapters.database.connections import Transactions, Within
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet, settings_of
from adapters.database.transacting import Transacting
from domain.bike_leasing.money.receivables import Receivable
from domain.cities.settings import CitySettings
from domain.identity import SYSTEM, City
from domain.ledger.entries import Entry
from services.bike_leasing.money.reminding import DebtLetter, LeaseReminder, remind_debtors
from services.notices.ports import Holder

REMINDED = "bike_leasing.debtor_reminded"
# One look a day: whoever comes second waits for the first, and has nothing to do then.
BEGUN = """INSERT INTO lease_dunnings (city, looked_on) VALUES (:city, :on) ON CONFLICT (city)
DO UPDATE SET looked_on = excluded.looked_on WHERE lease_dunnings.looked_on < excluded.looked_on"""
KEEP = """INSERT INTO lease_reminders (city, id, receivable, step, lease_id, holder_id, employer, fee, currency, reminded_on, written_at)
VALUES (:city, :id, :receivable, :step, :lease_id, :holder_id, :employer, :fee, :currency, :on, :now)
ON CONFLICT (city, receivable, step) DO NOTHING"""
KEPT = "SELECT receivable, step, employer, holder_id FROM lease_reminders WHERE city = :city AND id = :id"
READERS = """SELECT p.email, coalesce(p.language, 'de') AS language FROM persons p
WHERE p.city = :city AND p.id = :holder AND p.email IS NOT NULL AND p.erased_at IS NULL
UNION SELECT p.email, coalesce(p.language, 'de') FROM role_grants g JOIN persons p ON p.city = g.city AND p.id = g.person_id
WHERE g.city = :city AND g.role = 'hr' AND g.party_id = :employer AND p.email IS NOT NULL AND p.erased_at IS NULL ORDER BY 1"""
# Cities in which leases are charged and nobody has looked today, by the day in UTC.
DUE = """SELECT DISTINCT r.city FROM lease_runs r LEFT JOIN lease_dunnings d ON d.city = r.city
WHERE d.looked_on IS NULL OR d.looked_on < :today LIMIT :limit"""


class SqlDebtBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> date:
        today: date = (await self._sheet.rows(PLACE))[0].today
        return today

    async def settings(self) -> CitySettings:
        return await settings_of(self._sheet)

    async def begin(self, today: date) -> bool:
        return bool(await self._sheet.write(BEGUN, on=today))

    async def open(self) -> Sequence[Receivable]:
        return await open_receivables(self._sheet)

    async def keep(self, reminder: LeaseReminder, entries: Sequence[Entry]) -> None:
        sheet, owed = self._sheet, reminder.owed
        row = {
            "id": reminder.id,
            "receivable": owed.id,
            "step": reminder.reminder.step,
            "lease_id": owed.lease_id,
            "holder_id": owed.holder,
            "employer": owed.employer,
            "fee": reminder.reminder.fee.amount,
            "currency": reminder.reminder.fee.currency,
            "on": reminder.on,
        }
        if await sheet.write(KEEP, **row):
            await write(
                Within(sheet.connection), sheet.city, Posting({sheet.new_id(): each for each in entries}, sheet.now)
            )
            await sheet.tell(REMINDED, reminder.id)


class SqlDebts(Transacting):
    """A look of its own at a city's debts, and the letters about them."""

    async def look(self, city: City) -> int:
        async def work(connection: Any) -> int:
            sheet = self._sheet(connection, city)
            return await remind_debtors(books=SqlDebtBooks(sheet), new_id=self._new_id, now=sheet.now)

        return await self._done(city, work)

    async def letter(self, city: City, reminder_id: UUID) -> tuple[DebtLetter, tuple[Holder, ...]] | None:
        async with self._transactions.city(city) as connection:
            sheet = self._sheet(connection, city)
            rows = await sheet.rows(KEPT, id=reminder_id)
            owed = await _owed(sheet, rows[0]) if rows else None
            if owed is None or owed.open.amount <= 0:
                return None
            readers = await sheet.rows(READERS, holder=owed.holder, employer=owed.employer)
            letter = DebtLetter(city, await settings_of(sheet), owed, rows[0].step)
            return letter, tuple(Holder(row.email, row.language) for row in readers)

    def _sheet(self, connection: Any, city: City) -> Sheet:
        return Sheet(connection, city, SYSTEM, "", self._clock(), self._new_id)


async def _owed(sheet: Sheet, reminder: Any) -> Receivable | None:
    """What a row of `KEPT` is about."""
    return await open_receivable(sheet, reminder.receivable, reminder.employer, reminder.holder_id)


async def due_debts(relay: Transactions, now: datetime, limit: int) -> Sequence[City]:
    """Across cities: where somebody is to look."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(text(DUE), {"today": now.date(), "limit": limit})
        return [City(row.city) for row in rows]
