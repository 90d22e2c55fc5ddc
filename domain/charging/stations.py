"""Charging stations as the central system knows them: who they are, how they speak, and how their EVSEs do.

A charging station is OCPP's: one cabinet with one connection to us. It has EVSEs, numbered from 1; in OCPP 1.6, which does
not know them, its connectors are taken as EVSEs of one connector each. What can be booked (`ResourceId`) is an EVSE.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.identity import City

ChargingStationId = NewType("ChargingStationId", UUID)
Identity = NewType("Identity", str)
"""What the station calls itself in its URL and as its user name (OCPP 1.6-J 3.1.1, 2.0.1 part 4, 3.1.1)."""

WHOLE_STATION = 0
"""The number that means the station itself where an EVSE could stand."""
HIGHEST_EVSE = 999
"""No station has so many; what says that it is of a higher one is broken."""


class Version(StrEnum):
    """By the name of the WebSocket subprotocol."""

    OCPP_16 = "ocpp1.6"
    OCPP_201 = "ocpp2.0.1"


class SecurityProfile(StrEnum):
    """OCPP's security profiles 1 to 3: a password alone, a password within TLS, certificates of both."""

    BASIC = "basic"
    TLS = "tls"
    CERTIFICATE = "certificate"


class Admission(StrEnum):
    """What a station is told when it boots."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class EvseStatus(StrEnum):
    """OCPI 2.3.0's Status of an EVSE, which both versions' words are read as. `OUTOFORDER` is a fault, `INOPERATIVE` was asked
    for, `UNKNOWN` is what nobody has told yet or whose station is out of reach."""

    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


class ConnectorStatus(Struct, frozen=True):
    status: EvseStatus
    at: datetime


# One vehicle at a time: an EVSE is as its busiest connector is, and as the best of them where none is busy.
_SPEAKS_FIRST = (
    EvseStatus.CHARGING,
    EvseStatus.RESERVED,
    EvseStatus.BLOCKED,
    EvseStatus.AVAILABLE,
    EvseStatus.INOPERATIVE,
    EvseStatus.OUTOFORDER,
    EvseStatus.UNKNOWN,
)


def evse_status(connectors: Iterable[ConnectorStatus]) -> EvseStatus:
    """An EVSE's status by those of its connectors."""
    return min((each.status for each in connectors), key=_SPEAKS_FIRST.index, default=EvseStatus.UNKNOWN)


class Evse(Struct, frozen=True):
    """An EVSE of a station; `resource_id` is None where it is not sold."""

    station_id: ChargingStationId
    number: int
    resource_id: ResourceId | None
    status: EvseStatus = EvseStatus.UNKNOWN


class StationAt(Struct, frozen=True):
    """A station of a city."""

    city: City
    id: ChargingStationId


class Credentials(Struct, frozen=True):
    """How a station has to show who it is: over which profile at least, by a key of which only the hex SHA-256 is kept, or by the
    common name of its certificate, if somebody has told it. While a key is being changed both count."""

    profile: SecurityProfile
    digests: tuple[str, ...]
    certificate_name: str | None


_HIGHER = (SecurityProfile.BASIC, SecurityProfile.TLS, SecurityProfile.CERTIFICATE)


def may_enter(station: SecurityProfile, door: SecurityProfile) -> bool:
    """A station that is to be secured so may come by any door that is secured as well or better, never by a lower one."""
    return _HIGHER.index(door) >= _HIGHER.index(station)
