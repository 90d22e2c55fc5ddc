"""What a service package has left in which contract year."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.upkeep.budgets import budget_of
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.money import Money
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.upkeep.bills import CARRIES, LAPSES, budget, serviced


def test_a_contract_year_begins_with_the_lease_and_the_first_with_the_handover() -> None:
    years = budget().years

    assert [(year.number, year.begins, year.ends) for year in years] == [
        (1, date(2025, 12, 10), date(2026, 12, 31)),
        (2, date(2027, 1, 1), date(2027, 12, 31)),
        (3, date(2028, 1, 1), date(2028, 12, 31)),
    ]
    assert {year.granted for year in years} == {eur("83.30")}
    assert [budget().year_of(day) for day in (date(2025, 12, 10), date(2026, 12, 31), date(2027, 1, 1))] == [1, 1, 2]


def test_what_is_left_lapses_or_carries_over() -> None:
    spent = {package: budget(package).taken(1, eur("41.65")) for package in (LAPSES, CARRIES)}

    assert [spent[LAPSES].left(number) for number in (1, 2, 3)] == [eur("41.65"), eur("83.30"), eur("83.30")]
    assert [spent[CARRIES].left(number) for number in (1, 2, 3)] == [eur("41.65"), eur("124.95"), eur("208.25")]


def test_a_bill_that_comes_late_takes_nothing_that_was_spent_since() -> None:
    later = budget(CARRIES).taken(2, eur("166.60"))

    assert (later.left(1), later.left(2), later.left(3)) == (eur("0"), eur("0"), eur("83.30"))
    assert later.given_back(2, eur("166.60")) == budget(CARRIES)


def test_a_shorter_year_has_a_part_of_the_budget_and_a_rest_adds_none() -> None:
    shorter = budget(LAPSES, months=30)
    assert [year.granted for year in shorter.years] == [eur("83.30"), eur("83.30"), eur("41.65")]
    assert [year.granted for year in budget(CARRIES, months=30).years] == [eur("83.30"), eur("166.60"), eur("208.25")]

    rested = budget_of(replace(serviced(LAPSES), last_day=date(2029, 6, 30)), {})
    assert rested is not None
    assert (len(rested.years), rested.years[-1].ends, rested.year_of(date(2029, 5, 1))) == (3, date(2029, 6, 30), 3)


def test_there_is_no_budget_without_a_package_or_before_the_handover() -> None:
    assert budget_of(serviced(None), {}) is None
    assert budget_of(replace(serviced(LAPSES), handed_over_on=None, first_month=None), {}) is None


@given(
    st.booleans(),
    st.integers(1, 120),
    st.integers(1, 100_000),
    st.lists(st.tuples(st.integers(1, 10), st.integers(1, 60_000)), max_size=30),
)
def test_nothing_within_the_budget_ever_adds_up_to_more(
    carries: bool, months: int, yearly: int, wanted: list[tuple[int, int]]
) -> None:
    found, spent = budget(ServicePackage(Money(yearly, "EUR"), carries_over=carries), months=months), 0
    for number, amount in wanted:
        year = min(number, len(found.years))
        if amount <= found.left(year).amount:
            found, spent = found.taken(year, Money(amount, "EUR")), spent + amount
    assert all(0 <= each.used.amount <= each.granted.amount for each in found.years)
    granted = budget(ServicePackage(Money(yearly, "EUR")), months=months).years
    assert spent <= sum(year.granted.amount for year in granted)
    assert abs(sum(year.granted.amount for year in granted) * 12 - yearly * months) <= 12
