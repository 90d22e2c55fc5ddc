"""What settling accounts with the provider needs from the outside: its movements, its payouts, its disputes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct, field

from domain.booking.bookings import Booking
from domain.identity import City, PersonId
from domain.money import Money
from domain.payments.payments import Payment, PaymentId
from domain.payments.refunds import ProviderRefund, Refund, RefundId
from domain.payments.transactions import Dispute, Payout, ProviderTransaction, TransactionKind
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.payments.ports import Account, Accounts, Inbox, PaymentBooks, ProviderEvent
from services.settlement.case_ports import CaseBooks
from services.settlement.lists import Wanted

T = TypeVar("T")


class Fee(Struct, frozen=True):
    """A part of what the provider kept, in its own words."""

    amount: int
    currency: str
    type: str
    description: str | None = None


class Movement(Struct, frozen=True):
    """A movement as the provider tells it: beside what it is to us, its own words and where it comes from.

    `intent_id` is the payment that it belongs to; `payment_id` and `refund_number` are what we wrote on the refund or the
    charge ourselves. `exchange_rate` is set where it was not paid in the account's currency.
    """

    transaction: ProviderTransaction
    type: str
    category: str
    fees: tuple[Fee, ...] = ()
    intent_id: str | None = None
    payment_id: PaymentId | None = None
    refund_number: int | None = None
    exchange_rate: str | None = None


class Balance(Struct, frozen=True):
    """By currency: what may be paid out, and what not yet."""

    available: tuple[Money, ...]
    pending: tuple[Money, ...]


class Settlements(Protocol):
    """The provider's books of the city's account. All raise ProviderUnavailable and ProviderRefused."""

    def movements(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[Movement, ...]]:
        """All that moved since then, and before `until`, in pages, newest first."""
        ...

    async def items(self, city: City, payout_id: str) -> tuple[Movement, ...]:
        """What a reconciled automatic payout is made of, its own movement included."""
        ...

    async def payout(self, city: City, payout_id: str) -> Payout: ...

    async def payouts(self, city: City, since: datetime) -> tuple[Payout, ...]:
        """Those made since then, newest first."""
        ...

    async def balance(self, city: City) -> Balance: ...

    def events(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[ProviderEvent, ...]]:
        """The messages since then that we act on, whether or not they arrived, in pages, newest first."""
        ...


class Evidence(Struct, frozen=True):
    """What the city answers to a dispute; texts only, each left out where there is nothing to say."""

    product_description: str | None = None
    service_date: str | None = None
    access_activity_log: str | None = None
    cancellation_policy_disclosure: str | None = None
    refund_policy_disclosure: str | None = None
    refund_refusal_explanation: str | None = None
    uncategorized_text: str | None = None


class Disputes(Protocol):
    """The bank's side of a dispute. All raise ProviderUnavailable and ProviderRefused."""

    async def fetch(self, city: City, dispute_id: str) -> Dispute: ...

    async def opened(self, city: City, since: datetime) -> tuple[Dispute, ...]:
        """Those opened since then, newest first."""
        ...

    async def submit(self, city: City, dispute: Dispute, evidence: Evidence) -> Dispute:
        """Hand the evidence in; it cannot be taken back. Asked again, it is handed in once."""
        ...

    async def accept(self, city: City, dispute: Dispute) -> Dispute:
        """Give in; asked again, nothing happens."""
        ...


class OpenEnds(Struct, frozen=True):
    """What the provider has still to be asked about: payouts that can be itemised, disputes that are not decided."""

    payouts: tuple[str, ...] = ()
    disputes: tuple[str, ...] = ()


class SettlementBooks(Protocol):
    """Our copy of the provider's books; whatever is new in it, others hear of. All raise Unavailable."""

    async def read_until(self, account: Account) -> datetime | None:
        """Up to when the account was read without a gap; None where it never was."""
        ...

    async def looked(self, account: Account, read_until: datetime, now: datetime) -> None: ...

    async def keep(self, city: City, movements: Sequence[Movement], now: datetime) -> int:
        """Write those that are new, each with the news of it, and which payout a known one went out with; how many were
        new."""
        ...

    async def itemised(self, city: City, payout_id: str, now: datetime) -> None:
        """All that the payout is made of is kept."""
        ...

    async def see(self, city: City, said: Payout | Dispute, clock: Callable[[], datetime]) -> Payout | Dispute:
        """As it is known now; what is news of it is told. Of a dispute the clock is looked at when nobody else has their
        hands on its booking: what is lost, and what documents say, is in one order by their times too."""
        ...

    async def knows_end(self, city: City, dispute_id: str) -> bool:
        """Whether it is known how the dispute ended, and when."""
        ...

    async def open_ends(self, city: City) -> OpenEnds: ...


class Desk(Struct, frozen=True):
    """A booking's money as refunds need it; `limit` is up to how much, in minor units, one person decides alone."""

    booking: Booking
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    disputes: tuple[Dispute, ...]
    limit: int


