"""Tickets: somebody is to see to a fault. One is open for each point and kind, whatever happens meanwhile; what people saw
themselves they open tickets for by hand, as many as they like."""

from collections.abc import Set
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.faults.faults import Fault, FaultKind, TicketId
from domain.charging.orders import ChangeAvailability
from domain.charging.stations import WHOLE_STATION, ChargingStationId
from domain.identity import PersonId
from domain.refusals import Refusal

BACK_WITHIN = timedelta(days=7)
"""So long a station may be away before it is no longer told that a point of it is in service or out of it."""


class TicketRule(Struct, frozen=True):
    """A fault leads to a ticket once it lasts for `after`, or is the `times`-th of its kind at its point `within` a time. Whoever says
    that it is solved, or closes its ticket, is believed for so long although it lasts."""

    after: timedelta = timedelta(minutes=15)
    times: int = 3
    within: timedelta = timedelta(hours=24)
    believed: timedelta = timedelta(hours=24)


class Why(StrEnum):
    """`AT_ONCE` is for meters: energy that cannot be billed is lost with each session. `BY_HAND` is somebody's own ticket."""

    LASTED = "lasted"
    REPEATED = "repeated"
    AT_ONCE = "at_once"
    BY_HAND = "by_hand"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SEVERITY = {
    FaultKind.OUT_OF_ORDER: Severity.HIGH,
    FaultKind.SILENT: Severity.HIGH,
    FaultKind.METER: Severity.HIGH,
    FaultKind.EVENT: Severity.MEDIUM,
    FaultKind.ORDER_FAILED: Severity.MEDIUM,
    FaultKind.WARNING: Severity.LOW,
}
"""How grave a fault is until somebody says otherwise: whether nobody can charge, or nobody pays."""


class TicketState(StrEnum):
    """`SOLVED` may be opened again, by a new fault too, or by the old one that lasts all the same; `CLOSED` is for good, with a reason:
    a fault that lasts all the same leads to another ticket."""

    OPEN = "open"
    IN_WORK = "in_work"
    SOLVED = "solved"
    CLOSED = "closed"


class Ticket(Struct, frozen=True):
    """One by hand has a `title` and no `kind`, and need not be of any station. `evse` is 0 for the whole station. `out_since` is when it took its point out of service, `withdrawn` what can be booked there
    and was withdrawn with it. `changed_at` is when its state last was another; it `follows` the closed one whose fault has lasted."""

    id: TicketId
    station_id: ChargingStationId | None
    evse: int
    kind: FaultKind | None
    why: Why
    severity: Severity
    opened_at: datetime
    changed_at: datetime
    title: str | None = None
    state: TicketState = TicketState.OPEN
    assignee: PersonId | None = None
    out_since: datetime | None = None
    withdrawn: tuple[ResourceId, ...] = ()
    closed_at: datetime | None = None
    reason: str | None = None
    follows: TicketId | None = None
    version: int = 1


class TicketOpened(Struct, frozen=True, tag="charging.ticket_opened"):
    """For the first time or again."""

    ticket: Ticket


class PointWithdrawn(Struct, frozen=True, tag="charging.point_withdrawn"):
    """It can be booked no more until it is back; what is provisional goes elsewhere."""

    resource_id: ResourceId


class OpenTicket(Struct, frozen=True):
    """By hand: what somebody saw or was told of. `text` becomes its first note. Without a station `evse` is 0."""

    id: TicketId
    title: str
    severity: Severity
    text: str | None = None
    station_id: ChargingStationId | None = None
    evse: int = WHOLE_STATION
    assignee: PersonId | None = None


class Place(Struct, frozen=True):
    """What there is to know of where it is: the station's EVSEs, None where there is no such station, and whether the assignee runs the
    city's stations."""

    evses: Set[int] | None
    assignee_known: bool


class ChangeTicket(Struct, frozen=True):
    """What is absent stays as it is. Whoever closes it says why in the `note`."""

    ticket_id: TicketId
    state: TicketState | None = None
    severity: Severity | None = None
    assignee: PersonId | UnsetType | None = UNSET
    out_of_service: bool | None = None
    note: str | None = None


class Around(Struct, frozen=True):
    """What else there is to know: what can be booked at the point, whether the assignee runs the city's stations, and which EVSEs of
    the station other tickets keep out of service, 0 being all of it."""

    resources: tuple[ResourceId, ...]
    assignee_known: bool
    others_out: Set[int]


class Changed(Struct, frozen=True):
    """`orders` are what the station is told of it."""

    ticket: Ticket
    orders: tuple[ChangeAvailability, ...] = ()


class NotTicketed(StrEnum):
    UNKNOWN_TICKET = "unknown_ticket"
    TICKET_CLOSED = "ticket_closed"
    NO_WORDS = "no_words"
    UNKNOWN_ASSIGNEE = "unknown_assignee"
    UNKNOWN_POINT = "unknown_charge_point"
    STILL_OUT_OF_SERVICE = "still_out_of_service"
    NOTHING_CHANGES = "nothing_changes"


