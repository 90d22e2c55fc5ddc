"""What the worker does, in figures."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from adapters.database.connections import Database
from adapters.database.notices.log import failed_notices
from adapters.database.outbox import buried, overdue_s
from adapters.jobs.effects import Effects
from adapters.jobs.sweeps import Batch
from infra.clock import now
from services.jobs.ports import Claimed, Entry, Kinds, Outbox

if TYPE_CHECKING:
    from adapters.metrics.prometheus import Metrics

LOOK_EVERY_S = 5.0
SWEEPS = tuple(field.name for field in msgspec.structs.fields(Effects) if field.type == Batch)

_log = logging.getLogger("kommobil")


class MeasuredOutbox:
    """Another outbox, whose outcomes are counted."""

    def __init__(self, outbox: Outbox, measured: "Metrics") -> None:
        self._outbox = outbox
        self._measured = measured

    async def claim(self, kinds: Kinds, limit: int, now: datetime, until: datetime) -> Claimed:
        return await self._outbox.claim(kinds, limit, now, until)

    async def done(self, entry: Entry, now: datetime) -> None:
        await self._outbox.done(entry, now)
        self._measured.delivered("done")

    async def again(self, entry: Entry, at: datetime, failure: str) -> None:
        await self._outbox.again(entry, at, failure)
        self._measured.delivered("again")

    async def bury(self, entry: Entry, now: datetime, failure: str) -> None:
        await self._outbox.bury(entry, now, failure)
        self._measured.delivered("buried")


def measured_effects(effects: Effects, measured: "Metrics") -> Effects:
    """The same, and what each sweep brings to an end is counted: `expire_holds`, and its like."""

    def counted(name: str, batch: Batch) -> Batch:
        async def run() -> int:
            count = await batch()
            if count:
                measured.swept(name, count)
            return count

        return run

    return msgspec.structs.replace(effects, **{name: counted(name, getattr(effects, name)) for name in SWEEPS})


async def measure(relay: Database, measured: "Metrics") -> None:
    """How late the outbox is, and what was given up of it and of notices."""
    async with relay.statements.session() as session:
        measured.outbox(await overdue_s(session, now()), await buried(session))
        measured.notices(await failed_notices(session, now()))


async def keep_measuring(relay: Database, measured: "Metrics", sample: Callable[[], None]) -> None:
    """Measure now and then, until cancelled."""
    while True:
        sample()
        try:
            await measure(relay, measured)
        except Exception as error:  # noqa: BLE001 - no figure is worth a worker
            _log.warning("the work is not measured: %s", type(error).__name__)
        await asyncio.sleep(LOOK_EVERY_S)
