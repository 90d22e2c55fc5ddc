"""What stations are told of a plan now: `to_tell(plan, ...)`, from what each may give by all that is known.

What lowers a point can be told at any time. What raises one is told once the connection bears it whichever of all that is under
way the stations do: so power is never with two at once, and where somebody does not say yes to less, nobody gets more for it.
Each answer is a reason to look again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep, Profile, ProfilePurpose, SetProfile
from domain.charging.power.giving import LASTS_S, Gives, Point, rests_until, stepped, watts_at
from domain.charging.power.groups import GUARD, PHASES, Member, PowerGroup
from domain.charging.power.sharing import PowerPlan
from domain.charging.reports import TransactionRef

LEVEL, DEFAULT_LEVEL = 1, 0
MOST_EVSES = 1000
"""In OCPP 2.0.1 the number of a profile is one of the station, so each EVSE has one of its own for each purpose."""
RENEWED_BEFORE_S = 25 * 60
"""A profile that says nothing new is told again when it counts for less than that."""
TOLERATED_WS = 50 * 3600
"""What differs by less than 50 Wh over all the time is not worth telling, where nobody waits for it."""
DEFAULT_RENEWED = timedelta(hours=20)
"""Once a day a station is told its default again, should it have forgotten."""
GUARD_S = int(GUARD.total_seconds())


class Telling(Struct, frozen=True):
    point: Point
    order: SetProfile


class There(Struct, frozen=True):
    """A point with what it may give, and the transaction that is under way there, by the name that its station has for it."""

    point: Point
    gives: Gives
    transaction: TransactionRef | None = None


def to_tell(group: PowerGroup, plan: PowerPlan, points: Sequence[There], tellable: Sequence[There]) -> list[Telling]:
    """Of all `points` of the group that stations of ours have, those that are `tellable` are planned for. Others give what they give."""
    members = {member.evse_id: member for member in group.members}
    changes = _changes(plan, points, [each for each in tellable if each.transaction is not None])
    cuts = changes.cuts
    free = _free(group, plan, points, cuts)
    too_much = min(free) < 0
    defaults, some_wait = _defaults(points, members, plan.at, free)
    raised, others_wait = _raised(changes.of, free)
    tight = too_much or some_wait or others_wait
    lowered = [each for each in changes.of if each not in raised and _is_lowered(each, tight=tight)]
    told = [*((each, each.new) for each in raised), *((each, each.least) for each in lowered)]
    orders = (
        Telling(each.there.point, _order(each.there, members[each.there.point.evse_id], plan.at, stepped(cuts, watts)))
        for each, watts in told
    )
    return [*defaults, *orders]


def _defaults(
    points: Sequence[There], members: Mapping[ResourceId, Member], now: datetime, free: list[int]
) -> tuple[list[Telling], bool]:
    """Each station is to have the safe defaults of its points; whether one waits for power to have more."""
    found: list[Telling] = []
    waits = False
    for there in points:
        point, member = there.point, members[there.point.evse_id]
        wanted = member.safe_w
        if not point.online or _has_default(there, wanted, now):
            continue
        more = max(wanted - there.gives.idle_w, 0)
        if more and more > min(free):
            waits = True
            continue
        free[:] = [left - more for left in free]
        found.append(Telling(point, _default(point, member, now)))
    return found, waits


def _has_default(there: There, wanted: int, now: datetime) -> bool:
    """Or is being told, or refused it a moment ago."""
    told = [each for each in there.point.told if each.profile.purpose is ProfilePurpose.DEFAULT]
    rests = rests_until(there.point, ProfilePurpose.DEFAULT)
    if not told or (rests is not None and now < rests):
        return bool(told)
    last = told[-1]
    if last.profile.steps[0].limit_w != wanted:
        return False
    fresh = last.made_at > now - DEFAULT_RENEWED
    return last.answered is None or (fresh and not last.booted_since and there.gives.default_w == wanted)


def _default(point: Point, member: Member, now: datetime) -> SetProfile:
    """From a day ago on, as a station whose clock is behind would not keep it yet."""
    since = now - timedelta(days=1)
    steps = (PowerStep(0, member.safe_w),)
    number, phases = 2 * MOST_EVSES + point.evse, _phases(member)
    default = Profile(number, DEFAULT_LEVEL, ProfilePurpose.DEFAULT, since, None, steps, phases=phases)
    return SetProfile(point.evse, default)


class _Change(Struct, frozen=True):
    """What a point may give by now, was told last, and is to give, in each span; `counts` are those in which that last still counts."""

    there: There
    most: list[int]
    said: list[int]
    new: list[int]
    counts: list[bool]
    lengths: list[int]

    def differs(self, watts: Sequence[int], *, more_than: int, throughout: bool) -> bool:
        against = self.most if throughout else self.said
        spans = zip(watts, against, self.counts, self.lengths, strict=True)
        return sum(abs(a - b) * s for a, b, counts, s in spans if counts or throughout) > more_than

    @property
    def is_new(self) -> bool:
        return self.there.gives.counts_s < RENEWED_BEFORE_S or self.differs(
            self.new, more_than=TOLERATED_WS, throughout=False
        )

    @property
    def raises(self) -> bool:
        return any(new > most for new, most in zip(self.new, self.most, strict=True))

    @property
    def least(self) -> list[int]:
        return [min(new, most) for new, most in zip(self.new, self.most, strict=True)]


class _Changes(Struct, frozen=True):
    cuts: list[int]
    of: list[_Change]


def _changes(plan: PowerPlan, points: Sequence[There], running: Sequence[There]) -> _Changes:
    allocated = {each.evse_id: each.steps for each in plan.allocations}
    wanted = [allocated.get(each.point.evse_id, (PowerStep(0, 0),)) for each in running]
    curves = [plan.limit, *wanted, *(each.gives.most for each in points), *(each.gives.said for each in running)]
    ends = {each.gives.counts_s for each in running} | {step.from_s for curve in curves for step in curve}
    cuts = sorted({0, *(cut for cut in ends if 0 < cut < LASTS_S)})
    lengths = [end - start for start, end in pairwise((*cuts, LASTS_S))]
    return _Changes(
        cuts,
        [
            _Change(
                each,
                _sampled(each.gives.most, cuts),
                _sampled(each.gives.said, cuts),
                _sampled(steps, cuts),
                [cut < each.gives.counts_s for cut in cuts],
                lengths,
            )
            for each, steps in zip(running, wanted, strict=True)
        ],
    )


def _free(group: PowerGroup, plan: PowerPlan, points: Sequence[There], cuts: Sequence[int]) -> list[int]:
    """What the connection bears beyond all that its points may give; below zero where that is more than it may draw."""
    ours = {each.point.evse_id for each in points}
    others = sum(member.safe_w for member in group.members if member.evse_id not in ours)
    curves = [_sampled(each.gives.most, cuts) for each in points]
    limit = _sampled(plan.limit, cuts)
    return [limit[i] - others - sum(curve[i] for curve in curves) for i in range(len(cuts))]


def _raised(changes: Sequence[_Change], free: list[int]) -> tuple[list[_Change], bool]:
    """Who can be given more, and whether somebody waits for it."""
    raised: list[_Change] = []
    waits = False
    for each in changes:
        if not (each.raises and each.is_new):
            continue
        more = [max(new - most, 0) for new, most in zip(each.new, each.most, strict=True)]
        if all(extra <= max(left, 0) for extra, left in zip(more, free, strict=True)):
            free[:] = [left - extra for extra, left in zip(more, free, strict=True)]
            raised.append(each)
        else:
            waits = True
    return raised, waits


def _is_lowered(change: _Change, *, tight: bool) -> bool:
    """Where somebody waits for power, or there is too much of it, the least difference counts, and also what is not under way."""
    least = change.least
    if tight:
        lowers = change.differs(least, more_than=0, throughout=True)
        under_way = all(a <= b for a, b in zip(change.said, least, strict=True))
        return lowers and not under_way
    return (change.is_new and change.differs(least, more_than=TOLERATED_WS, throughout=False)) or _is_old(change)


def _is_old(change: _Change) -> bool:
    return change.there.gives.counts_s < RENEWED_BEFORE_S and not change.raises


def _phases(member: Member) -> int | None:
    return PHASES[member.power_type] or None


def _sampled(steps: Sequence[PowerStep], cuts: Sequence[int]) -> list[int]:
    return [watts_at(steps, cut) for cut in cuts]


def _order(there: There, member: Member, at: datetime, of: Sequence[PowerStep]) -> SetProfile:
    """It begins a little earlier, for a station whose clock is behind."""
    steps = [PowerStep(step.from_s + GUARD_S if step.from_s else 0, step.limit_w) for step in of]
    number = MOST_EVSES + there.point.evse
    profile = Profile(
        number,
        LEVEL,
        ProfilePurpose.TRANSACTION,
        at - GUARD,
        LASTS_S + GUARD_S,
        tuple(steps),
        there.transaction,
        _phases(member),
    )
    return SetProfile(there.point.evse, profile)
