"""What the house needs from outside, given once where it is started."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.payments.watching import Watch
from adapters.webhooks.courier import Network
from infra.signing_in import Keys, passing_keys
from services.booking.keys import VehicleLock

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


class Outside(Struct, frozen=True):
    """What the house needs from outside.

    `secret` resolves a reference such as `env:NAME`, None where there is nothing; `stripe_url` is where Stripe's API is,
    None for Stripe itself; `written` is called when something was written that others wait for. From `webhook_key` come the
    secrets of outgoing webhooks, which may go to the public internet and to `webhook_networks`. What has grown old is
    `kept` for so long, by table. `keys` are what signing in needs; left out, tokens and codes are good for nothing beyond
    this object. `oidc_loopback` admits issuers on this machine. Into `bank_folder` files of bank statements are put. Each
    request to Stripe is told to `asked`. Vehicles are opened by their `lock`, None where their keys are handed out.
    """

    clock: Clock
    new_id: NewId
    secret: Callable[[str], str | None]
    stripe_url: str | None = None
    written: Callable[[], None] = lambda: None
    webhook_key: bytes = b""
    webhook_networks: tuple[Network, ...] = ()
    kept: Mapping[str, timedelta] = {}
    bank_folder: Path | None = None
    keys: Keys = msgspec.field(default_factory=passing_keys)
    oidc_loopback: bool = False
    asked: Watch | None = None
    lock: VehicleLock | None = None
