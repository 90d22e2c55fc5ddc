"""Groups and charges to plan for, and what a group draws by a plan, read without its help."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep
from domain.charging.power.charges import Charge, Standing, Standstill
from domain.charging.power.groups import (
    GridLimit,
    LimitKind,
    Member,
    PowerGroup,
    PowerGroupId,
    PowerType,
    SharingPolicy,
)
from domain.charging.power.sharing import LASTS, PowerPlan
from domain.periods import Period

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def evse(number: int) -> ResourceId:
    return ResourceId(UUID(int=number))


def point(
    number: int,
    max_w: int = 11_000,
    power_type: PowerType = PowerType.AC_3_PHASE,
    safe_w: int = 0,
    least_w: int | None = None,
) -> Member:
    return Member(evse(number), max_w, power_type, safe_w, least_w)


def group(*members: Member, nominal_w: int = 22_000, policy: SharingPolicy = SharingPolicy.FLEET_FIRST) -> PowerGroup:
    return PowerGroup(PowerGroupId("depot"), nominal_w, members, policy)


def charge(
    number: int,
    since: float,
    until: float,
    kwh: float,
    *,
    fleet: bool = False,
    present: bool | None = None,
    at: int = 0,
) -> Charge:
    """From so many minutes after noon to so many; it is there if it has begun by noon."""
    return Charge(
        UUID(int=number),
        evse(at or number),
        after(since),
        after(until),
        round(kwh * 1000),
        Standing.FLEET if fleet else Standing.PUBLIC,
        present=since <= 0 if present is None else present,
    )


def dimmed(since: float, until: float, watts: int, kind: LimitKind = LimitKind.DIMMING) -> GridLimit:
    return GridLimit(Period(after(since), after(until)), watts, kind)


def at_second(steps: Sequence[PowerStep], second: float) -> int:
    return next((step.limit_w for step in reversed(steps) if step.from_s <= second), 0)


def given(plan: PowerPlan, number: int) -> list[tuple[int, int]]:
    """The steps of a point as (minute, watts)."""
    steps = next((each.steps for each in plan.allocations if each.evse_id == evse(number)), ())
    return [(step.from_s // 60, step.limit_w) for step in steps]


def drawn(
    site: PowerGroup, plan: PowerPlan, charges: Sequence[Charge], still: Sequence[Standstill], second: int
) -> tuple[int, int]:
    """The most that the group may draw in a second that the plan counts for, and what of it nobody can do anything about.

    A station without link goes on with its profile or gives its safe default; where nobody is plugged in anybody may be.
    """
    assert second < LASTS.total_seconds()
    steps = {each.evse_id: each.steps for each in plan.allocations}
    there = {each.evse_id for each in charges if each.present}
    lost = {each.evse_id: each for each in still}
    told = untold = 0
    for member in site.members:
        if (alone := lost.get(member.evse_id)) is not None:
            old = (plan.at - alone.since).total_seconds() + second
            keeps = at_second(alone.steps, old) if old < alone.lasts_s else 0
            untold += max(keeps, member.safe_w)
        elif member.evse_id in there:
            told += at_second(steps[member.evse_id], second)
        else:
            untold += member.safe_w
    return told + untold, untold


def allowed(site: PowerGroup, limits: Sequence[GridLimit], at: datetime) -> int:
    """What the group may draw, by the words of the rules."""
    floor = site.floor_w(at.date())
    counting = [
        max(each.limit_w, floor) if each.kind is LimitKind.DIMMING else each.limit_w
        for each in limits
        if each.period.start <= at < each.period.end
    ]
    return min([site.nominal_w, *counting])
