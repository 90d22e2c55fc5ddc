"""Reminders of what employers and holders owe for leases: found once a day, written down once for each step, told by mail from the outbox."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from domain.bike_leasing.money.dunning import Overdue, Reminder, due_reminder, policy_of
from domain.bike_leasing.money.entries import reminded
from domain.bike_leasing.money.receivables import Receivable
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.ledger.entries import Entry
from services.notices.ports import Holder, Mailer, Message
from services.notices.sending import send_each


class LeaseReminder(Struct, frozen=True):
    """One step of one receivable. `owed` is as it stood before, without the fee of this step."""

    id: UUID
    owed: Receivable
    reminder: Reminder
    on: date


class DebtBooks(Protocol):
    """Of one city, in one transaction."""

    async def today(self) -> date: ...
    async def settings(self) -> CitySettings: ...

    async def begin(self, today: date) -> bool:
        """Alone with the city's debts until the transaction ends; false where somebody has looked on that day."""

    async def open(self) -> Sequence[Receivable]:
        """What has not come, or only in part, and nothing is under way for."""

    async def keep(self, reminder: LeaseReminder, entries: Sequence[Entry]) -> None:
        """With its fee posted and the news of it; nothing where that step is written down already."""


class DebtLetter(Struct, frozen=True):
    """What a letter says: `step` of so many, what is open by now with all fees."""

    city: City
    settings: CitySettings
    owed: Receivable
    step: int


class DebtLetters(Protocol):
    async def letter(self, city: City, reminder_id: UUID) -> tuple[DebtLetter, tuple[Holder, ...]] | None:
        """With those who are written to; None where nothing is open any more."""


Compose = Callable[[DebtLetter, Holder, UUID, datetime], Message]


async def remind_debtors(*, books: DebtBooks, new_id: Callable[[], UUID], now: datetime) -> int:
    """How many reminders were written down. One step a day at most, however long nobody looked."""
    today, policies = await books.today(), (await books.settings()).dunning
    if not await books.begin(today):
        return 0
    written = 0
    for owed in await books.open():
        overdue = Overdue(owed.id, owed.due_on, owed.open, owed.steps)
        reminder = due_reminder(overdue, policy_of(policies, owed.due_on), today)
        if reminder is not None and owed.open.amount > 0:
            found = LeaseReminder(new_id(), owed, reminder, today)
            await books.keep(found, reminded(found.id, owed, reminder.fee, now))
            written += 1
    return written


async def tell_of_debt(
    city: City,
    reminder_id: UUID,
    message_id: UUID,
    at: datetime,
    *,
    books: DebtLetters,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes; none where it was paid meanwhile. Each has an id of its own, so that a second try sends none twice."""
    found = await books.letter(city, reminder_id)
    if found is None:
        return 0
    letter, readers = found
    letters = (compose(letter, reader, uuid5(message_id, reader.email), at) for reader in readers)
    return await send_each(letters, mailer)
