"""What keeping the ledger needs from the outside: its books, and the facts that are posted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId
from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.ledger.chain import Content, Link
from domain.ledger.entries import Entry, EntryId
from domain.ledger.posting.clearing import Cleared
from domain.money import Money
from domain.payments.payments import Payment
from domain.payments.transactions import LostDispute, ProviderTransaction
from domain.pricing.tariffs import Tariff
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLine, StatementId

T = TypeVar("T")


class Recorded(Struct, frozen=True):
    """An entry as it was written down. `period` is the first day of the month that it belongs to; `position` is its place
    in the chain, None until it is sealed."""

    id: EntryId
    entry: Entry
    recorded_at: datetime
    period: date
    position: int | None = None


class Journal(Protocol):
    """Of one city. What is posted together is written together or not at all."""

    async def post(self, entries: Sequence[Entry]) -> int:
        """Write those whose source is not known yet, and their accounts; how many there were."""
        ...

    async def known(self, sources: Iterable[str]) -> tuple[Recorded, ...]:
        """Those of these that are written down."""
        ...


class OwnUse(Struct, frozen=True):
    """A booking that a cost centre of the city's pays for, and the tariff that was booked."""

    booking: Booking
    tariff: Tariff
    time_zone: str


class UsedBooking(Struct, frozen=True):
    """Of a booking what the ledger may not know yet: payments of which something is still to be posted, and the use itself
    where no person pays for it."""

    payments: tuple[Payment, ...]
    use: OwnUse | None


class Statement(Struct, frozen=True):
    """The lines of a bank statement; its days begin in the city's zone."""

    lines: tuple[BankLine, ...]
    zone: ZoneInfo


class MatchedLines(Struct, frozen=True):
    """What was put together, and the lines it is about."""

    parts: tuple[Part, ...]
    lines: Statement
    undone_at: datetime | None


class Moved(Struct, frozen=True):
    """A movement of the balance at the provider, and whose payment it belongs to, where we know it."""

    transaction: ProviderTransaction
    debtor: PersonId | None


class Disputed(Struct, frozen=True):
    """A dispute that was lost, and who paid what it is about, where that is known."""

    dispute: LostDispute
    debtor: PersonId | None


class Said(Struct, frozen=True):
    """What a person said of a debt, that of a dunning case: `of` these invoices so much, where there were any by then. It
    stands as long as the case does: nobody takes it back in the ledger."""

    id: UUID
    amount: Money
    debtor: PersonId
    at: datetime
    of: tuple[tuple[InvoiceId, int], ...] = ()


class Losing(Struct, frozen=True):
    """The documents of a booking, in the order of issue, all that was lost of what it came to, and what was paid elsewhere."""

    issued: tuple[Invoice, ...]
    disputes: tuple[LostDispute, ...]
    given_up: tuple[Said, ...]
    paid_otherwise: tuple[Said, ...] = ()


class Undoing(Struct, frozen=True):
    at: datetime
    by: PersonId
    why: str


class Explained(Struct, frozen=True):
    """What a person said of something unexplained, and that it was taken back, where it was."""

    cleared: Cleared
    undone: Undoing | None = None


class Facts(Protocol):
    """What happened, as those know it who wrote it down, a kind of fact each; None where there is no such thing."""

    async def booking(self, booking_id: BookingId) -> UsedBooking | None: ...

    async def invoice(self, invoice_id: InvoiceId) -> Invoice | None: ...

    async def statement(self, statement_id: StatementId) -> Statement | None: ...

    async def match(self, match_id: MatchId) -> MatchedLines | None: ...

    async def movement(self, movement_id: UUID) -> Moved | None: ...

    async def dispute(self, dispute_id: UUID) -> Disputed | None: ...

    async def losing(self, booking_id: UUID) -> Losing | None: ...

    async def lease_debtor(self, expected_id: str) -> PersonId | None:
        """Who holds the lease that `charge:<id>` or `claim:<kind>:<lease>` is owed for."""
        ...

    async def explained(self, exception_id: UUID) -> tuple[Explained, ...]:
        """All that was booked for an exception, in order."""
        ...


class OpenLedger(Struct, frozen=True):
    """Open in one city. Facts are read and entries are written apart: each entry is written once, whatever comes between."""

    journal: Journal
    facts: Facts


class Ledgers(Protocol):
    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        """Do it, and again from the start where the database could not. Raises Unavailable."""
        ...


class Chained(Struct, frozen=True):
    """A link as it stands, beside what its entry says now; None where the entry is gone."""

    link: Link
    content: Content | None


class Standing(Struct, frozen=True):
    """How many entries there are, how many are sealed or wait to be, how many are neither, how many accounts' sums by month are
    not those of their legs, and how many entries are out of balance."""

    entries: int
    sealed: int
    waiting: int
    missing: int
    wrong_sums: int
    unbalanced: int


class Seals(Protocol):
    """All raise Unavailable."""

    async def seal(self, city: City, at_most: int, now: datetime) -> int:
        """Seal what waits, in the order in which it was written, and add it to the sums by month; how many there were."""
        ...

    def chain(self, city: City) -> AsyncIterator[tuple[Chained, ...]]:
        """From the first link to the last, in pages."""
        ...

    async def standing(self, city: City) -> Standing: ...
