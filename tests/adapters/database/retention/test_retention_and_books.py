"""What the provider moved goes with the booking that it is about, and the books agree all the same."""

import pytest

from adapters.database.payments.settlements import SqlSettlementBooks
from domain.ledger.posting.movements import movement
from domain.payments.payments import PaymentId
from domain.payments.transactions import ProviderTransaction, TransactionKind
from infra.ids import new_id
from services.settlement.ports import Movement
from tests.adapters.database.archives import NOW, OLD, Archive
from tests.adapters.database.ledgers import Books
from tests.domain.ledger.facts import a_movement
from tests.services.reconciliation.offices import Office

pytestmark = pytest.mark.database
EXCEPTIONS = "SELECT kind, source, amount FROM exceptions WHERE city = :city ORDER BY source"


@pytest.fixture
async def office(archive: Archive) -> Office:
    """Of a city that took 2.40 for an old use, by card, and posted it."""
    booking = await archive.used()
    ((payment_id,),) = await archive.world.rows("SELECT id FROM payments WHERE booking_id = :id", id=booking.id)
    taken = ProviderTransaction("txn_old", TransactionKind.CHARGE, 240, 29, 211, "EUR", "ch_1", OLD, OLD)
    found = Office(archive.world.database, archive.city)
    found.now = OLD
    settlements = SqlSettlementBooks(archive.world.database.app.transactions, new_id, lambda: None)
    await settlements.keep(found.city, [Movement(taken, "charge", "charge", payment_id=PaymentId(payment_id))], OLD)
    await found.post("settlement.transaction_seen")
    return found


async def look(office: Office) -> list[tuple[object, ...]]:
    await office.desk.run(office.city)
    return await office.rows(EXCEPTIONS)


@pytest.mark.parametrize("looked_before", [True, False])
async def test_retention_leaves_no_difference_between_the_books(
    archive: Archive, office: Office, *, looked_before: bool
) -> None:
    """A look goes on from the last one; and a first one, long after, knows until when movements are forgotten."""
    if looked_before:
        assert await look(office) == []
    office.now = NOW
    assert await archive.gone() == {"bookings": 1}
    assert await office.rows("SELECT transaction_id FROM provider_transactions WHERE city = :city") == []
    assert await look(office) == []
    assert await office.rows("SELECT moved, paid_out, forgotten_until FROM provider_sums WHERE city = :city") == [
        (211, 0, OLD)
    ]


async def test_what_the_ledger_makes_up_after_that_is_found_by_each_look(archive: Archive, office: Office) -> None:
    """Sealed or not, and long after it was new."""
    assert await archive.gone() == {"bookings": 1}
    office.now = NOW
    books = Books(archive.world.database, office.city, NOW)
    await books.post(*movement(a_movement(TransactionKind.CHARGE, 900, id="txn_made_up", created_at=NOW), None))
    found = [("books_differ", "books_differ:txn_made_up", 900)]
    assert await look(office) == found
    await books.seal()
    office.later(days=3)
    assert [await look(office), await look(office)] == [found, found]
    ((about, resolution),) = await office.rows("SELECT about, resolution FROM exceptions WHERE city = :city")
    ((entry,),) = await office.rows(
        "SELECT id FROM ledger_entries WHERE city = :city AND source = 'bt:txn_made_up:capture'"
    )
    assert (about, resolution) == (f"entry:{entry}", None)
