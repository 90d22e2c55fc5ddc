"""What a process does that answers HTTP."""

import logging
import socket
import sys
from typing import Any

import uvicorn

GRACE = 20  # seconds for requests that are being answered when the word to stop comes
LOG_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def inherited_listener(descriptor: str) -> socket.socket:
    """The listening socket that the supervisor passed on."""
    return socket.socket(fileno=int(descriptor))


def serve(application: Any, listener: socket.socket) -> None:
    """Answer until SIGTERM or SIGINT, then finish what is being answered.

    No `X-Forwarded-For` is believed: whoever may send one would choose his own address.
    """
    log_to_standard_error()
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
    _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends the answers that would not end by themselves before it waits for those that are being given."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        stopping = getattr(getattr(self.config.app, "state", None), "stopping", None)
        if stopping is not None:
            stopping()
        await super().shutdown(sockets)


def log_to_standard_error() -> None:
    logging.basicConfig(
        level=logging.WARNING, format=LOG_LINE, stream=sys.stderr, force=True
    )  # whatever was set before