class OpenRefunds(Protocol):
    """One booking's refunds in one transaction, nobody else's hands on them or on its payments."""

    @property
    def desk(self) -> Desk | None:
        """As `keep` and `keep_payment` left it; None where there is no such booking."""
        ...

    async def keep(self, refund: Refund) -> None:
        """Write it, with the news of it."""
        ...

    async def keep_payment(self, payment: Payment) -> None: ...


class RefundBooks(Protocol):
    """All raise Unavailable."""

    async def work(self, city: City, booking_id: UUID, do: Callable[[OpenRefunds], Awaitable[T]]) -> T:
        """Do it in one transaction, and again from the start where somebody was quicker."""
        ...

    async def answered(self, call: Call[Any], booking_id: UUID, do: Callable[[OpenRefunds], Awaitable[Any]]) -> Answer:
        """The same for a call, whose outcome is answered once for its key."""
        ...

    async def find(self, city: City, refund_id: RefundId) -> Refund | None: ...

    async def page(self, city: City, wanted: Wanted) -> tuple[Refund, ...]: ...


class ProviderRefunds(Protocol):
    async def of(self, city: City, payment: Payment) -> tuple[ProviderRefund, ...]:
        """All that were made of the payment, whoever asked. Raises ProviderUnavailable and ProviderRefused."""
        ...


class AnswerKind(StrEnum):
    EVIDENCE = "evidence"
    ACCEPTANCE = "acceptance"


class DisputeAnswer(Struct, frozen=True):
    """What the city says to a dispute, once. `failure` is why the provider would not take it."""

    kind: AnswerKind
    evidence: Evidence
    answered_by: PersonId
    answered_at: datetime
    handed_in_at: datetime | None = None
    failure: str | None = None


class FiledDispute(Struct, frozen=True):
    """A dispute under our id, with the answer to it."""

    id: UUID
    dispute: Dispute
    version: int
    updated_at: datetime
    answer: DisputeAnswer | None = None


class DisputeBooks(Protocol):
    """All raise Unavailable."""

    async def answered(
        self,
        call: Call[Any],
        dispute_id: UUID,
        decide: Callable[[FiledDispute | None], Awaitable[DisputeAnswer | Refusal[Any]]],
    ) -> Answer:
        """Keep what is decided on the dispute, and that it is to be handed in; answered once for the call's key."""
        ...

    async def handed_in(self, city: City, dispute_id: UUID, failure: str | None, now: datetime) -> None: ...

    async def find(self, city: City, dispute_id: UUID) -> FiledDispute | None: ...

    async def page(self, city: City, wanted: Wanted) -> tuple[FiledDispute, ...]: ...


class FiledPayout(Struct, frozen=True):
    """A payout under our id; `itemised_at` is since when it is known what it is made of."""

    id: UUID
    payout: Payout
    version: int
    updated_at: datetime
    itemised_at: datetime | None = None


class FiledItem(Struct, frozen=True):
    """A movement under our id."""

    id: UUID
    item: ProviderTransaction


class Total(Struct, frozen=True):
    kind: TransactionKind
    count: int
    amount: int
    fee: int
    net: int


class PayoutBooks(Protocol):
    """All raise Unavailable."""

    async def find(self, city: City, payout_id: UUID) -> FiledPayout | None: ...

    async def page(self, city: City, wanted: Wanted) -> tuple[FiledPayout, ...]: ...

    async def items(self, city: City, payout_id: str, wanted: Wanted) -> tuple[FiledItem, ...]:
        """What it is made of, as far as we know; its own movement left out. Oldest first."""
        ...

    async def movement(self, city: City, movement_id: UUID) -> FiledItem | None:
        """Of any kind, under our id."""
        ...

    async def totals(self, city: City, payout_id: str) -> tuple[Total, ...]:
        """The same, summed up by kind."""
        ...


class Turns:
    """One after the other in a city, of those in this process."""

    def __init__(self) -> None:
        self._locks: dict[City, asyncio.Lock] = {}

    def of(self, city: City) -> asyncio.Lock:
        return self._locks.setdefault(city, asyncio.Lock())


class Ports(Struct, frozen=True):
    """`catch_up` takes in a message of the provider's that may have been missed; `settle` does what a booking's money
    needs by now."""

    books: SettlementBooks
    payouts: PayoutBooks
    refunds: RefundBooks
    dispute_books: DisputeBooks
    cases: CaseBooks
    payments: PaymentBooks
    provider: Settlements
    provider_refunds: ProviderRefunds
    disputes: Disputes
    accounts: Accounts
    inbox: Inbox
    catch_up: Callable[[Account, ProviderEvent], Awaitable[None]]
    settle: Callable[[City, UUID], Awaitable[None]]
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    turns: Turns = field(default_factory=Turns)
