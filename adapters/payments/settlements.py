"""The books that Stripe keeps of a city's account, and its disputes: https://docs.stripe.com/reports/payout-reconciliation."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import msgspec
import stripe
from msgspec import Struct
from stripe.params import DisputeUpdateParams

from adapters.payments.accounts import StripeClients
from adapters.payments.intents import RefundFacts, facts_of
from adapters.payments.movements import DisputeFacts, MovementFacts, PayoutFacts, dispute, movement, payout, refund
from adapters.payments.signatures import EventFacts, told
from adapters.payments.stripe_gateway import answered, keyed
from domain.identity import City
from domain.money import Money
from domain.payments.payments import Payment
from domain.payments.refunds import ProviderRefund
from domain.payments.transactions import Dispute, Payout
from services.payments.ports import ProviderEvent
from services.settlement.ports import Balance, Evidence, Movement

PAGE = 100
F = TypeVar("F", bound=Struct)
SOURCE = ["data.source"]
# Stripe takes twenty names at most. What is left out tells nothing that one of these does not tell as well.
ACTED_ON = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "setup_intent.canceled",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "payout.failed",
    "payout.paid",
    "payout.reconciliation_completed",
)


class FundFacts(Struct, frozen=True):
    amount: int
    currency: str


class BalanceFacts(Struct, frozen=True):
    available: list[FundFacts]
    pending: list[FundFacts]


class StripeSettlements:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def movements(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[Movement, ...]]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.balance_transactions.list_async(
                {"created": _between(since, until), "limit": PAGE, "expand": SOURCE}
            )

        async for facts in _pages(await answered(first, "", None), MovementFacts):
            yield tuple(movement(each) for each in facts)

    async def items(self, city: City, payout_id: str) -> tuple[Movement, ...]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.balance_transactions.list_async(
                {"payout": payout_id, "limit": PAGE, "expand": SOURCE}
            )

        pages = _pages(await answered(first, "", None), MovementFacts)
        return tuple([movement(each, payout_id) async for facts in pages for each in facts])

    async def payout(self, city: City, payout_id: str) -> Payout:
        client = await self._clients.of(city)
        found = await answered(lambda _key: client.v1.payouts.retrieve_async(payout_id), "", None)
        return payout(facts_of(found, PayoutFacts))

    async def payouts(self, city: City, since: datetime) -> tuple[Payout, ...]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.payouts.list_async({"created": {"gte": int(since.timestamp())}, "limit": PAGE})

        pages = _pages(await answered(first, "", None), PayoutFacts)
        return tuple([payout(each) async for facts in pages for each in facts])

    async def balance(self, city: City) -> Balance:
        client = await self._clients.of(city)
        facts = facts_of(await answered(lambda _key: client.v1.balance.retrieve_async(), "", None), BalanceFacts)
        available, pending = (
            tuple(Money(fund.amount, fund.currency.upper()) for fund in funds)
            for funds in (facts.available, facts.pending)
        )
        return Balance(available, pending)

    async def events(
        self, city: City, since: datetime, until: datetime | None = None
    ) -> AsyncIterator[tuple[ProviderEvent, ...]]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.events.list_async(
                {"created": _between(since, until), "limit": PAGE, "types": list(ACTED_ON)}
            )

        async for facts in _pages(await answered(first, "", None), EventFacts):
            yield tuple(told(each) for each in facts)


class StripeRefunds:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def of(self, city: City, payment: Payment) -> tuple[ProviderRefund, ...]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.refunds.list_async({"payment_intent": payment.intent_id or "", "limit": PAGE})

        pages = _pages(await answered(first, "", None), RefundFacts)
        return tuple([refund(each) async for facts in pages for each in facts if each.moves_money])


class StripeDisputes:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def fetch(self, city: City, dispute_id: str) -> Dispute:
        client = await self._clients.of(city)
        return _read(await answered(lambda _key: client.v1.disputes.retrieve_async(dispute_id), "", None))

    async def opened(self, city: City, since: datetime) -> tuple[Dispute, ...]:
        client = await self._clients.of(city)

        async def first(_key: str) -> Any:
            return await client.v1.disputes.list_async({"created": {"gte": int(since.timestamp())}, "limit": PAGE})

        pages = _pages(await answered(first, "", None), DisputeFacts)
        return tuple([dispute(each) async for facts in pages for each in facts])

    async def submit(self, city: City, dispute: Dispute, evidence: Evidence) -> Dispute:
        client = await self._clients.of(city)
        said = {name: text for name, text in msgspec.structs.asdict(evidence).items() if text is not None}
        wish: DisputeUpdateParams = {"evidence": said, "submit": True}  # type: ignore[typeddict-item]  # its very names

        async def hand_in(key: str) -> Dispute:
            return _read(await client.v1.disputes.update_async(dispute.id, wish, {"idempotency_key": key}))

        async def handed_in() -> Dispute | None:
            now = await self.fetch(city, dispute.id)
            return now if now.submissions > dispute.submissions else None

        return await keyed(f"{dispute.id}:submit:{dispute.submissions}", hand_in, handed_in)

    async def accept(self, city: City, dispute: Dispute) -> Dispute:
        client = await self._clients.of(city)

        async def give_in(key: str) -> Dispute:
            return _read(await client.v1.disputes.close_async(dispute.id, {}, {"idempotency_key": key}))

        async def given_in() -> Dispute | None:
            now = await self.fetch(city, dispute.id)
            return None if now.may_be_answered else now

        return await keyed(f"{dispute.id}:accept", give_in, given_in)


def _between(since: datetime, until: datetime | None) -> Any:
    after = {"gte": int(since.timestamp())}
    return after if until is None else after | {"lt": int(until.timestamp())}


def _read(said: stripe.Dispute) -> Dispute:
    return dispute(facts_of(said, DisputeFacts))


async def _pages(first: Any, wanted: type[F]) -> AsyncIterator[list[F]]:
    """The list's pages, each asked for when it is needed; Stripe's errors in our terms."""
    page = first
    while page.data:
        yield [facts_of(each, wanted) for each in page.data]
        if not page.has_more:
            return
        page = await answered(partial(_after, page), "", None)


async def _after(page: Any, _key: str) -> Any:
    return await page.next_page_async()
