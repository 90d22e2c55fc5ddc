"""Packages that begin at certain hours and end by the clock: a night, a weekend, and the two nights on which it is set."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.pricing.packages import Begin, Package, Until
from domain.pricing.windows import Weekday
from tests.domain.pricing.test_car_sharing import GINSELDORF, NIGHT, cost
from tests.domain.pricing.test_windows import lines

WEEKEND = Package(
    "Wochenende",
    Decimal(30),
    68 * 3600,
    100,
    (Begin((Weekday.FRIDAY,), "16:00"), Begin((Weekday.SATURDAY,)), Begin(holidays=True)),
    Until("08:00", Weekday.MONDAY),
)
SHARED = replace(GINSELDORF, packages=(NIGHT, WEEKEND), holidays_in="NI")
A_NIGHT = ("1 1", "Standard, Nacht", 900)
A_WEEKEND = ("1 1", "Standard, Wochenende", 3000)


@pytest.mark.parametrize(
    ("start", "hours", "items"),
    [
        # Begun at five, it lasts until eight; an hour later the hour costs what it costs by day.
        ("2027-05-12T17:00:00+02:00", 15, [A_NIGHT]),
        ("2027-05-12T17:00:00+02:00", 16, [A_NIGHT, ("1 h", "Standard", 200)]),
        ("2027-05-12T16:59:00+02:00", 7, [("61 min", "Standard", 203), ("359 min", "Standard, Abend", 599)]),
        # In March the night is 14 hours long, in October 16, of which 15 are covered.
        ("2027-03-27T17:00:00+01:00", 14, [A_NIGHT]),
        ("2027-03-27T17:00:00+01:00", 15, [A_NIGHT, ("1 h", "Standard", 200)]),
        ("2027-10-30T17:00:00+02:00", 16, [A_NIGHT, ("1 h", "Standard", 200)]),
        # From Friday at four until Monday at eight: 63 hours where summer time begins, 65 where it ends.
        ("2027-05-14T16:00:00+02:00", 64, [A_WEEKEND]),
        ("2027-05-14T16:00:00+02:00", 65, [A_WEEKEND, ("1 h", "Standard", 200)]),
        ("2027-03-26T16:00:00+01:00", 64, [A_WEEKEND, ("1 h", "Standard", 200)]),
        ("2027-10-29T16:00:00+02:00", 65, [A_WEEKEND]),
        # A Thursday that is a holiday begins a weekend, which is as long as it says; any other one does not.
        ("2027-05-06T08:00:00+02:00", 68, [A_WEEKEND]),
        ("2027-05-13T08:00:00+02:00", 48, [("2 day", "Standard", 3200)]),
    ],
)
def test_a_package_is_for_uses_that_begin_in_its_hours_and_ends_by_the_clock(
    start: str, hours: float, items: list[tuple[str, str, int]]
) -> None:
    assert lines(cost(SHARED, start, hours)) == items


def test_the_hour_that_the_clock_shows_twice_ends_a_package_at_its_next_time() -> None:
    until = Until("02:30")
    short = replace(GINSELDORF, packages=(Package("kurz", Decimal(1), 6 * 3600, until=until),))

    assert lines(cost(short, "2027-10-31T00:30:00+02:00", 2)) == [("1 1", "Standard, kurz", 100)]
    assert lines(cost(short, "2027-10-31T02:30:00+02:00", 1)) == [("1 1", "Standard, kurz", 100)]


def test_what_a_package_leaves_of_the_kilometres_is_paid_by_the_kilometre() -> None:
    assert lines(cost(SHARED, "2027-05-14T16:00:00+02:00", 64, 130)) == [
        A_WEEKEND,
        ("100 km", "Standard, Wochenende", 0),
        ("30 km", "Standard", 600),
    ]


def test_a_tariff_says_what_is_wrong_with_the_hours_of_its_packages() -> None:
    odd = replace(
        SHARED,
        holidays_in=None,
        packages=(
            replace(NIGHT, begins=(Begin(from_="24:00", dates=("13-01",)),), until=Until("24:00")),
            replace(WEEKEND, until=Until("8 Uhr")),
        ),
    )

    assert odd.faults() == (
        "holidays_in says whose holidays time.windows and packages mean, such as NI",
        "packages[0].begins[0].from: 24:00 is where a day ends",
        "packages[0].begins[0].dates: '13-01' is no day such as 12-24 or 2027-12-24",
        "packages[0].until.at is a time such as 08:00, and midnight is 00:00",
        "packages[1].until.at is a time such as 08:00, and midnight is 00:00",
    )
    assert SHARED.faults() == ()