def asks_for_ticket(fault: Fault, before: int, rule: TicketRule, now: datetime) -> Why | None:
    """Whether somebody is to see to it. `before` of its kind began at its point within the rule's time before it, and led to nothing."""
    if fault.kind is FaultKind.METER:
        return Why.AT_ONCE
    if before + 1 >= rule.times:
        return Why.REPEATED
    return Why.LASTED if fault.ended_at is None and now - fault.began_at >= rule.after else None


def is_not_believed(fault: Fault, rule: TicketRule, now: datetime) -> bool:
    """Whether it lasts although somebody has said for long enough that it is solved, or closed its ticket."""
    return fault.ended_at is None and fault.settled_at is not None and now >= fault.settled_at + rule.believed


def again(ticket: Ticket, fault: Fault, rule: TicketRule, now: datetime) -> Ticket | None:
    """Open again by a fault that began after it was said to be solved, or lasts all the same."""
    if ticket.state is not TicketState.SOLVED:
        return None
    if fault.began_at <= ticket.changed_at and not is_not_believed(fault, rule, now):
        return None
    return replace(ticket, state=TicketState.OPEN, changed_at=now, version=ticket.version + 1)


def open_by_hand(command: OpenTicket, place: Place, now: datetime) -> Ticket | Refusal[NotTicketed]:
    title = command.title.strip()
    if not title:
        return Refusal(NotTicketed.NO_WORDS, "/title")
    if command.station_id is not None and place.evses is None:
        return Refusal(NotTicketed.UNKNOWN_POINT, "/charging_station_id")
    if command.evse != WHOLE_STATION and command.evse not in (place.evses or ()):
        return Refusal(NotTicketed.UNKNOWN_POINT, "/evse")
    if command.assignee and not place.assignee_known:
        return Refusal(NotTicketed.UNKNOWN_ASSIGNEE, "/assignee")
    at = (command.station_id, command.evse, None)
    return Ticket(command.id, *at, Why.BY_HAND, command.severity, now, now, title=title, assignee=command.assignee)


def change(ticket: Ticket, command: ChangeTicket, around: Around, now: datetime) -> Changed | Refusal[NotTicketed]:
    words = (command.note or "").strip()
    out = ticket.out_since is not None if command.out_of_service is None else command.out_of_service
    if refusal := _unchangeable(ticket, command, around, words=words, out=out):
        return refusal
    after = _changed(ticket, command, around, now, words=words, out=out)
    if after == ticket and not words:
        return Refusal(NotTicketed.NOTHING_CHANGES)
    turned = (after.out_since is None) is not (ticket.out_since is None)
    orders = availability(ticket.evse, around.others_out, operative=not out) if turned else ()
    return Changed(replace(after, version=ticket.version + 1), orders)


def _unchangeable(
    ticket: Ticket, command: ChangeTicket, around: Around, *, words: str, out: bool
) -> Refusal[NotTicketed] | None:
    closes = command.state is TicketState.CLOSED
    if ticket.state is TicketState.CLOSED:
        return Refusal(NotTicketed.TICKET_CLOSED)
    if closes and not words:
        return Refusal(NotTicketed.NO_WORDS, "/note")
    if command.assignee and not around.assignee_known:
        return Refusal(NotTicketed.UNKNOWN_ASSIGNEE, "/assignee")
    if command.out_of_service and ticket.station_id is None:
        return Refusal(NotTicketed.UNKNOWN_POINT, "/out_of_service")
    if closes and out:
        return Refusal(NotTicketed.STILL_OUT_OF_SERVICE, "/out_of_service")
    return None


def _changed(ticket: Ticket, command: ChangeTicket, around: Around, now: datetime, *, words: str, out: bool) -> Ticket:
    state = command.state or ticket.state
    closes = command.state is TicketState.CLOSED
    return replace(
        ticket,
        state=state,
        severity=command.severity or ticket.severity,
        changed_at=now if state is not ticket.state else ticket.changed_at,
        assignee=ticket.assignee if command.assignee is UNSET else command.assignee,
        out_since=(ticket.out_since or now) if out else None,
        withdrawn=(ticket.withdrawn if ticket.out_since else around.resources) if out else (),
        closed_at=now if closes else None,
        reason=words if closes else None,
    )


def availability(evse: int, others_out: Set[int], *, operative: bool) -> tuple[ChangeAvailability, ...]:
    """What a station is told of an EVSE that goes out of service or comes back; what others keep out stays out."""
    if not operative:
        return (ChangeAvailability(operative=False, evse=evse),)
    if WHOLE_STATION in others_out or evse in others_out:
        return ()
    back = ChangeAvailability(operative=True, evse=evse)
    if evse != WHOLE_STATION:
        return (back,)
    return (back, *(ChangeAvailability(operative=False, evse=each) for each in sorted(others_out)))
