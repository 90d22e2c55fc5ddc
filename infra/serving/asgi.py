"""What a process does that answers HTTP."""

import asyncio
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import uvicorn

from adapters.http.problems import problem
from infra.ids import new_id
from infra.serving.connections import GuardedProtocol, Patience, Refused
from infra.serving.logs import log_to_standard_error

# Seconds.
DRAIN = 0.3  # between the word to stop, from which on we are not ready, and the last connection that is accepted
GRACE = 24.0  # then, for requests that are being answered
KEEP_ALIVE = 65  # longer than proxies keep a connection that they may use again

RESERVED = 256  # descriptors for all that is no client's connection


def _nothing() -> None:
    """Unless somebody wants something done."""


def inherited_listener(descriptor: str) -> socket.socket:
    """The listening socket that the supervisor passed on."""
    return socket.socket(fileno=int(descriptor))


def serve(
    application: Any,
    listener: socket.socket,
    *,
    patience: Patience | None = None,
    drain: float = 0.0,
    log: str = "human",
    on_stop: Callable[[], None] = _nothing,
    each_second: Callable[[], None] = _nothing,
) -> None:
    """Answer until SIGTERM or SIGINT, then finish what is being answered.

    At the word to stop `on_stop` is called, at once; for `drain` seconds more, requests are taken. No `X-Forwarded-For` is
    believed here: whoever may send one would choose his own address.
    """
    log_to_standard_error(log)
    patience = _affordable(patience or Patience())
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=partial(GuardedProtocol, patience, _refusal),  # type: ignore[arg-type]  # makes a protocol, as the class does
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(GRACE),
    )
    _Server(config, drain, on_stop, each_second).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Looks after its connections, and stops in order."""

    def __init__(
        self,
        config: uvicorn.Config,
        drain: float = 0.0,
        on_stop: Callable[[], None] = _nothing,
        each_second: Callable[[], None] = _nothing,
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._on_stop = on_stop
        self._each_second = each_second

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:  # every second
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, GuardedProtocol):
                    connection.look(now)
            self._each_second()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: Any) -> None:
        if not self.should_exit:
            self._on_stop()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(self._drain)
        # The answers that would not end by themselves end before we wait for those that are being given.
        stopping = getattr(getattr(self.config.app, "state", None), "stopping", None)
        if stopping is not None:
            stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """To be told to stop, and to have stopped, is no failure: uvicorn would end by the signal itself."""
        former = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _refusal(code: str) -> Refused:
    """A problem of a request that was never read to its end."""
    request_id = str(new_id())
    status, content = problem(code, request_id, None)
    return Refused(status, request_id, content)


def _affordable(patience: Patience) -> Patience:
    """No more connections than there are descriptors for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = patience.connections + RESERVED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
            )
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < wanted:
            return Patience(patience.head, patience.body, patience.taking, max(16, soft - RESERVED))
    return patience
