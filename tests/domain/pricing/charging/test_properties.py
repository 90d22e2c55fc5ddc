"""What holds of every price, over both nights in which the clock changes."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.pricing.charging.prices import Amount
from domain.pricing.charging.sessions import Activity, ChargingPeriod
from domain.pricing.charging.tariffs import ChargingTariff, Dimension, PriceLimit
from tests.domain.pricing.charging.sessions import MINUTE, a_tariff, at, element, per, priced, spent

STARTS = [at("2026-10-24T21:40"), at("2026-10-25T02:10", fold=1), at("2027-03-27T22:30"), at("2027-05-12T16:00")]
TIMES = st.sampled_from(["00:00", "02:00", "02:30", "03:00", "06:15", "17:00", "22:00"])
KWH_PER_MINUTE = Decimal("0.1")
activities = st.sampled_from(Activity)


def bounds(name: str, values: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(values, min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: {f"min_{name}": pair[0], f"max_{name}": pair[1]})


restrictions = st.one_of(
    st.just({}),
    st.fixed_dictionaries({}, optional={"start_time": TIMES, "end_time": TIMES}),
    st.lists(st.sampled_from(["SATURDAY", "SUNDAY", "WEDNESDAY"]), min_size=1).map(lambda days: {"day_of_week": days}),
    bounds("kwh", st.integers(0, 60)),
    bounds("power", st.integers(0, 60)),
    bounds("duration", st.integers(0, 36_000)),
)
cents = st.integers(0, 900).map(lambda amount: Decimal(amount) / 100)


def components(steps: st.SearchStrategy[int]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.builds(
        per,
        st.sampled_from(["FLAT", "ENERGY", "TIME", "PARKING_TIME"]),
        cents,
        st.sampled_from([None, 0, 7, 19]),
        steps,
    )
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda component: component["type"])


def tariffs(steps: st.SearchStrategy[int]) -> st.SearchStrategy[ChargingTariff]:
    one = st.builds(lambda parts, when: element(*parts, **when), components(steps), restrictions)
    return st.lists(one, min_size=1, max_size=5).map(lambda elements: a_tariff(*elements))


@st.composite
def sessions(draw: st.DrawFn) -> list[ChargingPeriod]:
    """Whole minutes of whole multiples of 6 kW, so that a period can be cut at any minute without a remainder."""
    start, periods = draw(st.sampled_from(STARTS)), list[ChargingPeriod]()
    for _ in range(draw(st.integers(1, 3))):
        minutes, activity = draw(st.integers(1, 400)), draw(activities)
        power = draw(st.integers(0, 8)) if activity is Activity.CHARGING else 0
        begins = periods[-1].period.end if periods else start
        periods.append(spent(begins, minutes, activity, str(power * minutes * KWH_PER_MINUTE)))
    return periods


def cut(period: ChargingPeriod, minutes: int) -> list[ChargingPeriod]:
    whole = period.period.length // MINUTE
    first = min(max(minutes, 1), whole)
    kwh = period.energy_kwh / whole
    parts = [(period.period.start, first), (period.period.start + first * MINUTE, whole - first)]
    return [spent(start, length, period.activity, str(kwh * length)) for start, length in parts if length]


@given(tariffs(steps=st.integers(1, 3600)), sessions(), st.integers(0, 2), st.integers(1, 400))
def test_how_often_the_meter_is_read_changes_nothing(
    tariff: ChargingTariff, periods: list[ChargingPeriod], which: int, minutes: int
) -> None:
    which %= len(periods)
    finer = [*periods[:which], *cut(periods[which], minutes), *periods[which + 1 :]]
    assert priced(tariff, *finer).exact == priced(tariff, *periods).exact


@given(components(steps=st.just(1)), st.sampled_from(STARTS), st.integers(1, 400), st.integers(1, 400), activities)
def test_without_restrictions_and_steps_two_parts_cost_what_the_whole_does(
    free: list[dict[str, Any]], start: datetime, first: int, second: int, activity: Activity
) -> None:
    by_quantity = [each for each in free if each["type"] != "FLAT"] or [per("ENERGY", 1)]
    tariff = a_tariff(element(*by_quantity))
    whole = spent(start, first + second, activity, str((first + second) * KWH_PER_MINUTE))
    parts = [priced(tariff, part).exact for part in cut(whole, first)]
    assert sum(parts, Amount()) == priced(tariff, whole).exact


@given(tariffs(steps=st.integers(1, 3600)), sessions())
def test_no_price_is_negative_and_tax_only_adds(tariff: ChargingTariff, periods: list[ChargingPeriod]) -> None:
    price = priced(tariff, *periods)
    assert all(0 <= item.amount.net <= item.amount.gross for item in price.items)
    assert 0 <= price.net.amount <= price.gross.amount


@given(tariffs(steps=st.integers(1, 3600)), sessions(), st.lists(cents, min_size=2, max_size=2).map(sorted), cents)
def test_the_limits_of_a_tariff_hold_before_and_after_taxes(
    tariff: ChargingTariff, periods: list[ChargingPeriod], limits: list[Decimal], tax: Decimal
) -> None:
    least, most = (PriceLimit(limit, limit + tax) for limit in limits)
    price = priced(replace(tariff, min_price=least, max_price=most), *periods).exact
    free = priced(tariff, *periods).exact
    assert price == Amount(
        min(max(free.net, Fraction(least.before_taxes)), Fraction(most.before_taxes)),
        min(max(free.gross, Fraction(least.before_taxes + tax)), Fraction(most.before_taxes + tax)),
    )


@given(tariffs(steps=st.integers(1, 3600)), sessions())
def test_what_is_withheld_adds_no_time_to_pay(tariff: ChargingTariff, periods: list[ChargingPeriod]) -> None:
    withheld = [replace(period, activity=Activity.WITHHELD, energy_kwh=Decimal(0)) for period in periods]
    paid = [item.component.type for item in priced(tariff, *withheld).items]
    assert paid in ([], [Dimension.FLAT])
