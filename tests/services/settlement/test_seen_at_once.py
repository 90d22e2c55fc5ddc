"""Messages about one thing that come at once, and when what they tell of happened."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.database.invoicing.invoices import LOCK
from domain.payments.transactions import DisputeState, Payout, PayoutState
from tests.adapters.payments.sandbox.running import eventually
from tests.domain.ledger.facts import a_dispute
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_payout(name: str, state: PayoutState) -> Payout:
    reconciled = state is PayoutState.PAID
    return Payout(name, 1908, "EUR", state, True, reconciled, AT, date(2026, 11, 24))


async def test_who_hears_of_a_payout_first_at_the_same_time_as_others_keeps_the_latest_and_tells_it_once(
    town: Treasury,
) -> None:
    """Nobody knows it yet, so there is no row that one could wait for."""
    names = [f"po_{n}" for n in range(12)]
    said = [a_payout(name, state) for name in names for state in (PayoutState.PAID, PayoutState.PENDING) * 3]
    await asyncio.gather(*(town.books.see(town.city, each, lambda: AT) for each in said))
    assert await town.rows("SELECT DISTINCT state, is_reconciled FROM payouts WHERE city = :city") == [("paid", True)]
    told = await town.rows("SELECT kind, count(*) FROM outbox WHERE city = :city GROUP BY 1")
    assert {kind: count for kind, count in told if kind != "settlement.payout_pending"} == {
        "settlement.payout_paid": len(names),
        "settlement.payout_reconciled": len(names),
    }


async def test_a_dispute_was_decided_when_the_provider_told_so_however_late_we_hear_of_it(town: Treasury) -> None:
    await town.paid(method="pm_card_createDispute")
    await town.gather()
    ((dispute_id,),) = await town.rows("SELECT dispute_id FROM disputes WHERE city = :city")
    await town.sandbox.by_hand(f"disputes/{dispute_id}", outcome="lost")
    told = await town.sandbox.city.v1.events.list_async({"type": "charge.dispute.closed"})
    town.world.clock.pass_by(days=3)
    await town.gather()
    assert await town.rows(
        "SELECT decided_at, updated_at > decided_at + CAST(:some AS interval) FROM disputes WHERE city = :city",
        some=timedelta(days=2),
    ) == [(datetime.fromtimestamp(told.data[0].created, UTC), True)]


async def test_whichever_message_finds_a_dispute_decided_it_was_decided_when_the_provider_told_so(
    town: Treasury,
) -> None:
    """The first message about it comes days late, and the last one is lost."""
    await town.paid(method="pm_card_createDispute")
    received = town.sandbox.shop.received
    await eventually(lambda: any(b"charge.dispute.created" in body for _, body, _ in received), "it is told")
    first = [each for each in received if b"charge.dispute.created" in each[1]]
    ((dispute,),) = [(await town.sandbox.city.v1.disputes.list_async()).data]
    await town.sandbox.by_hand(f"disputes/{dispute.id}", outcome="lost")
    told = await town.sandbox.city.v1.events.list_async({"type": "charge.dispute.closed"})
    await eventually(lambda: any(b"charge.dispute.closed" in body for _, body, _ in received), "it is told")
    received[:] = first
    town.world.clock.pass_by(days=3)
    await town.deliver()
    await town.work()
    assert await town.rows("SELECT state, decided_at FROM disputes WHERE city = :city") == [
        ("lost", datetime.fromtimestamp(told.data[0].created, UTC))
    ]


async def test_what_is_lost_is_seen_after_the_document_that_is_being_written(town: Treasury) -> None:
    """So no document is older than a loss that it does not know."""
    booking = await town.paid()
    payment = await town.world.payment(booking)
    lost = a_dispute(DisputeState.LOST, 480, amount=480, intent_id=payment.intent_id, transactions=("txn_1",))
    async with town.databases.app.transactions.city(town.city) as writing:
        await writing.execute(LOCK, {"city": town.city, "id": booking.id})
        seeing = asyncio.create_task(town.books.see(town.city, lost, town.world.clock))
        await asyncio.wait({seeing}, timeout=0.5)
        town.world.clock.pass_by(minutes=1)
        written = town.world.clock()
    await seeing
    assert await town.rows("SELECT lost_seen_at > :written FROM disputes WHERE city = :city", written=written) == [
        (True,)
    ]


async def test_a_hold_ended_when_it_was_captured_or_let_go_at_the_provider(town: Treasury) -> None:
    booking = await town.paid()
    payment = await town.world.payment(booking)
    ((captured,),) = await town.rows("SELECT ended_at FROM payments WHERE city = :city")
    intent = await town.sandbox.city.v1.payment_intents.retrieve_async(
        str(payment.intent_id), {"expand": ["latest_charge.balance_transaction"]}
    )
    assert captured == datetime.fromtimestamp(intent.latest_charge.balance_transaction.created, UTC)  # type: ignore[union-attr]
    other = await town.world.booking()
    await town.world.pay(other, "pm_card_visa")
    held = await town.world.payment(other)
    canceled = await town.sandbox.city.v1.payment_intents.cancel_async(str(held.intent_id))
    town.world.clock.pass_by(days=2)
    await town.gather()
    await town.work()
    seen = await town.world.payment(other)
    assert (seen.state, seen.ended_at) == ("released", datetime.fromtimestamp(canceled.canceled_at or 0, UTC))
    assert seen.updated_at > (seen.ended_at or AT) + timedelta(days=1)
