"""What stations tell, in words that both versions of OCPP have in common.

Numbers of EVSEs and connectors count from 1. Energy is the meter's reading in Wh, which only rises; power is W; times are
the station's, aware. A report may come hours late, twice, or in another order: whoever takes it in must not mind.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, TypeAlias

from msgspec import Struct

from domain.charging.stations import ChargingStationId, EvseStatus

IdToken = NewType("IdToken", str)
"""Compared without case; at most 20 characters, that OCPP 1.6 can carry it."""
TransactionRef = NewType("TransactionRef", str)
"""A transaction's name at its station: the station's own in 2.0.1, our number, as text, in 1.6."""
ReservationNumber = NewType("ReservationNumber", int)


class Booted(Struct, frozen=True):
    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None


class StationBooted(Struct, frozen=True, tag="charging.station_booted"):
    """One did behind whose connection power is shared: it may have forgotten the profiles that it was told."""

    station_id: ChargingStationId


class StatusReported(Struct, frozen=True):
    """`said` is the station's own word, `error` its code or text where something is wrong. `evse` is 0 for the whole station."""

    evse: int
    connector: int
    status: EvseStatus
    said: str
    at: datetime
    error: str | None = None


class Context(StrEnum):
    BEGIN = "begin"
    END = "end"
    PERIODIC = "periodic"
    OTHER = "other"


class SignedValue(Struct, frozen=True):
    """What a meter signed, byte for byte as it came; `encoding` names the format (`OCMF`), if the station did."""

    data: bytes
    encoding: str | None = None
    public_key: str | None = None


class Reading(Struct, frozen=True):
    """What a meter says at a moment. `offered_w` is the power that the station offers the vehicle."""

    at: datetime
    context: Context = Context.PERIODIC
    energy_wh: Decimal | None = None
    power_w: Decimal | None = None
    offered_w: Decimal | None = None
    current_a: Decimal | None = None
    soc_percent: Decimal | None = None
    signed: SignedValue | None = None


class ChargingState(StrEnum):
    """OCPP 2.0.1's ChargingStateEnum: who keeps the energy from flowing matters, as nobody pays for our own throttling."""

    EV_CONNECTED = "ev_connected"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    IDLE = "idle"


class TransactionStarted(Struct, frozen=True):
    """`ref` is None in 1.6, where we name the transaction. `offline` means that it began while the station could not ask."""

    evse: int
    connector: int | None
    id_token: IdToken | None
    at: datetime
    ref: TransactionRef | None = None
    reservation: ReservationNumber | None = None
    remote_start: int | None = None
    state: ChargingState | None = None
    offline: bool = False
    seq: int = 0
    readings: Sequence[Reading] = ()


class TransactionUpdated(Struct, frozen=True):
    """Also a 1.6 MeterValues of a transaction. `evse` is what the station said of it, if anything."""

    ref: TransactionRef
    at: datetime
    evse: int | None = None
    id_token: IdToken | None = None
    reservation: ReservationNumber | None = None
    state: ChargingState | None = None
    offline: bool = False
    seq: int | None = None
    readings: Sequence[Reading] = ()


class TransactionEnded(Struct, frozen=True):
    """`reason` is the station's own word, `Local` where it says none."""

    ref: TransactionRef
    at: datetime
    reason: str = "Local"
    id_token: IdToken | None = None
    offline: bool = False
    seq: int | None = None
    readings: Sequence[Reading] = ()


class ReservationEnd(StrEnum):
    EXPIRED = "expired"
    REMOVED = "removed"
    NO_TRANSACTION = "no_transaction"


class ReservationEnded(Struct, frozen=True):
    number: ReservationNumber
    end: ReservationEnd


class EventReported(Struct, frozen=True):
    """OCPP 2.0.1's NotifyEvent, one of its events: what a component's variable says. `alerting` that a monitor of it has tripped,
    `cleared` that it is well again; `says` is the station's own code and words."""

    evse: int
    component: str
    variable: str
    value: str
    at: datetime
    alerting: bool = False
    cleared: bool = False
    says: str | None = None


class TokenVerdict(StrEnum):
    """What a station is told of a token: OCPP 1.6's AuthorizationStatus, which 2.0.1 knows as well."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    CONCURRENT = "concurrent"


class TokenAnswer(Struct, frozen=True):
    verdict: TokenVerdict
    group: IdToken | None = None
    expires_at: datetime | None = None


class StartAnswer(Struct, frozen=True):
    """Every start gets one, as the station has begun anyway. `number` is the transaction's in 1.6."""

    token: TokenAnswer
    number: int


class TransactionAnswer(Struct, frozen=True):
    """`total_cost` is what the station may show so far, gross, in major units."""

    token: TokenAnswer | None = None
    total_cost: Decimal | None = None


Report: TypeAlias = (
    Booted | StatusReported | TransactionStarted | TransactionUpdated | TransactionEnded | ReservationEnded
)
