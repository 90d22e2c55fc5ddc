"""Prices that follow the clock of the place: windows, caps, free minutes and steps, over both nights of the year."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.periods import Period
from domain.pricing.quotes import Quote, Usage, price, with_fee
from domain.pricing.tariffs import TimePrice, TimeUnit
from domain.pricing.windows import Weekday, Window
from tests.domain.pricing.test_quotes import BERLIN, a_tariff
from tests.examples import euros

WORKDAYS = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)
NIGHT = Window(Decimal("0.60"), "Nacht", from_="22:00", to="06:00")


def hourly(gross: str = "2.40", *windows: Window, **more: Any) -> TimePrice:
    return TimePrice(TimeUnit.HOUR, Decimal(gross), windows=windows, **more)


def at(start: str, end: str) -> Period:
    return Period(datetime.fromisoformat(start), datetime.fromisoformat(end))


def priced(time: TimePrice, start: str, end: str, **tariff: Any) -> Quote:
    return price(a_tariff(time, **tariff), Usage(at(start, end), BERLIN))


def lines(quote: Quote) -> list[tuple[str, str, int]]:
    return [(f"{line.quantity:f} {line.unit}", line.description, line.gross.amount) for line in quote.lines]


def test_a_night_rate_counts_from_ten_to_six_and_a_step_is_split_where_it_begins() -> None:
    quote = priced(hourly("2.40", NIGHT), "2027-05-10T20:30:00+02:00", "2027-05-11T07:30:00+02:00")

    assert lines(quote) == [("3 h", "Standard", 720), ("8 h", "Standard, Nacht", 480)]
    assert quote.total == euros("12.00")


def test_a_fee_beside_the_use_leaves_its_windows_their_names() -> None:
    tariff = a_tariff(hourly("2.40", NIGHT))
    quote = price(tariff, Usage(at("2027-05-10T20:00:00+02:00", "2027-05-10T23:00:00+02:00"), BERLIN))

    assert lines(with_fee(quote, euros("1.00"), tariff)) == [*lines(quote), ("1 1", "Standard", 100)]


def test_the_night_that_lacks_an_hour_is_paid_an_hour_less() -> None:
    spring = priced(hourly("2.40", NIGHT), "2027-03-27T22:00:00+01:00", "2027-03-28T06:00:00+02:00")
    autumn = priced(hourly("2.40", NIGHT), "2027-10-30T22:00:00+02:00", "2027-10-31T06:00:00+01:00")

    assert lines(spring) == [("7 h", "Standard, Nacht", 420)]
    assert lines(autumn) == [("9 h", "Standard, Nacht", 540)]


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_left_out_never() -> None:
    dead_hour = Window(Decimal(6), "zwei bis drei", from_="02:00", to="03:00")
    odd_minutes = Window(Decimal(6), "um halb", from_="02:20", to="02:40")
    half_of_it = Window(Decimal(6), "halb drei", from_="02:30", to="03:00")

    def whole_night(window: Window, day: str, before: str, after: str) -> list[tuple[str, str, int]]:
        return lines(priced(hourly("0", window), f"{day}T00:00:00{before}", f"{day}T06:00:00{after}"))

    assert whole_night(dead_hour, "2027-10-31", "+02:00", "+01:00") == [
        ("5 h", "Standard", 0),
        ("2 h", "Standard, zwei bis drei", 1200),
    ]
    assert whole_night(half_of_it, "2027-10-31", "+02:00", "+01:00")[1] == ("1 h", "Standard, halb drei", 600)
    assert whole_night(odd_minutes, "2027-10-31", "+02:00", "+01:00")[1] == ("40 min", "Standard, um halb", 400)
    assert whole_night(dead_hour, "2027-03-28", "+01:00", "+02:00") == [("5 h", "Standard", 0)]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2027-03-28T00:00:00+01:00", "2027-03-29T00:00:00+02:00"),  # 23 hours
        ("2027-10-31T00:00:00+02:00", "2027-11-01T00:00:00+01:00"),  # 25 hours
        ("2027-03-27T12:00:00+01:00", "2027-03-28T12:00:00+02:00"),
        ("2027-10-30T12:00:00+02:00", "2027-10-31T12:00:00+01:00"),
        ("2027-05-10T12:00:00+02:00", "2027-05-11T12:00:00+02:00"),
    ],
)
def test_a_day_ends_when_the_clock_shows_the_same_time_again(start: str, end: str) -> None:
    longer = (datetime.fromisoformat(end) + timedelta(minutes=1)).isoformat()
    capped, daily = hourly("4.80", cap_per_day=Decimal(48)), TimePrice(TimeUnit.DAY, Decimal(30))

    assert lines(priced(capped, start, end)) == [("1 day", "Standard", 4800)]
    assert lines(priced(capped, start, longer)) == [("1 day", "Standard", 4800), ("1 h", "Standard", 480)]
    assert lines(priced(daily, start, end)) == [("1 day", "Standard", 3000)]
    assert lines(priced(daily, start, longer)) == [("2 day", "Standard", 6000)]


@pytest.mark.parametrize(
    ("start", "end", "items"),
    [
        # Four hours before midnight and four after: no date reaches its cap of 12 euros.
        ("2027-05-31T20:00:00+02:00", "2027-06-01T04:00:00+02:00", [("8 h", "Standard", 1920)]),
        ("2027-02-28T18:00:00+01:00", "2027-03-01T06:00:00+01:00", [("2 day", "Standard", 2400)]),
        ("2027-12-31T23:00:00+01:00", "2028-01-01T23:00:00+01:00", [("1 day", "Standard", 1200), ("1 h", "Standard", 240)]),
        ("2027-03-28T00:00:00+01:00", "2027-03-30T00:00:00+02:00", [("2 day", "Standard", 2400)]),
        ("2027-10-31T00:00:00+02:00", "2027-11-02T00:00:00+01:00", [("2 day", "Standard", 2400)]),
    ],
)  # fmt: skip
def test_a_date_costs_at_most_its_cap(start: str, end: str, items: list[tuple[str, str, int]]) -> None:
    assert lines(priced(hourly("2.40", cap_per_date=Decimal(12)), start, end)) == items


@pytest.mark.parametrize("end", ["2027-05-10T23:45:00+02:00", "2027-05-11T00:00:00+02:00"])
def test_a_step_that_runs_over_midnight_does_not_touch_the_next_days_cap(end: str) -> None:
    quote = priced(hourly("2.40", cap_per_date=Decimal(12)), "2027-05-10T08:30:00+02:00", end)

    assert lines(quote) == [("1 day", "Standard", 1200)]


def test_weekdays_holidays_and_single_days_have_their_own_price() -> None:
    free = Window(Decimal(0), "frei", days=(Weekday.SUNDAY,), holidays=True, dates=("12-24", "2027-05-04"))
    tariff: dict[str, Any] = {"holidays_in": "NI"}

    def noon(day: str) -> int:
        return priced(hourly("2.40", free), f"{day}T12:00:00+02:00", f"{day}T13:00:00+02:00", **tariff).total.amount

    assert [noon(day) for day in ("2027-05-02", "2027-05-01", "2027-05-04", "2027-12-24")] == [0, 0, 0, 0]
    assert [noon(day) for day in ("2027-05-03", "2028-05-04", "2027-08-15", "2027-05-27")] == [240, 240, 0, 240]
    assert noon("2027-05-06") == 0, "Ascension Day"


def test_what_begins_on_friday_night_is_fridays_until_saturday_morning() -> None:
    party = Window(Decimal(5), "Freitagnacht", days=(Weekday.FRIDAY,), from_="22:00", to="04:00")

    quote = priced(hourly("1", party), "2027-05-07T00:00:00+02:00", "2027-05-08T06:00:00+02:00")

    assert lines(quote) == [("24 h", "Standard", 2400), ("6 h", "Standard, Freitagnacht", 3000)]


def test_a_window_may_leave_holidays_out() -> None:
    rush = Window(Decimal(3), "Berufsverkehr", days=WORKDAYS, from_="07:00", to="09:00", holidays=False)

    def morning(day: str) -> int:
        quote = priced(hourly("1", rush), f"{day}T07:00:00+02:00", f"{day}T08:00:00+02:00", holidays_in="NI")
        return quote.total.amount

    assert [morning("2027-05-05"), morning("2027-05-06"), morning("2027-05-08")] == [300, 100, 100]


@pytest.mark.parametrize(("minutes", "cents"), [(10, 0), (30, 0), (31, 240), (90, 240), (91, 480)])
def test_free_minutes_are_never_paid_and_steps_begin_after_them(minutes: int, cents: int) -> None:
    start = datetime.fromisoformat("2027-05-10T08:00:00+02:00")
    usage = Usage(Period(start, start + timedelta(minutes=minutes)), BERLIN)

    assert price(a_tariff(hourly(free_minutes=30)), usage).total.amount == cents


@pytest.mark.parametrize(("minutes", "cents"), [(5, 0), (15, 0), (16, 240), (61, 480)])
def test_a_grace_period_is_free_only_if_nothing_follows_it(minutes: int, cents: int) -> None:
    start = datetime.fromisoformat("2027-05-10T08:00:00+02:00")
    usage = Usage(Period(start, start + timedelta(minutes=minutes)), BERLIN)

    assert price(a_tariff(hourly(grace_minutes=15)), usage).total.amount == cents


def test_minute_exact_prices_by_the_hour_round_once() -> None:
    quote = priced(hourly("1.00", NIGHT, step_s=60), "2027-05-10T21:40:00+02:00", "2027-05-10T22:07:00+02:00")

    assert lines(quote) == [("20 min", "Standard", 33), ("7 min", "Standard, Nacht", 7)]
    assert quote.total.amount == 40, "33.33 and 7 cents"


def test_whatever_costs_anything_costs_at_least_the_minimum() -> None:
    tariff: dict[str, Any] = {"minimum": Decimal(3)}
    sunday = Window(Decimal(0), "Sonntag", days=(Weekday.SUNDAY,))
    short, long, free = (
        priced(hourly("2.40", sunday), f"2027-05-{day}T12:00:00+02:00", f"2027-05-{day}T{end}:00:00+02:00", **tariff)
        for day, end in (("10", "13"), ("10", "14"), ("09", "14"))
    )

    assert [(line.kind, line.gross.amount) for line in short.lines] == [("time", 240), ("minimum", 60)]
    assert (short.total, long.total, free.total) == (euros("3.00"), euros("4.80"), euros("0.00"))


def test_parts_at_another_rate_are_taxed_apart_once_each() -> None:
    tariff = a_tariff(
        hourly("1.00", step_s=60),
        flat=Decimal("0.99"),
        distance=Decimal("0.33"),
        vat_rates={"distance": Decimal("0.07")},
    )
    usage = Usage(at("2027-05-10T08:00:00+02:00", "2027-05-10T08:07:00+02:00"), BERLIN, distance_km=Decimal(5))

    quote = price(tariff, usage)

    assert [(line.kind, line.gross.amount, line.vat.amount, line.vat_rate) for line in quote.lines] == [
        ("flat", 99, 16, Decimal("0.19")),
        ("time", 12, 2, Decimal("0.19")),
        ("distance", 165, 11, Decimal("0.07")),
    ]
    assert (quote.total, quote.vat_total) == (euros("2.76"), euros("0.29"))


def test_a_tariff_says_which_of_its_windows_makes_no_sense() -> None:
    odd = Window(Decimal(1), from_="24:00", to="8", dates=("02-30", "2027-13-01"), holidays=True)
    tariff = a_tariff(hourly("1", NIGHT, odd, cap_per_day=Decimal(5), cap_per_date=Decimal(4), step_s=0))

    assert tariff.faults() == (
        "holidays_in says whose holidays time.windows and packages mean, such as NI",
        "time has cap_per_day or cap_per_date, not both: one day would count twice",
        "time.step_s is 1 to 86400 seconds",
        "time.windows[1].to: '8' is no time such as 08:00",
        "time.windows[1].from: 24:00 is where a day ends",
        "time.windows[1].dates: '02-30' is no day such as 12-24 or 2027-12-24",
        "time.windows[1].dates: '2027-13-01' is no day such as 12-24 or 2027-12-24",
    )
    assert a_tariff(TimePrice(TimeUnit.DAY, Decimal(9), windows=(NIGHT,), free_minutes=5)).faults() == (
        "time.windows, time.step_s, time.cap_per_date and time.cap_per_week are for prices by the minute or the hour",
        "time.free_minutes and time.grace_minutes are for prices by the minute or the hour",
    )


CLOCK = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
CENTS = st.integers(0, 900).map(lambda cents: Decimal(cents) / 100)
WINDOWS = st.lists(
    st.builds(
        Window,
        gross=CENTS,
        days=st.lists(st.sampled_from(Weekday), max_size=3).map(tuple),
        from_=CLOCK,
        to=CLOCK,
        holidays=st.sampled_from([None, True, False]),
    ),
    max_size=3,
)
# Around both nights, a month's end and a year's.
STARTS = st.sampled_from(["2027-03-27", "2027-10-30", "2028-02-28", "2027-12-31"]).flatmap(
    lambda day: st.integers(0, 24 * 60).map(
        lambda minute: datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(minutes=minute)
    )
)
LENGTHS = st.integers(1, 3 * 24 * 60)
STEPS = st.sampled_from([None, 60, 900, 7200, 25000])


def total(time: TimePrice, start: datetime, minutes: int, **tariff: Any) -> int:
    usage = Usage(Period(start, start + timedelta(minutes=minutes)), BERLIN)
    return price(a_tariff(time, holidays_in="NI", **tariff), usage).total.amount


@given(start=STARTS, length=LENGTHS, more=st.integers(0, 600), windows=WINDOWS, gross=CENTS, step=STEPS,
       cap=st.none() | CENTS, by_date=st.booleans(), free=st.integers(0, 120), grace=st.integers(0, 60),
       minimum=st.none() | CENTS)  # fmt: skip
def test_a_longer_use_never_costs_less_whatever_the_clock_does(
    start: datetime, length: int, more: int, windows: Sequence[Window], gross: Decimal, step: int | None,
    cap: Decimal | None, by_date: bool, free: int, grace: int, minimum: Decimal | None,
) -> None:  # fmt: skip
    caps = {"cap_per_date" if by_date else "cap_per_day": cap}
    time = TimePrice(
        TimeUnit.HOUR, gross, step_s=step, windows=tuple(windows), free_minutes=free, grace_minutes=grace, **caps
    )

    assert total(time, start, length, minimum=minimum) <= total(time, start, length + more, minimum=minimum)


@given(start=STARTS, first=LENGTHS, second=LENGTHS, windows=WINDOWS, gross=CENTS, step=STEPS, cap=st.none() | CENTS)
def test_two_bookings_never_cost_less_than_one_where_dates_are_capped(
    start: datetime, first: int, second: int, windows: Sequence[Window], gross: Decimal, step: int | None,
    cap: Decimal | None,
) -> None:  # fmt: skip
    time = TimePrice(TimeUnit.HOUR, gross, cap_per_date=cap, step_s=step, windows=tuple(windows))
    apart = total(time, start, first) + total(time, start + timedelta(minutes=first), second)

    # Each of the two is rounded for itself; a step begun at the cut is paid in full, not up to where the whole ends.
    assert apart + 1 >= total(time, start, first + second) - _of_one_step(time, windows)


def _of_one_step(time: TimePrice, windows: Sequence[Window]) -> int:
    """Steps that start anew at the cut may fall into cheaper windows than those of the whole, by one step at most."""
    if not windows:
        return 0
    dearest = max(time.gross, *(window.gross for window in windows))
    return int(dearest * 100 * Decimal(time.step / timedelta(hours=1)))


@given(start=STARTS, first=LENGTHS, second=LENGTHS, gross=CENTS, cap=CENTS, step=st.sampled_from([60, 900, 3600]))
def test_two_bookings_never_cost_less_than_one_where_a_day_from_the_start_is_capped(
    start: datetime, first: int, second: int, gross: Decimal, cap: Decimal, step: int
) -> None:
    time = TimePrice(TimeUnit.HOUR, gross, cap_per_day=cap, step_s=step)
    apart = total(time, start, first) + total(time, start + timedelta(minutes=first), second)

    assert apart + 1 >= total(time, start, first + second)
