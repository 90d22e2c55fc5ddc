"""The city's own Stripe gateway on a local sandbox, and a gateway's view of its accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from adapters.payments.accounts import StripeClients
from adapters.payments.settlements import StripeDisputes, StripeSettlements
from adapters.payments.stripe_gateway import StripeGateway
from domain.identity import City
from services.payments.ports import Account
from tests.adapters.payments.sandbox.running import Running, Shop, running

CITY, NEIGHBOUR = City("braunschweig"), City("wolfsburg")


class KnownAccounts(Struct, frozen=True):
    """Accounts by city, as the city's settings would have them; the references are the secrets themselves."""

    known: tuple[Account, ...]

    async def of(self, city: City) -> Account | None:
        return next((account for account in self.known if account.city == city), None)

    async def named(self, account_id: str) -> Account | None:
        return next((account for account in self.known if account.id == account_id), None)

    async def all(self) -> tuple[Account, ...]:
        return self.known


def accounts_of(sandbox: Running, *cities: City) -> KnownAccounts:
    """The sandbox's accounts, given to the cities in order."""
    return KnownAccounts(
        tuple(
            Account(city, account.id, account.publishable_key, account.secret_key, account.webhook_secret)
            for city, account in zip(cities, sandbox.accounts, strict=False)
        )
    )


@asynccontextmanager
async def stripe_gateway(folder: Path, shop: Shop | None = None) -> AsyncIterator[tuple[StripeGateway, Running]]:
    """The real adapter, for CITY and NEIGHBOUR, against a sandbox with its state in `folder`."""
    async with running(folder, shop) as sandbox:
        clients = StripeClients(accounts_of(sandbox, CITY, NEIGHBOUR), lambda secret: secret, sandbox.url, timeout_s=5)
        try:
            yield StripeGateway(clients), sandbox
        finally:
            await clients.close()


class ProvidersBooks(Struct, frozen=True):
    """The provider's side of the city's account, as the real adapters see it, and the sandbox behind it."""

    gateway: StripeGateway
    settlements: StripeSettlements
    disputes: StripeDisputes
    sandbox: Running


@asynccontextmanager
async def providers_books(folder: Path, shop: Shop | None = None) -> AsyncIterator[ProvidersBooks]:
    """The real adapters, for CITY and NEIGHBOUR, against a sandbox with its state in `folder`."""
    async with running(folder, shop) as sandbox:
        clients = StripeClients(accounts_of(sandbox, CITY, NEIGHBOUR), lambda secret: secret, sandbox.url, timeout_s=5)
        try:
            yield ProvidersBooks(StripeGateway(clients), StripeSettlements(clients), StripeDisputes(clients), sandbox)
        finally:
            await clients.close()
