"""Money, periods and places."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.money import Money, percentage, shared, vat_within
from domain.periods import Period
from domain.places import Location, Plane, distance_m
from infra.ids import new_id

NOON = datetime(2027, 6, 1, 12, tzinfo=UTC)


def test_different_currencies_do_not_mix() -> None:
    assert Money(100, "EUR") - Money(30, "EUR") == Money(70, "EUR")
    with pytest.raises(ValueError, match="do not mix"):
        Money(1, "EUR") + Money(1, "CHF")


@pytest.mark.parametrize(("gross", "tax"), [(119, 19), (2470, 394), (500, 80), (1, 0), (3, 0), (4, 1), (0, 0)])
def test_the_tax_within_a_gross_amount_is_rounded_half_up(gross: int, tax: int) -> None:
    assert vat_within(gross, Decimal("0.19")) == tax


@pytest.mark.parametrize(("amount", "percent", "part"), [(240, 50, 120), (241, 50, 121), (99, 33, 33), (0, 100, 0)])
def test_a_percentage_is_rounded_half_up(amount: int, percent: int, part: int) -> None:
    assert percentage(amount, percent) == part


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_shares_sum_to_the_total_and_stay_within_a_cent_of_their_part(total: int, weights: list[int]) -> None:
    parts = shared(total, weights)

    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert whole == 0 or abs(part - Decimal(total) * weight / whole) < 1


def test_periods_that_touch_do_not_overlap() -> None:
    hour = timedelta(hours=1)
    first, second = Period(NOON, NOON + hour), Period(NOON + hour, NOON + 2 * hour)

    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.widened(timedelta(0), timedelta(seconds=1)).overlaps(second)


@pytest.mark.parametrize(
    ("start", "end"), [(NOON, NOON), (NOON, NOON - timedelta(1)), (NOON.replace(tzinfo=None), NOON)]
)
def test_what_is_no_period_cannot_be_made(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="a period"):
        Period(start, end)


def test_the_plane_of_a_city_is_true_to_scale() -> None:
    castle, stadium = Location(52.2646, 10.5278), Location(52.2901, 10.5215)
    plane = Plane(52.2646)
    (x, y), (other_x, other_y) = plane.metres(castle), plane.metres(stadium)

    on_plane = ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5

    assert distance_m(castle, stadium) == pytest.approx(2868, abs=5)
    assert on_plane == pytest.approx(distance_m(castle, stadium), rel=0.001)


def test_a_driver_without_a_named_pool_works_in_all_of_them() -> None:
    someone, city = PersonId(new_id()), City("braunschweig")
    everywhere = Actor(someone, city, frozenset({Role.DRIVER}))
    at_the_town_hall = Actor(someone, city, frozenset({Role.DRIVER}), frozenset({PoolId("rathaus")}))
    resident = Actor(someone, city, frozenset({Role.RESIDENT}), frozenset({PoolId("rathaus")}))

    assert [everywhere.works_in(PoolId("bauhof")), everywhere.works_in(None)] == [True, False]
    assert [at_the_town_hall.works_in(PoolId(p)) for p in ("rathaus", "bauhof")] == [True, False]
    assert not resident.works_in(PoolId("rathaus"))


def test_ids_are_uuids_of_version_7_in_order_of_time() -> None:
    ids = [new_id() for _ in range(3)]

    assert {made.version for made in ids} == {7}
    assert len(set(ids)) == 3
    assert ids[0].int >> 80 <= ids[2].int >> 80
