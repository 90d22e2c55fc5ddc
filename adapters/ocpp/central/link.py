"""One connection of a station: its calls are answered in the order in which they come, and it is told one order at a time."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from adapters.ocpp.central import frames
from adapters.ocpp.central.checking import check_call, check_result
from adapters.ocpp.central.desk import Desk
from adapters.ocpp.central.dialects import Dialect
from adapters.ocpp.central.frames import Call, Code, Error, Fault, Payload, Result, Unreadable, spelt
from adapters.ocpp.central.lines import Lines
from adapters.ocpp.central.scribe import Scribe
from adapters.ocpp.central.words import RateUnit, UnspeakableError
from domain.charging.orders import (
    Answered,
    AskFor,
    OrderAnswer,
    SetProfile,
    StartTransaction,
    StationOrder,
    StopTransaction,
)
from domain.charging.stations import Admission
from services.calls import Unavailable
from services.charging.central.ports import Direction, FrameKind, Hold, Message, OpenOrders, Taken

ANSWER_S = 30.0
"""For a station to answer."""
WAITING_AT_MOST = 8
"""Calls of a station that wait for the one before them; more are left in the network, as OCPP allows one at a time."""
PACE_S, BURST = 0.05, 100
"""A station that has said so many things faster than that is listened to no faster."""
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""While the database is away. Then the station is hung up on: it keeps what it has to say, and comes back with it."""
TRY_AGAIN_LATER = 1013
NOT_BEFORE_ADMITTED = (StartTransaction, StopTransaction)
"""A station that is not admitted is asked and set up, and nothing else (OCPP 1.6 4.2, 2.0.1 B02.FR.05)."""

logger = logging.getLogger("kommobil")


class Tools(Protocol):
    """What all links of a process share: the scribe, the orders, the lines at the database, and the clock of round trips."""

    @property
    def scribe(self) -> Scribe: ...
    @property
    def orders(self) -> OpenOrders: ...
    @property
    def lines(self) -> Lines: ...
    def answered_in(self, seconds: float) -> None: ...


class _Lost(Exception):
    """The connection ended before the answer came."""


class _Waiting(Struct):
    name: str
    answer: "asyncio.Future[Result | Error]"


