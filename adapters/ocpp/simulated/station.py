"""A simulated charging station: it honours reservations, starts and stops as it is told or as its guests want, lets its meters
run, and sends what must arrive until it has arrived, over as many connections as that takes."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from adapters.ocpp.simulated.dialect import Cancel, Dialect, Limit, Reserve, Said, Start, Stop, Told, Unlimit
from adapters.ocpp.simulated.evses import Evse, Payload, Transaction
from adapters.ocpp.simulated.line import Line, NotReachedError, RefusedError, Wiring

logger = logging.getLogger(__name__)

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


class Make(Struct, frozen=True):
    """How it is built. `every_s` is the time between two readings of a running transaction, `hurry` how much faster than time its
    meters run."""

    evses: int = 1
    every_s: float = 10.0
    hurry: float = 1.0


class SimulatedStation:
    """`booted` is set while the centre has taken it."""

    def __init__(
        self, make: Make, wiring: Wiring, dialect: Dialect, now: Callable[[], datetime], new_id: Callable[[], UUID]
    ) -> None:
        self.evses = {number: Evse(number) for number in range(1, make.evses + 1)}
        self.booted = asyncio.Event()
        self.line = Line(wiring, dialect.subprotocol, new_id)
        self._make, self._dialect, self._now, self._new_id = make, dialect, now, new_id
        self._outgoing: deque[tuple[Said, Transaction | None]] = deque()
        self._delivery = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Be there until cancelled."""
        self._begin(self._let_meters_run())
        try:
            await self.line.run(self._arrive, self._ordered)
        finally:
            for task in self._tasks:
                task.cancel()

    # -- what its guests do

    async def swipe(self, number: int, token: str) -> str:
        """Hold a token to it: `charging`, or who would not have it (`centre`, `station`). Raises RefusedError or
        NotReachedError."""
        evse = self.evses[number]
        let_in, group = self._dialect.let_in(await self.line.call(self._dialect.authorise(token)))
        if not let_in:
            return "centre"
        if evse.transaction is not None or not evse.lets(token, group, self._now()):
            return "station"
        await self._start(evse, token, None)
        return "charging"

    async def leave(self, number: int) -> None:
        """Unplug: what runs ends."""
        await self._stop(self.evses[number], "EVDisconnected")

    async def fault(self, number: int, *, on: bool) -> None:
        self.evses[number].faulted = on
        await self._tell(self.evses[number])

    # -- what it says

    async def _arrive(self) -> None:
        """Boot until the centre takes it, then tell how it is, then what could not be told before."""
        try:
            interval = await self._taken()
            for evse in self.evses.values():
                await self._tell(evse)
            self.booted.set()
            await self._drain()
            while True:
                await asyncio.sleep(interval)
                await self.line.call(("Heartbeat", {}))
        except (NotReachedError, RefusedError) as error:
            logger.warning("the line is lost: %s", error)
        finally:
            self.booted.clear()

    async def _taken(self) -> float:
        """The seconds between heartbeats."""
        while True:
            answer = await self.line.call(self._dialect.boot())
            interval = float(max(answer["interval"], 1))
            if answer["status"] == "Accepted":
                return interval
            await asyncio.sleep(interval)

    async def _deliver(self, said: Said, of: Transaction | None = None) -> None:
        """What must arrive: it waits in line while there is no connection."""
        self._outgoing.append((said, of))
        await self._drain()

    async def _drain(self) -> None:
        async with self._delivery:
            while self._outgoing and self.line.is_there:
                said, of = self._outgoing[0]
                try:
                    answer = await self.line.call(said)
                except NotReachedError:
                    return
                except RefusedError as error:
                    logger.warning("%s was refused: %s", said[0], error)
                    answer = {}
                self._outgoing.popleft()
                if of is not None and of.ref is None and "transactionId" in answer:
                    self._name(of, answer["transactionId"])

    def _name(self, it: Transaction, ref: int) -> None:
        """What waits in line of a transaction that had no name yet gets it."""
        it.ref = ref
        for (_, payload), of in self._outgoing:
            if of is it:
                payload["transactionId"] = ref

    async def _tell(self, evse: Evse) -> None:
        with contextlib.suppress(NotReachedError, RefusedError):
            await self.line.call(self._dialect.status(evse, self._now()))

    # -- what it does

    async def _start(self, evse: Evse, token: str, remote: int | None) -> None:
        now = self._now()
        reservation = evse.reserved.number if evse.reserved else None
        evse.plugged, evse.reserved, evse.counted_at = True, None, now
        ref = None if self._dialect.subprotocol == "ocpp1.6" else str(self._new_id())
        it = evse.transaction = Transaction(token, ref, now)
        evse.count(now, self._make.hurry)
        await self._deliver(self._dialect.started(evse, it, reservation, remote), it)
        await self._tell(evse)

    async def _stop(self, evse: Evse, reason: str) -> None:
        it, now = evse.transaction, self._now()
        if it is not None:
            evse.count(now, self._make.hurry)
            evse.transaction = None
            await self._deliver(self._dialect.ended(evse, it, reason, now), it)
        evse.plugged = False
        evse.profiles = {key: each for key, each in evse.profiles.items() if each.purpose != "TxProfile"}
        await self._tell(evse)

    async def _let_meters_run(self) -> None:
        while True:
            await asyncio.sleep(self._make.every_s)
            for evse in self.evses.values():
                await self._look(evse, self._now())

    async def _look(self, evse: Evse, now: datetime) -> None:
        if (it := evse.transaction) is not None:
            evse.count(now, self._make.hurry)
            await self._deliver(self._dialect.reading(evse, it, now), it)
        elif (over := evse.expire(now)) is not None:
            if said := self._dialect.expired(over.number):
                await self._deliver(said)
            await self._tell(evse)

    # -- what it is told

    def _ordered(self, action: str, payload: Payload) -> Payload | None:
        """The answer; None to what it does not know."""
        now = self._now()
        told = self._dialect.told(action, payload, now)
        return self._dialect.word(action) if told is None else self._done(told, now)

    def _done(self, told: Told, now: datetime) -> Payload:
        match told:
            case Reserve(number, reserved):
                evse = self.evses.get(number)
                return REJECTED if evse is None else self._then_told(evse, evse.reserve(reserved, now))
            case Cancel(number):
                of = [each for each in self.evses.values() if each.reserved and each.reserved.number == number]
                return self._forgotten(*of) if of else REJECTED
            case Start(number, token, remote):
                return self._started(self.evses.get(number), token, remote, now)
            case Stop(ref):
                running = [each for each in self.evses.values() if each.transaction and each.transaction.ref == ref]
                return self._stopped(*running) if running else REJECTED
            case Limit(number, limits):
                if not any(evse.takes(limits) for evse in self.evses.values() if number in {0, evse.number}):
                    return REJECTED
                return self._limited(number, lambda known: known | {(limits.purpose, limits.level): limits})
            case Unlimit(number, id_):
                return self._limited(
                    number or 0, lambda known: {k: each for k, each in known.items() if id_ not in {None, each.id}}
                )

    def _forgotten(self, evse: Evse) -> Payload:
        evse.reserved = None
        return self._then_told(evse, "Accepted")

    def _started(self, evse: Evse | None, token: str, remote: int | None, now: datetime) -> Payload:
        if evse is None or evse.transaction or evse.faulted or not evse.lets(token, None, now):
            return REJECTED
        self._begin(self._start(evse, token, remote))
        return ACCEPTED

    def _stopped(self, evse: Evse) -> Payload:
        self._begin(self._stop(evse, "Remote"))
        return ACCEPTED

    def _limited(self, number: int, change: Callable[[dict[Any, Any]], dict[Any, Any]]) -> Payload:
        """Of one EVSE, or of all where the number is 0."""
        for evse in self.evses.values():
            if number in {0, evse.number}:
                evse.profiles = change(evse.profiles)
        return ACCEPTED

    def _then_told(self, evse: Evse, status: str) -> Payload:
        self._begin(self._tell(evse))
        return {"status": status}

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
