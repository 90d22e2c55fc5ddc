from decimal import Decimal
from fractions import Fraction

import pytest

from domain.money import Money
from domain.periods import Period
from domain.pricing.charging.prices import Amount, Item, NotPriced, price_session
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession, Reservation
from domain.pricing.charging.tariffs import (
    ChargingTariff,
    Dimension,
    PriceComponent,
    ReservationPart,
    Restrictions,
    TariffElement,
)
from domain.refusals import Refusal
from tests.domain.pricing.charging.sessions import BERLIN, MINUTE, a_tariff, at, element, per, priced, spent

NOON = at("2027-05-10T12:00")
EVENING, SUNDAY = {"start_time": "22:00", "end_time": "06:00"}, {"day_of_week": ["SUNDAY"]}


def test_a_price_is_itemised_exactly_and_rounded_once() -> None:
    tariff = a_tariff(element(per("FLAT", 0.5, 20), per("ENERGY", 0.333, 19), per("PARKING_TIME", 2, 19, 900)))
    price = priced(tariff, spent(NOON, 60, kwh="7"), spent(NOON + 60 * MINUTE, 20, Activity.PARKED))
    flat, energy, parking = (
        PriceComponent(kind, Decimal(amount), step, Decimal(vat))
        for kind, amount, step, vat in [
            (Dimension.FLAT, "0.5", 1, 20),
            (Dimension.ENERGY, "0.333", 1, 19),
            (Dimension.PARKING_TIME, "2", 900, 19),
        ]
    )
    assert price.items == (
        Item(flat, Fraction(1), Amount(Fraction("0.5"), Fraction("0.6"))),
        Item(energy, Fraction(7), Amount(Fraction("2.331"), Fraction("2.77389"))),
        Item(parking, Fraction(1, 2), Amount(Fraction(1), Fraction("1.19"))),
    )
    assert price.limits == Amount()
    assert (price.net, price.vat, price.gross) == (Money(383, "EUR"), Money(73, "EUR"), Money(456, "EUR"))


def test_what_the_site_withholds_is_neither_parking_nor_charging() -> None:
    tariff = a_tariff(element(per("TIME", 3), per("PARKING_TIME", 60)))
    charged, later = spent(NOON, 30), NOON + 30 * MINUTE
    withheld = priced(tariff, charged, spent(later, 45, Activity.WITHHELD))
    assert withheld == priced(tariff, charged)
    assert priced(tariff, charged, spent(later, 45, Activity.PARKED)).gross == Money(150 + 4500, "EUR")


@pytest.mark.parametrize(
    ("start", "minutes", "gross"),
    [
        # the clock shows 23:00 to 04:00; between two and three an hour costs 2, else 1
        ("2026-10-24T23:00", 6 * 60, 4 + 2 * 2),  # that hour comes twice
        ("2027-03-27T23:00", 4 * 60, 4),  # it does not come
        ("2027-05-08T23:00", 5 * 60, 4 + 2),
    ],
)
def test_the_clock_of_the_place_prices_the_nights_in_which_it_changes(start: str, minutes: int, gross: int) -> None:
    tariff = a_tariff(element(per("TIME", 2), start_time="02:00", end_time="03:00"), element(per("TIME", 1)))
    whole = spent(at(start), minutes)
    assert whole.period.end == at(start[:8] + f"{int(start[8:10]) + 1:02}T04:00")
    assert priced(tariff, whole).exact.gross == gross
    by_the_clock = ChargingPeriod(Period(at(start), at(start[:8] + f"{int(start[8:10]) + 1:02}T04:00")), whole.activity)
    assert priced(tariff, by_the_clock).exact.gross == gross


@pytest.mark.parametrize(("start", "sunday_hours"), [("2026-10-24T23:00", 5), ("2027-03-27T23:00", 3)])
def test_energy_after_midnight_is_that_of_the_next_day_on_both_nights(start: str, sunday_hours: int) -> None:
    """11 kW all along: an hour on Saturday at 0.60, the others on Sunday at 0.20."""
    tariff = a_tariff(element(per("ENERGY", "0.2"), **SUNDAY), element(per("ENERGY", "0.6")))
    hours = 1 + sunday_hours
    price = priced(tariff, spent(at(start), hours * 60, kwh=str(11 * hours)))
    assert sorted(item.quantity for item in price.items) == sorted([Fraction(11), Fraction(11 * sunday_hours)])
    assert price.exact.net == Fraction("0.6") * 11 + Fraction("0.2") * 11 * sunday_hours


def test_a_time_over_midnight_and_a_weekday_must_both_hold_at_the_moment() -> None:
    tariff = a_tariff(element(per("TIME", 1), **EVENING, **SUNDAY))
    saturday_evening, sunday_evening = at("2027-05-08T22:00"), at("2027-05-09T22:00")
    assert priced(tariff, spent(saturday_evening, 480)).exact.net == 6  # from midnight on
    assert priced(tariff, spent(sunday_evening, 480)).exact.net == 2  # until midnight


def test_dates_are_those_of_the_place_and_their_end_is_not_in_them() -> None:
    tariff = a_tariff(element(per("TIME", 1), start_date="2027-05-10", end_date="2027-05-11"))
    assert priced(tariff, spent(at("2027-05-09T22:00"), 60 * 50)).exact.net == 24