class Link:
    def __init__(self, socket: ServerConnection, hold: Hold, dialect: Dialect, desk: Desk, tools: Tools) -> None:
        self.hold = hold
        self._socket, self._dialect, self._desk, self._tools = socket, dialect, desk, tools
        self._calls: asyncio.Queue[Call] = asyncio.Queue(WAITING_AT_MOST)
        self._rung, self._called = asyncio.Event(), asyncio.Event()
        self._is_named = asyncio.Event()
        self._is_named.set()
        self._waiting: _Waiting | None = None
        self._pace = _Pace(time.monotonic)
        self._unit = RateUnit.WATTS

    def ring(self, *, awaited: bool) -> None:
        """There may be something to tell, and somebody may wait for it."""
        if awaited:
            self._called.set()
        self._rung.set()

    async def hang_up(self, code: int, words: str) -> None:
        await self._socket.close(code, words)

    async def run(self) -> None:
        """Until the connection ends."""
        self._look_at_welcome()
        others = [asyncio.create_task(self._answer_calls()), asyncio.create_task(self._tell_orders())]
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait([listening, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, *others):
                task.cancel()
            ended = await asyncio.gather(listening, *others, return_exceptions=True)
            for end in ended:
                if isinstance(end, Exception) and not isinstance(end, ConnectionClosed | _Lost):
                    logger.error("the link of station %s broke", self.hold.at.id, exc_info=end)

    # -- what the station says

    async def _listen(self) -> None:
        async for text in self._socket:
            await self._pace.keep()
            frame = frames.read(text, self._dialect.version)
            match frame:
                case Call():
                    await self._calls.put(frame)
                case Result() | Error():
                    self._take_answer(frame)
                case Unreadable():
                    await self._unreadable(frame, text)

    def _take_answer(self, frame: Result | Error) -> None:
        waiting = self._waiting
        if waiting is None or waiting.name != frame.id or waiting.answer.done():
            self._note(Direction.IN, frame, fault="nobody asked")
        else:
            waiting.answer.set_result(frame)

    async def _unreadable(self, frame: Unreadable, text: str | bytes) -> None:
        fault = "ignored" if frame.fault is None else str(frame.fault)
        self._tools.scribe.note(
            Message(
                self.hold.at,
                self._desk.now(),
                Direction.IN,
                FrameKind.MALFORMED,
                fault=fault,
                frame=frames.legible(text),
            )
        )
        if frame.fault is not None:
            await self._send_error(frame.id, frame.fault, None)

    async def _answer_calls(self) -> None:
        while True:
            call = await self._calls.get()
            if call.action in self._dialect.names:
                self._is_named.clear()
            try:
                result = await self._result(call)
            except Fault as fault:
                self._note(Direction.IN, call, fault=frames.legible(str(fault)))
                await self._send_error(call.id, fault, call.action)
            else:
                self._note(Direction.IN, call)
                self._note(Direction.OUT, Result(call.id, result), action=call.action)
                await self._socket.send(frames.result(call.id, result))
                if call.action == "BootNotification":
                    self._look_at_welcome()
            self._is_named.set()

    async def _result(self, call: Call) -> Payload:
        """Raises Fault, or ConnectionClosed where it must not be answered."""
        pauses = iter(PAUSES_S if call.action in self._dialect.must_arrive else ())
        while True:
            try:
                async with self._tools.lines.call_turn():
                    return await self._dialect.answered(self._desk, call)
            except Fault:
                raise
            except Unavailable as error:
                pause = next(pauses, None)
                if pause is None and call.action in self._dialect.must_arrive:
                    await self.hang_up(TRY_AGAIN_LATER, "the books are closed")
                    raise _Lost from error
                if pause is None:
                    raise Fault(Code.INTERNAL, "the books are closed, please try again") from error
                await asyncio.sleep(pause)
            except Exception as error:
                logger.exception("%s of station %s failed", call.action, self.hold.at.id)
                raise Fault(Code.INTERNAL, "it could not be taken in") from error

    async def _send_error(self, name: str, fault: Fault, action: str | None) -> None:
        version = self._dialect.version
        self._note(Direction.OUT, Error(name, spelt(fault.code, version), fault.words), action=action)
        await self._socket.send(frames.error(name, fault, version))

    # -- what the station is told

    def _look_at_welcome(self) -> None:
        """What was placed since then rings by itself."""
        if self._desk.welcome.to_be_told is not None:
            self.ring(awaited=self._desk.welcome.to_be_told)

    async def _tell_orders(self) -> None:
        """Whatever is there when it is rung; what comes meanwhile rings again."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                await self._tell_all()
            except Unavailable:
                continue  # the next look finds it

    async def _tell_all(self) -> None:
        hold, orders = self.hold, self._tools.orders
        while self._desk.welcome.admission is not Admission.REJECTED:
            never = NOT_BEFORE_ADMITTED if self._desk.welcome.admission is Admission.PENDING else ()
            async with self._order_turn(awaited=False):
                self._called.clear()  # by what is told now; who rings from here on is seen next time
                taken = await orders.take(hold.at, hold.connection, self._desk.now(), never)
            if taken is not None and taken.further:
                self._called.set()
            if taken is not None:
                await self._keep_answer(taken, await self._told(taken.order))
            if taken is None or taken.further is None:
                return

    def _order_turn(self, *, awaited: bool) -> AbstractAsyncContextManager[None]:
        lines = self._tools.lines
        return lines.order_turn() if awaited or self._called.is_set() else lines.housekeeping_turn(self._called)

    async def _keep_answer(self, taken: Taken, answer: OrderAnswer) -> None:
        """A station says it once only. Raises _Lost where it cannot be kept: then it is told again over the next connection."""
        pauses = iter(PAUSES_S)
        while True:
            try:
                async with self._order_turn(awaited=taken.awaited):
                    await self._tools.orders.answered(self.hold.at, taken.order.id, answer, self._desk.now())
            except Unavailable as error:
                pause = next(pauses, None)
                if pause is None:
                    await self.hang_up(TRY_AGAIN_LATER, "the books are closed")
                    raise _Lost from error
                await asyncio.sleep(pause)
            else:
                return

    async def _told(self, order: StationOrder) -> OrderAnswer:
        """Raises _Lost where the connection ended: then it is told again over the next one. A station that does not take a limit in watts
        is told it in amperes, and so it is from then on."""
        wanted, name = order.order, str(order.id)
        if not isinstance(wanted, SetProfile) or wanted.profile.phases is None:
            return await self._told_in(RateUnit.WATTS, order, name)
        answer = await self._told_in(self._unit, order, name)
        if answer.answered is not Answered.REJECTED or self._unit is RateUnit.AMPERES:
            return answer
        in_amperes = await self._told_in(RateUnit.AMPERES, order, f"{order.id.hex}-A")
        if in_amperes.answered is Answered.ACCEPTED:
            self._unit = RateUnit.AMPERES
        return in_amperes

    async def _told_in(self, unit: RateUnit, order: StationOrder, name: str) -> OrderAnswer:
        """Under a name of its own."""
        try:
            action, payload = self._dialect.spoken(order.order, unit)
            check_call(action, payload, self._dialect.version)
        except (UnspeakableError, Fault) as error:
            return OrderAnswer(Answered.NOT_SUPPORTED, frames.legible(f"it cannot be said: {error}"))
        if isinstance(order.order, AskFor):
            message = order.order.message
            self._desk.asked_for.add("SignCertificate" if message.startswith("Sign") else message)
        if isinstance(order.order, StopTransaction):
            await self._is_named.wait()  # or the station does not know yet which transaction is meant
        began = time.monotonic()
        try:
            answer = await self._asked(name, action, payload)
            if isinstance(answer, Error):
                self._note(Direction.IN, answer, action=action)
                unknown = answer.code in {Code.NOT_IMPLEMENTED, Code.NOT_SUPPORTED}
                said = frames.legible(f"{answer.code}: {answer.words}")
                return OrderAnswer(Answered.NOT_SUPPORTED if unknown else Answered.FAILED, said)
            check_result(action, answer.payload, self._dialect.version)
        except TimeoutError:
            return OrderAnswer(Answered.NO_ANSWER)
        except Fault as fault:
            return OrderAnswer(Answered.FAILED, frames.legible(f"what it answered is wrong: {fault.words}"))
        self._tools.answered_in(time.monotonic() - began)
        self._note(Direction.IN, answer, action=action)
        return self._dialect.understood(order.order, answer.payload)

    async def _asked(self, name: str, action: str, payload: Payload) -> Result | Error:
        self._waiting = _Waiting(name, asyncio.get_running_loop().create_future())
        self._note(Direction.OUT, Call(name, action, payload))
        try:
            await self._socket.send(frames.call(name, action, payload))
            async with asyncio.timeout(ANSWER_S):
                return await self._waiting.answer
        finally:
            self._waiting = None

    def _note(
        self, direction: Direction, frame: Call | Result | Error, *, action: str | None = None, fault: str | None = None
    ) -> None:
        payload = None
        match frame:
            case Call(name, action, body):
                kind, payload = FrameKind.CALL, frames.kept(body)
            case Result(name, body):
                kind, payload = FrameKind.RESULT, frames.kept(body)
            case Error(name, code, said):
                kind, fault = FrameKind.ERROR, frames.legible(f"{code}: {said}")
        now = self._desk.now()
        name, action = frames.legible(name), None if action is None else frames.legible(action)
        self._tools.scribe.note(Message(self.hold.at, now, direction, kind, name, action, payload, fault))


class _Pace:
    """Lets a burst through, and after that so much and no more."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._free_at = clock() - BURST * PACE_S

    async def keep(self) -> None:
        now = self._clock()
        self._free_at = max(self._free_at, now - BURST * PACE_S) + PACE_S
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)
