"""The doors of the central system, open until told to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from ssl import SSLContext

from msgspec import Struct
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from adapters.ocpp.central.doors import Doorkeeper, spoken_with
from adapters.ocpp.central.switchboard import Switchboard
from domain.charging.stations import SecurityProfile, Version
from services.charging.central.ports import Stations

LARGEST_FRAME = 1024 * 1024
"""A day's readings each minute, as 1.6 has them told again at the end (StopTxnSampledData), are some 800 kB; who is hung up on for them
comes back with them for ever."""
PING_S, SILENT_AT_MOST_S = 30.0, 30.0
SUBPROTOCOLS = [Subprotocol(version.value) for version in Version]


class Door(Struct, frozen=True):
    """Where stations of one security profile come in; `tls` for the profiles that have it, with their own certificates asked for in
    the highest."""

    profile: SecurityProfile
    listener: socket.socket
    tls: SSLContext | None = None


@asynccontextmanager
async def open_doors(doors: Sequence[Door], stations: Stations, switchboard: Switchboard) -> AsyncIterator[None]:
    """Let stations in, and at the end hang up on them."""
    clockwork = asyncio.create_task(switchboard.run())
    try:
        async with AsyncExitStack() as servers:
            for door in doors:
                await servers.enter_async_context(_opened(door, stations, switchboard))
            try:
                yield
            finally:
                await switchboard.close()
    finally:
        clockwork.cancel()
        await asyncio.gather(clockwork, return_exceptions=True)
        await switchboard.scribe.write()


def _opened(door: Door, stations: Stations, switchboard: Switchboard) -> AbstractAsyncContextManager[Server]:
    keeper = Doorkeeper(door.profile, stations, switchboard.lines.knock_turn)

    async def connected(connection: ServerConnection) -> None:
        await switchboard.connected(connection, keeper.guest(connection))

    return serve(
        connected,
        sock=door.listener,
        ssl=door.tls,
        subprotocols=SUBPROTOCOLS,
        select_subprotocol=spoken_with,
        process_request=keeper.let_in,
        compression=None,  # a window for each of thousands of connections would cost more memory than it saves network
        server_header=None,
        max_size=LARGEST_FRAME,
        ping_interval=PING_S,
        ping_timeout=SILENT_AT_MOST_S,
        close_timeout=2,
    )
