"""Faults and tickets as they are shown."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.faults.faults import FaultId, FaultKind, TicketId
from domain.charging.faults.tickets import Severity, TicketState, Why
from domain.charging.stations import ChargingStationId
from domain.identity import PersonId


class FaultView(Struct, frozen=True):
    """`station` is what the charging station calls itself; `evse` is 0 for the whole of it. `says` is the station's own word,
    `what` the connector or component. It lasts while `ended_at` is null. An event was told `times` while it lasted; one without
    `what` counts those that a station tells beyond the most that are kept of it."""

    id: FaultId
    charging_station_id: ChargingStationId
    station: str
    evse: int
    kind: FaultKind
    what: str
    says: str
    began_at: datetime
    ended_at: datetime | None
    ticket_id: TicketId | None
    times: int


class NoteView(Struct, frozen=True):
    """`state` is what the ticket became by it; `by` is null where nobody did it."""

    at: datetime
    by: PersonId | None
    state: TicketState | None
    words: str | None


class TicketView(Struct, frozen=True):
    """`why` is by which rule it was opened: one by hand has a `title` and no `kind`, and no station where it is of none. `out_since` is when its point was taken out of service, `withdrawn` what cannot be booked
    meanwhile. `lasts` says that some fault of it is not over; `reason` is why it was closed. It `follows` the closed ticket whose fault
    has lasted all the same. The latest `faults` and all `notes`."""

    id: TicketId
    charging_station_id: ChargingStationId | None
    station: str | None
    evse: int
    kind: FaultKind | None
    why: Why
    severity: Severity
    title: str | None
    state: TicketState
    opened_at: datetime
    changed_at: datetime
    assignee: PersonId | None
    out_since: datetime | None
    withdrawn: tuple[ResourceId, ...]
    lasts: bool
    closed_at: datetime | None
    reason: str | None
    follows: TicketId | None
    version: int
    faults: tuple[FaultView, ...]
    notes: tuple[NoteView, ...]


class FaultsWanted(Struct, frozen=True):
    """The latest first, before the place `after`; `lasting` asks for those that are not over, or are."""

    limit: int
    after: tuple[datetime, UUID] | None = None
    station_id: ChargingStationId | None = None
    kind: FaultKind | None = None
    lasting: bool | None = None


class TicketsWanted(Struct, frozen=True):
    """The latest first, before the place `after`; in any of the states, or in any at all."""

    limit: int
    after: tuple[datetime, UUID] | None = None
    station_id: ChargingStationId | None = None
    assignee: PersonId | None = None
    severities: frozenset[Severity] = frozenset()
    states: frozenset[TicketState] = frozenset()