def test_kilowatt_hours_and_durations_cut_a_period_where_they_are_reached() -> None:
    tariff = a_tariff(
        element(per("ENERGY", 0), max_kwh=5),
        element(per("ENERGY", "0.5"), max_duration=3600),
        element(per("ENERGY", 1), min_duration=3600),
    )
    # 10 kW: free for half an hour, then 5 kWh at 0.50, then 10 kWh at 1.00
    assert priced(tariff, spent(NOON, 120, kwh="20")).exact.net == Fraction("12.5")


def test_a_flat_price_is_paid_once_when_its_element_first_counts() -> None:
    tariff = a_tariff(element(per("FLAT", 10), min_duration=4 * 3600), element(per("TIME", 1)))
    assert priced(tariff, spent(NOON, 240)).exact.net == 4
    assert priced(tariff, spent(NOON, 300), spent(NOON + 300 * MINUTE, 60)).exact.net == 16


def test_both_fees_of_a_reservation_are_paid_when_nobody_comes() -> None:
    tariff = a_tariff(
        element(per("FLAT", 4), reservation="RESERVATION_EXPIRES"),
        element(per("FLAT", 1), per("TIME", 2, step=600), reservation="RESERVATION"),
        element(per("FLAT", 9)),
        min_price={"before_taxes": 50},
    )
    kept = Period(NOON - 25 * MINUTE, NOON)
    expired = priced(tariff, reservation=Reservation(kept, expired=True))
    assert [item.amount.net for item in expired.items] == [1, 4, 1]
    assert {item.reservation for item in expired.items} == {ReservationPart.RESERVATION_EXPIRES}
    assert expired.exact.net == 6, "no session, no least price of one"
    assert priced(tariff, spent(NOON, 5), reservation=Reservation(kept)).exact.net == 50


@pytest.mark.parametrize(
    ("said", "net", "gross"),
    [("NO", "10", "12"), ("YES", "8.333", "10"), ("N/A", "10", "10")],
)
def test_a_tariff_says_whether_its_prices_hold_their_tax(said: str, net: str, gross: str) -> None:
    exact = priced(a_tariff(element(per("TIME", 10, 20)), tax_included=said), spent(NOON, 60)).exact
    assert (round(exact.net, 3), exact.gross) == (Fraction(net), Fraction(gross))


def test_a_limit_without_its_sum_after_taxes_is_taxed_as_the_session() -> None:
    tariff = a_tariff(element(per("TIME", 10, 20)), max_price={"before_taxes": 8})
    price = priced(tariff, spent(NOON, 60))
    assert (price.exact, price.limits) == (Amount(Fraction(8), Fraction("9.6")), Amount(Fraction(-2), Fraction("-2.4")))


RESERVED = Reservation(Period(NOON, NOON + 10 * MINUTE))
BY_CURRENT = element(per("TIME", 1), min_current=16)


@pytest.mark.parametrize(
    ("session", "refusal"),
    [
        (ChargingSession(BERLIN), Refusal(NotPriced.NOTHING_TO_PRICE)),
        (
            ChargingSession(BERLIN, (spent(NOON, 9), spent(NOON + 8 * MINUTE, 1))),
            Refusal(NotPriced.OUT_OF_ORDER, "/periods"),
        ),
        (ChargingSession(BERLIN, (spent(NOON, 9),), RESERVED), Refusal(NotPriced.OUT_OF_ORDER, "/periods")),
        (
            ChargingSession(BERLIN, (spent(NOON + 10 * MINUTE, 9),), Reservation(RESERVED.period, expired=True)),
            Refusal(NotPriced.OUT_OF_ORDER, "/reservation/expired"),
        ),
        (
            ChargingSession(BERLIN, (spent(NOON, 9, Activity.PARKED), spent(NOON + 9 * MINUTE, 9, kwh="-1"))),
            Refusal(NotPriced.ENERGY_NOT_VALID, "/periods/1/energy_kwh"),
        ),
        (
            ChargingSession(BERLIN, (spent(NOON, 9, Activity.PARKED), spent(NOON + 9 * MINUTE, 9))),
            Refusal(NotPriced.CURRENT_UNKNOWN, "/periods/1/current_a"),
        ),
    ],
)
def test_a_session_that_cannot_be_priced_is_refused(session: ChargingSession, refusal: Refusal[NotPriced]) -> None:
    assert price_session(a_tariff(BY_CURRENT), session) == refusal


def test_what_is_wrong_with_a_tariff_is_said_all_at_once() -> None:
    good = PriceComponent(Dimension.ENERGY, Decimal(1), 1)
    faulty = ChargingTariff(
        "t",
        "eur",
        (
            TariffElement((good, good, PriceComponent(Dimension.TIME, Decimal("NaN"), 0, Decimal(100)))),
            TariffElement(
                (),
                Restrictions(start_time="8:00", min_kwh=Decimal(5), max_kwh=Decimal(4), min_power=Decimal(-1)),
            ),
            TariffElement((good,), Restrictions(reservation=ReservationPart.RESERVATION)),
        ),
    )
    assert faulty.faults() == (
        "currency is an ISO 4217 code such as EUR",
        "elements[0].price_components has one of each type at most",
        "elements[0].price_components[2].price is not negative and below a million",
        "elements[0].price_components[2].step_size is at least 1",
        "elements[0].price_components[2].vat is a percentage such as 19",
        "elements[1].price_components is empty",
        "elements[1].restrictions.start_time: '8:00' is no time such as 08:00",
        "elements[1].restrictions.min_kwh is not above max_kwh",
        "elements[1].restrictions.min_power and max_power are not negative",
        "elements[2].price_components of a reservation are FLAT and TIME",
    )
