"""What nobody told of is found and posted, once."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from adapters.database.ledger.gaps import KINDS, SqlGaps
from adapters.database.payments.settlements import SqlSettlementBooks
from domain.ledger.entries import mirrored
from domain.ledger.posting.disputes import Lost, dispute_lost
from domain.ledger.posting.documents import Taxed
from domain.ledger.posting.movements import movement
from domain.payments.payments import PaymentState
from domain.payments.transactions import Dispute, DisputeState, TransactionKind, filed_as
from infra.ids import new_id
from services.ledger.catching_up import catch_up
from services.ledger.posting import Fact, post
from tests.adapters.database.ledgers import Books
from tests.database import Databases
from tests.domain.ledger.facts import ADA, NINETEEN, a_dispute, a_loss, a_movement
from tests.examples import hours
from tests.invoices import TODAY
from tests.services.ledger.test_crashes import a_charge
from tests.services.ledger.towns import a_town, balances, issue, paid_by_transfer, sources, used

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
    await settlements.see(books.city, lost, lambda: TODAY)
    await paid_by_transfer(books, invoice)
    assert await caught_up(books) == 8  # hold and its end, invoice, charge, fee, dispute, bank line, match
    kept = {"provider": 211, "provider_fees": 29, "bank": 240, "receivables": -240, "disputes": -240}
    assert await balances(books) == kept | {"revenue.charging.19": -202, "bad_debt": 202}
    assert await caught_up(books) == 0


async def credited_and_lost(database: Databases) -> tuple[Books, UUID, Dispute]:
    """2.40 was invoiced and credited; of a dispute that had been lost before that we hear after both were posted."""
    world, books = await a_town(database)
    booking = await used(world, PaymentState.CAPTURED, captured=240)
    (invoice,) = await issue(world, booking)
    await books.write("UPDATE payments SET refunded = 240 WHERE city = :city")
    (note,) = await issue(world, booking, TODAY + hours(2))
    for each in (invoice, note):
        await post(Fact.DOCUMENT, books.city, each, ledgers=books.ledgers)
    await caught_up(books)
    ((intent,),) = await books.rows("SELECT intent_id FROM payments WHERE city = :city")
    lost = a_dispute(DisputeState.LOST, withdrawn=240, amount=240, intent_id=intent, transactions=("a",))
    await seen(books, lost, TODAY + hours(1))
    return books, note, lost


async def seen(books: Books, said: Dispute, at: datetime) -> None:
    settlements = SqlSettlementBooks(books.databases.app.transactions, new_id, lambda: None)
    await settlements.see(books.city, said, lambda: at)


async def test_a_loss_that_comes_late_says_what_documents_of_before_could_not_know(database: Databases) -> None:
    books, note, lost = await credited_and_lost(database)
    assert await post(Fact.DISPUTE, books.city, filed_as(books.city, lost.id), ledgers=books.ledgers) == 2
    assert f"loss_undone:{note}" in await sources(books)
    assert await balances(books) == {"disputes": -240, "receivables": 240}
    assert await caught_up(books) == 0


async def test_one_of_several_entries_of_a_fact_that_is_missing_is_found(database: Databases) -> None:
    books, note, lost = await credited_and_lost(database)
    await books.post(dispute_lost(Lost(a_loss(240), (Taxed(NINETEEN, 202, 38),))))
    assert await caught_up(books) == 1
    assert f"loss_undone:{note}" in await sources(books)
    won = replace(lost, state=DisputeState.WON, withdrawn=0, transactions=("a", "b"))
    await seen(books, won, TODAY + hours(3))
    (loss,) = await books.known("dispute_lost:dp_1")
    await books.post(mirrored(loss.id, loss.entry, TODAY + hours(3), "won"))
    assert await caught_up(books) == 1
    assert "loss_regained:dispute_lost:dp_1" in await sources(books)
    assert await balances(books) == {}


async def test_nothing_is_missing_in_an_empty_city(database: Databases) -> None:
    _, books = await a_town(database)
    assert await caught_up(books) == 0


def test_whatever_moves_at_the_provider_is_looked_for_by_its_name() -> None:
    moved = [entry for kind in TransactionKind for entry in movement(a_movement(kind, 100, 1), ADA)]
    assert {entry.source.rpartition(":")[2] for entry in moved} == set(KINDS)
