"""The processes of an installation: how their supervisor starts them, and what they do once they are started.

    API       as many as asked for, on one listening socket that the supervisor holds
    sandbox   one, where no real Stripe is told of

A process is `python -m infra.serving NAME [DESCRIPTOR [ADDRESS]]`, its settings come by environment, and it dies with its
supervisor.
"""

import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from adapters.database.connections import connect
from infra.clock import now
from infra.database import addresses
from infra.ids import new_id
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
    _serve(api(database, keys={key.id: key.public}, clock=now, new_id=new_id), listener)


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


def _serve(application: Any, listener: socket.socket) -> None:
    """No `X-Forwarded-For` is believed: whoever may send one would choose his own address."""
    logging.basicConfig(level=logging.WARNING, format=LOG_LINE, force=True)  # whatever the application set up before
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
