"""What a station is answered from: the use cases, for one station."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from adapters.ocpp.central.frames import Payload
from domain.charging.equipment import Variable
from domain.charging.reports import (
    Booted,
    EventReported,
    IdToken,
    ReservationEnded,
    StartAnswer,
    StatusReported,
    TokenAnswer,
    TransactionAnswer,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.stations import Admission, EvseStatus, StationAt
from services.charging.central import CentralSystem
from services.charging.central.ports import Welcome


class Desk:
    """`welcome` is how the station stood when it came or booted last; `told_to_wait` says that it booted over this connection and was not
    admitted yet, `asked_for` are the messages that it was asked to send over it."""

    def __init__(self, central: CentralSystem, at: StationAt, welcome: Welcome, clock: Callable[[], datetime]) -> None:
        self.at, self.welcome = at, welcome
        self.told_to_wait = False
        self.asked_for: set[str] = set()
        self._central, self._clock = central, clock
        self._taken_in: dict[tuple[int, int], tuple[str, str, str | None]] = {}
        self._troubled: set[tuple[int, int]] = set()

    def now(self) -> datetime:
        return self._clock()

    async def booted(self, report: Booted) -> Welcome:
        self.welcome = await self._central.stations.booted(self.at, report, self._clock())
        self.told_to_wait = self.welcome.admission is Admission.PENDING
        return self.welcome

    async def status(self, report: StatusReported) -> None:
        """What a station says again is no news for its session, if this connection has seen to it that it was taken in."""
        await self._central.stations.status_reported(self.at, report, self._clock())
        where, what = (report.evse, report.connector), (report.status.value, report.said, report.error)
        if self._taken_in.get(where) != what:
            await self._central.transactions.status_reported(self.at, report)
            await self._follow_trouble(where, report)
            self._taken_in[where] = what

    async def _follow_trouble(self, where: tuple[int, int], report: StatusReported) -> None:
        """What was wrong before this connection, and is well, is found by whoever looks after what lasts."""
        is_troubled = report.status is EvseStatus.OUTOFORDER or report.error is not None
        if is_troubled or where in self._troubled:
            await self._central.faults.look_at(self.at)
        (self._troubled.add if is_troubled else self._troubled.discard)(where)

    async def events(self, reports: Sequence[EventReported]) -> None:
        await self._central.faults.hear(self.at, reports)

    async def equipment(self, told: tuple[Variable, ...], *, first: bool) -> None:
        await self._central.equipment.reported(self.at, told, first=first)

    async def authorise(self, token: IdToken) -> TokenAnswer:
        return await self._central.transactions.authorise(self.at, token)

    async def started(self, report: TransactionStarted) -> StartAnswer:
        self._taken_in.clear()  # the session that begins has heard nothing yet
        return await self._central.transactions.started(self.at, report)

    async def updated(self, report: TransactionUpdated) -> TransactionAnswer:
        return await self._central.transactions.updated(self.at, report)

    async def ended(self, report: TransactionEnded) -> TransactionAnswer:
        return await self._central.transactions.ended(self.at, report)

    async def reservation_ended(self, report: ReservationEnded) -> None:
        await self._central.reservations.reservation_ended(self.at, report)


Heard: TypeAlias = Callable[[Desk, Payload], Awaitable[Payload]]
"""Takes in a call whose payload its schema has let through; the result. Raises Fault."""
