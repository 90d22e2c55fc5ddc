"""What belongs into a month that closes, and what finance sees of bikes at its end."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.bike_leasing.money.bikes import Worth
from domain.bike_leasing.money.month_end import Standing, closing_entries
from domain.bike_leasing.money.residuals import MonthOfBikes, as_csv, months_of_bikes
from domain.ledger.accounts import DEALERS, DEPRECIATION, LEASED_BIKES
from domain.ledger.entries import Entry
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.money.test_charging import DECEMBER, legs, the_charge

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER, IN_DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
WORTH = Worth(eur("3600.00"), eur("0.00"), IN_DECEMBER, 36)
BIKE = Standing(WORTH, datetime(2026, 11, 20, 12, tzinfo=UTC))


def posted(entries: tuple[Entry, ...]) -> dict[str, tuple[datetime, dict[str, int]]]:
    return {entry.source: (entry.effective_at, legs(entry)) for entry in entries}


def test_a_month_that_closes_before_its_run_has_what_it_earned_and_the_next_takes_it_back() -> None:
    end, next_begins = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    found = posted(closing_entries(IN_DECEMBER, NOVEMBER, [BIKE], [the_charge(DECEMBER)], BERLIN))
    assert found == {
        "lease_depreciation:2026-12": (end, {"depreciation": 10_000, "leased_bikes": -10_000}),
        "lease_accrual:2026-12": (end, {"accrued_rates": 9661, "accrued_income": -9661}),
        "lease_accrual:2026-12:ended": (next_begins, {"accrued_income": 9661, "accrued_rates": -9661}),
    }


def test_several_months_that_close_at_once_have_each_its_own() -> None:
    found = posted(closing_entries(JANUARY, None, [BIKE], [the_charge(DECEMBER)], BERLIN))
    assert [source for source in found if source.startswith("lease_accrual")] == [
        "lease_accrual:2026-12",
        "lease_accrual:2026-12:ended",
        "lease_accrual:2027-01",
        "lease_accrual:2027-01:ended",
    ], "what is not charged in January either is still earned"
    assert {source for source in found if "depreciation" in source} == {
        "lease_depreciation:2026-12",
        "lease_depreciation:2027-01",
    }


def test_what_is_closed_already_stays_and_where_nothing_is_nothing_is_posted() -> None:
    assert closing_entries(IN_DECEMBER, IN_DECEMBER, [BIKE], [the_charge(DECEMBER)], BERLIN) == ()
    assert closing_entries(IN_DECEMBER, None, [], [], BERLIN) == ()


def test_a_bike_that_went_in_a_month_is_not_there_at_its_end() -> None:
    gone = Standing(WORTH, BIKE.bought_at, datetime(2027, 1, 5, tzinfo=UTC))
    moved = {
        (LEASED_BIKES, NOVEMBER): 720_000,
        (DEALERS, NOVEMBER): -856_800,
        (LEASED_BIKES, IN_DECEMBER): -20_000,
        (DEPRECIATION, IN_DECEMBER): 20_000,
        (DEALERS, IN_DECEMBER): 428_400,
        (LEASED_BIKES, JANUARY): -360_000,
        (DEPRECIATION, JANUARY): 360_000,
    }
    found = months_of_bikes(IN_DECEMBER, JANUARY, [BIKE, gone], moved, BERLIN)
    nothing = eur("0")
    assert found == (
        MonthOfBikes(IN_DECEMBER, 2, eur("7000.00"), nothing, eur("200.00"), eur("4284.00")),
        MonthOfBikes(JANUARY, 1, eur("3400.00"), nothing, eur("3600.00"), eur("4284.00")),
    )
    assert as_csv(found).decode("utf-8-sig").splitlines()[1] == "2026-12;2;7000,00;0,00;200,00;4284,00"
