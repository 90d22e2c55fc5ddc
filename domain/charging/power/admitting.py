"""Whether a booking's energy fits under the connection, beside all that was promised before.

Nobody who was promised energy lacks any for somebody who comes later. Admitted is what can be done in time for everybody; who gets
how much when is settled when the time has come.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import islice
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.power.charges import Charge
from domain.charging.power.groups import GUARD, GridLimit, PowerGroup
from domain.charging.power.sharing import short_of
from domain.periods import Period
from domain.refusals import PowerLeft, Refusal

# How many other times are tried for whoever is refused: those at which somebody else leaves or a limit ends.
TIMES_TRIED = 6


class NotEnough(StrEnum):
    NOT_ENOUGH_POWER = "not_enough_power"


class Promised(Struct, frozen=True):
    """A group as a booking meets it: its limits, and who was promised energy, complete for all times before `known_until`."""

    group: PowerGroup
    limits: Sequence[GridLimit]
    charges: Sequence[Charge]
    known_until: datetime


def admit(
    promised: Promised, wanted: Charge, now: datetime, free: Callable[[Period], bool] = lambda _: True
) -> Refusal[NotEnough] | None:
    """None lets it in. A refusal tells what there would be, and the next time of that length at which it would fit and the
    point is `free`."""
    if _enough_for_all(promised.group, promised.limits):
        return None

    @cache  # the same for every time that is tried
    def anyway() -> Mapping[UUID, int]:
        return _missing(promised, now)

    left_wh = _left_wh(promised, wanted, now, anyway)
    if left_wh >= wanted.energy_wh:
        return None
    hours = (wanted.departure - wanted.arrival).total_seconds() / 3600
    otherwise = islice(filter(free, _other_times(promised, wanted)), TIMES_TRIED)
    fitting = (each for each in otherwise if _left_wh(promised, _at(wanted, each), now, anyway) >= wanted.energy_wh)
    found = next(fitting, None)
    return Refusal(
        NotEnough.NOT_ENOUGH_POWER,
        "/options/energy_kwh",
        alternatives=(found,) if found else (),
        power=PowerLeft(round(left_wh, -1), int(round(left_wh / hours, -1))),
    )


def _enough_for_all(group: PowerGroup, limits: Sequence[GridLimit]) -> bool:
    """Whether all points together may give all they can: then nothing is to be planned."""
    lowest = min([group.nominal_w, *map(group.allowed_w, limits)])
    return sum(member.max_w for member in group.members) <= lowest


def _left_wh(promised: Promised, wanted: Charge, now: datetime, anyway: Callable[[], Mapping[UUID, int]]) -> int:
    """What the others leave to it of what it wants; nothing where one of them would lack more for it than she does `anyway`."""
    missing = _missing(promised, now, wanted)
    lacks = missing.pop(wanted.id, 0)
    if missing and any(lack > anyway().get(whose, 0) for whose, lack in missing.items()):
        return 0
    return max(wanted.energy_wh - lacks, 0)


def _missing(promised: Promised, now: datetime, wanted: Charge | None = None) -> dict[UUID, int]:
    """Who would lack how many watt-hours."""
    short = short_of(promised.group, promised.limits, promised.charges, now, wanted)
    return {each.charge.id: each.missing_wh for each in short}


def _other_times(promised: Promised, wanted: Charge) -> list[Period]:
    length = wanted.departure - wanted.arrival
    ends = {charge.departure for charge in promised.charges} | {each.period.end + GUARD for each in promised.limits}
    starts = sorted(end for end in ends if wanted.arrival < end <= promised.known_until - length)
    return [Period(start, start + length) for start in starts]


def _at(wanted: Charge, period: Period) -> Charge:
    return replace(wanted, arrival=period.start, departure=period.end)
