"""Each city is its own merchant: their Stripe accounts, with the secrets that the settings only name."""

import os
from collections.abc import Callable

from msgspec import Struct

from adapters.database.operator import every_city
from domain.cities.providers import StripeAccount
from infra.database import addresses, with_transactions
from infra.secrets import SecretMissing, kept_key, resolved
from infra.settings import Settings


class Merchant(Struct, frozen=True):
    account: StripeAccount
    secret_key: str
    webhook_secret: str


def sandbox_merchants(settings: Settings, say: Callable[[str], None]) -> tuple[Merchant, ...]:
    """Every city's account, as the Stripe sandbox shall know it.

    Where the settings name a file that is not there, a key of the sandbox's own is put into it; nobody else makes keys.
    An account whose secret is nowhere is left out, and `say` hears of it. Raises Unusable.
    """
    found = []
    cities = with_transactions(addresses(settings).app, every_city)
    for city, fault in cities.unreadable.items():
        say(f"{city} takes no money, its settings cannot be read: {fault}")
    for city, said in cities.settings.items():
        if said.stripe is None:
            continue
        try:
            secret_key = _secret(settings, said.stripe.secret_key, "sk_test_")
            webhook_secret = _secret(settings, said.stripe.webhook_secret, "whsec_")
        except SecretMissing as missing:
            say(f"{city} takes no money: {missing}")
        else:
            found.append(Merchant(said.stripe, secret_key, webhook_secret))
    return tuple(found)


def _secret(settings: Settings, reference: str, prefix: str) -> str:
    kind, _, place = reference.partition(":")
    if kind == "file" and not (settings.data / place).exists():
        return kept_key(settings.data / place, prefix)
    return resolved(reference, settings.data, os.environ)
