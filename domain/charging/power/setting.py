"""Setting a power group, and what the grid operator or the site itself tells of its limits."""

from collections.abc import Mapping, Set
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.charging.power.groups import GridLimit, GroupFault, LimitKind, PowerGroup, PowerGroupId, fault_of
from domain.refusals import Refusal

LimitId = NewType("LimitId", UUID)


class NoGroup(StrEnum):
    UNKNOWN_POWER_GROUP = "unknown_power_group"
    UNKNOWN_LIMIT = "unknown_limit"
    LIMIT_IS_OVER = "limit_is_over"
    BELOW_SAFE_DEFAULTS = "below_safe_defaults"


class KnownPoint(Struct, frozen=True):
    """A charge point that may become a member: the station at which it stands, and the group in which it is."""

    station_id: StationId
    group_id: PowerGroupId | None


class GroupSet(Struct, frozen=True):
    group: PowerGroup
    name: str


class SignalLimit(Struct, frozen=True):
    """`told_by` are words for who says so: the grid operator, a control box, the site's electrician."""

    id: LimitId
    group_id: PowerGroupId
    limit: GridLimit
    told_by: str


class LimitTold(Struct, frozen=True):
    """`allowed_w` is what it comes to: dimming leaves the floor."""

    signal: SignalLimit
    allowed_w: int


def set_group(
    wanted: GroupSet, points: Mapping[ResourceId, KnownPoint], at_stations: Set[ResourceId], today: date
) -> GroupSet | Refusal[GroupFault]:
    """`points` are those of the named that there are, `at_stations` all that stand at the same stations.

    A station is in a group with all of its points: a booking that moves to another point of it stays under the connection under
    which its energy was let in.
    """
    group = wanted.group
    for number, member in enumerate(group.members):
        known = points.get(member.evse_id)
        if known is None:
            return Refusal(GroupFault.UNKNOWN_CHARGE_POINT, f"/members/{number}/evse_id")
        if known.group_id not in {None, group.id}:
            return Refusal(GroupFault.CHARGE_POINT_ELSEWHERE, f"/members/{number}/evse_id")
    if at_stations - points.keys():
        return Refusal(GroupFault.STATION_DIVIDED, "/members")
    fault = fault_of(group, today)
    return wanted if fault is None else Refusal(*fault)


def signal(command: SignalLimit, group: PowerGroup | None, now: datetime) -> LimitTold | Refusal[NoGroup]:
    """Take a limit in. What stations give without being told anything cannot be kept below it: that has to be lowered first."""
    if group is None:
        return Refusal(NoGroup.UNKNOWN_POWER_GROUP)
    limit = command.limit
    if limit.period.end <= now:
        return Refusal(NoGroup.LIMIT_IS_OVER, "/until")
    if limit.kind is LimitKind.TECHNICAL and limit.limit_w < group.safe_w:
        return Refusal(NoGroup.BELOW_SAFE_DEFAULTS, "/limit_w")
    return LimitTold(command, group.allowed_w(limit))
