"""What giving the books away needs: what was booked, what is owed, and who writes which file."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from domain.cities.settings import CitySettings
from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice
from domain.ledger.accounts import AccountKey
from domain.ledger.entries import Entry, EntryId


class Booked(Struct, frozen=True):
    """An entry as it was written down, with what others want to know besides. `period` is the first day of its month.

    `document` is the number by which open items are settled: an invoice's, also on its payment and on what was credited of
    it. `performed_on` is the last day of the performance (Leistungsdatum).
    """

    id: EntryId
    entry: Entry
    recorded_at: datetime
    period: date
    document: str = ""
    performed_on: date | None = None


class Due(Struct, frozen=True):
    """An item that is due (Soll-Stellung), and what of it was received (Ist). Amounts are minor units; credits are below
    zero. `account` is the income's, `service` leads to the product."""

    cash_reference: str
    number: str
    service: str
    account: AccountKey
    issued_on: date
    due_on: date
    amount: int
    currency: str
    received: int = 0
    received_on: date | None = None
    debtor: str = ""
    debtor_number: int | None = None
    cost_centre: str = ""
    text: str = ""

    @property
    def budget_year(self) -> int:
        """The year in which it is due (Haushaltsjahr)."""
        return self.due_on.year


class Owed(Struct, frozen=True):
    """One booking's invoices and credit notes in the order of issue, and what was paid for them and given back by now."""

    issued: tuple[Invoice, ...]
    paid: int = 0
    paid_on: date | None = None
    given_back: int = 0
    given_back_on: date | None = None


class AccountingFacts(Protocol):
    """All raise Unavailable."""

    async def settings(self, city: City) -> CitySettings | None: ...

    async def booked(self, city: City, first: date, last: date, at_most: int) -> tuple[Booked, ...]:
        """Of the months from `first` to `last`, by their first days, in the order in which it happened."""
        ...

    async def names(self, city: City) -> Mapping[AccountKey, str]: ...

    async def closed_until(self, city: City) -> date | None:
        """The first day of the last month that is closed."""
        ...

    async def owed(self, city: City, year: int) -> tuple[Owed, ...]:
        """Of all bookings of which something may be due in that year."""
        ...

    async def numbers(self, city: City, persons: Sequence[PersonId]) -> Mapping[PersonId, int]:
        """By which accountants know them, made where there is none yet; 0 of all whom the city does not know."""
        ...


class File(Struct, frozen=True):
    """`charset` is that of a text, by its IANA name."""

    name: str
    media_type: str
    content: bytes
    charset: str = "utf-8"


class CannotExport(Exception):
    """The books cannot be given away as they are; the message says what is in the way."""


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class DatevWanted(Struct, frozen=True):
    """`first` and `last` are days; `lock` has DATEV lock the postings (Festschreibung)."""

    first: date
    last: date
    lock: bool
    created: datetime


class ReceivablesWanted(Struct, frozen=True):
    year: int
    product: str | None = None
    cost_centre: str | None = None


class Writers(Struct, frozen=True):
    """Who writes which file. All raise CannotExport."""

    datev: Callable[[Sequence[Booked], CitySettings, Mapping[PersonId, int], DatevWanted], tuple[File, ...]]
    journal: Callable[[Sequence[Booked], CitySettings, Mapping[AccountKey, str], Format], File]
    receivables: Callable[[Sequence[Due], CitySettings, ReceivablesWanted], File]
