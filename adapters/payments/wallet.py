"""Saved cards with Stripe: https://docs.stripe.com/api/payment_methods/customer_list."""

import stripe
from msgspec import Struct

from adapters.payments.accounts import StripeClients
from adapters.payments.intents import facts_of
from adapters.payments.stripe_gateway import answered
from domain.identity import City
from services.payments.ports import ProviderRefused
from services.payments.wallet import SavedCard

PAGE = 100


class CardFacts(Struct, frozen=True):
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class MethodFacts(Struct, frozen=True):
    id: str
    card: CardFacts


class StripeWallet:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def cards(self, city: City, customer: str) -> tuple[SavedCard, ...]:
        client = await self._clients.of(city)
        return await answered(lambda _key: _listed(client, customer), "", None)

    async def detach(self, city: City, customer: str, card_id: str) -> None:
        client = await self._clients.of(city)

        async def take(_key: str) -> None:
            await client.v1.payment_methods.detach_async(card_id)

        try:
            await answered(take, "", None)
        except ProviderRefused:
            # Whoever was quicker has taken it already; else the refusal counts.
            if card_id in {card.id for card in await self.cards(city, customer)}:
                raise


async def _listed(client: stripe.StripeClient, customer: str) -> tuple[SavedCard, ...]:
    found = await client.v1.customers.payment_methods.list_async(customer, {"type": "card", "limit": PAGE})
    facts = [facts_of(method, MethodFacts) async for method in found.auto_paging_iter()]
    return tuple(
        SavedCard(each.id, each.card.brand, each.card.last4, each.card.exp_month, each.card.exp_year) for each in facts
    )
