"""Saved cards and bank accounts with Stripe: https://docs.stripe.com/api/payment_methods/customer_list."""

import stripe
from msgspec import Struct

from adapters.payments.accounts import StripeClients
from adapters.payments.intents import facts_of
from adapters.payments.stripe_gateway import answered
from domain.identity import City
from services.payments.ports import ProviderRefused
from services.payments.wallet import SavedAccount, SavedCard, SavedMethod

PAGE = 100


class CardFacts(Struct, frozen=True):
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class AccountFacts(Struct, frozen=True):
    bank_code: str | None = None
    country: str | None = None
    last4: str | None = None


class MethodFacts(Struct, frozen=True):
    """A card, or a bank account to debit; else something that the holder saved in another way than ours."""

    id: str
    card: CardFacts | None = None
    sepa_debit: AccountFacts | None = None


class StripeWallet:
    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def cards(self, city: City, customer: str) -> tuple[SavedMethod, ...]:
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


async def _listed(client: stripe.StripeClient, customer: str) -> tuple[SavedMethod, ...]:
    found = await client.v1.customers.payment_methods.list_async(customer, {"limit": PAGE})
    facts = [facts_of(method, MethodFacts) async for method in found.auto_paging_iter()]
    return tuple(saved for each in facts if (saved := _saved(each)) is not None)


def _saved(facts: MethodFacts) -> SavedMethod | None:
    if (card := facts.card) is not None:
        return SavedCard(facts.id, card.brand, card.last4, card.exp_month, card.exp_year)
    if (account := facts.sepa_debit) is not None:
        return SavedAccount(facts.id, account.country or "", account.bank_code or "", account.last4 or "")
    return None
