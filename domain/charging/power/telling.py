"""What stations are told of a plan, in two goes: first whatever is lowered, then, once all of that was accepted, the rest.

So power is never with two at once: while the first go is under way each station draws what it had or less, and what the second
gives to one was taken from another before. Where a lowering was not accepted nothing is raised: it is planned again, with that station
as one that nobody can tell anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep, Profile, ProfilePurpose, SetProfile
from domain.charging.power.sharing import LASTS, PowerPlan
from domain.charging.reports import TransactionRef

PROFILE = 14  # one of our own for each transaction: a later one with the number takes its place
LEVEL = 1
LASTS_S = int(LASTS.total_seconds())
RENEWED_BEFORE_S = 25 * 60
"""A profile that says nothing new is told again when it counts for less than that."""


class Running(Struct, frozen=True):
    """A transaction at a point: the number of the EVSE at its station, and the profile that was accepted last; without one the
    station gives the point's safe default."""

    evse_id: ResourceId
    evse: int
    transaction: TransactionRef
    safe_w: int = 0
    profile: Profile | None = None


class Orders(Struct, frozen=True):
    """By point. What a station accepts of the first go is its profile until it accepts one of the second."""

    lowered: Mapping[ResourceId, SetProfile]
    raised: Mapping[ResourceId, SetProfile]


def orders(plan: PowerPlan, running: Iterable[Running]) -> Orders:
    """Whom to tell what; whoever has the same already, and for long enough, is left alone."""
    allocated = {each.evse_id: each.steps for each in plan.allocations}
    lowered: dict[ResourceId, SetProfile] = {}
    raised: dict[ResourceId, SetProfile] = {}
    for each in running:
        wanted = allocated.get(each.evse_id, (PowerStep(0, 0),))
        since, counts_s = _counts(each, plan.at)
        edges = {0, counts_s, *(step.from_s for step in wanted), *(step.from_s - since for step in _had(each))}
        cuts = sorted(edge for edge in edges if 0 <= edge < LASTS_S)
        new = [watts_at(wanted, cut) for cut in cuts]
        old = [watts_at(_had(each), cut + since) if cut < counts_s else None for cut in cuts]
        least = [w if had is None else min(w, had) for w, had in zip(new, old, strict=True)]
        if any(had is not None and low < had for low, had in zip(least, old, strict=True)):
            lowered[each.evse_id] = _order(each, plan.at, cuts, least)
        same = all(had in {None, w} for w, had in zip(new, old, strict=True)) and counts_s >= RENEWED_BEFORE_S
        if not same and not (each.evse_id in lowered and least == new):
            raised[each.evse_id] = _order(each, plan.at, cuts, new)
    return Orders(lowered, raised)


def watts_at(steps: Sequence[PowerStep], second: int) -> int:
    return next((step.limit_w for step in reversed(steps) if step.from_s <= second), 0)


def _had(running: Running) -> Sequence[PowerStep]:
    return (PowerStep(0, running.safe_w),) if running.profile is None else running.profile.steps


def _counts(running: Running, at: datetime) -> tuple[int, int]:
    """Since how many seconds what the station has counts, and how many more it does."""
    profile = running.profile
    if profile is None:
        return 0, LASTS_S
    since = int((at - profile.starts_at).total_seconds())
    return since, max(LASTS_S if profile.lasts_s is None else min(profile.lasts_s - since, LASTS_S), 0)


def _order(running: Running, at: datetime, cuts: Sequence[int], watts: Sequence[int]) -> SetProfile:
    steps: list[PowerStep] = []
    for cut, each in zip(cuts, watts, strict=True):
        if not steps or steps[-1].limit_w != each:
            steps.append(PowerStep(cut, each))
    transaction = Profile(PROFILE, LEVEL, ProfilePurpose.TRANSACTION, at, LASTS_S, tuple(steps), running.transaction)
    return SetProfile(running.evse, transaction)
