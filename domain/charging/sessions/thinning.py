"""A session's points are bounded: once there are too many, those go that say least.

What stays says the same of the energy, of states and times, and of what we gave; between those, a reading for each span. What a meter
signed is kept elsewhere, and whole.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from domain.charging.sessions.courses import in_order, seqs_up_to
from domain.charging.sessions.points import Point, PointKind

MOST_POINTS = 1500
"""Four hours of a reading each ten seconds; folding so many takes milliseconds."""
KEPT_POINTS = 500
_ALWAYS = frozenset({PointKind.STARTED, PointKind.ENDED})


def thinned(points: Collection[Point]) -> frozenset[Point]:
    """Those that stay: all where they are not too many."""
    if len(points) <= MOST_POINTS:
        return frozenset(points)
    ordered = list(in_order(points))
    telling = _telling(ordered)
    if len(telling) > KEPT_POINTS:  # a station that says something else each second
        telling = {point for point in ordered if point.kind in _ALWAYS} | _ends(ordered) | _spread(telling, KEPT_POINTS)
    rest = [point for point in ordered if point.energy_wh is not None and point not in telling]
    return frozenset(telling | _spread(rest, KEPT_POINTS))


def _telling(ordered: Sequence[Point]) -> set[Point]:
    """The beginning, the end, our own word, where anything changes, and what the meter said just before and after."""
    found = {point for point in ordered if point.kind in _ALWAYS or point.kind is PointKind.GIVEN} | _ends(ordered)
    said: tuple[object, object] = (None, None)
    before: Point | None = None
    changed = False
    for point in ordered:
        offers = said[1] if point.offered_w is None else point.offered_w > 0
        now = (point.state or said[0], offers)
        if now != said:
            found |= {point} if before is None else {point, before}
            said, changed = now, True
        if point.energy_wh is not None:
            if changed:
                found.add(point)
            before, changed = point, False
    return found


def _ends(ordered: Sequence[Point]) -> set[Point]:
    """The first and the last of all, of those with a register, and the latest word on the power and the battery."""
    theirs = [point for point in ordered if point.kind is not PointKind.GIVEN]
    read = [point for point in theirs if point.energy_wh is not None]
    power = [point for point in theirs if point.power_w is not None]
    battery = [point for point in theirs if point.soc_percent is not None]
    return {*theirs[:1], *theirs[-1:], *read[:1], *read[-1:], *power[-1:], *battery[-1:]}


def _spread(points: Iterable[Point], most: int) -> set[Point]:
    """As many as that, evenly by time: the last one of each span."""
    some = sorted(points, key=lambda point: point.at)
    if len(some) <= most:
        return set(some)
    first, length = some[0].at, some[-1].at - some[0].at
    if not length:
        return set(some[-most:])
    return set({_span(point.at, first, length, most): point for point in some}.values())


def _span(at: datetime, first: datetime, length: timedelta, most: int) -> int:
    return min(int((at - first) / length * most), most - 1)


def told_up_to(points: Iterable[Point], told_to: int | None) -> int | None:
    """The number up to which all messages were told, before any of their points are gone."""
    return seqs_up_to({point.seq for point in points if point.kind is not PointKind.GIVEN}, told_to)
