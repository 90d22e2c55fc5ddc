"""The ledger, to be read: entries, what stands on each account, the months."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from domain.identity import City, PersonId
from domain.ledger.accounts import Account, AccountKey
from domain.ledger.entries import EntryId, EntryKind, Origin, Side
from domain.ledger.months import ClosedMonth
from services.ledger.ports import Recorded


class EntryMark(Struct, frozen=True):
    """Where a page of entries ends."""

    at: datetime
    id: UUID


class EntriesWanted(Struct, frozen=True):
    """Effective from `since` on, before `until`, the newest first; of a fact, a booking, an exception or a
    month, where one is named."""

    limit: int
    after: EntryMark | None = None
    since: datetime | None = None
    until: datetime | None = None
    kinds: frozenset[EntryKind] = frozenset()
    source: str | None = None
    booking_id: UUID | None = None
    exception_id: UUID | None = None
    period: date | None = None


class Span(Struct, frozen=True):
    """From the month `first`, or from the beginning, to the month `last`, by their first days; both are within."""

    first: date | None
    last: date


class Turnover(Struct, frozen=True):
    """What stands on an account in one currency, debits less credits, and what moved on it in between."""

    account: Account
    currency: str
    opening: int
    debit: int
    credit: int

    @property
    def closing(self) -> int:
        return self.opening + self.debit - self.credit


class LineMark(Struct, array_like=True, frozen=True):
    """Where a page of an account's statement ends, and what stood on it then."""

    period: date
    at: datetime
    entry_id: UUID
    number: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    balance: int


class StatementWanted(Struct, frozen=True):
    """An account's legs in one currency, the oldest first; of one debtor, where she is named."""

    account: AccountKey
    currency: str
    span: Span
    limit: int
    after: LineMark | None = None
    debtor: PersonId | None = None


class StatementLine(Struct, frozen=True):
    entry_id: EntryId
    number: int
    kind: EntryKind
    source: str
    text: str
    origin: Origin
    effective_at: datetime
    period: date
    side: Side
    amount: int
    debtor: PersonId | None
    cost_centre: str | None


class Related(Struct, frozen=True):
    """To what an entry leads that it does not say itself: the one that undid it, and the exception for which a person
    booked it, or what it undoes."""

    reversed_by: EntryId | None = None
    exception_id: UUID | None = None


class Months(Struct, frozen=True):
    """Those in which something was posted, and how far they are closed."""

    posted: tuple[date, ...]
    closed: tuple[ClosedMonth, ...]


class LedgerArchive(Protocol):
    """All raise Unavailable where it cannot be read now."""

    async def entries(self, city: City, wanted: EntriesWanted) -> tuple[Recorded, ...]: ...

    async def entry(self, city: City, entry_id: EntryId) -> Recorded | None: ...

    async def turnovers(self, city: City, span: Span, of: StatementWanted | None = None) -> tuple[Turnover, ...]:
        """Of all accounts on which anything stands or moved, or of that which a statement is wanted of."""
        ...

    async def lines(self, city: City, wanted: StatementWanted) -> tuple[StatementLine, ...]: ...

    async def months(self, city: City) -> Months: ...

    async def related(self, city: City, entries: tuple[EntryId, ...]) -> Mapping[EntryId, Related]:
        """Of those that are there."""
        ...
