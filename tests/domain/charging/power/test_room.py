"""Which points are not worth being shown: those whose connection has nothing left for whoever would come."""

from decimal import Decimal

from msgspec.structs import replace

from domain.charging.power.facts import PowerFacts, Use
from domain.charging.power.groups import PowerType
from domain.charging.power.room import without_power
from domain.periods import Period
from tests.domain.charging.power.groups import NOON, after, charge, evse, group, point

HOUR = Period(after(60), after(120))
SITE = group(point(1), point(2), point(3), nominal_w=11_000)
POINTS = (evse(2), evse(3))
FACTS = PowerFacts(SITE, (), (), 1, after(1440))


def use(kwh: str) -> Use:
    taken = charge(1, 60, 120, 1)
    return Use(taken.id, evse(1), HOUR.start, HOUR.end, fleet=False, energy_kwh=Decimal(kwh))


def left_out(kwh: str, facts: PowerFacts = FACTS, period: Period = HOUR) -> set[object]:
    return set(without_power(replace(facts, uses=(use(kwh),)), POINTS, period, NOON))


def test_a_point_is_left_out_where_its_connection_has_not_the_least_for_a_vehicle_that_is_never_paused() -> None:
    assert left_out("6") == set()  # 4.14 kWh are the least, at 6 A on three phases
    assert left_out("7") == set(POINTS)
    assert left_out("7", period=Period(after(120), after(180))) == set()


def test_what_a_booking_takes_that_says_nothing_is_enough_and_a_hold_that_lapsed_takes_nothing() -> None:
    facts = PowerFacts(replace(SITE, default_need_wh=2_000), (), (), 1, after(1440))
    assert left_out("8", facts) == set()
    lapsed = replace(use("10"), lapses_at=NOON)
    assert without_power(PowerFacts(SITE, (), (lapsed,), 1, after(1440)), POINTS, HOUR, NOON) == frozenset()


def test_direct_current_has_the_least_that_somebody_said_or_is_left_out_by_what_is_usual() -> None:
    fast = group(*(replace(point(n), power_type=PowerType.DC) for n in (1, 2, 3)), nominal_w=11_000)
    facts = PowerFacts(replace(fast, default_need_wh=5_000), (), (), 1, after(1440))
    assert (left_out("5", facts), left_out("7", facts)) == (set(), set(POINTS))
    first, *others = fast.members
    said = replace(facts, group=replace(facts.group, members=(replace(first, least_w=3000), *others)))
    assert (left_out("7", said), left_out("9", said)) == (set(POINTS) - {first.evse_id}, set(POINTS))
