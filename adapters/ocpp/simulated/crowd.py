"""Many simulated stations of OCPP 1.6 in one process: each has one transaction, and says every so often how it goes."""

import asyncio
import base64
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from adapters.ocpp.simulated.dialect import written
from adapters.ocpp.simulated.evses import Payload

PAUSE_S = (0.5, 3.0)
"""Before it comes back; each after another while, so that not all come at once."""
ANSWER_S = 30.0


class Plan(Struct, frozen=True):
    """`url` ends before the identity; `keys` are by identity."""

    url: str
    keys: dict[str, str]
    token: str
    every_s: float = 10.0


class Crowd:
    """`there` are connected and have booted; `sent` counts calls that were answered, by action, `refused` those with an error; `transactions`
    holds what the centre called each station's. What a station could not say before it lost its line it says again."""

    def __init__(self, plan: Plan, clock: Callable[[], datetime], dice: random.Random) -> None:
        self.there: set[str] = set()
        self.sent: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.obeyed = 0
        self.transactions: dict[str, int] = {}
        self.ended: set[str] = set()
        self._plan, self._clock, self._dice = plan, clock, dice
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._live(identity)) for identity in self._plan.keys]

    def end_transactions(self) -> None:
        """Each station stops its transaction as soon as it can say so."""
        self._ending.set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self, identity: str) -> None:
        began = self._clock()
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                async with await self._connected(identity) as line:
                    await self._speak(identity, _Line(line, self), began)
            self.there.discard(identity)
            await asyncio.sleep(self._dice.uniform(*PAUSE_S))

    async def _connected(self, identity: str) -> ClientConnection:
        shown = base64.b64encode(f"{identity}:{self._plan.keys[identity]}".encode()).decode()
        return await connect(
            f"{self._plan.url}/{identity}",
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers={"Authorization": f"Basic {shown}"},
            compression=None,
            open_timeout=ANSWER_S,
            ping_interval=None,
        )

    async def _speak(self, identity: str, line: "_Line", began: datetime) -> None:
        hearing = asyncio.create_task(line.hear())
        try:
            await line.call("BootNotification", {"chargePointVendor": "kommobil", "chargePointModel": "crowd"})
            self.there.add(identity)
            start = {"connectorId": 1, "idTag": self._plan.token, "meterStart": 1000, "timestamp": written(began)}
            if identity not in self.transactions:
                answer = await line.call("StartTransaction", start)
                self.transactions[identity] = answer["transactionId"]
            await asyncio.sleep(self._dice.uniform(0, self._plan.every_s))
            while identity not in self.ended:
                await self._tell(line, identity)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._plan.every_s):
                        await self._ending.wait()
                if self._ending.is_set():
                    await self._end(line, identity)
            await hearing
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _tell(self, line: "_Line", identity: str) -> None:
        at, number = written(self._clock()), self.transactions[identity]
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": at}
        await line.call("StatusNotification", status)
        self.sent["readings"] += 1
        sample = {"value": str(1000 + self.sent["readings"]), "measurand": "Energy.Active.Import.Register"}
        meter = [{"timestamp": at, "sampledValue": [sample]}]
        await line.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": meter})

    async def _end(self, line: "_Line", identity: str) -> None:
        stop = {"transactionId": self.transactions[identity], "meterStop": 9_000_000}
        await line.call("StopTransaction", stop | {"timestamp": written(self._clock())})
        self.ended.add(identity)


class _Line:
    def __init__(self, socket: ClientConnection, crowd: Crowd) -> None:
        self._socket, self._crowd = socket, crowd
        self._count = 0
        self._answer: asyncio.Future[Payload] | None = None

    async def hear(self) -> None:
        try:
            async for frame in self._socket:
                kind, name, *rest = msgspec.json.decode(frame)
                if kind == 2:
                    await self._obey(name, rest[0])
                elif self._answer is not None and not self._answer.done():
                    if kind != 3:
                        self._crowd.refused[str(rest[0])] += 1
                    self._answer.set_result(rest[0] if kind == 3 else {})
        finally:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(TimeoutError())
                self._answer.exception()  # looked at, as whoever asked may have gone

    async def _obey(self, name: str, action: str) -> None:
        self._crowd.obeyed += 1
        status = "Unlocked" if action == "UnlockConnector" else "Accepted"
        await self._socket.send(msgspec.json.encode([3, name, {"status": status}]).decode())

    async def call(self, action: str, payload: Payload) -> Payload:
        """The answer, and nothing where it is an error. Raises TimeoutError or ConnectionClosed."""
        self._count += 1
        self._answer = asyncio.get_running_loop().create_future()
        await self._socket.send(msgspec.json.encode([2, str(self._count), action, payload]).decode())
        async with asyncio.timeout(ANSWER_S):  # wait_for takes an answer and forgets that it was cancelled meanwhile
            answer = await self._answer
        self._crowd.sent[action] += 1
        return answer
