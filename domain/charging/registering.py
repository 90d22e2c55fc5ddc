"""Charging stations as the city registers them: who may connect, how secured, and which EVSE is what can be booked."""

import re
from collections.abc import Mapping, Set
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId, StationId
from domain.charging.orders import Order, WriteSetting
from domain.charging.stations import Admission, ChargingStationId, Identity, SecurityProfile, may_enter
from domain.refusals import Refusal

# OCPP 2.0.1's identifierString (part 2, 2.1.2) without the characters that a URL or HTTP's user name has its own use for.
IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.-]{1,48}")
EVSES_AT_MOST = 100
SECRET_OR_DOWNGRADING = frozenset(
    {"authorizationkey", "securityprofile", "basicauthpassword", "networkconfigurationpriority"}
)
"""Settings that are never written over the line: keys would stand in the log, and a profile could be lowered."""


class NotRegistrable(StrEnum):
    IDENTITY_TAKEN = "identity_taken"
    CERTIFICATE_NAME_TAKEN = "certificate_name_taken"
    IDENTITY_NOT_ALLOWED = "identity_not_allowed"
    UNKNOWN_STATION = "unknown_station"
    UNKNOWN_CHARGING_STATION = "unknown_charging_station"
    UNKNOWN_RESOURCE = "unknown_resource"
    RESOURCE_OF_ANOTHER_EVSE = "resource_of_another_evse"
    PROFILE_NOT_LOWERED = "profile_not_lowered"
    NO_KEY = "no_key"
    SETTING_NOT_WRITABLE = "setting_not_writable"
    UNKNOWN_ORDER = "unknown_order"


class Registered(Struct, frozen=True):
    """What the city says of a station. `certificate_name` is the common name of its certificate, and of no other station's of
    any city; without it none counts. `evses` are the numbers of what can be booked."""

    id: ChargingStationId
    identity: Identity
    station_id: StationId
    security_profile: SecurityProfile
    admission: Admission
    heartbeat_s: int
    certificate_name: str | None = None
    key_digest: str | None = None
    next_key_digest: str | None = None
    evses: Mapping[int, ResourceId] = {}


class Surroundings(Struct, frozen=True):
    """What of the station's is known besides: whether its identity is another's, whether its place and resources are the city's, and
    which of the resources are sold of other stations' EVSEs."""

    identity_taken: bool
    station_known: bool
    resources: Set[ResourceId]
    taken: Set[ResourceId]


def register(station: Registered, around: Surroundings) -> Registered | Refusal[NotRegistrable]:
    if not IDENTITY.fullmatch(station.identity):
        return Refusal(NotRegistrable.IDENTITY_NOT_ALLOWED, "/identity")
    if around.identity_taken:
        return Refusal(NotRegistrable.IDENTITY_TAKEN, "/identity")
    if not around.station_known:
        return Refusal(NotRegistrable.UNKNOWN_STATION, "/station_id")
    if set(station.evses.values()) - around.resources:
        return Refusal(NotRegistrable.UNKNOWN_RESOURCE, "/evses")
    if set(station.evses.values()) & around.taken or len(set(station.evses.values())) < len(station.evses):
        return Refusal(NotRegistrable.RESOURCE_OF_ANOTHER_EVSE, "/evses")
    return station


def change(before: Registered, after: Registered, around: Surroundings) -> Registered | Refusal[NotRegistrable]:
    if not may_enter(before.security_profile, after.security_profile):
        return Refusal(NotRegistrable.PROFILE_NOT_LOWERED, "/security_profile")
    if after.security_profile is not SecurityProfile.CERTIFICATE and after.key_digest is None:
        return Refusal(NotRegistrable.NO_KEY, "/security_profile")
    return register(after, around)


def rekey(station: Registered, digest: str) -> Registered | Refusal[NotRegistrable]:
    """The new key counts at once, and alone from when the station first shows it."""
    if station.security_profile is SecurityProfile.CERTIFICATE:
        return Refusal(NotRegistrable.NO_KEY)
    return replace(station, next_key_digest=digest)


def may_order(order: Order) -> Refusal[NotRegistrable] | None:
    """Whether an operator may have a station told that."""
    if isinstance(order, WriteSetting) and order.name.rpartition(".")[2].lower() in SECRET_OR_DOWNGRADING:
        return Refusal(NotRegistrable.SETTING_NOT_WRITABLE, "/order/name")
    return None
