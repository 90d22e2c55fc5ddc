"""A simulated charging station at the command line: it lives by itself, and does what it is told in lines."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import TextIO

from msgspec import Struct

from adapters.ocpp.simulated.dialect import Dialect
from adapters.ocpp.simulated.evses import Evse
from adapters.ocpp.simulated.line import NotReachedError, RefusedError, Wiring
from adapters.ocpp.simulated.ocpp16 import Ocpp16
from adapters.ocpp.simulated.ocpp201 import Ocpp201
from adapters.ocpp.simulated.station import Make, SimulatedStation
from infra.clock import now
from infra.ids import new_id

DIALECTS: Mapping[str, Callable[[], Dialect]] = {"1.6": Ocpp16, "2.0.1": Ocpp201}
WORDS = {"swipe": 2, "leave": 1, "fault": 1, "mend": 1, "show": 0}
"""How many words follow each."""
LOOK_S = 0.2

Say = Callable[[str], object]


class Act(Struct, frozen=True):
    """Something that happens to a station, at one of its EVSEs, or 0."""

    what: str
    evse: int = 0
    token: str = ""


class UnreadableAct(Exception):
    """The line says nothing that could happen; the message says what could."""


def act_in(line: str) -> Act | None:
    """None where it is empty. Raises UnreadableAct."""
    match line.split():
        case []:
            return None
        case [what, *details] if WORDS.get(what) == len(details):
            number, *token = details or ["0"]
            if number.isdecimal() and number.isascii():
                return Act(what, int(number), *token)
    raise UnreadableAct("say one of: swipe EVSE TOKEN, leave EVSE, fault EVSE, mend EVSE, show")


async def simulate_station(wiring: Wiring, make: Make, version: str, acts: TextIO, say: Say) -> None:
    """Until cancelled, or until `acts` is at its end."""
    station = SimulatedStation(make, wiring, DIALECTS[version](), now, new_id)
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    _listen(acts, asyncio.get_running_loop(), lines)
    tasks = [asyncio.create_task(station.run()), asyncio.create_task(_watch(station, say))]
    try:
        while (line := await lines.get()) is not None:
            if said := await _done(station, line):
                say(said)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _done(station: SimulatedStation, line: str) -> str:
    """What is to be said of it."""
    try:
        act = act_in(line)
        if act is None:
            return ""
        if act.what != "show" and act.evse not in station.evses:
            return f"there is no EVSE {act.evse}"
        return await _happens(station, act)
    except UnreadableAct as problem:
        return str(problem)
    except NotReachedError:
        return "nobody answers"
    except RefusedError as problem:
        return f"refused: {problem}"


async def _happens(station: SimulatedStation, act: Act) -> str:
    match act.what:
        case "swipe":
            by = await station.swipe(act.evse, act.token)
            return "" if by == "charging" else f"EVSE {act.evse}: refused by the {by}"
        case "leave":
            await station.leave(act.evse)
        case "show":
            return "\n".join(_how(evse) for evse in station.evses.values())
        case fault_or_mend:
            await station.fault(act.evse, on=fault_or_mend == "fault")
    return ""


async def _watch(station: SimulatedStation, say: Say) -> None:
    """Tell whatever changes but the meter."""
    known: dict[int, tuple[object, ...]] = {}
    was_there = False
    while True:
        if station.booted.is_set() is not was_there:
            was_there = not was_there
            say("the centre has taken it" if was_there else "the line is lost")
        for number, evse in station.evses.items():
            state = (evse.faulted, evse.plugged, evse.reserved, evse.transaction and evse.transaction.watts)
            if known.get(number) != state:
                known[number] = state
                say(_how(evse))
        await asyncio.sleep(LOOK_S)


def _how(evse: Evse) -> str:
    if evse.faulted:
        state = "faulted"
    elif it := evse.transaction:
        state = f"charging at {it.watts} W for {it.token}, transaction {it.ref}"
    elif evse.plugged:
        state = "plugged in"
    elif reserved := evse.reserved:
        state = f"reserved for {reserved.token} until {reserved.until.isoformat(timespec='seconds')}"
    else:
        state = "available"
    return f"EVSE {evse.number}: {state}, {evse.meter_wh / 1000:.3f} kWh"


def _listen(acts: TextIO, loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    """In a thread that nobody waits for: a terminal cannot be read otherwise, nor can every file."""

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody listens any more
            for line in acts:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
