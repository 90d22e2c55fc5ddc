"""A central system on a real database and real sockets, with books of transactions in memory, and stations that say what they are told."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ssl import SSLContext
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from adapters.database.charging.station_bell import listen
from adapters.database.charging.station_equipment import SqlEquipment
from adapters.database.charging.station_faults import SqlFaults
from adapters.database.charging.station_messages import SqlMessageLog
from adapters.database.charging.station_orders import SqlStationOrders, place_order
from adapters.database.charging.stations import SqlStations
from adapters.database.connections import Address
from adapters.ocpp.central.doors import digest_of
from adapters.ocpp.central.serving import Door, open_doors
from adapters.ocpp.central.switchboard import Switchboard, Watch
from domain.charging.orders import Order, OrderAnswer, OrderId, StationOrder
from domain.charging.reports import (
    IdToken,
    ReservationEnded,
    StartAnswer,
    StatusReported,
    TokenAnswer,
    TokenVerdict,
    TransactionAnswer,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.stations import ChargingStationId, SecurityProfile, StationAt
from infra.clock import now
from infra.ids import new_id
from services.calls import Unavailable
from services.charging.central import CentralSystem
from tests.database import Databases, SeededCity
from tests.examples import minutes

KEY = "0123456789abcdef0123456789abcdef01234567"
V16, V201 = "ocpp1.6", "ocpp2.0.1"


class Told:
    """The books of transactions: what was told, in order. `closed` times they are not there."""

    def __init__(self) -> None:
        self.reports: list[Any] = []
        self.closed = 0
        self.answer = TransactionAnswer()

    def _take(self, report: Any) -> None:
        if self.closed:
            self.closed -= 1
            raise Unavailable("closed")
        self.reports.append(report)

    async def authorise(self, _at: StationAt, token: IdToken) -> TokenAnswer:
        self._take(token)
        verdict = TokenVerdict.ACCEPTED if token == "GOOD" else TokenVerdict.INVALID
        return TokenAnswer(verdict, IdToken("FLEET"), now().replace(year=2040))

    async def started(self, _at: StationAt, report: TransactionStarted) -> StartAnswer:
        self._take(report)
        return StartAnswer(TokenAnswer(TokenVerdict.ACCEPTED), 7)

    async def updated(self, _at: StationAt, report: TransactionUpdated) -> TransactionAnswer:
        self._take(report)
        return self.answer

    async def ended(self, _at: StationAt, report: TransactionEnded) -> TransactionAnswer:
        self._take(report)
        return self.answer

    async def status_reported(self, _at: StationAt, report: StatusReported) -> None:
        self._take(report)

    async def reservation_ended(self, _at: StationAt, report: ReservationEnded) -> None:
        self._take(report)


class Process(Struct, frozen=True):
    """One process of the central system."""

    switchboard: Switchboard
    url: str


class Office(Struct, frozen=True):
    """The central system of a city that no other test knows."""

    databases: Databases
    seeded: SeededCity
    told: Told
    app_url: str

    @property
    def central(self) -> CentralSystem:
        app = self.databases.app
        orders, log = SqlStationOrders(app, new_id), SqlMessageLog(app.transactions, new_id)
        faults = SqlFaults(app.transactions, now, new_id)
        return CentralSystem(
            SqlStations(app, new_id), self.told, self.told, faults, SqlEquipment(app, now), orders, log
        )

    async def station(
        self, identity: str = "CP-1", profile: SecurityProfile = SecurityProfile.BASIC, **columns: Any
    ) -> StationAt:
        at = StationAt(self.seeded.city, ChargingStationId(new_id()))
        values = {"id": at.id, "station": self.seeded.station.id, "identity": identity, "profile": profile.value}
        values |= {"key_digest": digest_of(KEY)} | columns
        more = "".join(f", {name}" for name in columns if name != "key_digest")
        await self.databases.rows(
            at.city,
            f"INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest{more}) VALUES (:city, :id,"
            f" :station, :identity, :profile, :key_digest{more.replace(', ', ', :')}) RETURNING id",
            **values,
        )
        return at

    async def place(self, at: StationAt, order: Order, lasts: float = 5) -> OrderId:
        placed = StationOrder(OrderId(new_id()), at.id, order, now(), now() + minutes(lasts))
        async with self.databases.app.transactions.city(at.city) as connection:
            await place_order(connection, at.city, placed)
        return placed.id

    async def answer(self, at: StationAt, order: OrderId) -> OrderAnswer:
        """Once there is one."""
        orders = SqlStationOrders(self.databases.app, new_id)
        async with asyncio.timeout(10):
            while (found := await orders.find(at.city, order)) is None:  # noqa: ASYNC110 - only the database knows
                await asyncio.sleep(0.02)
        return found.answer

    async def state(self, at: StationAt, columns: str) -> tuple[Any, ...]:
        (row,) = await self.databases.rows(
            at.city, f"SELECT {columns} FROM charging_stations WHERE city = :city AND id = :id", id=at.id
        )
        return row

    async def evses(self, at: StationAt) -> list[tuple[Any, ...]]:
        return await self.databases.rows(
            at.city,
            "SELECT number, status, said, error FROM evses WHERE city = :city AND charging_station_id = :id ORDER BY number",
            id=at.id,
        )

    @asynccontextmanager
    async def process(
        self,
        profile: SecurityProfile = SecurityProfile.BASIC,
        tls: SSLContext | None = None,
        process: UUID | None = None,
    ) -> AsyncIterator[Process]:
        listener = socket.create_server(("127.0.0.1", 0))
        central = self.central
        switchboard = Switchboard(central, process or new_id(), now, new_id, Watch())
        bell = asyncio.create_task(listen(Address(self.app_url), switchboard.rung))
        try:
            async with open_doors([Door(profile, listener, tls)], central.stations, switchboard):
                scheme = "ws" if tls is None else "wss"
                port = listener.getsockname()[1]
                yield Process(switchboard, f"{scheme}://127.0.0.1:{port}/ocpp/{self.seeded.city}")
        finally:
            bell.cancel()
            with suppress(asyncio.CancelledError):
                await bell


class Station:
    """A connection that says and hears frames as they are."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.obeys = False
        """Whether it does what it is told while it waits for an answer."""
        self._count = 0

    async def say(self, frame: Any) -> Any:
        """The next frame that comes back."""
        await self.socket.send(frame if isinstance(frame, str | bytes) else msgspec.json.encode(frame).decode())
        return await self.hear()

    async def hear(self) -> Any:
        async with asyncio.timeout(10):
            return msgspec.json.decode(await self.socket.recv())

    async def call(self, action: str, /, **payload: Any) -> Any:
        """The result, or the code of the error."""
        self._count += 1
        kind, name, *rest = await self.say([2, f"c{self._count}", action, payload])
        while kind == 2 and self.obeys:
            kind, name, *rest = await self.say([3, name, {"status": "Accepted"}])
        assert name == f"c{self._count}"
        return rest[0] if kind == 3 else ("error", rest[0])

    async def obey(self, result: Any) -> tuple[str, Any]:
        """Hear an order, and answer it; what it was."""
        kind, name, action, payload = await self.hear()
        assert kind == 2
        await self.socket.send(msgspec.json.encode([3, name, result]).decode())
        return action, payload


@asynccontextmanager
async def station_at(
    process: Process,
    identity: str = "CP-1",
    versions: tuple[str, ...] = (V16,),
    key: str | bytes | None = KEY,
    user: str | None = None,
    tls: SSLContext | None = None,
) -> AsyncIterator[Station]:
    secret = key if isinstance(key, bytes) else str(key).encode()
    shown = base64.b64encode(f"{user or identity}:".encode() + secret).decode()
    async with connect(
        f"{process.url}/{quote(identity, safe='')}",
        subprotocols=[Subprotocol(each) for each in versions] or None,
        additional_headers={} if key is None else {"Authorization": f"Basic {shown}"},
        ssl=tls,
        compression=None,
    ) as connection:
        yield Station(connection)
