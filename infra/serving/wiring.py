"""What API and worker are wired to besides the database."""

import logging
import os
import time
from collections.abc import Callable

from adapters.http.callers import Callers
from adapters.http.limits import Limits
from adapters.limits.alone import LocalLimiter
from adapters.limits.together import RedisLimiter
from infra.bootstrap import Front, Outside
from infra.budgets import budgets
from infra.clock import now
from infra.ids import new_id
from infra.secrets import SecretMissing, resolved
from infra.settings import Settings, words
from infra.tokens import webhook_key

_log = logging.getLogger("kommobil")


def outside(settings: Settings, written: Callable[[], None]) -> Outside:
    """`written` is called after each commit that left work in the outbox."""

    def secret(reference: str) -> str | None:
        try:
            return resolved(reference, settings.data, os.environ)
        except SecretMissing as missing:
            _log.warning("%s", missing)
            return None

    return Outside(
        now, new_id, secret, settings.stripe_url, written, webhook_key(settings), webhook_networks=settings.networks
    )


def nobody_to_wake() -> None:
    """The relay looks by itself."""


def front(settings: Settings) -> Front:
    """What stands before the operations. Redis counts requests for all processes; without it each counts its share."""
    callers = Callers(words(settings.trusted_proxies))
    limited = budgets(settings.rate_limits)
    alone = LocalLimiter(_milliseconds, settings.api_processes)
    if settings.redis_url is None:
        return Front(Limits(alone, limited), callers)
    together = RedisLimiter(settings.redis_url, alone, settings.api_processes)
    return Front(Limits(together, limited), callers, (together.close,))


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000
