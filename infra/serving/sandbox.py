"""`python -m infra.serving.sandbox DESCRIPTOR ADDRESS`: stands in for Stripe, for the cities of this installation.

Its events go to the API at the address.
"""

import logging
import os
import sys
import time
from contextlib import suppress
from functools import cache
from threading import Thread

from adapters.database.reaching import Unusable
from adapters.payments.sandbox import Account, SandboxSettings, create_sandbox
from infra.clock import now
from infra.finance.merchants import sandbox_merchants
from infra.ids import new_id
from infra.serving.asgi import inherited_listener, serve
from infra.settings import Settings, read_settings
from infra.supervision import die_with_parent

LOOK_EVERY = 3.0  # seconds

_log = logging.getLogger("kommobil")


def main(descriptor: str, webhooks: str) -> None:
    die_with_parent()
    settings = read_settings(os.environ)
    accounts = _accounts(settings, webhooks)
    folder = settings.data / "stripe-sandbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    sandbox = create_sandbox(SandboxSettings(folder=folder, accounts=accounts, now=now, new_id=new_id))
    Thread(target=_follow, args=(settings, webhooks, accounts), name="accounts", daemon=True).start()
    serve(sandbox, inherited_listener(descriptor))


def _accounts(settings: Settings, webhooks: str) -> list[Account]:
    return [
        Account(
            id=merchant.account.account,
            secret_key=merchant.secret_key,
            publishable_key=merchant.account.publishable_key,
            webhook_secret=merchant.webhook_secret,
            webhook_url=f"{webhooks}/v1/webhooks/stripe/{merchant.account.account}",
        )
        for merchant in sandbox_merchants(settings, _warn_once)
    ]


@cache
def _warn_once(words: str) -> None:
    _log.warning(words)


def _follow(settings: Settings, webhooks: str, accounts: list[Account]) -> None:
    """Learn of cities that open, or change their account, while the sandbox runs."""
    while True:
        time.sleep(LOOK_EVERY)
        with suppress(Unusable):  # for now
            accounts[:] = _accounts(settings, webhooks)


if __name__ == "__main__":
    main(*sys.argv[1:])
