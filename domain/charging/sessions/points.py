"""What was told of a transaction, taken apart into points, which are a set: told twice or in another order they are the same."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec import Struct

from domain.charging.reports import (
    ChargingState,
    Reading,
    StatusReported,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)

Told: TypeAlias = TransactionStarted | TransactionUpdated | TransactionEnded

# OCPP 1.6 says of the connector what 2.0.1 says of the transaction (1.6, section 7.7).
STATES = {
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
}


class PointKind(StrEnum):
    """All are a station's but `GIVEN`, which is our own word: so much we give from then on."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"
    READ = "read"
    GIVEN = "given"


class Point(Struct, frozen=True, omit_defaults=True):
    """A message's own moment, or a reading of the meter: `energy_wh` is its register, which only rises. `seq` is the number of
    the message in its transaction, which OCPP 1.6 does not know; `reason` why it ended, in the station's word."""

    at: datetime
    kind: PointKind
    seq: int | None = None
    state: ChargingState | None = None
    reason: str | None = None
    energy_wh: Decimal | None = None
    power_w: Decimal | None = None
    offered_w: Decimal | None = None
    current_a: Decimal | None = None
    soc_percent: Decimal | None = None

    @property
    def digest(self) -> str:
        """The same for what says the same: 1 and 1.0 kWh are told by the same station in one way."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:24]


def points_of(report: Told) -> tuple[Point, ...]:
    """The message itself, and what the meter said in it."""
    match report:
        case TransactionStarted():
            said = Point(report.at.astimezone(UTC), PointKind.STARTED, report.seq, report.state)
        case TransactionUpdated():
            said = Point(report.at.astimezone(UTC), PointKind.UPDATED, report.seq, report.state)
        case TransactionEnded():
            said = Point(report.at.astimezone(UTC), PointKind.ENDED, report.seq, reason=report.reason)
    return (said, *_readings(report.readings))


def point_of(status: StatusReported) -> Point | None:
    """What a connector's status says of the transaction that runs there; None where it says nothing of it."""
    state = STATES.get(status.said)
    return Point(status.at.astimezone(UTC), PointKind.UPDATED, state=state) if state is not None else None


def _readings(readings: Iterable[Reading]) -> Iterator[Point]:
    for reading in readings:
        said = (reading.energy_wh, reading.power_w, reading.offered_w, reading.current_a, reading.soc_percent)
        if any(value is not None and value.is_finite() for value in said):
            yield Point(
                reading.at.astimezone(UTC), PointKind.READ, None, None, None, *(_finite(value) for value in said)
            )


def _finite(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value.is_finite() else None
