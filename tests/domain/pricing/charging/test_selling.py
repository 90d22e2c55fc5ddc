"""OCPI tariffs as a city sells by them."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.booking.terms import frozen_terms
from domain.money import Money
from domain.periods import Period
from domain.pricing.charging.selling import likely_kwh
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.quotes import LineKind, Quote, Usage, price, waived, with_fee
from tests.domain.pricing.charging.sessions import BERLIN, MINUTE, a_tariff, at, element, per
from tests.examples import A_DEAL, CHARGING_STANDARD, SHORT_POLICY, euros, hours

NOON = at("2027-05-10T12:00")
TWO_HOURS = Period(NOON, NOON + hours(2))
RESERVED = a_tariff(
    element(per("FLAT", 4, 19), per("TIME", 6, 19), reservation="RESERVATION_EXPIRES"),
    element(per("FLAT", 2, 19), per("TIME", 3, 19), reservation="RESERVATION"),
    element(per("ENERGY", "0.5", 7)),
)


def quoted(charging: ChargingTariff, energy: str | None = "10") -> Quote:
    tariff = replace(CHARGING_STANDARD, time=None, energy=None, charging=charging)
    return price(tariff, Usage(TWO_HOURS, BERLIN, Decimal(energy) if energy else None))


def test_a_booking_is_quoted_as_if_its_holder_came_in_time() -> None:
    quote = quoted(RESERVED)
    assert [(line.kind, line.vat_rate, line.gross) for line in quote.lines] == [
        (LineKind.RESERVATION, Decimal("0.19"), euros("2.38")),
        (LineKind.ENERGY, Decimal("0.07"), euros("5.35")),
    ]
    assert (quote.total, quote.vat_total) == (euros("7.73"), euros("0.73"))


def test_a_fee_leaves_the_others_their_rates_of_tax() -> None:
    tariff = replace(CHARGING_STANDARD, time=None, energy=None, charging=RESERVED)
    quote = with_fee(quoted(RESERVED), euros("1.19"), tariff)
    assert [line.vat_rate for line in quote.lines] == [Decimal("0.19"), Decimal("0.07"), Decimal("0.19")]
    assert (quote.total, quote.vat_total) == (euros("8.92"), euros("0.92"))


@pytest.mark.parametrize(
    ("grace_s", "fee"), [(1800, "10.71"), (None, "21.42"), (0, "7.14")]
)  # both fees, and so long at the price of expiry
def test_nobody_coming_costs_what_the_tariff_says_of_it(grace_s: int | None, fee: str) -> None:
    policy, deal = replace(SHORT_POLICY, no_show_after_s=grace_s), replace(A_DEAL, charging=RESERVED)
    assert frozen_terms(policy, TWO_HOURS, quoted(RESERVED), NOON, deal).no_show_fee == euros(fee)
    unpaid = waived(quoted(RESERVED))
    assert frozen_terms(policy, TWO_HOURS, unpaid, NOON, deal).no_show_fee == Money(0, "EUR")


def test_where_the_tariff_says_nothing_of_it_the_terms_do() -> None:
    silent = a_tariff(element(per("ENERGY", 1)))
    terms = frozen_terms(SHORT_POLICY, TWO_HOURS, quoted(silent), NOON, replace(A_DEAL, charging=silent))
    assert terms.no_show_fee == euros("10.00")


def test_what_nobody_says_is_taken_for_so_much_as_the_point_gives_until_then() -> None:
    assert likely_kwh(TWO_HOURS, Decimal(22)) == 15
    assert likely_kwh(Period(NOON, NOON + 20 * MINUTE), Decimal("3.7")) == Decimal("1.233")
