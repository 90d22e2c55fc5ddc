"""`python -m infra.serving.sandbox DESCRIPTOR ADDRESS`: stands in for Stripe, for the cities of this installation.

Its events go to the API at the address.
"""

import logging
import os
import sys

from adapters.payments.sandbox import Account, SandboxSettings, create_sandbox
from infra.clock import now
from infra.ids import new_id
from infra.merchants import sandbox_merchants
from infra.serving.asgi import inherited_listener, serve
from infra.settings import read_settings
from infra.supervision import die_with_parent

_log = logging.getLogger("kommobil")


def main(descriptor: str, webhooks: str) -> None:
    die_with_parent()
    settings = read_settings(os.environ)
    accounts = tuple(
        Account(
            id=merchant.account.account,
            secret_key=merchant.secret_key,
            publishable_key=merchant.account.publishable_key,
            webhook_secret=merchant.webhook_secret,
            webhook_url=f"{webhooks}/v1/webhooks/stripe/{merchant.account.account}",
        )
        for merchant in sandbox_merchants(settings, _log.warning)
    )
    folder = settings.data / "stripe-sandbox"
    folder.mkdir(mode=0o700, exist_ok=True)
    sandbox = create_sandbox(SandboxSettings(folder=folder, accounts=accounts, now=now, new_id=new_id))
    serve(sandbox, inherited_listener(descriptor))


if __name__ == "__main__":
    main(*sys.argv[1:])
