"""A power group: charge points behind one grid connection, what it may draw and when.

Powers are whole watts. A limit of the distribution grid operator may come at any time (section 14a EnWG), so what a point draws
without us (`safe_w`) is part of the budget from the start.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.periods import Period

PowerGroupId = NewType("PowerGroupId", str)

# The clocks of stations and of the grid operator are not ours: a limit counts that much longer at both ends.
GUARD = timedelta(seconds=30)


class PowerType(StrEnum):
    """Those of OCPI's PowerType (2.3.0, mod_locations) that a city's points have."""

    AC_1_PHASE = "AC_1_PHASE"
    AC_2_PHASE = "AC_2_PHASE"
    AC_3_PHASE = "AC_3_PHASE"
    DC = "DC"


class LeastCurrent(Struct, frozen=True):
    """Below so many amperes on each of its phases an electric vehicle does not charge: it has to be paused."""

    amperes: int
    volts: int
    source: str


LEAST_CURRENT = LeastCurrent(
    6, 230, "IEC 61851-1, Annex A: the duty cycle of the control pilot begins at 6 A; 230 V as in EN 50160"
)
PHASES = {PowerType.AC_1_PHASE: 1, PowerType.AC_2_PHASE: 2, PowerType.AC_3_PHASE: 3, PowerType.DC: 0}


class DimmingFloor(Struct, frozen=True):
    """What dimming leaves to controllable consumers (steuerbare Verbrauchseinrichtungen) behind one connection, since a day.

    One has `each_w`; each further one as much, times a factor of simultaneity (Gleichzeitigkeitsfaktor) by their number from
    two on, the last of `factors` for all above. Who draws no more than `each_w` is not controllable.
    """

    each_w: int
    factors: tuple[Decimal, ...]
    valid_from: date
    source: str

    def of(self, number: int) -> int:
        """P_min,14a in whole watts, rounded down: less is allowed to nobody, more might be too much."""
        if number == 0:
            return 0
        if number == 1:
            return self.each_w
        factor = self.factors[min(number - 2, len(self.factors) - 1)]
        return int(self.each_w + (number - 1) * factor * self.each_w)


DIMMING_FLOORS = (
    DimmingFloor(
        each_w=4200,
        factors=tuple(map(Decimal, ("0.80", "0.75", "0.70", "0.65", "0.60", "0.55", "0.50", "0.45"))),
        valid_from=date(2024, 1, 1),
        source="Bundesnetzagentur, BK6-22-300 of 2023-11-27, Anlage 1, 4.5.2: control by an energy management system",
    ),
)


class SharingPolicy(StrEnum):
    """Who has power where there is not enough for all: the fleet, whoever leaves first, or everybody alike."""

    FLEET_FIRST = "fleet_first"
    BY_DEADLINE = "by_deadline"
    EQUAL = "equal"


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """A charge point: the most that it gives, and `safe_w`, which it gives to whoever plugs in while nobody tells it
    anything (OCPP's TxDefaultProfile): 0, or no less than a vehicle can charge with. `least_w` is the least that the point itself gives
    while it charges, as rectifiers of direct current do; whoever has its data sheet says so, as OCPP has no word for it."""

    evse_id: ResourceId
    max_w: int
    power_type: PowerType = PowerType.AC_3_PHASE
    safe_w: int = 0
    least_w: int | None = None

    @property
    def min_w(self) -> int:
        """Below that it has to be paused: the vehicle's least or the point's own, whichever is more."""
        return max(LEAST_CURRENT.amperes * LEAST_CURRENT.volts * PHASES[self.power_type], self.least_w or 0)


class LimitKind(StrEnum):
    """A grid operator's dimming, which has a floor; or what the site itself cannot bear, which has none."""

    DIMMING = "dimming"
    TECHNICAL = "technical"


class GridLimit(Struct, frozen=True):
    period: Period
    limit_w: int
    kind: LimitKind = LimitKind.DIMMING


class PowerGroup(Struct, frozen=True):
    """`nominal_w` is what the grid connection bears. `default_need_wh` is taken for a booking that says nothing of energy."""

    id: PowerGroupId
    nominal_w: int
    members: tuple[Member, ...]
    policy: SharingPolicy = SharingPolicy.FLEET_FIRST
    default_need_wh: int = 15_000

    @property
    def safe_w(self) -> int:
        """What all of them draw together with nobody telling them anything."""
        return sum(member.safe_w for member in self.members)

    def floor_w(self, on: date) -> int:
        """The least to which a grid operator may dim it on a day."""
        floor = dimming_floor(on)
        return min(self.nominal_w, floor.of(sum(member.max_w > floor.each_w for member in self.members)))

    def allowed_w(self, limit: GridLimit) -> int:
        """What is left by a limit: dimming below its floor counts as the floor."""
        floor = self.floor_w(limit.period.start.date()) if limit.kind is LimitKind.DIMMING else 0
        return min(self.nominal_w, max(limit.limit_w, floor))


def dimming_floor(on: date, floors: Iterable[DimmingFloor] = DIMMING_FLOORS) -> DimmingFloor:
    """The floor in force on a day. Before all of them, the first: nothing was dimmed then."""
    known = sorted(floors, key=lambda floor: floor.valid_from)
    return ([floor for floor in known if floor.valid_from <= on] or known[:1])[-1]


def limit_at(group: PowerGroup, limits: Sequence[GridLimit], at: datetime) -> int:
    """What the group may draw at an instant: of all limits that count then, the lowest."""
    counting = (group.allowed_w(limit) for limit in limits if limit.period.start <= at < limit.period.end)
    return min(counting, default=group.nominal_w)


class GroupFault(StrEnum):
    """Why a group would not be safe or would not work."""

    UNKNOWN_CHARGE_POINT = "unknown_charge_point"
    CHARGE_POINT_TWICE = "charge_point_twice"
    CHARGE_POINT_ELSEWHERE = "charge_point_elsewhere"
    STATION_DIVIDED = "station_divided"
    LESS_THAN_LEAST = "less_than_least"
    SAFE_DEFAULTS_TOO_HIGH = "safe_defaults_too_high"


def fault_of(group: PowerGroup, on: date) -> tuple[GroupFault, str] | None:
    """What is wrong with the powers themselves, and where: a JSON pointer.

    All safe defaults together fit under the lowest dimming, so that no lost link ever breaks a limit.
    """
    seen: set[ResourceId] = set()
    for number, member in enumerate(group.members):
        if member.evse_id in seen:
            return GroupFault.CHARGE_POINT_TWICE, f"/members/{number}/evse_id"
        seen.add(member.evse_id)
        if member.max_w < max(member.min_w, 1):
            return GroupFault.LESS_THAN_LEAST, f"/members/{number}/max_w"
        if member.safe_w and not member.min_w <= member.safe_w <= member.max_w:
            return GroupFault.LESS_THAN_LEAST, f"/members/{number}/safe_w"
    if group.safe_w > group.floor_w(on):
        return GroupFault.SAFE_DEFAULTS_TOO_HIGH, "/members"
    return None
