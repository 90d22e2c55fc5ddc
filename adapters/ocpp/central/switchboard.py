"""All stations that one process holds: who is there, who still holds them, and what they are to be told."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection

from adapters.ocpp.central.desk import Desk
from adapters.ocpp.central.dialects import DIALECTS
from adapters.ocpp.central.doors import Guest
from adapters.ocpp.central.lines import Lines
from adapters.ocpp.central.link import TRY_AGAIN_LATER, Link
from adapters.ocpp.central.scribe import Scribe
from domain.charging.stations import StationAt, Version
from domain.identity import City
from services.calls import Unavailable
from services.charging.central import CentralSystem
from services.charging.central.ports import Entry, Hold, Message, OpenOrders

LEASE = timedelta(seconds=45)
RENEW_S, LOOK_S = 10.0, 1.0
POLICY_VIOLATION, PROTOCOL_ERROR, GOING_AWAY = 1008, 1002, 1001

logger = logging.getLogger("kommobil")


class Watch(Struct, frozen=True):
    """Who is told of what happens: each message, how long an order took to be answered, how many stations are there."""

    message: Callable[[Message], None] = lambda _message: None
    answered_in: Callable[[float], None] = lambda _seconds: None
    stations: Callable[[int], None] = lambda _count: None


class Switchboard:
    def __init__(
        self,
        central: CentralSystem,
        process: UUID,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        watch: Watch = Watch(),  # noqa: B008 - it is frozen
    ) -> None:
        self.scribe = Scribe(central.log, watch.message)
        self.answered_in = watch.answered_in
        self._central, self._process, self._clock, self._new_id = central, process, clock, new_id
        self._watch = watch
        self._links: dict[StationAt, Link] = {}
        self.lines = Lines()

    @property
    def orders(self) -> OpenOrders:
        return self._central.orders

    @property
    def stations(self) -> int:
        return len(self._links)

    async def connected(self, socket: ServerConnection, guest: Guest) -> None:
        """Speak with a station until its connection ends."""
        if socket.subprotocol is None:
            await socket.close(PROTOCOL_ERROR, "neither ocpp1.6 nor ocpp2.0.1")
            return
        version = Version(socket.subprotocol)
        hold = Hold(guest.at, self._process, self._new_id(), self._clock() + LEASE)
        try:
            async with self.lines.call_turn():
                welcome = await self._central.stations.hold(
                    hold, Entry(version, guest.profile, guest.digest), self._clock()
                )
        except Unavailable:
            await socket.close(TRY_AGAIN_LATER, "the books are closed")
            return
        if welcome is None:
            await socket.close(POLICY_VIOLATION, "there is no such station any more")
            return
        desk = Desk(self._central, guest.at, welcome, self._clock)
        await self._held(guest.at, Link(socket, hold, DIALECTS[version], desk, self))

    async def _held(self, at: StationAt, link: Link) -> None:
        former = self._links.get(at)
        self._links[at] = link
        self._watch.stations(len(self._links))
        if former is not None:
            await former.hang_up(POLICY_VIOLATION, "the station has another connection")
        try:
            await link.run()
        finally:
            if self._links.get(at) is link:
                del self._links[at]
            self._watch.stations(len(self._links))
            with suppress(Unavailable):
                async with self.lines.call_turn():
                    await self._central.stations.let_go(link.hold)

    def rung(self, at: StationAt, awaited: bool) -> None:
        """Something is to be told to a station, perhaps somebody else's; and whether somebody waits for it."""
        link = self._links.get(at)
        if link is not None:
            link.ring(awaited=awaited)

    async def run(self) -> None:
        """What is done by the clock, until cancelled."""
        await asyncio.gather(self.scribe.run(), _each(LOOK_S, self.look_for_orders), _each(RENEW_S, self.renew))

    async def look_for_orders(self) -> None:
        for city in {at.city for at in self._links}:
            async with self.lines.order_turn():
                found = await self._central.orders.waiting(city, self._process, self._clock())
            for station, awaited in found:
                self.rung(StationAt(city, station), awaited)

    async def renew(self) -> None:
        """Say that we still hold what we hold, and hang up where somebody else does."""
        by_city = defaultdict[City, list[Link]](list)
        for at, link in self._links.items():
            by_city[at.city].append(link)
        now, gone = self._clock(), list[Link]()
        for city, links in by_city.items():
            holds = [replace(link.hold, until=now + LEASE) for link in links]
            async with self.lines.call_turn():
                ours = await self._central.stations.renew(city, holds, now)
            gone += [link for link in links if link.hold.connection not in ours]
        # All at once: a line that is dead is waited for, and what else is held is to be held on to meanwhile.
        await asyncio.gather(*(link.hang_up(POLICY_VIOLATION, "the station has another connection") for link in gone))

    async def close(self) -> None:
        """Hang up on everybody; they come back to whoever is there then."""
        await asyncio.gather(*(link.hang_up(GOING_AWAY, "the central system stops") for link in self._links.values()))
        await self.scribe.write()


async def _each(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        began = time.monotonic()
        try:
            await work()
        except Unavailable as error:
            logger.warning("the stations' books are closed: %s", error)
        except Exception:
            logger.exception("what is done for stations each %g s failed", seconds)
        await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
