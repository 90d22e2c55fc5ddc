"""The processes of an installation: how their supervisor starts them, and what they do once they are started.

    API       as many as asked for, on one listening socket that the supervisor holds
    worker    the relay of the outbox, the sweeps, and an ear at Redis
    sandbox   one, where no real Stripe is told of

A process is `python -m infra.serving NAME [DESCRIPTOR [ADDRESS]]`, its settings come by environment, and it dies with its
supervisor.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from adapters.database.connections import connect
from adapters.database.outbox import SqlOutbox
from adapters.jobs.doorbell import RedisDoorbell
from adapters.jobs.worker import run as work
from infra.clock import now
from infra.database import addresses
from infra.ids import new_id
from infra.secrets import resolved
from infra.settings import Settings, read_settings
from infra.supervision import Program, die_with_parent
from infra.tokens import signing_key

ROOT = Path(__file__).resolve().parents[1]
GRACE = 20  # seconds for requests that are being answered when the word to stop comes

LOG_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger("kommobil")


def api_programs(settings: Settings, listener: socket.socket, count: int) -> list[Program]:
    """The API's processes share the listening socket: the kernel gives a connection to whoever is free."""
    return [_program(f"API {number}", settings, "api", listener) for number in range(1, count + 1)]


def worker_program(settings: Settings) -> Program:
    """One is enough on one machine; any number may run."""
    return _program("worker", settings, "worker")


def sandbox_program(settings: Settings, listener: socket.socket, webhooks: str) -> Program:
    """The API calls it while it finishes what it does, so it stops afterwards.

    `webhooks` is where the API takes its events: an address of this machine, whatever the public one is.
    """
    return _program("Stripe sandbox", settings, "sandbox", listener, webhooks, outlives_others=True)


def serve_api(settings: Settings, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that are being answered."""
    from infra.bootstrap import api  # noqa: PLC0415 - each process loads its own part only

    key = signing_key(settings)
    database = connect(addresses(settings).app)
    doorbell = RedisDoorbell(settings.redis_url) if settings.redis_url else None
    outside = _outside(settings, doorbell.ring if doorbell else _nobody_to_wake)
    _serve(api(database, outside, {key.id: key.public}), listener)


def serve_worker(settings: Settings) -> None:
    """Bring about what bookings and payments entail, until SIGTERM or SIGINT; then finish what was begun."""
    _log_to_standard_error()
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    from infra.bootstrap import effects  # noqa: PLC0415 - likewise

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    places = addresses(settings)
    app, relay = connect(places.app, hot=4, cold=6), connect(places.relay, hot=4, cold=2)
    wanted = effects(app, relay, _outside(settings, _nobody_to_wake), settings.mail)
    try:
        await work(wanted, SqlOutbox(relay.statements), settings.redis_url, now, stop)
    finally:
        await app.close()
        await relay.close()


def _outside(settings: Settings, written: Callable[[], None]) -> Any:
    from infra.bootstrap import Outside  # noqa: PLC0415 - likewise

    def secret(reference: str) -> str:
        return resolved(reference, settings.data, os.environ)

    return Outside(now, new_id, secret, settings.stripe_url, written)


def _nobody_to_wake() -> None:
    """The relay looks by itself."""


def serve_sandbox(settings: Settings, listener: socket.socket, webhooks: str) -> None:
    """Stand in for Stripe for all cities with an account, until SIGTERM or SIGINT."""
    from infra.sandbox import build_sandbox  # noqa: PLC0415 - likewise

    _serve(build_sandbox(settings, webhooks, say=_log.warning), listener)


def main(name: str, *arguments: str) -> None:
    """What a started process does."""
    die_with_parent()
    settings = read_settings(os.environ)
    match name, *arguments:
        case "api", descriptor:
            serve_api(settings, socket.socket(fileno=int(descriptor)))
        case ("worker",):
            serve_worker(settings)
        case "sandbox", descriptor, webhooks:
            serve_sandbox(settings, socket.socket(fileno=int(descriptor)), webhooks)
        case _:
            raise ValueError(f"there is no process {name!r} {arguments}")


def _program(
    title: str,
    settings: Settings,
    name: str,
    listener: socket.socket | None = None,
    *arguments: str,
    outlives_others: bool = False,
) -> Program:
    descriptors = () if listener is None else (listener.fileno(),)
    return Program(
        name=title,
        command=[sys.executable, "-m", "infra.serving", name, *map(str, descriptors), *arguments],
        environment={**settings.environment(), "PYTHONPATH": str(ROOT)},
        descriptors=descriptors,
        outlives_others=outlives_others,
    )


def _log_to_standard_error() -> None:
    logging.basicConfig(level=logging.WARNING, format=LOG_LINE, force=True)  # whatever was set up before


def _serve(application: Any, listener: socket.socket) -> None:
    """No `X-Forwarded-For` is believed: whoever may send one would choose his own address."""
    _log_to_standard_error()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
