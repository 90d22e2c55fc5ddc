"""What API and worker are wired to besides the database."""

import logging
import os
from collections.abc import Callable

from infra.bootstrap import Outside
from infra.clock import now
from infra.ids import new_id
from infra.secrets import SecretMissing, resolved
from infra.settings import Settings

_log = logging.getLogger("kommobil")


def outside(settings: Settings, written: Callable[[], None]) -> Outside:
    """`written` is called after each commit that left work in the outbox."""

    def secret(reference: str) -> str | None:
        try:
            return resolved(reference, settings.data, os.environ)
        except SecretMissing as missing:
            _log.warning("%s", missing)
            return None

    return Outside(now, new_id, secret, settings.stripe_url, written)


def nobody_to_wake() -> None:
    """The relay looks by itself."""
