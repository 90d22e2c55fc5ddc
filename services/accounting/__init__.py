"""Giving the books away: to DATEV, as a journal, to a municipal treasury."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from domain.cities.settings import CitySettings
from domain.identity import City
from domain.ledger.accounts import RECEIVABLES
from domain.ledger.months import following
from domain.refusals import Refusal
from services.accounting.owing import dues
from services.accounting.ports import (
    AccountingFacts,
    Booked,
    DatevWanted,
    File,
    Format,
    ReceivablesWanted,
    Writers,
)

MOST = 200_000  # entries of one export; a month of a large city is a fifth of it


class NotExported(StrEnum):
    UNKNOWN_CITY = "unknown_city"
    NOTHING_TO_EXPORT = "nothing_to_export"
    TOO_MUCH_TO_EXPORT = "too_much_to_export"
    MONTH_NOT_CLOSED = "month_not_closed"


Exported: TypeAlias = tuple[File, ...] | Refusal[NotExported]


class Accounting(Struct, frozen=True):
    """The use cases; files are made in threads, as large ones take a while. `first` and `last` are the first days of
    months. All raise CannotExport and Unavailable."""

    facts: AccountingFacts
    writers: Writers
    clock: Callable[[], datetime]

    async def datev(self, city: City, first: date, last: date, *, lock: bool) -> Exported:
        """A file for each month, and more where one is full. Only what is closed can be locked: it stays as it is."""
        settings = await self._settings(city)
        closed = await self.facts.closed_until(city)
        if lock and (closed is None or closed < last):
            return Refusal(NotExported.MONTH_NOT_CLOSED)
        booked = await self._booked(city, first, last)
        if settings is None or isinstance(booked, Refusal):
            return booked if isinstance(booked, Refusal) else Refusal(NotExported.UNKNOWN_CITY)
        persons = {leg.debtor for each in booked for leg in each.entry.legs if leg.account == RECEIVABLES}
        numbers = await self.facts.numbers(city, sorted(person for person in persons if person is not None))
        wanted = DatevWanted(first, following(last) - timedelta(days=1), lock, self.clock())
        written = await to_thread(self.writers.datev, booked, settings, numbers, wanted)
        return written or Refusal(NotExported.NOTHING_TO_EXPORT)

    async def journal(self, city: City, first: date, last: date, wanted: Format) -> Exported:
        settings = await self._settings(city)
        booked = await self._booked(city, first, last)
        if settings is None or isinstance(booked, Refusal):
            return booked if isinstance(booked, Refusal) else Refusal(NotExported.UNKNOWN_CITY)
        names = await self.facts.names(city)
        return (await to_thread(self.writers.journal, booked, settings, names, wanted),)

    async def receivables(self, city: City, wanted: ReceivablesWanted) -> Exported:
        settings = await self._settings(city)
        if settings is None:
            return Refusal(NotExported.UNKNOWN_CITY)
        owed = await self.facts.owed(city, wanted.year)
        persons = sorted({person for each in owed if (person := each.issued[0].debtor.person_id) is not None})
        numbers = await self.facts.numbers(city, persons)
        items = [due for each in owed for due in dues(each, numbers)]
        return (await to_thread(self.writers.receivables, items, settings, wanted),)

    async def _settings(self, city: City) -> CitySettings | None:
        return await self.facts.settings(city)

    async def _booked(self, city: City, first: date, last: date) -> tuple[Booked, ...] | Refusal[NotExported]:
        booked = await self.facts.booked(city, first, last, MOST + 1)
        if len(booked) > MOST:
            return Refusal(NotExported.TOO_MUCH_TO_EXPORT)
        return booked or Refusal(NotExported.NOTHING_TO_EXPORT)
