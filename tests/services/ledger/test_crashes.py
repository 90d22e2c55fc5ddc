"""A crash at every step of posting, and the ledger ends the same."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.ledger.journal import SqlLedgers
from adapters.database.payments.settlements import SqlSettlementBooks
from domain.booking.bookings import Booking
from domain.identity import City
from domain.ledger.entries import Entry
from domain.payments.payments import PaymentState
from domain.payments.transactions import DisputeState, ProviderTransaction, TransactionKind, filed_as
from infra.ids import new_id
from services.ledger.ports import Facts, Journal, OpenLedger, Recorded
from services.ledger.posting import Fact, post
from services.settlement.ports import Movement
from tests.adapters.database.ledgers import Books
from tests.database import Databases
from tests.domain.ledger.facts import a_dispute
from tests.invoices import TODAY
from tests.services.ledger.towns import a_town, balances, issue, paid_by_transfer, used

pytestmark = pytest.mark.database
T = TypeVar("T")


class Crash(Exception):
    """The process is gone, before or after what it asked for was done."""


class Countdown:
    """Lets so many steps pass; every step counts before it is done, and after."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash

    async def around(self, doing: Awaitable[T]) -> T:
        try:
            self.step()
        except Crash:
            doing.close()  # type: ignore[attr-defined] # a coroutine that is never awaited
            raise
        done = await doing
        self.step()
        return done


class CrashingJournal(Struct, frozen=True):
    journal: Journal
    countdown: Countdown

    async def post(self, entries: Sequence[Entry]) -> int:
        return await self.countdown.around(self.journal.post(entries))

    async def known(self, sources: Iterable[str]) -> tuple[Recorded, ...]:
        return await self.countdown.around(self.journal.known(sources))


class CrashingFacts:
    def __init__(self, facts: Facts, countdown: Countdown) -> None:
        self._facts = facts
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._facts, name)
        return lambda subject: self._countdown.around(ask(subject))


class CrashingLedgers(Struct, frozen=True):
    ledgers: SqlLedgers
    countdown: Countdown

    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        async def crashing(open_: OpenLedger) -> T:
            journal = CrashingJournal(open_.journal, self.countdown)
            return await do(OpenLedger(journal, CrashingFacts(open_.facts, self.countdown)))

        return await self.ledgers.work(city, crashing)


async def told(books: Books, fact: Fact, subject: UUID) -> int:
    """Told again after a crash at each step in turn, until it is through; how often it crashed."""
    crashes = 0
    while True:
        try:
            await post(fact, books.city, subject, ledgers=CrashingLedgers(books.ledgers, Countdown(crashes)))
        except Crash:
            crashes += 1
        else:
            return crashes


def a_charge(booking: Booking, payment: UUID, kind: TransactionKind, amount: int, fee: int = 0) -> Movement:
    at: datetime = TODAY
    moved = ProviderTransaction(
        f"txn_{kind}_{booking.id}", kind, amount, fee, amount - fee, "EUR", f"ch_{payment}", at, at + timedelta(3)
    )
    return Movement(moved, kind.value, kind.value, payment_id=payment)  # type: ignore[arg-type] # a payment's id


async def test_the_ledger_ends_the_same_whatever_step_it_crashed_at(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.CAPTURED, captured=240)
    (invoice,) = await issue(world, booking)
    ((payment, intent),) = await books.rows("SELECT id, intent_id FROM payments WHERE city = :city")
    settlements = SqlSettlementBooks(database.app.transactions, new_id, lambda: None)
    moved = [
        a_charge(booking, payment, TransactionKind.CHARGE, 240, 29),
        a_charge(booking, payment, TransactionKind.DISPUTE, -240, 2000),
    ]
    await settlements.keep(books.city, moved, TODAY)
    lost = a_dispute(DisputeState.LOST, withdrawn=240, amount=240, intent_id=intent, transactions=("a",))
    await settlements.see(books.city, lost, lambda: TODAY)
    match, statement = await paid_by_transfer(books, invoice)
    facts = [
        (Fact.BOOKING, booking.id),
        (Fact.DOCUMENT, invoice),
        *((Fact.MOVEMENT, filed_as(books.city, each.transaction.id)) for each in moved),
        (Fact.DISPUTE, filed_as(books.city, lost.id)),
        (Fact.STATEMENT, statement),
        (Fact.MATCH, match),
    ]
    for fact, subject in reversed(facts):
        assert await told(books, fact, subject) >= 4
    earned = {"revenue.charging.19": -202, "provider_fees": 2029, "bad_debt": 202}
    assert await balances(books) == earned | {"provider": -2029, "bank": 240, "receivables": -240}

    await books.write(
        "INSERT INTO match_undoings (city, match_id, undone_by, undone_at, reason) VALUES (:city, :id, :id, now(), 'r')",
        id=match,
    )
    won = replace(lost, state=DisputeState.WON, withdrawn=0, transactions=("a", "b"))
    await settlements.see(books.city, won, lambda: TODAY)
    back = a_charge(booking, payment, TransactionKind.DISPUTE_REVERSAL, 240)
    await settlements.keep(books.city, [back], TODAY)
    for fact, subject in ((Fact.MATCH, match), (Fact.DISPUTE, filed_as(books.city, lost.id))):
        assert await told(books, fact, subject) >= 6
    assert await told(books, Fact.MOVEMENT, filed_as(books.city, back.transaction.id)) >= 4
    for fact, subject in facts:
        await told(books, fact, subject)
    kept = {"revenue.charging.19": -202, "vat.19": -38, "provider_fees": 2029, "provider": -1789}
    assert await balances(books) == kept | {"bank": 240, "unexplained": -240}
    await books.seal()
    assert (await books.verified()).holds
