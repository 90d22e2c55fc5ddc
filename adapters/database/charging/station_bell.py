"""The bell that rings where something is to be told to a station: PostgreSQL's NOTIFY, on a connection of its own.

A ring says nothing that is not in the tables, and may be lost: whoever listens looks by himself, too.
"""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

import asyncpg

from adapters.database.connections import PATIENCE_S, Address
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import City

CHANNEL = "kommobil_orders"
LATER = "~"
"""Begins a ring for what nobody waits for."""
SILENCE_S = 1.0
"""Before a connection that broke, or could not be made, is made anew."""
ALIVE_S = 10.0

logger = logging.getLogger("kommobil")


async def listen(address: Address, heard: Callable[[StationAt, bool], None]) -> None:
    """Until cancelled. Says at which station, and whether somebody waits for it. Without the database nothing is heard, and it is tried
    again."""
    while True:
        try:
            await _listen_while_there(address, heard)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("the stations' bell is out of order, orders wait for the next look: %s", error)
        await asyncio.sleep(SILENCE_S)


async def _listen_while_there(address: Address, heard: Callable[[StationAt, bool], None]) -> None:
    connection = await asyncpg.connect(address.url, server_settings=address.server_settings, timeout=PATIENCE_S)

    def rung(*said: object) -> None:
        city, _, station = str(said[-1]).removeprefix(LATER).rpartition("/")
        try:
            heard(StationAt(City(city), ChargingStationId(UUID(station))), not str(said[-1]).startswith(LATER))
        except ValueError:
            logger.warning("the stations' bell rang with %r", said[-1])

    try:
        await connection.add_listener(CHANNEL, rung)
        while True:
            await asyncio.sleep(ALIVE_S)
            await connection.execute("SELECT 1", timeout=PATIENCE_S)
    finally:
        connection.terminate()
