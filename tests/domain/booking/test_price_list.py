"""What is shown of a price before anybody begins."""

from decimal import Decimal

from msgspec.structs import replace

from domain.booking.price_list import Cause, Per, PriceShown, fits_ad_hoc, price_list
from domain.booking.terms import BlockingPolicy
from domain.pricing.charging.tariffs import ALWAYS, ReservationPart, Restrictions, Weekday
from domain.pricing.tariffs import TimePrice, TimeUnit
from domain.pricing.windows import Weekday as Day
from domain.pricing.windows import Window
from tests.domain.pricing.charging.sessions import a_tariff, element, per
from tests.examples import CHARGING_STANDARD

OCPI = replace(CHARGING_STANDARD, time=None, energy=None)
BLOCKING = BlockingPolicy(Decimal("0.10"), cap=Decimal("12.00"), grace_s=14_400)
NIGHT = {"start_time": "22:00", "end_time": "06:00"}


def test_components_stand_in_the_order_of_the_law_with_their_tax() -> None:
    tariff = a_tariff(
        element(per("FLAT", 2, 19), per("TIME", 3, 19, 300), reservation="RESERVATION"),
        element(per("FLAT", 1, 19), per("TIME", 3, 19, 300)),
        element(per("ENERGY", "0.3", 19), **NIGHT),
        element(per("ENERGY", "0.5", 19)),
        max_price={"before_taxes": 20},
    )
    reserved = Restrictions(reservation=ReservationPart.RESERVATION)
    assert price_list(replace(OCPI, charging=tariff), BLOCKING) == (
        PriceShown(Per.KWH, Cause.ENERGY, Decimal("0.3570"), "kWh", "EUR", when=Restrictions(**NIGHT)),  # type: ignore[arg-type]
        PriceShown(Per.KWH, Cause.ENERGY, Decimal("0.5950"), "kWh", "EUR"),
        PriceShown(Per.MINUTE, Cause.TIME, Decimal("0.0595"), "min", "EUR", step=300),
        PriceShown(Per.MINUTE, Cause.OCCUPANCY, Decimal("0.10"), "min", "EUR", grace_s=14_400, cap=Decimal("12.00")),
        PriceShown(Per.SESSION, Cause.START, Decimal("1.1900"), "session", "EUR"),
        PriceShown(Per.OTHER, Cause.RESERVATION, Decimal("2.3800"), "session", "EUR", when=reserved),
        PriceShown(Per.OTHER, Cause.RESERVATION, Decimal("0.0595"), "min", "EUR", when=reserved, step=300),
        PriceShown(Per.OTHER, Cause.MOST, Decimal("23.8000"), "session", "EUR"),
    )


def test_a_citys_own_tariff_is_shown_alike() -> None:
    evening = Window(Decimal("6.00"), "Abend", (Day.FRIDAY,), "18:00", "24:00", holidays=False)
    time = TimePrice(TimeUnit.HOUR, Decimal("2.40"), cap_per_day=Decimal("12.00"), windows=(evening,))
    friday = Restrictions(start_time="18:00", day_of_week=(Weekday.FRIDAY,))
    assert price_list(replace(CHARGING_STANDARD, time=time), None) == (
        PriceShown(Per.KWH, Cause.ENERGY, Decimal("0.4850"), "kWh", "EUR"),
        PriceShown(
            *(Per.MINUTE, Cause.TIME, Decimal("0.1000"), "min", "EUR", "Abend", friday), holidays=False, step=3600
        ),
        PriceShown(Per.MINUTE, Cause.TIME, Decimal("0.0400"), "min", "EUR", when=ALWAYS, step=3600),
        PriceShown(Per.OTHER, Cause.MOST, Decimal("12.00"), "day", "EUR"),
    )


def test_at_fifty_kilowatts_somebody_without_a_contract_pays_by_the_kwh_and_for_occupancy() -> None:
    by_energy = price_list(replace(OCPI, charging=a_tariff(element(per("ENERGY", 1)))), BLOCKING)
    reserved = element(per("FLAT", 2), reservation="RESERVATION")
    by_start = price_list(replace(OCPI, charging=a_tariff(element(per("ENERGY", 1), per("FLAT", 1)))), None)
    with_booking = price_list(replace(OCPI, charging=a_tariff(reserved, element(per("ENERGY", 1)))), None)
    fast, slow = Decimal(50), Decimal("49.9")
    assert [fits_ad_hoc(each, fast) for each in (by_energy, by_start, with_booking)] == [True, False, True]
    assert fits_ad_hoc(by_start, slow)
