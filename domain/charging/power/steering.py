"""What is done for a group now: the plan, what stations are told of it, and when to look again.

`steer(facts, there, now)` follows from all that is known, so asking once too often does nothing, and whoever died between two
looks is followed by one who sees the same.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep, ProfilePurpose
from domain.charging.power.charges import Standstill
from domain.charging.power.facts import GoingOn, PowerFacts, PowerNow, charges
from domain.charging.power.giving import LASTS_S, Gives, Point, gives, rests_until, together
from domain.charging.power.groups import Member, PowerGroup
from domain.charging.power.noting import Noted, note
from domain.charging.power.sharing import PLANNED_AGAIN, PowerPlan, share
from domain.charging.power.telling import Telling, There, to_tell

LOOKED_AT_AGAIN = timedelta(minutes=1)
"""While anybody charges, or a station has not said yes to its default."""


class Steering(Struct, frozen=True):
    """`noted` is what is given to sessions, by our word on it. `silent` are points of which nobody can tell their station anything now,
    `unsure` those whose safe default was not accepted."""

    plan: PowerPlan
    told: tuple[Telling, ...]
    noted: tuple[Noted, ...]
    look_at: datetime
    silent: frozenset[ResourceId]
    unsure: frozenset[ResourceId]


def steer(facts: PowerFacts, there: PowerNow, now: datetime) -> Steering:
    """`now` is counted in whole seconds, as profiles are."""
    now = now.replace(microsecond=0)
    members = {member.evse_id: member for member in facts.group.members}
    sessions = _at_points(there)
    points = [
        There(
            point,
            gives(point, members[point.evse_id], now, charging=point.evse_id in sessions),
            sessions[point.evse_id].ref if point.evse_id in sessions else None,
        )
        for point in there.points
        if point.evse_id in members
    ]
    still = [each for each in points if not _is_tellable(each.point, now)]
    group = _as_it_stands(facts.group, {each.point.evse_id: each.gives for each in points})
    plan = share(
        group, facts.limits, charges(facts, there.sessions, now), now, [_standing(each, now) for each in still]
    )
    told = to_tell(facts.group, plan, points, [each for each in points if each not in still])
    unsure = frozenset(each.point.evse_id for each in points if each.gives.idle_w > members[each.point.evse_id].safe_w)
    return Steering(
        plan,
        tuple(told),
        _noted(points, sessions, members, now),
        _look_at(plan, now, busy=bool(there.sessions or unsure or told)),
        frozenset(each.point.evse_id for each in still),
        unsure,
    )


def _at_points(there: PowerNow) -> dict[ResourceId, GoingOn]:
    """Of two at one point the later one: nobody said of the other yet that it is over."""
    return {each.evse_id: each for each in sorted(there.sessions, key=lambda each: (each.began_at, each.id))}


def _is_tellable(point: Point, now: datetime) -> bool:
    rests = rests_until(point, ProfilePurpose.TRANSACTION)
    return point.online and (rests is None or rests <= now)


def _as_it_stands(group: PowerGroup, given: dict[ResourceId, Gives]) -> PowerGroup:
    """A point whose station did not say yes to its safe default gives more than that to whoever comes."""
    members = tuple(
        replace(member, safe_w=max(member.safe_w, given[member.evse_id].planned_w))
        if member.evse_id in given
        else member
        for member in group.members
    )
    return replace(group, members=members)


def _standing(there: There, now: datetime) -> Standstill:
    """Its vehicle may be another by now."""
    steps = together([there.gives.most, (PowerStep(0, there.gives.idle_w),)], max)
    return Standstill(there.point.evse_id, now, steps, LASTS_S)


def _noted(
    points: Sequence[There],
    sessions: Mapping[ResourceId, GoingOn],
    members: Mapping[ResourceId, Member],
    now: datetime,
) -> tuple[Noted, ...]:
    charging = [each for each in points if each.point.evse_id in sessions]
    found = [
        Noted(
            sessions[each.point.evse_id].id,
            note(sessions[each.point.evse_id], each.gives, members[each.point.evse_id], now),
        )
        for each in charging
    ]
    return tuple(each for each in found if each.points)


def _look_at(plan: PowerPlan, now: datetime, *, busy: bool) -> datetime:
    changes = [now + timedelta(seconds=step.from_s) for step in plan.limit if step.from_s > 0]
    return min([now + (LOOKED_AT_AGAIN if busy else PLANNED_AGAIN), *changes])
