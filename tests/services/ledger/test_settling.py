"""What moved at the provider is in the ledger, to the cent: its account there is what the provider says that it holds."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.jobs.posting import POSTED
from domain.payments.transactions import DisputeState
from services.ledger.posting import post
from tests.adapters.database.ledgers import Books
from tests.adapters.payments.sandbox.running import Shop, high_street, running
from tests.database import Databases
from tests.domain.ledger.facts import a_dispute
from tests.services.settlement.treasury import Treasury, treasury

pytestmark = pytest.mark.database
TOLD = "SELECT kind, subject_id FROM outbox WHERE city = :city ORDER BY id DESC"
BALANCES = """
SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::int FROM ledger_legs WHERE city = :city
GROUP BY account HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
"""


@pytest.fixture(scope="module")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


@pytest.fixture
async def town(database: Databases, tmp_path: Path, street: Callable[[], Shop]) -> AsyncIterator[Treasury]:
    async with running(tmp_path / "stripe", street()) as sandbox, treasury(database, sandbox) as found:
        yield found


async def balances(town: Treasury) -> dict[str, int]:
    """After all that was told was posted, twice and the last first."""
    books = Books(town.databases, town.city)
    for kind, subject in [*await town.rows(TOLD)] * 2:
        if kind in POSTED:
            await post(POSTED[kind], town.city, subject, ledgers=books.ledgers)
    return dict(await town.rows(BALANCES))


async def held_by_the_provider(town: Treasury) -> int:
    balance = await town.provider.balance(town.city)
    return sum(each.amount for each in (*balance.available, *balance.pending))


async def test_the_provider_s_account_is_what_the_provider_holds(town: Treasury) -> None:
    for _ in range(3):
        await town.paid()
    await town.gather()
    found = await balances(town)
    assert found == {"provider": 1344, "provider_fees": 96, "receivables": -1440}
    assert found["provider"] == await held_by_the_provider(town)


async def test_what_was_paid_out_is_on_its_way_and_back_when_it_failed(town: Treasury) -> None:
    await town.paid()
    payout_id = await town.paid_out("paid")
    await town.gather()
    assert await balances(town) == {"in_transit": 448, "provider_fees": 32, "receivables": -480}
    await town.sandbox.by_hand(f"payouts/{payout_id}", step="failed")
    await town.gather()
    found = await balances(town)
    assert found == {"provider": 448, "provider_fees": 32, "receivables": -480}
    assert found["provider"] == await held_by_the_provider(town)


async def test_a_dispute_that_was_lost_is_a_loss_and_none_when_it_is_won_after_all(town: Treasury) -> None:
    booking = await town.paid()
    payment = await town.world.payment(booking)
    assert payment.intent_id is not None
    dispute = a_dispute(
        DisputeState.LOST, withdrawn=480, intent_id=payment.intent_id, transactions=("txn_1",), amount=480
    )
    await town.books.see(town.city, dispute, town.world.clock)
    assert await balances(town) == {"bad_debt": 480, "disputes": -480}  # nothing was invoiced, so no tax comes back
    won = replace(dispute, state=DisputeState.WON, withdrawn=0, transactions=("txn_1", "txn_2"))
    await town.books.see(town.city, won, town.world.clock)
    assert await balances(town) == {}
    assert await balances(town) == {}


async def test_a_direct_debit_that_came_back_is_owed_again(town: Treasury) -> None:
    payment = await town.world.payment(await town.paid())
    dispute = a_dispute(
        DisputeState.LOST,
        withdrawn=480,
        intent_id=payment.intent_id,
        reason="insufficient_funds",
        transactions=("txn_1",),
    )
    await town.books.see(town.city, dispute, town.world.clock)
    assert await balances(town) == {"receivables": 480, "disputes": -480}
