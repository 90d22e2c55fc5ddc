"""When we gave a vehicle no power, by our own word: points beside those that its station tells.

Each plan that changes anything says from when on how much is given, also ahead. A later plan takes the place of whatever an earlier one
said of the time from its first point on; its number is the moment at which it was made.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.charging.sessions.points import Point, PointKind
from domain.periods import Period

WAKES_WITHIN = timedelta(minutes=5)
"""A vehicle that was paused may take so long to ask for power again."""
FOREVER = datetime.max.replace(tzinfo=UTC)
NOTHING = Decimal(0)


def withheld(points: Iterable[Point]) -> tuple[Period, ...]:
    """The spans in which we gave nothing, each with the time that a vehicle takes to wake."""
    return tuple(_spans(in_force(points)))


def is_given(points: Iterable[Point], at: datetime) -> bool:
    """By our own word; where there is none, nobody keeps anything back."""
    before = [given for since, given in in_force(points) if since <= at]
    return before[-1] if before else True


def in_force(points: Iterable[Point]) -> list[tuple[datetime, bool]]:
    """From when on anything was given, or nothing, by the last word on each moment."""
    found: list[tuple[datetime, bool]] = []
    ours = [point for point in points if point.kind is PointKind.GIVEN]
    for plan in sorted({point.seq or 0 for point in ours}):
        said = sorted((point.at, (point.offered_w or NOTHING) > NOTHING) for point in ours if (point.seq or 0) == plan)
        found = [each for each in found if each[0] < said[0][0]] + said
    return found


def _spans(said: list[tuple[datetime, bool]]) -> Iterable[Period]:
    since: datetime | None = None
    for at, given in said:
        if not given and since is None:
            since = at
        elif given and since is not None and at > since:
            yield Period(since, at + WAKES_WITHIN)
            since = None
    if since is not None:
        yield Period(since, FOREVER)
