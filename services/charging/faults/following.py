"""Following how a station stands: what began, what is over, and who has to see to it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.faults.faults import (
    OLDEST_EVENT,
    Condition,
    Fault,
    FaultId,
    FaultKind,
    StationSeen,
    TicketId,
    compare,
    conditions,
    is_over,
    kept_as,
    of_event,
)
from domain.charging.faults.tickets import SEVERITY, Ticket, TicketRule, Why, again, asks_for_ticket, is_not_believed
from domain.charging.reports import EventReported
from domain.charging.stations import ChargingStationId

LOOK_AGAIN = timedelta(minutes=1)
"""What lasts is looked at so often: whether it is over, and whether it has lasted long enough for a ticket."""


class Looked(Struct, frozen=True):
    """How a station stands, its faults that are not over, and when the city has somebody see to them. So many events have
    `begun` at the station within the time that they are counted for."""

    station: StationSeen
    faults: tuple[Fault, ...]
    rule: TicketRule
    begun: int = 0


class FaultBooks(Protocol):
    """Open in one city, in one transaction."""

    async def look(self, station_id: ChargingStationId, now: datetime, *, alone: bool = False) -> Looked | None:
        """With `alone` nobody else hears an event of the station meanwhile."""

    async def begin(self, fault: Fault) -> bool:
        """Not where it has begun already, or the same has been told before; an event counts how often it is."""

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


async def hear_events(station_id: ChargingStationId, reports: Sequence[EventReported], hands: Hands) -> None:
    looked = await hands.books.look(station_id, hands.now, alone=True)
    if looked is None:
        return
    lasting, begun = [each for each in looked.faults if each.kind is FaultKind.EVENT], looked.begun
    for report in reports:
        name, at = f"{report.component}.{report.variable}", min(report.at, hands.now)
        if is_over(report):
            over = [each for each in lasting if (each.evse, each.what) == (report.evse, name)]
            for each in over:
                await hands.books.end(replace(each, ended_at=max(each.began_at, at)))
                lasting.remove(each)
        elif (event := of_event(report)) is not None:
            kept = kept_as(replace(event, since=max(at, hands.now - OLDEST_EVENT)), lasting, begun)
            if (fault := await _begin(station_id, kept, looked.rule, hands)) is not None:
                lasting.append(fault)
                begun += 1


async def happened(station_id: ChargingStationId, told: UUID, condition: Condition, hands: Hands) -> None:
    """What has no duration; it is the same where the same `told` of it."""
    looked = await hands.books.look(station_id, hands.now)
    if looked is not None:
        at = condition.since
        fault = _fault(FaultId(told), station_id, condition)
        if await hands.books.begin(replace(fault, ended_at=at)):
            await _judge(replace(fault, ended_at=at), looked.rule, hands)


async def _begin(station_id: ChargingStationId, condition: Condition, rule: TicketRule, hands: Hands) -> Fault | None:
    """None where it has begun already."""
    fault = _fault(FaultId(hands.new_id()), station_id, condition)
    if not await hands.books.begin(fault):
        return None
    await _judge(fault, rule, hands)
    return fault


def _fault(fault_id: FaultId, station_id: ChargingStationId, condition: Condition) -> Fault:
    return Fault(fault_id, station_id, condition.evse, condition.kind, condition.what, condition.says, condition.since)


async def _judge(fault: Fault, rule: TicketRule, hands: Hands) -> None:
    """Who sees to it once does so for all of its kind at its point; what led to a ticket does not lead to another one, unless it lasts
    although that was solved or closed."""
    books, now = hands.books, hands.now
    look_at = now + LOOK_AGAIN if fault.ended_at is None else None
    if fault.ticket_id is not None and not is_not_believed(fault, rule, now):
        await books.see_to(fault, None, told=False, look_at=look_at)
        return
    ticket = await books.ticket(fault)
    if ticket is not None:
        opened = again(ticket, fault, rule, now)
        await books.see_to(fault, opened or ticket, told=opened is not None, look_at=look_at)
        return
    why: Why | None = Why.LASTED
    if fault.ticket_id is None:
        why = asks_for_ticket(fault, await books.before(fault, fault.began_at - rule.within), rule, now)
    if why is not None:
        at = (fault.station_id, fault.evse, fault.kind)
        opened_at = changed_at = now
        grave = SEVERITY[fault.kind]
        ticket = Ticket(TicketId(hands.new_id()), *at, why, grave, opened_at, changed_at, follows=fault.ticket_id)
    await books.see_to(fault, ticket, told=ticket is not None, look_at=look_at)
