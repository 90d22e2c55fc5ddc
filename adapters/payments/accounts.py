"""One Stripe client per account, made at first use and kept."""

from collections.abc import Callable

import stripe

from adapters.payments.transport import WholeTransport
from adapters.payments.watching import Watch, WatchedTransport
from domain.identity import City
from services.payments.ports import Accounts, ProviderUnavailable

# The SDK's own waits are 80 s and no retry (StripeClient ignores the module's setting); a holder waits at most 30 s.
TIMEOUT_S = 10.0
RETRIES = 2


class StripeClients:
    """`secret` resolves a reference such as `env:NAME`, None where there is nothing; `base_url` is where Stripe's API is,
    None for Stripe itself; `watch` is told of each request."""

    def __init__(
        self,
        accounts: Accounts,
        secret: Callable[[str], str | None],
        base_url: str | None = None,
        timeout_s: float = TIMEOUT_S,
        watch: Watch | None = None,
    ) -> None:
        self._accounts = accounts
        self._secret = secret
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._watch = watch
        self._clients: dict[str, tuple[str, stripe.StripeClient]] = {}
        self._transports: list[WholeTransport] = []

    async def of(self, city: City) -> stripe.StripeClient:
        """The city's client, made anew where its key has changed. Raises ProviderUnavailable without an account."""
        account = await self._accounts.of(city)
        if account is None:
            raise ProviderUnavailable("the city has no account")
        key = self._secret(account.secret_key)
        if key is None:
            raise ProviderUnavailable("the account's key is not where the city's settings say")
        known = self._clients.get(account.id)
        if known is None or known[0] != key:
            known = self._clients[account.id] = (key, self._made(key))
        return known[1]

    def _made(self, key: str) -> stripe.StripeClient:
        watch = self._watch
        transport = WatchedTransport(self._timeout_s, watch) if watch else WholeTransport(self._timeout_s)
        self._transports.append(transport)
        return stripe.StripeClient(
            key,
            http_client=transport,
            max_network_retries=RETRIES,
            base_addresses={"api": self._base_url} if self._base_url else {},
        )

    async def close(self) -> None:
        for transport in self._transports:
            await transport.close_async()
        self._transports.clear()
        self._clients.clear()
