"""Ledger, provider and bank side by side in PostgreSQL: the worked example agrees, and each planted fault is found and goes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from adapters.database.banking.expectations import SqlPayoutExpectations
from adapters.database.ledger.journal import SqlLedgers
from adapters.database.ledger.seals import SqlSeals
from adapters.database.payments.settlements import SqlSettlementBooks
from adapters.jobs.posting import POSTED
from domain.payments.transactions import Payout, PayoutState, ProviderTransaction, TransactionKind
from domain.reconciliation.matching import MatchId
from infra.ids import new_id
from services.calls import Answer
from services.ledger.posting import post
from services.reconciliation.handling import UndoMatch
from services.settlement.ports import Movement
from tests.database import Databases
from tests.domain.reconciliation.statements import a_heading, a_line, a_statement
from tests.examples import person_id
from tests.services.reconciliation.offices import Office, an_office

pytestmark = pytest.mark.database
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PAYOUT = Payout(
    "po_1", 1908, "EUR", PayoutState.PAID, True, True, AT, date(2026, 11, 24), "TRACE-0001", transaction_id="txn_payout"
)
KIND = TransactionKind


def moved(name: str, kind: TransactionKind, amount: int, fee: int = 0) -> Movement:
    transaction = ProviderTransaction(
        f"txn_{name}", kind, amount, fee, amount - fee, "EUR", None, AT, AT, payout_id="po_1"
    )
    return Movement(transaction, kind.value, kind.value)


class Treasury:
    """An office whose city is paid out by the provider, and has a ledger. `told` posts what was told of."""

    def __init__(self, office: Office) -> None:
        self.office = office
        transactions = office.databases.app.transactions
        self.settlements = SqlSettlementBooks(transactions, new_id, lambda: None)
        self.ledgers = SqlLedgers(office.databases.app.statements, lambda: office.now, new_id)
        self.expectations = SqlPayoutExpectations(transactions)

    async def settle(self, *movements: Movement, payout: Payout = PAYOUT) -> None:
        city, now = self.office.city, self.office.now
        await self.settlements.keep(city, movements, now)
        await self.settlements.see(city, payout, lambda: now)
        await self.settlements.itemised(city, payout.id, now)

    async def told(self, *, without: str = "") -> None:
        """Twice, as the outbox may; `without` is a movement of which the ledger is not told."""
        lost = await self._rows(
            "SELECT id FROM provider_transactions WHERE city = :city AND transaction_id = :it", it=without
        )
        for _ in range(2):
            for kind, subject_id in await self._rows("SELECT kind, subject_id FROM outbox WHERE city = :city"):
                if kind in POSTED and (subject_id,) not in lost:
                    await post(POSTED[kind], self.office.city, subject_id, ledgers=self.ledgers)

    async def look(self) -> list[tuple[Any, ...]]:
        """The exceptions that are open after a look: kind and amount."""
        self.office.expected = await self.expectations.of(self.office.city, date(2026, 1, 1))
        await self.office.desk.run(self.office.city)
        return await self._rows(
            "SELECT kind, amount FROM exceptions WHERE city = :city AND resolution IS NULL AND kind <> 'unexplained_movement'"
            " ORDER BY kind, amount"  # no payment of this city's made these movements
        )

    async def balances(self) -> dict[str, int]:
        rows = await self._rows(
            "SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs"
            " WHERE city = :city GROUP BY 1"
        )
        return dict(rows)

    async def undo(self) -> None:
        ((match_id,),) = await self._rows("SELECT id FROM matches WHERE city = :city")
        call = self.office.call(lambda _: Answer(200, "text/plain", "done"))
        await self.office.desk.undo(call, UndoMatch(MatchId(UUID(str(match_id))), "another payout"))

    async def _rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.office.rows(sql, **values)


@pytest.fixture
async def treasury(database: Databases) -> Treasury:
    return Treasury(await an_office(database))


async def the_worked_example(treasury: Treasury) -> None:
    await treasury.settle(
        moved("charge", KIND.CHARGE, 2470, 62), moved("refund", KIND.REFUND, -500), moved("payout", KIND.PAYOUT, -1908)
    )
    heading = a_heading()
    line = a_line(heading, 1, 1908, text="STRIPE TRACE-0001")
    await treasury.office.take_in(replace(a_statement(1908, heading=heading), lines=(line,)))


async def test_the_worked_example_agrees_down_to_the_bank(treasury: Treasury) -> None:
    await the_worked_example(treasury)
    await treasury.told()
    assert await treasury.look() == []
    await treasury.told()
    treasury.office.later(days=2)
    assert await treasury.look() == []
    balances = await treasury.balances()
    assert {key: balances[key] for key in ("bank", "in_transit", "provider", "provider_fees")} == {
        "bank": 1908,
        "in_transit": 0,
        "provider": 0,
        "provider_fees": 62,
    }


async def test_what_the_ledger_never_heard_of_is_found_after_a_while_and_gone_once_it_has(treasury: Treasury) -> None:
    await the_worked_example(treasury)
    await treasury.told(without="txn_refund")
    await treasury.look()
    await treasury.told(without="txn_refund")
    assert await treasury.look() == []
    treasury.office.later(hours=2)
    assert await treasury.look() == [("books_differ", 500)]
    await treasury.told()
    assert await treasury.look() == []


async def test_a_match_that_is_taken_apart_is_taken_back(treasury: Treasury) -> None:
    await the_worked_example(treasury)
    await treasury.told()
    await treasury.look()
    await treasury.told()
    await treasury.undo()
    treasury.office.later(hours=2)
    assert ("books_differ", 1908) in await treasury.look()
    await treasury.told()
    assert [kind for kind, _ in await treasury.look()] == []
    assert (await treasury.balances())["in_transit"] == 1908
    treasury.office.later(days=6)
    assert await treasury.look() == [("missing_at_bank", 1908), ("unexplained_line", 1908)]


async def test_a_payout_that_fails_after_the_bank_had_it_is_for_somebody_and_its_return_is_known(
    treasury: Treasury,
) -> None:
    await the_worked_example(treasury)
    await treasury.told()
    await treasury.look()
    failed = replace(PAYOUT, state=PayoutState.FAILED, failure="account_closed")
    await treasury.settle(moved("back", KIND.PAYOUT_FAILURE, 1908), payout=failed)
    heading = a_heading(18, opening=101_908, closing=100_000)
    line = a_line(heading, 1, -1908, text="STRIPE TRACE-0001")
    await treasury.office.take_in(replace(a_statement(heading=heading, closing=100_000), lines=(line,)))
    await treasury.look()
    await treasury.told()
    treasury.office.later(hours=2)
    assert await treasury.look() == [("payout_failed", 1908)]
    balances = await treasury.balances()
    assert (balances["bank"], balances["in_transit"], balances["provider"]) == (0, 0, 1908)


async def test_the_ledger_ends_at_what_the_last_statement_closes_with(treasury: Treasury) -> None:
    await the_worked_example(treasury)
    await treasury.told()
    assert await treasury.look() == []
    await SqlSeals(treasury.office.databases.app.transactions).seal(treasury.office.city, 100, treasury.office.now)
    await treasury.office.rows(
        "UPDATE ledger_balances SET debit = debit - 8 WHERE city = :city AND account = 'bank' RETURNING city"
    )
    assert await treasury.look() == [("books_differ", -8)]
    assert await treasury.office.rows(
        "SELECT source, about FROM exceptions WHERE city = :city AND kind = 'books_differ'"
    ) == [("books_differ:balance:bank:EUR", "account:bank")]


async def test_a_line_of_which_the_ledger_was_not_told_is_found_and_gone_once_it_was(treasury: Treasury) -> None:
    office = treasury.office
    await office.desk.take_in(office.city, person_id("finance"), office.file(a_statement(700)))
    assert await treasury.look() == []
    office.later(hours=2)
    ((line,),) = await office.rows("SELECT id FROM bank_lines WHERE city = :city")
    assert await treasury.look() == [("books_differ", -700)]
    assert await office.rows("SELECT about FROM exceptions WHERE city = :city") == [(f"line:{line}",)]
    await office.post("bank.statement_imported")
    assert await treasury.look() == []


async def test_a_look_goes_on_from_the_last_one_and_keeps_what_it_found(treasury: Treasury) -> None:
    """What differs is found by the look after which it is no longer new, and by all that follow."""
    await the_worked_example(treasury)
    await treasury.told(without="txn_refund")
    await treasury.look()
    await treasury.told(without="txn_refund")
    treasury.office.later(hours=2)
    for _ in range(3):
        await SqlSeals(treasury.office.databases.app.transactions).seal(treasury.office.city, 100, treasury.office.now)
        assert await treasury.look() == [("books_differ", 500)]
        treasury.office.later(days=5)
    await treasury.told()
    assert await treasury.look() == []


async def test_a_payout_that_is_not_what_it_is_made_of_is_found(treasury: Treasury) -> None:
    await treasury.settle(moved("charge", KIND.CHARGE, 2470, 62), moved("payout", KIND.PAYOUT, -1908))
    await treasury.told()
    assert await treasury.look() == [("books_differ", 1908)]
    treasury.office.later(seconds=timedelta(days=400).total_seconds())
    assert ("missing_at_bank", 1908) in await treasury.look()
