"""What nobody told of is found and posted, once."""

import pytest

from adapters.database.ledger_gaps import KINDS, SqlGaps
from adapters.database.settlements import SqlSettlementBooks
from domain.ledger.posting.movements import movement
from domain.payments.payments import PaymentState
from domain.payments.transactions import DisputeState, TransactionKind
from infra.ids import new_id
from services.ledger.catching_up import catch_up
from tests.adapters.database.ledgers import Books
from tests.database import Databases
from tests.domain.ledger.facts import ADA, a_dispute, a_movement
from tests.invoices import TODAY
from tests.services.ledger.test_crashes import a_charge
from tests.services.ledger.test_posting import a_town, balances, issue, paid_by_transfer, used

pytestmark = pytest.mark.database


async def caught_up(books: Books) -> int:
    return await catch_up(books.city, gaps=SqlGaps(books.databases.app.transactions), ledgers=books.ledgers)


async def test_all_that_happened_before_there_was_a_ledger_is_posted_once(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.CAPTURED, captured=240)
    (invoice,) = await issue(world, booking)
    ((payment, intent),) = await books.rows("SELECT id, intent_id FROM payments WHERE city = :city")
    settlements = SqlSettlementBooks(database.app.transactions, new_id, lambda: None)
    charge = a_charge(booking, payment, TransactionKind.CHARGE, 240, 29)
    await settlements.keep(books.city, [charge], TODAY)
    lost = a_dispute(DisputeState.LOST, withdrawn=240, amount=240, intent_id=intent, transactions=("a",))
    await settlements.see(books.city, lost, TODAY)
    await paid_by_transfer(books, invoice)
    assert await caught_up(books) == 8  # hold and its end, invoice, charge, fee, dispute, bank line, match
    kept = {"provider": 211, "provider_fees": 29, "bank": 240, "receivables": -240, "disputes": -240}
    assert await balances(books) == kept | {"revenue.charging.19": -202, "bad_debt": 202}
    assert await caught_up(books) == 0


async def test_nothing_is_missing_in_an_empty_city(database: Databases) -> None:
    _, books = await a_town(database)
    assert await caught_up(books) == 0


def test_whatever_moves_at_the_provider_is_looked_for_by_its_name() -> None:
    moved = [entry for kind in TransactionKind for entry in movement(a_movement(kind, 100, 1), ADA)]
    assert {entry.source.rpartition(":")[2] for entry in moved} == set(KINDS)
