"""What a use costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import LineKind, Usage, price, waived
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit, in_force
from domain.pricing.timing import months_between

START = datetime(2027, 3, 1, 9, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def a_tariff(time: TimePrice | None = None, **prices: Any) -> Tariff:
    return Tariff(
        id=TariffId("standard"),
        version=1,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        name="Standard",
        currency="EUR",
        vat_rate=Decimal("0.19"),
        time=time,
        **prices,
    )


def a_use(length: timedelta, **readings: Any) -> Usage:
    return Usage(Period(START, START + length), BERLIN, **readings)


def hourly(gross: str, cap: str | None = None) -> Tariff:
    return a_tariff(TimePrice(TimeUnit.HOUR, Decimal(gross), Decimal(cap) if cap else None))


@pytest.mark.parametrize(
    ("length", "items", "total"),
    [
        (timedelta(minutes=1), [(1, "h", 450)], 450),
        (timedelta(hours=2), [(2, "h", 900)], 900),
        (timedelta(hours=2, seconds=1), [(3, "h", 1350)], 1350),
        (timedelta(hours=8), [(8, "h", 3600)], 3600),
        (timedelta(hours=9), [(1, "day", 3900)], 3900),
        (timedelta(hours=24), [(1, "day", 3900)], 3900),
        (timedelta(hours=26), [(1, "day", 3900), (2, "h", 900)], 4800),
        (timedelta(hours=47), [(2, "day", 7800)], 7800),
    ],
)
def test_started_hours_are_paid_up_to_a_cap_for_24_hours(
    length: timedelta, items: list[tuple[int, str, int]], total: int
) -> None:
    quote = price(hourly("4.50", cap="39.00"), a_use(length))

    assert [(int(line.quantity), line.unit, line.gross.amount) for line in quote.lines] == items
    assert quote.total == Money(total, "EUR")
    assert quote.due_now == quote.total


def test_a_cap_that_is_never_reached_changes_nothing() -> None:
    quote = price(hourly("1.00", cap="100"), a_use(timedelta(hours=30)))

    assert [(line.quantity, line.unit) for line in quote.lines] == [(Decimal(30), "h")]


def test_minutes_and_a_flat_price_are_separate_items() -> None:
    tariff = a_tariff(TimePrice(TimeUnit.MINUTE, Decimal("0.105")), flat=Decimal("1.00"))

    quote = price(tariff, a_use(timedelta(minutes=7)))

    assert [(line.kind, line.gross.amount) for line in quote.lines] == [(LineKind.FLAT, 100), (LineKind.TIME, 74)]


def test_energy_and_distance_cost_nothing_before_they_are_known() -> None:
    tariff = a_tariff(energy=Decimal("0.4850"), distance=Decimal("0.29"))

    assert price(tariff, a_use(timedelta(hours=1))).total == Money(0, "EUR")
    known = price(tariff, a_use(timedelta(hours=1), energy_kwh=Decimal("20.5"), distance_km=Decimal(100)))
    assert [(line.kind, line.unit, line.gross.amount) for line in known.lines] == [
        (LineKind.ENERGY, "kWh", 994),
        (LineKind.DISTANCE, "km", 2900),
    ]


def test_a_lease_by_the_month_takes_its_first_month_now() -> None:
    tariff = a_tariff(TimePrice(TimeUnit.MONTH, Decimal("49.00")), flat=Decimal(20))

    quote = price(tariff, Usage(Period(START, START + timedelta(days=80)), BERLIN))

    assert quote.total == Money(2000 + 3 * 4900, "EUR")
    assert quote.due_now == Money(2000 + 4900, "EUR")


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2027-01-31T08:00:00+01:00", "2027-02-28T08:00:00+01:00", 1),
        ("2027-01-31T08:00:00+01:00", "2027-02-28T08:00:01+01:00", 2),
        ("2028-01-31T08:00:00+01:00", "2028-02-29T08:00:00+01:00", 1),
        ("2027-03-01T00:00:00+01:00", "2027-04-01T00:00:00+02:00", 1),  # over the night that lacks an hour
        ("2027-10-01T00:00:00+02:00", "2027-11-01T00:00:00+01:00", 1),  # over the night that has one twice
        ("2026-12-15T00:00:00+01:00", "2027-03-15T00:00:00+01:00", 3),
        ("2026-12-31T10:00:00+01:00", "2027-01-01T10:00:00+01:00", 1),
    ],
)
def test_months_follow_the_local_calendar(start: str, end: str, months: int) -> None:
    period = Period(datetime.fromisoformat(start).astimezone(UTC), datetime.fromisoformat(end).astimezone(UTC))

    assert months_between(period, BERLIN) == months


def test_what_is_waived_keeps_its_items_and_costs_nothing() -> None:
    quote = waived(price(hourly("4.50"), a_use(timedelta(hours=2))))

    assert [(line.quantity, line.gross.amount, line.vat.amount) for line in quote.lines] == [(Decimal(2), 0, 0)]
    assert (quote.total, quote.due_now) == (Money(0, "EUR"), Money(0, "EUR"))


@given(
    minutes=st.integers(1, 60 * 24 * 40),
    hour=st.integers(1, 5000),
    cap=st.integers(1, 20_000) | st.none(),
    flat=st.integers(0, 5000),
    kilometres=st.integers(0, 3000),
)
def test_net_and_tax_of_all_items_sum_to_the_totals(
    minutes: int, hour: int, cap: int | None, flat: int, kilometres: int
) -> None:
    time = TimePrice(TimeUnit.HOUR, Decimal(hour) / 100, Decimal(cap) / 100 if cap else None)
    tariff = a_tariff(time, flat=Decimal(flat) / 100, distance=Decimal("0.29"))

    quote = price(tariff, a_use(timedelta(minutes=minutes), distance_km=Decimal(kilometres)))

    assert sum(line.gross.amount for line in quote.lines) == quote.total.amount
    assert sum(line.vat.amount for line in quote.lines) == quote.vat_total.amount
    assert all(line.net.amount + line.vat.amount == line.gross.amount for line in quote.lines)
    assert all(line.vat.amount >= 0 for line in quote.lines)
    exact = Decimal(quote.total.amount) * Decimal("0.19") / Decimal("1.19")
    assert abs(quote.vat_total.amount - exact) <= Decimal("0.5")


@given(length=st.integers(1, 60 * 24 * 30), more=st.integers(0, 60 * 24))
def test_a_longer_use_never_costs_less(length: int, more: int) -> None:
    tariff = hourly("4.50", cap="39.00")

    shorter = price(tariff, a_use(timedelta(minutes=length)))
    longer = price(tariff, a_use(timedelta(minutes=length + more)))

    assert longer.total.amount >= shorter.total.amount


def test_the_latest_version_that_is_valid_counts() -> None:
    first = hourly("1.00")
    second = Tariff(**{f: getattr(first, f) for f in first.__struct_fields__} | {"version": 2, "valid_from": START})

    assert in_force([first, second], START - timedelta(seconds=1)) == first
    assert in_force([second, first], START) == second
    assert in_force([first], datetime(2025, 1, 1, tzinfo=UTC)) is None


def test_a_tariff_tells_its_author_what_is_wrong_with_it() -> None:
    assert hourly("1.00").faults() == ()
    assert a_tariff().faults() == ("a tariff needs at least one price",)
    assert hourly("-1").faults() == ("prices are finite and not negative",)
    assert a_tariff(TimePrice(TimeUnit.MONTH, Decimal(1), Decimal(1))).faults() == ("a monthly price has no daily cap",)
