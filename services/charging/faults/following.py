"""Following how a station stands: what began, what is over, and who has to see to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.faults.faults import (
    Condition,
    Fault,
    FaultId,
    FaultKind,
    StationSeen,
    TicketId,
    compare,
    conditions,
    is_over,
    of_event,
)
from domain.charging.faults.tickets import Ticket, TicketRule, again, asks_for_ticket
from domain.charging.reports import EventReported
from domain.charging.stations import ChargingStationId

LOOK_AGAIN = timedelta(minutes=1)
"""What lasts is looked at so often: whether it is over, and whether it has lasted long enough for a ticket."""


class Looked(Struct, frozen=True):
    """How a station stands, its faults that are not over, and when the city has somebody see to them."""

    station: StationSeen
    faults: tuple[Fault, ...]
    rule: TicketRule


class FaultBooks(Protocol):
    """Open in one city, in one transaction."""

    async def look(self, station_id: ChargingStationId, now: datetime) -> Looked | None: ...
    async def begin(self, fault: Fault) -> bool:
        """Not where it has begun already, or the same has been told before."""

    async def end(self, fault: Fault) -> None: ...
    async def before(self, fault: Fault, since: datetime) -> int:
        """How many of its kind began at its point from then until it did, and led to no ticket."""

    async def ticket(self, fault: Fault) -> Ticket | None:
        """The open one for its kind at its point; nobody else opens one meanwhile."""

    async def see_to(self, fault: Fault, ticket: Ticket | None, *, told: bool, look_at: datetime | None) -> None:
        """Keep that the fault belongs to the ticket, as that is now; with `told` somebody is written to."""


class Hands(Struct, frozen=True):
    """What a look is made with."""

    books: FaultBooks
    new_id: Callable[[], UUID]
    now: datetime


async def look_at(station_id: ChargingStationId, hands: Hands) -> None:
    """Write down what began and what is over by the way the station stands."""
    looked = await hands.books.look(station_id, hands.now)
    if looked is None:
        return
    begun, over = compare(looked.faults, conditions(looked.station, hands.now))
    ended = [replace(each, ended_at=max(hands.now, each.began_at)) for each in over]
    gone = {each.id for each in ended}
    for each in ended:
        await hands.books.end(each)
    for condition in begun:
        await _begin(station_id, condition, looked.rule, hands)
    for each in looked.faults:
        if each.id not in gone:
            await _judge(each, looked.rule, hands)


async def hear_event(station_id: ChargingStationId, report: EventReported, hands: Hands) -> None:
    looked = await hands.books.look(station_id, hands.now)
    if looked is None:
        return
    name = f"{report.component}.{report.variable}"
    for each in looked.faults:
        if is_over(report) and (each.kind, each.evse, each.what) == (FaultKind.EVENT, report.evse, name):
            await hands.books.end(replace(each, ended_at=max(each.began_at, min(report.at, hands.now))))
    condition = None if is_over(report) else of_event(report)
    if condition is not None:
        await _begin(station_id, replace(condition, since=min(report.at, hands.now)), looked.rule, hands)


async def happened(station_id: ChargingStationId, told: UUID, condition: Condition, hands: Hands) -> None:
    """What has no duration; it is the same where the same `told` of it."""
    looked = await hands.books.look(station_id, hands.now)
    if looked is not None:
        at = condition.since
        fault = _fault(FaultId(told), station_id, condition)
        if await hands.books.begin(replace(fault, ended_at=at)):
            await _judge(replace(fault, ended_at=at), looked.rule, hands)


async def _begin(station_id: ChargingStationId, condition: Condition, rule: TicketRule, hands: Hands) -> None:
    fault = _fault(FaultId(hands.new_id()), station_id, condition)
    if await hands.books.begin(fault):
        await _judge(fault, rule, hands)


def _fault(fault_id: FaultId, station_id: ChargingStationId, condition: Condition) -> Fault:
    return Fault(fault_id, station_id, condition.evse, condition.kind, condition.what, condition.says, condition.since)


async def _judge(fault: Fault, rule: TicketRule, hands: Hands) -> None:
    """Who sees to it once does so for all of its kind at its point; what led to a ticket does not lead to another one."""
    books, now = hands.books, hands.now
    look_at = now + LOOK_AGAIN if fault.ended_at is None else None
    if fault.ticket_id is not None:
        await books.see_to(fault, None, told=False, look_at=look_at)
        return
    ticket = await books.ticket(fault)
    if ticket is not None:
        opened = again(ticket, fault, now)
        await books.see_to(fault, opened or ticket, told=opened is not None, look_at=look_at)
        return
    why = asks_for_ticket(fault, await books.before(fault, fault.began_at - rule.within), rule, now)
    if why is not None:
        ticket = Ticket(TicketId(hands.new_id()), fault.station_id, fault.evse, fault.kind, why, now, now)
    await books.see_to(fault, ticket, told=ticket is not None, look_at=look_at)
