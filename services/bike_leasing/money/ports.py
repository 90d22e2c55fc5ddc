"""The money of leases, as its use cases need the outside: books in one transaction of one city, and whoever debits accounts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.plans import LeaseInstalment
from domain.bike_leasing.money.charging import Charge
from domain.bike_leasing.money.collecting import ChargeId, Collection
from domain.cities.leasing import LeasingSettings
from domain.identity import City, PersonId
from domain.ledger.entries import Entry
from domain.payments.payments import Intent


class Owed(Struct, frozen=True):
    """An instalment whose month has come. `method_id` is the account that its holder lets be debited; None where she named none."""

    lease_id: LeaseId
    holder: PersonId
    instalment: LeaseInstalment
    method_id: str | None


class Posted(Struct, frozen=True):
    """What an instalment became. `collection` is there where an account is debited for it."""

    charge_id: ChargeId
    charge: Charge
    entry: Entry
    collection: Collection | None


class Run(Struct, frozen=True):
    """A month's run as it stands; amounts are minor units. None of it is undone by running the month again."""

    month: date
    asked_at: datetime
    charges: int
    amount: int
    collections: int
    ended_at: datetime | None


class RunBooks(Protocol):
    async def place(self) -> tuple[date, ZoneInfo]:
        """The day in the city, and its zone."""

    async def begin(self, month: date) -> Run:
        """The month's run; one that has ended goes on, for what came to be owed since."""

    async def runs(self) -> Sequence[Run]:
        """The newest first."""

    async def owed(self, month: date, limit: int) -> Sequence[Owed] | None:
        """Instalments of the month, or of earlier ones, that are not charged; nobody else has them until the transaction ends. None
        where somebody else is at it, or the run has ended."""

    async def record(self, month: date, posted: Sequence[Posted]) -> None:
        """Write charges, entries and collections, and with them who did it."""

    async def end(self, month: date) -> bool:
        """Close the run; false where instalments are left that somebody else has in hand."""


class BikeBooks(Protocol):
    """In the transaction of a run."""

    async def owned(self, until: datetime) -> Sequence[tuple[Lease, Financing]]:
        """The bikes that came into the lessor's books before then and had not left them, with what their rates were calculated by."""

    async def post(self, entries: Sequence[Entry]) -> None:
        """Those that are not posted yet."""


class CollectionBooks(Protocol):
    """Each is a transaction of its own. All raise Unavailable."""

    async def policy(self, city: City) -> LeasingSettings: ...

    async def take(self, city: City, now: datetime) -> Sequence[Collection]:
        """Those that are asked for now, at the city's pace, each from the account that its holder has named by then. Whoever takes
        them has a minute; then they are taken again."""

    async def find(self, city: City, collection_id: UUID | None, intent_id: str | None) -> Collection | None:
        """By our id, or the provider's; with whether its lease is undone."""

    async def keep(self, city: City, before: Collection, after: Collection, again: Collection | None) -> bool:
        """Write what became of it, with its instalment, and the next attempt; false, and nothing, where somebody was quicker, or its lease
        was undone meanwhile."""

    async def wait(self, city: City, collection: Collection, until: datetime) -> None:
        """The provider has enough: it is asked for again then, and nothing else before."""

    async def next_at(self, city: City) -> datetime | None:
        """When the next one may be asked for; None where nothing waits."""


class AskedTooOften(Exception):
    """The provider has enough for so many seconds (429)."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class NotDebited(Exception):
    """The provider will not debit that account: there is none, or no mandate for it. Or it does not give back what it took."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Debits(Protocol):
    """Whoever debits accounts. Asked twice for a collection it debits once, and gives it back once. All raise Unavailable where nobody
    answers."""

    async def debit(self, city: City, collection: Collection) -> Intent:
        """Raises AskedTooOften and NotDebited."""

    async def give_back(self, city: City, collection: Collection) -> Intent:
        """Of what was paid all that has not gone back. Raises AskedTooOften and NotDebited."""

    async def look(self, city: City, collection: Collection) -> Intent | None:
        """How it stands; None where it is not known there."""
