"""The local Stripe sandbox, set up for the cities of this installation."""

import os
from collections.abc import Callable

from adapters.database.operator import every_city
from adapters.payments.sandbox import Account, SandboxSettings, create_sandbox
from adapters.payments.sandbox.http import Application
from domain.cities import StripeAccount
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.ids import new_id
from infra.secrets import SecretMissing, kept_key, resolved
from infra.settings import Settings


def build_sandbox(settings: Settings, webhooks: str, say: Callable[[str], None]) -> Application:
    """Stand in for Stripe for every city with an account; its events go to the API at the address `webhooks`."""
    accounts = tuple(
        Account(
            id=account.account,
            secret_key=secret_key,
            publishable_key=account.publishable_key,
            webhook_secret=webhook_secret,
            webhook_url=f"{webhooks}/v1/webhooks/stripe/{account.account}",
        )
        for account, secret_key, webhook_secret in keyed_accounts(settings, say)
    )
    folder = settings.data / "stripe-sandbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    return create_sandbox(SandboxSettings(folder=folder, accounts=accounts, now=now, new_id=new_id))


def keyed_accounts(settings: Settings, say: Callable[[str], None]) -> list[tuple[StripeAccount, str, str]]:
    """The cities' accounts, each with its secret key and webhook secret.

    Where the settings name a file that is not there, a key of the sandbox's own is put into it: real ones are never
    made here. An account whose secret is nowhere is left out, and `say` hears of it.
    """
    found = []
    for city, said in with_transactions(addresses(settings).app, every_city).items():
        account = said.stripe
        if account is None:
            continue
        try:
            secret_key = _secret(settings, account.secret_key, "sk_test_")
            webhook_secret = _secret(settings, account.webhook_secret, "whsec_")
        except SecretMissing as missing:
            say(f"{city} takes no money: {missing}")
        else:
            found.append((account, secret_key, webhook_secret))
    return found


def _secret(settings: Settings, reference: str, prefix: str) -> str:
    kind, _, place = reference.partition(":")
    if kind == "file" and not (settings.data / place).exists():
        return kept_key(settings.data / place, prefix)
    return resolved(reference, settings.data, os.environ)
