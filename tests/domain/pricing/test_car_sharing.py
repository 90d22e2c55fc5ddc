"""What car sharing costs: two published tariffs, with time, kilometres, caps, a free night and packages."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.terms import FeeBase, PolicyStep, frozen_terms
from domain.periods import Period
from domain.pricing.distances import DistanceBand
from domain.pricing.packages import Begin, Package, Until
from domain.pricing.quotes import LineKind, Quote, Usage, measured, price
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit
from domain.pricing.windows import Window
from tests.domain.pricing.test_quotes import BERLIN, a_tariff
from tests.domain.pricing.test_windows import CENTS, STARTS, lines
from tests.examples import A_DEAL, SHORT_POLICY, euros

# stadtmobil Stuttgart 2012, class B; Ginselmobil 2023.
STUTTGART = a_tariff(
    TimePrice(
        TimeUnit.HOUR,
        Decimal("2.00"),
        cap_per_day=Decimal("23.00"),
        cap_per_week=Decimal("130.00"),
        step_s=1800,
        windows=(Window(Decimal(0), "Nacht", from_="00:00", to="07:00"),),
    ),
    distance=Decimal("0.21"),
    distance_bands=(DistanceBand(100, Decimal("0.18")), DistanceBand(700, Decimal("0.15"))),
)
GINSELDORF = a_tariff(
    TimePrice(
        TimeUnit.HOUR,
        Decimal(2),
        cap_per_day=Decimal(16),
        windows=(Window(Decimal(1), "Abend", from_="18:00", to="24:00"),),
    ),
    distance=Decimal("0.20"),
    distance_bands=(DistanceBand(300, Decimal("0.25"), "ab 300 km"),),
)


def cost(tariff: Tariff, start: str, hours: float, km: int | None = None, **used: Any) -> Quote:
    begins = datetime.fromisoformat(start).astimezone(UTC)
    period = Period(begins, begins + timedelta(hours=hours))
    return price(tariff, Usage(period, BERLIN, distance_km=Decimal(km) if km is not None else None, **used))


def parts(quote: Quote) -> tuple[int, int]:
    """Time and kilometres, in cents."""
    return (
        sum(line.gross.amount for line in quote.lines if line.kind is LineKind.TIME),
        sum(line.gross.amount for line in quote.lines if line.kind is LineKind.DISTANCE),
    )


@pytest.mark.parametrize(
    ("start", "hours", "km", "time", "distance"),
    [
        ("2027-05-10T14:00:00+02:00", 4.5, 38, 900, 798),
        ("2027-05-10T18:00:00+02:00", 18, 120, 2200, 2460),
        ("2027-05-08T08:00:00+02:00", 60, 760, 6900, 13800),
        ("2027-05-10T22:00:00+02:00", 9, 15, 400, 315),
        ("2027-05-10T08:00:00+02:00", 7 * 24, 0, 13000, 0),
        ("2027-05-10T08:00:00+02:00", 10 * 24, 0, 19900, 0),
        ("2027-05-10T08:00:00+02:00", 5 * 24, 100, 11500, 2100),
        ("2027-05-10T08:00:00+02:00", 5 * 24, 700, 11500, 12900),
        # The night that lacks an hour: two hours are paid before midnight, and five after seven. The one that has an hour
        # twice: the same, for the hour is a free one.
        ("2027-03-27T22:00:00+01:00", 13, 0, 1400, 0),
        ("2027-10-30T22:00:00+02:00", 15, 0, 1400, 0),
        # Seven days from the start, by the clock, of which one has 23 hours or 25.
        ("2027-03-22T08:00:00+01:00", 7 * 24 - 1, 0, 13000, 0),
        ("2027-10-25T08:00:00+02:00", 7 * 24 + 1, 0, 13000, 0),
        ("2027-10-25T08:00:00+02:00", 7 * 24 + 2, 0, 13200, 0),
    ],
)
def test_time_and_kilometres_in_stuttgart(start: str, hours: float, km: int, time: int, distance: int) -> None:
    quote = cost(STUTTGART, start, hours, km)

    assert parts(quote) == (time, distance)
    assert quote.total.amount == time + distance


def test_the_price_says_what_is_net_and_what_is_tax() -> None:
    quote = cost(STUTTGART, "2027-05-10T14:00:00+02:00", 4.5, 38)

    assert (quote.total, quote.total - quote.vat_total, quote.vat_total) == (
        euros("16.98"),
        euros("14.27"),
        euros("2.71"),
    )


def test_a_week_and_days_are_items_of_their_own() -> None:
    quote = cost(STUTTGART, "2027-05-10T08:00:00+02:00", 10 * 24 + 3, 760)

    assert lines(quote) == [
        ("1 week", "Standard", 13000),
        ("3 day", "Standard", 6900),
        ("3 h", "Standard", 600),
        ("100 km", "Standard", 2100),
        ("600 km", "Standard", 10800),
        ("60 km", "Standard", 900),
    ]
    assert measured(quote, LineKind.DISTANCE) == Decimal(760)


def test_a_band_that_is_not_entered_is_no_item() -> None:
    assert lines(cost(STUTTGART, "2027-05-10T14:00:00+02:00", 4, 100))[1:] == [("100 km", "Standard", 2100)]


def test_the_evening_costs_less_and_the_long_way_more_in_ginseldorf() -> None:
    short, far = (cost(GINSELDORF, "2027-05-10T16:00:00+02:00", 4, km) for km in (40, 310))

    assert (parts(short), short.total) == ((600, 800), euros("14.00"))
    assert lines(far)[-2:] == [("300 km", "Standard", 6000), ("10 km", "Standard, ab 300 km", 250)]


@pytest.mark.parametrize(
    ("start", "hours", "time"),
    [
        ("2027-03-28T00:00:00+01:00", 5, 1000),  # until six: an hour less
        ("2027-10-31T00:00:00+02:00", 7, 1400),  # until six: an hour more
        ("2027-10-30T20:00:00+02:00", 7, 1000),  # four in the evening, two until two, and two again
        ("2027-03-27T20:00:00+01:00", 7, 1000),
    ],
)
def test_what_the_clock_shows_decides_and_real_time_is_paid(start: str, hours: float, time: int) -> None:
    assert parts(cost(GINSELDORF, start, hours)) == (time, 0)


def test_energy_is_included_where_the_tariff_has_no_price_of_it() -> None:
    start = "2027-05-10T14:00:00+02:00"

    assert cost(STUTTGART, start, 4.5, 38, energy_kwh=Decimal("7.2")) == cost(STUTTGART, start, 4.5, 38)


def test_a_late_cancellation_costs_half_of_the_time_and_nothing_of_the_kilometres() -> None:
    policy = replace(SHORT_POLICY, steps=(PolicyStep(0, 50),), fees_on=FeeBase.TIME)
    quote = cost(STUTTGART, "2027-05-10T18:00:00+02:00", 18, 120)
    start = datetime.fromisoformat("2027-05-10T18:00:00+02:00").astimezone(UTC)

    def terms(policy: Any) -> Any:
        return frozen_terms(policy, Period(start, start + timedelta(hours=18)), quote, start, A_DEAL)

    assert terms(policy).cancellation(start).fee == euros("11.00")
    assert terms(replace(policy, fees_on=FeeBase.PRICE)).cancellation(start).fee == euros("23.30")


DAY_OUT = Package("Tagesausflug", Decimal("35.00"), 10 * 3600, 100)
WEEKEND = Package("Wochenende", Decimal("69.00"), 60 * 3600, 300)
NIGHT = Package("Nacht", Decimal(9), 15 * 3600, 20, (Begin(from_="17:00", to="24:00"),), Until("08:00"))
WITH_PACKAGES = replace(STUTTGART, packages=(DAY_OUT, WEEKEND, NIGHT))


@pytest.mark.parametrize(
    ("hours", "km", "items"),
    [
        (2, 10, [("2 h", "Standard", 400), ("10 km", "Standard", 210)]),
        (10, 100, [("1 1", "Standard, Tagesausflug", 3500), ("100 km", "Standard, Tagesausflug", 0)]),
        (11.5, 130, [
            ("1 1", "Standard, Tagesausflug", 3500), ("90 min", "Standard", 300),
            ("100 km", "Standard, Tagesausflug", 0), ("30 km", "Standard", 630),
        ]),
        (48, 300, [("1 1", "Standard, Wochenende", 6900), ("300 km", "Standard, Wochenende", 0)]),
    ],
)  # fmt: skip
def test_the_package_counts_that_makes_a_use_cheapest(hours: float, km: int, items: list[tuple[str, str, int]]) -> None:
    quote = cost(WITH_PACKAGES, "2027-05-14T08:00:00+02:00", hours, km)

    assert lines(quote) == items
    assert measured(quote, LineKind.DISTANCE) == Decimal(km)


def test_a_package_lasts_as_long_as_it_says_on_a_day_that_lacks_an_hour() -> None:
    night = replace(GINSELDORF, packages=(Package("Nacht", Decimal(5), 10 * 3600),))

    assert lines(cost(night, "2027-03-27T20:00:00+01:00", 10)) == [("1 1", "Standard, Nacht", 500)]
    assert lines(cost(night, "2027-03-27T20:00:00+01:00", 11)) == [
        ("1 1", "Standard, Nacht", 500),
        ("1 h", "Standard", 200),
    ]


def test_a_tariff_says_what_is_wrong_with_its_bands_and_packages() -> None:
    odd = a_tariff(
        TimePrice(TimeUnit.HOUR, Decimal(2), cap_per_date=Decimal(9), cap_per_week=Decimal(40)),
        distance_bands=(DistanceBand(100, Decimal("0.1")), DistanceBand(100, Decimal("0.2"))),
        packages=(Package("", Decimal(5), 59, -1),),
    )

    assert odd.faults() == (
        "distance_bands begin above 0 km, each above the one before",
        "packages[0].name is empty",
        "packages[0].duration_s is at least 60",
        "packages[0].km is negative",
        "distance_bands follow a distance: what the first kilometres cost",
        "time has cap_per_date or cap_per_week, not both: a week from the start cuts days of the calendar",
    )
    monthly = a_tariff(TimePrice(TimeUnit.MONTH, Decimal(30)), packages=(DAY_OUT,))
    assert monthly.faults() == ("packages go with a price of time by the minute or the hour",)
    dear = a_tariff(TimePrice(TimeUnit.HOUR, Decimal(2)), packages=(replace(DAY_OUT, gross=Decimal(-1)),))
    assert dear.faults() == ("prices are finite and not negative",)
    assert (STUTTGART.faults(), WITH_PACKAGES.faults(), GINSELDORF.faults()) == ((), (), ())


@given(
    start=STARTS, minutes=st.integers(1, 20 * 24 * 60), more=st.integers(0, 3000), km=st.integers(0, 900),
    further=st.integers(0, 300), gross=CENTS, week=CENTS, day=st.none() | CENTS,
)  # fmt: skip
def test_a_longer_and_farther_use_never_costs_less(
    start: datetime, minutes: int, more: int, km: int, further: int, gross: Decimal, week: Decimal, day: Decimal | None
) -> None:
    time = TimePrice(TimeUnit.HOUR, gross, cap_per_day=day, cap_per_week=week * 5, step_s=900)
    tariff = replace(WITH_PACKAGES, time=time)

    def total(minutes: int, km: int) -> int:
        usage = Usage(Period(start, start + timedelta(minutes=minutes)), BERLIN, distance_km=Decimal(km))
        return price(tariff, usage).total.amount

    assert total(minutes, km) <= total(minutes + more, km + further)
