"""What a point of a group may give from now on, by all that its station was told and answered.

A station is not believed to do what it did not say yes to. What is under way to it, or was never answered, may be done or not: then
its most is the most of all that may be, and its least the least. Steps are seconds from now on, up to `LASTS`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.orders import Answered, PowerStep, Profile, ProfilePurpose
from domain.charging.power.groups import Member
from domain.charging.power.sharing import LASTS
from domain.charging.stations import ChargingStationId

LASTS_S = int(LASTS.total_seconds())
PERHAPS = frozenset({None, Answered.NO_ANSWER, Answered.FAILED})
"""Of these nobody knows whether the station does what it was told; None is under way."""
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
"""After a refusal, before it is told again; twice as long after each."""


class Told(Struct, frozen=True):
    """A profile that the point's station was told, or is to be. `answered` is None while that is under way. A station that booted
    since may have kept it or not."""

    profile: Profile
    made_at: datetime
    answered: Answered | None = None
    answered_at: datetime | None = None
    booted_since: bool = False

    @property
    def is_sure(self) -> bool:
        return self.answered is Answered.ACCEPTED and not self.booted_since

    @property
    def is_possible(self) -> bool:
        return self.answered is Answered.ACCEPTED or self.answered in PERHAPS

    @property
    def failed(self) -> bool:
        return self.answered not in {None, Answered.ACCEPTED, Answered.NOT_THERE} and not self.booted_since


class Point(Struct, frozen=True):
    """A point that a station of ours has, as number `evse`. `told` reaches back to what was accepted last for each purpose, the
    oldest first."""

    evse_id: ResourceId
    station_id: ChargingStationId
    evse: int
    online: bool
    booted_at: datetime | None = None
    told: tuple[Told, ...] = ()


class Gives(Struct, frozen=True):
    """`most` and `least` are what may flow by all that may be; `said` is what the station was told last and may do, `counts_s` for how many seconds more: that of the default is 0.
    `idle_w` is the most that it gives to whoever has no profile, `planned_w` what is planned for that: nobody else is lowered for a
    moment, as a station that booted says yes to its default once more. `default_w` is what that was set to, None where nobody knows."""

    most: tuple[PowerStep, ...]
    least: tuple[PowerStep, ...]
    said: tuple[PowerStep, ...]
    counts_s: int
    idle_w: int
    planned_w: int
    default_w: int | None


def gives(point: Point, member: Member, now: datetime, *, charging: bool) -> Gives:
    """`charging` is whether a transaction is known there, whose profiles `told` has."""
    defaults = _possible(point, ProfilePurpose.DEFAULT)
    known = [told.profile.steps[0].limit_w for told in defaults]
    sure = any(told.is_sure for told in defaults)
    idles = [*known, *([] if sure else [member.max_w])]
    idle_w = max(idles)
    just_booted = point.booted_at is not None and now < point.booted_at + FIRST_REST
    was_sure = just_booted and any(told.answered is Answered.ACCEPTED for told in defaults)
    profiles = _possible(point, ProfilePurpose.TRANSACTION) if charging else []
    curves = _curves(profiles, now, idle_w)
    last = profiles[-1] if profiles else None
    counts_s = 0 if last is None or last.booted_since else min(_seconds_left(last.profile, now), LASTS_S)
    return Gives(
        most=together(curves, max),
        least=together(_curves(profiles, now, min(idles)), min),
        said=curves[-1],
        counts_s=max(counts_s, 0),
        idle_w=idle_w,
        planned_w=max(known) if was_sure else idle_w,
        default_w=known[-1] if sure and len(set(known)) == 1 else None,
    )


def rests_until(point: Point, purpose: ProfilePurpose) -> datetime | None:
    """When a station that refused, or did not answer, is told again; None where it did not."""
    failed = [
        told.answered_at
        for told in point.told
        if told.profile.purpose is purpose and told.failed and told.answered_at is not None
    ]
    if not failed:
        return None
    rest: timedelta = FIRST_REST * 2 ** min(len(failed) - 1, 10)
    return max(failed) + min(rest, LONGEST_REST)


def watts_at(steps: Sequence[PowerStep], second: int) -> int:
    return next((step.limit_w for step in reversed(steps) if step.from_s <= second), 0)


def together(curves: Sequence[Sequence[PowerStep]], pick: Callable[[Iterable[int]], int]) -> tuple[PowerStep, ...]:
    """Of several curves in each moment the highest, the lowest or the sum."""
    cuts = sorted({step.from_s for curve in curves for step in curve})
    return stepped(cuts, [pick(watts_at(curve, cut) for curve in curves) for cut in cuts])


def stepped(cuts: Sequence[int], watts: Sequence[int]) -> tuple[PowerStep, ...]:
    """Without those steps that change nothing."""
    steps: list[PowerStep] = []
    for cut, each in zip(cuts, watts, strict=True):
        if not steps or steps[-1].limit_w != each:
            steps.append(PowerStep(cut, each))
    return tuple(steps)


def _possible(point: Point, purpose: ProfilePurpose) -> list[Told]:
    return [told for told in point.told if told.profile.purpose is purpose and told.is_possible]


def _seconds_left(profile: Profile, now: datetime) -> int:
    since = int((now - profile.starts_at).total_seconds())
    return LASTS_S if profile.lasts_s is None else profile.lasts_s - since


def _curves(profiles: Sequence[Told], now: datetime, idle_w: int) -> list[tuple[PowerStep, ...]]:
    """Each that may be, the last one told at the end."""
    curves = [_curve(told.profile, now, idle_w) for told in profiles]
    return curves if any(told.is_sure for told in profiles) else [(PowerStep(0, idle_w),), *curves]


def _curve(profile: Profile, now: datetime, idle_w: int) -> tuple[PowerStep, ...]:
    """What a profile lets flow; before and after it the default does."""
    since, left = int((now - profile.starts_at).total_seconds()), _seconds_left(profile, now)
    begins = profile.steps[0].from_s - since
    cuts = sorted({0, *(cut for step in profile.steps if 0 < (cut := step.from_s - since) < LASTS_S), *_within(left)})
    return stepped(cuts, [watts_at(profile.steps, cut + since) if begins <= cut < left else idle_w for cut in cuts])


def _within(second: int) -> tuple[int, ...]:
    return (second,) if 0 < second < LASTS_S else ()
