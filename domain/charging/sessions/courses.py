"""How a session went, by what was told of it: `course(points)` is the same in whatever order and how often they came."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise

from msgspec import Struct

from domain.charging.reports import ChargingState
from domain.charging.sessions.points import Point, PointKind
from domain.charging.sessions.withholding import withheld
from domain.money import shared
from domain.periods import Period
from domain.pricing.charging.sessions import Activity, ChargingPeriod

MILLI = 1000
_ORDER = {PointKind.STARTED: 0, PointKind.READ: 1, PointKind.UPDATED: 2, PointKind.ENDED: 3, PointKind.GIVEN: 4}
_ASKS_FOR_NOTHING = frozenset({ChargingState.SUSPENDED_EV})
_GETS_NOTHING = frozenset({ChargingState.SUSPENDED_EVSE, ChargingState.EV_CONNECTED, ChargingState.IDLE})


class Course(Struct, frozen=True):
    """`started_at` and `ended_at` are None where that was not told; `first` and `last` are the first and the last word of it.

    `periods` reach from the beginning to the end, or the last word. `power_w` and `soc_percent` were told last; `idle_since` is
    from when the vehicle takes nothing though it could, until now. `whole` says that no message between the first and the last
    is missing, as far as they are numbered. `runs_back`: the register fell, and what does not fit is left out; `clock_jumps`: it
    ended before it began.
    """

    first: datetime
    last: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    whole: bool
    energy_wh: Decimal
    periods: tuple[ChargingPeriod, ...]
    state: ChargingState | None
    power_w: Decimal | None
    soc_percent: Decimal | None
    idle_since: datetime | None
    runs_back: bool
    clock_jumps: bool


class _Register(Struct, frozen=True):
    at: datetime
    wh: Decimal


def course(points: Iterable[Point], told_to: int | None = None) -> Course:
    """`told_to` is the number up to which all messages were told, where their points are gone. There is one point at least that a station told; what lies before the beginning or after the end does not count. Where we gave
    nothing by our own word that counts, whatever the station calls it."""
    there = set(points)
    ours = withheld(there)
    told = list(in_order(point for point in there if point.kind is not PointKind.GIVEN))
    started = next((point for point in told if point.kind is PointKind.STARTED), None)
    ended = next((point for point in told if point.kind is PointKind.ENDED), None)
    jumps = started is not None and ended is not None and ended.at < started.at
    since = started.at if started is not None and not jumps else told[0].at
    until = ended.at if ended is not None and not jumps else told[-1].at
    counted = [point for point in told if since <= point.at <= until]
    first, last = counted[0].at, counted[-1].at
    registers, runs_back = _registers(counted)
    states = _states(counted)
    return Course(
        first=first,
        last=last,
        started_at=started.at if started is not None else None,
        ended_at=ended.at if ended is not None else None,
        reason=ended.reason if ended is not None else None,
        whole=_is_whole(told, ended, told_to),
        energy_wh=registers[-1].wh - registers[0].wh if registers else Decimal(0),
        periods=tuple(_periods(counted, registers, states, ours)),
        state=states[-1][1] if states else None,
        power_w=_latest([point.power_w for point in counted]),
        soc_percent=_latest([point.soc_percent for point in counted]),
        idle_since=_idle_since(states, ours, last),
        runs_back=runs_back,
        clock_jumps=jumps,
    )


def in_order(points: Iterable[Point]) -> Iterable[Point]:
    """By time; those of which nothing else says which is first by their digest, which takes long."""
    for _, tied in groupby(sorted(points, key=_order), key=_order):
        alike = list(tied)
        yield from alike if len(alike) == 1 else sorted(alike, key=lambda point: point.digest)


def _order(point: Point) -> tuple[datetime, int, int, Decimal]:
    seq = -1 if point.seq is None else point.seq
    energy = Decimal(-1) if point.energy_wh is None else point.energy_wh
    return point.at, _ORDER[point.kind], seq, energy


def _is_whole(told: Sequence[Point], ended: Point | None, told_to: int | None) -> bool:
    """Stations that do not number have a queue that keeps the order."""
    if ended is None or ended.seq is None:
        return True
    up_to = seqs_up_to({point.seq for point in told}, told_to)
    return up_to is not None and up_to >= ended.seq


def seqs_up_to(seqs: Set[int | None], told_to: int | None) -> int | None:
    """The last number before the first one that is missing; None where the very first one is."""
    up_to = -1 if told_to is None else told_to
    while up_to + 1 in seqs:
        up_to += 1
    return up_to if up_to >= 0 else None


def _registers(points: Sequence[Point]) -> tuple[list[_Register], bool]:
    """What the meter said, rising: as many values as possible without one that falls, so that one which is far off, be it above or
    below, spoils nothing. Of one moment the highest counts."""
    said = [_Register(point.at, point.energy_wh) for point in points if point.energy_wh is not None]
    rising = _longest_rise(said)
    by_moment = {register.at: register for register in rising}
    return list(by_moment.values()), len(rising) < len(said)


def _longest_rise(said: Sequence[_Register]) -> list[_Register]:
    """By patience: `tops[n]` is the lowest end of a rise of n + 1 values."""
    tops, heads, before = list[Decimal](), list[int](), list[int | None]()
    for number, register in enumerate(said):
        place = bisect_right(tops, register.wh)
        before.append(heads[place - 1] if place else None)
        tops[place : place + 1], heads[place : place + 1] = [register.wh], [number]
    found = list[_Register]()
    at: int | None = heads[-1] if heads else None
    while at is not None:
        found.append(said[at])
        at = before[at]
    return found[::-1]


def _states(points: Sequence[Point]) -> list[tuple[datetime, ChargingState]]:
    """The changes of the state. A station that offers nothing gives nothing, whoever else is said to have stopped."""
    found = list[tuple[datetime, ChargingState]]()
    said: ChargingState | None = None
    offered: Decimal | None = None
    for point in points:
        said = point.state or said
        offered = point.offered_w if point.offered_w is not None else offered
        now = ChargingState.SUSPENDED_EVSE if offered is not None and offered <= 0 else said
        if now is not None and (not found or found[-1][1] is not now):
            found.append((point.at, now))
    return found


def _idle_since(
    states: Sequence[tuple[datetime, ChargingState]], ours: Sequence[Period], last: datetime
) -> datetime | None:
    """Whoever is given nothing does not stand there of her own will, nor before she could ask again."""
    if not states or states[-1][1] not in _ASKS_FOR_NOTHING:
        return None
    since = max([states[-1][0], *(span.end for span in ours if span.start <= last)])
    return since if since <= last else None


def _latest(values: Sequence[Decimal | None]) -> Decimal | None:
    return next((value for value in reversed(values) if value is not None), None)


def _periods(
    points: Sequence[Point],
    registers: Sequence[_Register],
    states: Sequence[tuple[datetime, ChargingState]],
    ours: Sequence[Period],
) -> Iterable[ChargingPeriod]:
    """Cut where something was told, or our withholding began or ended. What the meter counted between two looks flowed while
    the vehicle charged, as far as that is known."""
    first, last = points[0].at.astimezone(UTC), points[-1].at.astimezone(UTC)
    ends = {at for span in ours for at in (span.start, span.end)}
    cuts = sorted({at.astimezone(UTC) for at in ({point.at for point in points} | ends)})
    spans = [Period(start, end) for start, end in pairwise(cut for cut in cuts if first <= cut <= last)]
    energies = _energies(spans, registers, states)
    for span, milliwatthours in zip(spans, energies, strict=True):
        activity = _activity(_state_at(states, span.start), milliwatthours, span, ours)
        yield ChargingPeriod(span, activity, Decimal(milliwatthours) / (MILLI * 1000))


def _energies(
    spans: Sequence[Period], registers: Sequence[_Register], states: Sequence[tuple[datetime, ChargingState]]
) -> list[int]:
    """Of each span what was counted in it. Both are in order, so each is walked once, however long the session lasts."""
    found, following = [0] * len(spans), 0
    for before, after in pairwise(registers):
        while following < len(spans) and spans[following].start < before.at:
            following += 1
        first = following
        while following < len(spans) and spans[following].end <= after.at:
            following += 1
        within = range(first, following)
        seconds = [int(spans[n].length.total_seconds() * MILLI) for n in within]
        charging = [
            length if _state_at(states, spans[n].start) is ChargingState.CHARGING else 0
            for n, length in zip(within, seconds, strict=True)
        ]
        weights = charging if any(charging) else seconds
        for n, part in zip(within, shared(int((after.wh - before.wh) * MILLI), weights), strict=True):
            found[n] += part
    return found


def _state_at(states: Sequence[tuple[datetime, ChargingState]], at: datetime) -> ChargingState | None:
    told = bisect_right(states, at, key=lambda change: change[0])
    return states[told - 1][1] if told else None


def _activity(state: ChargingState | None, energy: int, span: Period, ours: Sequence[Period]) -> Activity:
    """Nobody pays for time of which nobody knows what it was: without a word of the state only energy tells."""
    if any(span.overlaps(each) for each in ours):
        return Activity.CHARGING if energy else Activity.WITHHELD
    if state is ChargingState.CHARGING:
        return Activity.CHARGING
    if state in _ASKS_FOR_NOTHING:
        return Activity.PARKED
    if state in _GETS_NOTHING:
        return Activity.WITHHELD
    return Activity.CHARGING if energy else Activity.WITHHELD
