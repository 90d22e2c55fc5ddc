"""Our copy of the provider's books: whole after any crash, and each movement once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import pytest
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.payments.settlements import due_accounts
from domain.identity import City
from domain.payments.transactions import Dispute, Payout
from services.payments.ports import Account, ProviderEvent, ProviderUnavailable
from services.settlement.gathering import EVERY
from services.settlement.ports import Movement, OpenEnds, SettlementBooks, Settlements
from tests.adapters.payments.sandbox.running import eventually
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database

SEEN = "SELECT count(*), count(DISTINCT subject_id) FROM outbox WHERE city = :city AND kind = 'settlement.transaction_seen'"


async def seen(town: Treasury) -> list[tuple[int, int]]:
    return [(total, different) for total, different in await town.rows(SEEN)]


async def test_each_movement_is_kept_once_with_whose_it_is_and_told_of_once(town: Treasury) -> None:
    booking = await town.paid()
    for _ in range(3):
        await town.gather()
    assert await town.moved() == [("charge", 480, 32)]
    payment = await town.world.payment(booking)
    assert await town.rows(
        "SELECT payment_id, booking_id, net, type, payout_id FROM provider_transactions WHERE city = :city"
    ) == [(payment.id, booking.id, 448, "charge", None)]
    assert await seen(town) == [(1, 1)]


async def test_what_a_payout_is_made_of_is_known_once_the_provider_says_so(town: Treasury) -> None:
    for _ in range(2):
        await town.paid()
    payout_id = await town.paid_out()
    await town.gather()
    of_payout = "SELECT kind, net FROM provider_transactions WHERE city = :city AND payout_id = :payout ORDER BY net"
    assert await town.rows(of_payout, payout=payout_id) == []
    await town.sandbox.by_hand(f"payouts/{payout_id}", step="reconciled")
    await town.gather()
    assert await town.rows(of_payout, payout=payout_id) == [("payout", -896), ("charge", 448), ("charge", 448)]
    assert await seen(town) == [(3, 3)]


async def test_a_payout_that_fails_after_it_was_paid_is_told_of_in_order(town: Treasury) -> None:
    await town.paid()
    payout_id = await town.paid_out("paid")
    await town.gather()
    await town.sandbox.by_hand(f"payouts/{payout_id}", step="failed")
    await town.gather()
    told = await town.rows("SELECT kind FROM outbox WHERE city = :city AND kind LIKE 'settlement.payout%' ORDER BY id")
    assert told == [("settlement.payout_paid",), ("settlement.payout_failed",)]
    assert await town.moved() == [("charge", 480, 32), ("payout", -448, 0), ("payout_failure", 448, 0)]


async def test_a_message_about_a_payout_brings_all_that_moved(town: Treasury) -> None:
    await town.paid()
    await town.paid_out("paid", "reconciled")
    await town.sandbox.advance(0)
    await _delivered(town, "payout.reconciliation_completed")
    await town.deliver(twice=True)
    kinds = await town.work()
    assert kinds.count("settlement.payout_paid") == kinds.count("settlement.payout_reconciled") == 1
    assert await town.rows("SELECT itemised_at IS NOT NULL FROM payouts WHERE city = :city") == [(True,)]
    assert [kind for kind, _, _ in await town.moved()] == ["charge", "payout"]


async def test_messages_that_never_came_are_made_up_for(town: Treasury) -> None:
    booking = await town.world.booking()
    await town.world.pay(booking)
    payment = await town.world.payment(booking)
    await town.sandbox.city.v1.payment_intents.confirm_async(str(payment.intent_id), {"payment_method": "pm_card_visa"})
    await town.gather()
    await town.work()
    assert (await town.world.payment(booking)).state == "authorised"


async def test_a_dispute_is_known_with_its_money_and_its_booking(town: Treasury) -> None:
    booking = await town.paid(method="pm_card_createDispute")
    await town.gather()
    assert await town.rows("SELECT state, withdrawn, fee, booking_id FROM disputes WHERE city = :city") == [
        ("needs_response", 480, 2000, booking.id)
    ]
    (dispute_id,) = (await town.books.open_ends(town.city)).disputes
    await town.pass_by(days=8)
    await town.sandbox.by_hand(f"disputes/{dispute_id}", outcome="won")
    await town.gather()
    told = await town.rows("SELECT kind FROM outbox WHERE city = :city AND kind LIKE 'settlement.dispute%' ORDER BY id")
    assert told == [("settlement.dispute_opened",), ("settlement.dispute_won",)]
    assert [each for each in await town.moved() if each[0] != "payout"] == [
        ("charge", 480, 32),
        ("dispute", -480, 2000),
        ("dispute_reversal", 480, 0),
    ]


class Counting(Struct):
    """A provider that counts how often its messages are listed, at which time passes."""

    provider: Settlements
    pass_by: Callable[..., object]
    listed: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.provider, name)

    def events(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[ProviderEvent, ...]]:
        self.listed += until is None
        self.pass_by(seconds=1)
        return self.provider.events(city, since, until)


async def test_of_many_messages_that_come_at_once_the_last_look_serves_all(town: Treasury) -> None:
    """One looks, and another once all of them had been heard, if they were not before."""
    for _ in range(2):
        await town.paid()
        await town.paid_out("sent", "paid")
    await town.deliver()
    about_payouts = "SELECT id FROM provider_events WHERE city = :city AND type LIKE 'payout.%'"
    heard = [event_id for (event_id,) in await town.rows(about_payouts)]
    counting = Counting(town.provider, town.world.clock.pass_by)
    town.provider = counting  # type: ignore[assignment]  # the rest is delegated
    settlement = town.settlement
    await asyncio.gather(*(settlement.hear(town.city, each) for each in heard))
    assert len(heard) > 2
    assert counting.listed in {1, 2}


class Broken(Exception):
    """The process ends here."""


class Breaking(Struct):
    """Books that do what they are told, until they break: before or after the `at`th write."""

    books: SettlementBooks
    at: int
    after: bool
    count: int = 0

    async def _once(self) -> bool:
        self.count += 1
        if self.count == self.at and not self.after:
            raise Broken
        return self.count == self.at

    async def read_until(self, account: Account) -> datetime | None:
        return await self.books.read_until(account)

    async def looked(self, account: Account, read_until: datetime, now: datetime) -> None:
        ends = await self._once()
        await self.books.looked(account, read_until, now)
        if ends:
            raise Broken

    async def keep(self, city: City, movements: Sequence[Movement], now: datetime) -> int:
        ends = await self._once()
        kept = await self.books.keep(city, movements, now)
        if ends:
            raise Broken
        return kept

    async def itemised(self, city: City, payout_id: str, now: datetime) -> None:
        ends = await self._once()
        await self.books.itemised(city, payout_id, now)
        if ends:
            raise Broken

    async def see(self, city: City, said: Payout | Dispute, clock: Callable[[], datetime]) -> Payout | Dispute:
        ends = await self._once()
        seen = await self.books.see(city, said, clock)
        if ends:
            raise Broken
        return seen

    async def knows_end(self, city: City, dispute_id: str) -> bool:
        return await self.books.knows_end(city, dispute_id)

    async def open_ends(self, city: City) -> OpenEnds:
        return await self.books.open_ends(city)


async def test_a_crash_at_any_write_loses_nothing_and_doubles_nothing(town: Treasury) -> None:
    """Each attempt ends one write later than the one before, and goes on where that one ended."""
    whole, at = town.books, 0
    await town.paid(method="pm_card_createDispute")
    payout_id = await town.paid_out("paid", "reconciled")
    while True:
        at += 1
        for after in (False, True):
            town.books = Breaking(whole, at, after)
            try:
                await town.gather()
            except Broken:
                continue
            town.books = whole
            await town.gather()
            assert [kind for kind, _, _ in await town.moved()] == ["charge", "dispute", "payout"]
            assert await seen(town) == [(3, 3)]
            told = await town.rows(
                "SELECT kind, count(*) FROM outbox WHERE city = :city AND kind LIKE 'settlement.payout%' GROUP BY 1"
            )
            assert sorted(told) == [("settlement.payout_paid", 1), ("settlement.payout_reconciled", 1)]
            itemised = (
                "SELECT sum(net) FROM provider_transactions WHERE city = :city AND payout_id = :id AND kind <> 'payout'"
            )
            assert await town.rows(itemised, id=payout_id) == await town.rows(
                "SELECT amount FROM payouts WHERE city = :city"
            )
            return


async def test_a_provider_that_is_away_leaves_the_mark_where_it_was(town: Treasury) -> None:
    await town.paid()
    await town.sandbox.fault("GET", "/v1/balance_transactions", "error_503", times=3)
    with pytest.raises(ProviderUnavailable):
        await town.gather()
    (account,) = await town.world.accounts.all()
    assert await town.books.read_until(account) is None
    await town.gather()
    assert [kind for kind, _, _ in await town.moved()] == ["charge"]


async def test_more_than_a_page_is_read_whole(town: Treasury) -> None:
    booking = await town.paid()
    payment = await town.world.payment(booking)
    for _ in range(101):
        await town.sandbox.city.v1.refunds.create_async({"payment_intent": str(payment.intent_id), "amount": 1})
    await town.gather()
    assert len(await town.moved()) == 102
    assert await seen(town) == [(102, 102)]


async def test_an_account_is_due_an_hour_after_it_was_looked_at(town: Treasury) -> None:
    (account,) = await town.world.accounts.all()
    async with town.databases.owner.transactions.everywhere() as connection:
        await connection.execute(
            text("UPDATE cities SET stripe_account = :account WHERE city = :city"),
            {"city": town.city, "account": f"{account.id}_{town.city}"},
        )
    now = town.world.clock()
    named = Account(town.city, f"{account.id}_{town.city}", "", "", "")

    async def is_due(at: datetime) -> bool:
        return town.city in await due_accounts(town.databases.relay.transactions, at - EVERY, 1_000_000)

    assert await is_due(now)
    await town.books.looked(named, now, now)
    assert not await is_due(now + timedelta(minutes=59))
    assert await is_due(now + timedelta(minutes=61))


async def test_what_moved_is_never_rewritten(town: Treasury) -> None:
    await town.paid()
    await town.paid_out("reconciled")
    await town.gather()
    for change in (
        "UPDATE provider_transactions SET amount = 1, net = 1 - fee",
        "UPDATE provider_transactions SET payout_id = 'po_other'",
        "DELETE FROM provider_transactions",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|stays as it was|kept until"):
            await town.rows(f"{change} WHERE city = :city RETURNING id")


async def _delivered(town: Treasury, kind: str) -> None:
    await eventually(
        lambda: any(kind.encode() in body for _, body, _ in town.sandbox.shop.received), "the message did not come"
    )
