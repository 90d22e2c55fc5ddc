"""What is wrong at a charging station, when it began and when it was over.

Most of it follows from how the station stands: whoever looks, however late and however often, finds the same. What has no duration,
such as an order that failed, begins and is over at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.orders import Answered, OrderAnswered
from domain.charging.reports import EventReported
from domain.charging.stations import WHOLE_STATION, ChargingStationId, ConnectorStatus, EvseStatus

FaultId = NewType("FaultId", UUID)
TicketId = NewType("TicketId", UUID)


class FaultKind(StrEnum):
    """`WARNING` is an error that a station tells and works with all the same, `EVENT` one of OCPP 2.0.1's device model, `METER`
    a session whose signed values speak against themselves."""

    OUT_OF_ORDER = "out_of_order"
    WARNING = "warning"
    EVENT = "event"
    SILENT = "silent"
    ORDER_FAILED = "order_failed"
    METER = "meter"


FOLLOWED = frozenset({FaultKind.OUT_OF_ORDER, FaultKind.WARNING, FaultKind.SILENT})
"""Those that are read off the station's standing, and are over when that says so."""

MOST_EVENTS, MOST_BEGUN = 20, 100
"""So many events of a station last at a time, and so many begin `BEGUN_WITHIN`: a faulty one tells of any number. What it tells beyond
that is counted by one fault for all of it."""
BEGUN_WITHIN = timedelta(days=2)
OLDEST_EVENT = timedelta(days=1)
"""An event that a station says is older began a day ago. Being shorter, whatever was heard in the last day counts as begun within two."""
THE_REST = ""
"""What the fault is called that counts a station's events beyond the most."""


class Condition(Struct, frozen=True):
    """Something is wrong since then. `evse` is 0 for the whole station; `what` tells two of a kind at one EVSE apart, such as
    connectors; `says` is the station's own word."""

    evse: int
    kind: FaultKind
    what: str
    says: str
    since: datetime


class Fault(Struct, frozen=True):
    """`ticket_id` is where it is seen to, if anywhere, and `settled_at` when somebody said there that it is solved, or closed that. An
    event is told `times` while it lasts."""

    id: FaultId
    station_id: ChargingStationId
    evse: int
    kind: FaultKind
    what: str
    says: str
    began_at: datetime
    ended_at: datetime | None = None
    ticket_id: TicketId | None = None
    settled_at: datetime | None = None
    times: int = 1


class EvseSeen(Struct, frozen=True):
    """`said` and `error` are of the connector that spoke last, `status_at` when."""

    number: int
    connectors: Mapping[str, ConnectorStatus]
    said: str | None
    error: str | None
    status_at: datetime | None


class StationSeen(Struct, frozen=True):
    """How a station stands. `online` is whether somebody holds its line, `seen_at` when it was last known to be there."""

    online: bool
    seen_at: datetime | None
    heartbeat_s: int
    status: EvseStatus
    said: str | None
    error: str | None
    status_at: datetime | None
    evses: tuple[EvseSeen, ...]


def conditions(station: StationSeen, now: datetime) -> tuple[Condition, ...]:
    """All that is wrong by the station's standing. One that never came is not silent; it is not there yet."""
    found: list[Condition] = []
    patience = timedelta(seconds=station.heartbeat_s)
    if not station.online and station.seen_at is not None and now > station.seen_at + patience:
        found.append(Condition(WHOLE_STATION, FaultKind.SILENT, "", "", station.seen_at))
    if station.status_at is not None:
        broken = station.status is EvseStatus.OUTOFORDER
        if broken or station.error:
            kind = FaultKind.OUT_OF_ORDER if broken else FaultKind.WARNING
            says = station.error or station.said or ""
            found.append(Condition(WHOLE_STATION, kind, "", says, station.status_at))
    for evse in station.evses:
        found.extend(_of_evse(evse))
    return tuple(found)


def compare(known: Iterable[Fault], seen: Sequence[Condition]) -> tuple[tuple[Condition, ...], tuple[Fault, ...]]:
    """What began, and which of the known ones, all of them open, are over."""
    names = {(each.evse, each.kind, each.what) for each in seen}
    before = {(each.evse, each.kind, each.what): each for each in known}
    begun = tuple(each for each in seen if (each.evse, each.kind, each.what) not in before)
    over = tuple(each for name, each in before.items() if each.kind in FOLLOWED and name not in names)
    return begun, over


def of_event(report: EventReported) -> Condition | None:
    """OCPP 2.0.1, part 2, N07: what a monitor alerts of, or a component that says it has a problem. None for what only tells a value."""
    if not report.alerting and not (report.variable == "Problem" and report.value.lower() == "true"):
        return None
    what = f"{report.component}.{report.variable}"
    return Condition(report.evse, FaultKind.EVENT, what, report.says or report.value, report.at)


def kept_as(event: Condition, lasting: Iterable[Fault], begun: int) -> Condition:
    """What keeps the event: itself, or the rest where so many last already, or have `begun` within the time. A known one is itself."""
    events = [each for each in lasting if each.kind is FaultKind.EVENT and each.what != THE_REST]
    known = any((each.evse, each.what) == (event.evse, event.what) for each in events)
    if known or (len(events) < MOST_EVENTS and begun < MOST_BEGUN):
        return event
    return replace(event, evse=WHOLE_STATION, what=THE_REST, says=event.what)


def is_over(report: EventReported) -> bool:
    return report.cleared or (report.variable == "Problem" and report.value.lower() == "false")


def of_order(answered: OrderAnswered, at: datetime) -> Condition | None:
    """None where the station did as it was told, or refused with good reason: that it is away or keeps no reservations is told otherwise."""
    said = answered.answer.said or answered.answer.answered.value
    jammed = answered.answer.said == "UnlockFailed"
    if answered.answer.answered not in {Answered.FAILED, Answered.NO_ANSWER} and not jammed:
        return None
    order = answered.order.order
    evse = getattr(order, "evse", None) or WHOLE_STATION
    return Condition(evse, FaultKind.ORDER_FAILED, "", f"{order.__struct_config__.tag}: {said}", at)


def _of_evse(evse: EvseSeen) -> Iterable[Condition]:
    broken = [(name, each) for name, each in evse.connectors.items() if each.status is EvseStatus.OUTOFORDER]
    says = evse.error or evse.said or ""
    for name, each in broken:
        yield Condition(evse.number, FaultKind.OUT_OF_ORDER, name, says if each.at == evse.status_at else "", each.at)
    if not broken and evse.error and evse.status_at is not None:
        yield Condition(evse.number, FaultKind.WARNING, "", evse.error, evse.status_at)
