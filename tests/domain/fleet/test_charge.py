"""State of charge: what a trip needs, how long charging takes, and which days an electric vehicle could have driven."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking.resources import ResourceId
from domain.fleet.charge import CHARGE_RULES, Battery, charge_need, charge_rule, reach_km
from domain.fleet.electrification import DayDriven, Potential, electrification
from tests.examples import an_id

RULE = charge_rule(date(2026, 11, 28))
CAR = Battery(Decimal(58), Decimal(18), Decimal(11))
DAYS = (34, 62, 118, 240, 12, 75, 310, 55, 41, 98)


@pytest.mark.parametrize(
    ("km", "battery", "soc", "needed", "minutes"),
    [
        ("120", CAR, "0.50", "0.6469", 52),
        ("120", CAR, "0.80", "0.6469", 0),
        ("260", CAR, "0.80", "1.1683", 130),
        ("40", Battery(Decimal(52), Decimal(25), Decimal("3.7")), "0.35", "0.4308", 76),
    ],
)
def test_a_trip_needs_so_much_charge_and_so_long_to_get_it(
    km: str, battery: Battery, soc: str, needed: str, minutes: int
) -> None:
    need = charge_need(Decimal(km), battery, Decimal(soc), RULE)

    assert f"{float(need.needed):.4f}" == needed
    assert need.minutes == minutes


def test_a_trip_beyond_a_full_battery_needs_a_stop() -> None:
    assert charge_need(Decimal(260), CAR, Decimal(1), RULE).is_beyond
    assert not charge_need(Decimal("214.8"), CAR, Decimal(1), RULE).is_beyond


def test_a_full_battery_reaches_as_far_as_the_reserve_lets_it() -> None:
    assert f"{float(reach_km(CAR, RULE)):.1f}" == "214.8"


def test_no_rule_is_known_for_a_day_before_all_of_them() -> None:
    with pytest.raises(ValueError, match="no rule about charge"):
        charge_rule(date(1999, 12, 31))


def test_a_later_rule_takes_the_place_of_an_earlier_one_from_its_day_on() -> None:
    (first,) = CHARGE_RULES
    winter = type(first)(Decimal("1.4"), first.reserve, first.efficiency, date(2027, 1, 1), "the city's winters")

    assert charge_rule(date(2026, 12, 31), (winter, first)) == first
    assert charge_rule(date(2027, 1, 1), (winter, first)) == winter


KM = st.integers(1, 4000).map(lambda tenths: Decimal(tenths) / 10)
SOC = st.integers(0, 100).map(lambda percent: Decimal(percent) / 100)


@given(km=KM, soc=SOC)
def test_what_a_full_battery_reaches_is_what_a_trip_may_be(km: Decimal, soc: Decimal) -> None:
    need = charge_need(km, CAR, soc, RULE)

    assert need.is_beyond == (km > reach_km(CAR, RULE))
    assert (need.minutes == 0) == (need.needed <= need.there)


def test_an_electric_car_could_have_driven_most_days_and_less_than_half_of_the_way() -> None:
    vehicle = ResourceId(an_id("van"))
    driven = [DayDriven(vehicle, date(2026, 3, n + 1), Decimal(km)) for n, km in enumerate(DAYS)]

    found = electrification(driven, CAR, RULE)

    assert found.pool == found.vehicles[vehicle] == Potential(10, 8, Decimal(1045), Decimal(495))
    assert (found.pool.days_percent, found.pool.km_percent) == (Decimal("80.0"), Decimal("47.4"))


def test_days_are_counted_by_vehicle_and_trips_of_a_day_together() -> None:
    van, car = ResourceId(an_id("van")), ResourceId(an_id("car"))
    day = date(2026, 3, 1)
    driven = [
        DayDriven(van, day, Decimal(150)),
        DayDriven(van, day, Decimal(100)),
        DayDriven(car, day, Decimal(40)),
        DayDriven(car, date(2026, 3, 2), Decimal(0)),
    ]

    found = electrification(driven, CAR, RULE)

    assert found.vehicles == {
        van: Potential(1, 0, Decimal(250), Decimal(0)),
        car: Potential(1, 1, Decimal(40), Decimal(40)),
    }
    assert found.pool == Potential(2, 1, Decimal(290), Decimal(40))


def test_of_nothing_driven_there_is_no_share() -> None:
    assert electrification([], CAR, RULE).pool.days_percent is None
    assert electrification([], CAR, RULE).pool.km_percent is None
