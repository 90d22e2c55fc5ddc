"""Until when a session runs: so much energy, or so much money."""

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from domain.charging.sessions.courses import Course
from domain.money import Money


class Limit(Struct, frozen=True, omit_defaults=True):
    """`energy_kwh` is the energy to take, `budget` the most that the whole booking is to cost. Nothing stops it where both are None."""

    energy_kwh: Decimal | None = None
    budget: Money | None = None


NO_LIMIT = Limit()


def is_reached(limit: Limit, went: Course, spent: Money | None) -> bool:
    """Whether to stop now: the energy is there, or will be before the meter is read again; and so is what it costs.

    Between two looks a station goes on; so what flows until the next one, as much as since the last, is counted as taken. A price that
    stays at the budget, as it has been since the start, or is none at all, is no reason to stop.
    """
    if limit.energy_kwh is not None and went.energy_wh + ahead_wh(went) >= limit.energy_kwh * 1000:
        return True
    return limit.budget is not None and spent is not None and spent.amount > limit.budget.amount


def ahead_wh(went: Course) -> Decimal:
    """What flowed between the last two looks at the meter."""
    flowing = [period for period in went.periods if period.energy_kwh]
    last = flowing[-1] if flowing else None
    if last is None or last.period.end < went.last - timedelta(seconds=1):
        return Decimal(0)
    return last.energy_kwh * 1000
