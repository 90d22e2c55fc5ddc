"""What reconciling needs from the outside: the city's bank accounts, its books at the bank, and what is expected there."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.identity import City, PersonId
from domain.reconciliation.books import Books
from domain.reconciliation.events import BankEvent
from domain.reconciliation.exceptions import Changed, Exceptional, ExceptionId, ExceptionKind, Step
from domain.reconciliation.expected import Expected, ExpectedId
from domain.reconciliation.matching import MatchId, Pair, Proposal
from domain.reconciliation.statements import BankLine, BankLineId, BankStatement, Heading, StatementId
from services.calls import Answer, Call

T = TypeVar("T")


class BankAccounts(Struct, frozen=True):
    """Whose statements a city reads, and the zone in which its days begin."""

    ibans: frozenset[str]
    zone: ZoneInfo


class Accounts(Protocol):
    async def of(self, city: City) -> BankAccounts | None:
        """None where there is no such city."""
        ...


class Expectations(Protocol):
    """Whoever expects something at the bank: the payment provider's payouts, invoices that are paid by transfer."""

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:
        """What is not known to be settled, and what has been due since; `settled` is left to whoever matches."""
        ...


class Statements(Protocol):
    async def digest(self, statement_id: StatementId) -> str | None:
        """Of the statement that is known under this id."""
        ...

    async def keep(self, statement: BankStatement, file: str) -> None: ...

    async def headings(self) -> tuple[Heading, ...]:
        """Of all accounts."""
        ...

    async def repeated(self) -> tuple[tuple[BankLine, BankLine], ...]:
        """Lines that look like one of an earlier statement, each with that one."""
        ...


class Match(Struct, frozen=True):
    """What was put together, and how much was expected of each then."""

    id: MatchId
    proposal: Proposal
    expected: Mapping[ExpectedId, int]
    made_by: PersonId
    made_at: datetime
    undone_at: datetime | None = None
    undone_by: PersonId | None = None
    undone_for: str = ""
    currency: str = "EUR"

    @property
    def version(self) -> int:
        """It changes once at most."""
        return 1 if self.undone_at is None else 2


class Case(Struct, frozen=True):
    """An exception with its history, in order."""

    now: Exceptional
    history: tuple[Step, ...]

    @property
    def version(self) -> int:
        return len(self.history)


class ExpectedOtherwise(Exception):
    """Something else is expected by now than what was decided on: a person gave it up, say. It is read and decided again."""


class Matches(Protocol):
    async def open_lines(self, wanted: Iterable[BankLineId] | None = None) -> tuple[tuple[BankLine, int], ...]:
        """Lines with what of them is not matched; of all those where something is and nobody has explained them, or of
        the wanted ones."""
        ...

    async def settled(self, expected: Iterable[ExpectedId]) -> Mapping[ExpectedId, int]: ...

    async def rejected(self) -> frozenset[Pair]:
        """What persons took apart and did not put together again."""
        ...

    async def keep(self, match: Match) -> None:
        """Write it, and the news of it. Raises ExpectedOtherwise."""
        ...

    async def find(self, match_id: MatchId) -> Match | None: ...

    async def undo(self, match_id: MatchId, by: PersonId, reason: str, now: datetime) -> bool:
        """False where it was undone before; with the news of it."""
        ...


class Exceptions(Protocol):
    async def known(self, kinds: frozenset[ExceptionKind]) -> tuple[Exceptional, ...]:
        """Open ones, and those that were resolved: all of these kinds."""
        ...

    async def find(self, exception_id: ExceptionId) -> Case | None: ...

    async def unexplained(self, found: Exceptional) -> int:
        """How much of what it is about the ledger has on no account of its own, signed: of a line what is neither matched
        nor booked, of a movement that belongs to no payment all of it."""
        ...

    async def keeps_books(self, person: PersonId) -> bool:
        """Whether it is somebody in the city who keeps its books."""
        ...

    async def write(self, changed: Changed) -> None:
        """The exception as it is now, new or not, and the step to it."""
        ...


class Run(Struct, frozen=True):
    """What a look at all that is open came to."""

    matched: int
    raised: int
    resolved: int
    waiting_lines: int
    waiting_expected: int


class Fund(Struct, frozen=True):
    """In minor units: what may be paid out, and what not yet."""

    currency: str
    available: int
    pending: int


class AtProvider(Struct, frozen=True):
    """What the payment provider says that the city has with it, at a moment."""

    at: datetime
    funds: tuple[Fund, ...]


class Look(Struct, frozen=True):
    """What a look at the three books saw, and up to which position the ledger was sealed then."""

    books: Books
    sealed: int


class Looked(Struct, frozen=True):
    """What the next look goes on from; `stated_differs` is None where the provider was not asked."""

    sealed: int
    stated_differs: bool | None = None


class OpenBooks(Struct, frozen=True):
    """Open in one transaction, alone with the city's matches. `tell` writes what happened to the outbox and the audit
    trail, `note` what was done to the audit trail alone; `ran` keeps what a look came to; `three` reads what ledger,
    provider and bank say, of payouts those that arrive since a day."""

    statements: Statements
    matches: Matches
    exceptions: Exceptions
    tell: Callable[[BankEvent], Awaitable[None]]
    note: Callable[[str, UUID], Awaitable[None]]
    ran: Callable[[Run, Looked], Awaitable[None]]
    three: Callable[[date, AtProvider | None], Awaitable[Look]]


class BankBooks(Protocol):
    """Raise Unavailable where the books cannot be opened now."""

    async def work(self, city: City, by: PersonId, do: Callable[[OpenBooks], Awaitable[T]]) -> T:
        """Do it in one transaction, and again from the start where somebody was quicker."""
        ...

    async def answered(self, call: Call[Any], do: Callable[[OpenBooks], Awaitable[Any]]) -> Answer:
        """The same for a call, whose outcome is answered once for its key."""
        ...


class Ports(Struct, frozen=True):
    """`at_provider` asks the payment provider what the city has with it; None where it cannot say now, or there is none."""

    books: BankBooks
    accounts: Accounts
    expectations: tuple[Expectations, ...]
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    at_provider: Callable[[City], Awaitable[AtProvider | None]] | None = None
