"""What it costs not to use what was booked, and how that is taxed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import ReasonCode, State
from domain.booking.fees import FEE_TAX, FeeKind, FeeRule, FeeTax, FrozenTax, Treatment, fee_line, frozen_taxes
from domain.booking.publishing import policy_faults
from domain.booking.terms import PolicyStep, frozen_terms
from domain.booking.withdrawing import fee_lines
from domain.money import Money
from domain.pricing.quotes import Line, LineKind
from tests.examples import A_DEAL, NOON, SHORT_POLICY, a_booking, euros

VAT = Decimal("0.19")
TODAY = date(2030, 6, 1)


@pytest.mark.parametrize(
    ("rule", "price", "fee"),
    [
        (FeeRule(50), "2.40", "1.20"),
        (FeeRule(50), "0.05", "0.03"),
        (FeeRule(0, Decimal("3.00")), "2.40", "3.00"),
        (FeeRule(10, Decimal("1.00")), "20.00", "3.00"),
        (FeeRule(50, at_least=Decimal("5.00")), "2.40", "5.00"),
        (FeeRule(100, at_most=Decimal("15.00")), "48.00", "15.00"),
        (FeeRule(50, at_least=Decimal(5), at_most=Decimal(15)), "20.00", "10.00"),
        (FeeRule(50, Decimal(1), Decimal(5), Decimal(15)), "0.00", "0.00"),
    ],
)
def test_a_fee_is_a_part_of_the_price_and_an_amount_within_bounds(rule: FeeRule, price: str, fee: str) -> None:
    assert rule.of(euros(price)) == euros(fee)


def test_fees_are_taxed_by_what_they_are_paid_for() -> None:
    cancellation, no_show, performed = frozen_taxes((), VAT, TODAY)

    assert [(tax.kind, tax.treatment, tax.vat_rate) for tax in (cancellation, no_show, performed)] == [
        (FeeKind.CANCELLATION, Treatment.DAMAGES, Decimal(0)),
        (FeeKind.NO_SHOW, Treatment.CONSIDERATION, VAT),
        (FeeKind.PERFORMED, Treatment.CONSIDERATION, VAT),
    ]
    assert fee_line(FeeKind.CANCELLATION, euros("11.90"), [cancellation]) == Line(
        *(LineKind.CANCELLATION, "Stornogebühr", Decimal(1), "1", Decimal(0)),
        *(euros("11.90"), euros("0.00"), euros("11.90")),
    )
    assert fee_line(FeeKind.NO_SHOW, euros("11.90"), [no_show]) == Line(
        *(LineKind.NO_SHOW, "Gebühr bei Nichtnutzung", Decimal(1), "1", VAT),
        *(euros("10.00"), euros("1.90"), euros("11.90")),
    )


def test_what_the_city_says_of_a_fee_counts_from_its_date_on() -> None:
    ours = FeeTax(FeeKind.CANCELLATION, Treatment.CONSIDERATION, TODAY, "verbindliche Auskunft 2030/17")
    later = replace(ours, treatment=Treatment.DAMAGES, valid_from=date(2031, 1, 1))

    def on(day: date) -> FrozenTax:
        return frozen_taxes((later, ours), VAT, day)[0]

    assert on(date(2030, 5, 31)).source == FEE_TAX[0].source
    assert on(TODAY) == FrozenTax(FeeKind.CANCELLATION, Treatment.CONSIDERATION, VAT, TODAY, ours.source)
    assert on(date(2031, 6, 1)).vat_rate == Decimal(0)


def test_every_fee_of_law_is_as_old_as_the_first_booking_and_names_its_source() -> None:
    assert {record.kind for record in FEE_TAX if record.valid_from < date(2025, 1, 1)} == set(FeeKind)
    assert all(record.source for record in FEE_TAX)


def test_a_booking_keeps_the_tax_of_its_fees_and_shows_it_once_there_is_one() -> None:
    policy = replace(SHORT_POLICY, no_show_fee_min=Decimal(5), steps=(PolicyStep(3600, fee_flat=Decimal(2)),))
    made = a_booking(State.CONFIRMED)
    terms = frozen_terms(policy, made.period, made.quote, made.made_at, A_DEAL)

    def shown(state: State, reason: ReasonCode, fee: Money) -> list[tuple[str, int, Decimal]]:
        booking = a_booking(state, terms=terms, reason_code=reason, fee=fee)
        return [(line.kind, line.gross.amount, line.vat_rate) for line in fee_lines(booking)]

    assert terms.cancellation(NOON).fee == terms.no_show_fee == euros("5.00")
    assert shown(State.CANCELLED, ReasonCode.BY_HOLDER, terms.steps[0].fee) == [("cancellation", 200, Decimal(0))]
    assert shown(State.NO_SHOW, ReasonCode.NOT_STARTED, terms.no_show_fee) == [("no_show", 500, VAT)]
    assert shown(State.CANCELLED, ReasonCode.BY_HOLDER, euros("0.00")) == []
    assert shown(State.COMPLETED, ReasonCode.BY_HOLDER, euros("2.40")) == []


@pytest.mark.parametrize(
    ("steps", "no_show", "fault"),
    [
        ([PolicyStep(0, 50)], {}, None),
        ([PolicyStep(0, 0, Decimal(2))], {"no_show_fee_min": Decimal(2)}, None),
        ([PolicyStep(0, 0, Decimal(2))], {}, "a later cancellation does not cost less, and not coming costs the most"),
        ([PolicyStep(0, 50, fee_max=Decimal(5))], {"no_show_fee_max": Decimal("4.99")}, "a later cancellation does not"),
        ([PolicyStep(0, 50, fee_min=Decimal(6), fee_max=Decimal(5))], {}, "a fee's minimum is at most its maximum"),
        ([PolicyStep(0, 0, Decimal(-1))], {}, "fees that are amounts are finite, not negative and below a million"),
        ([PolicyStep(0, 0, Decimal("NaN"))], {}, "fees that are amounts are finite, not negative and below a million"),
    ],
)  # fmt: skip
def test_fees_that_make_no_sense_are_not_published(
    steps: list[PolicyStep], no_show: dict[str, Decimal], fault: str | None
) -> None:
    faults = policy_faults(replace(SHORT_POLICY, steps=tuple(steps), **no_show))

    assert bool(faults) == (fault is not None)
    assert fault is None or faults[0].startswith(fault)


AMOUNT = st.none() | st.integers(0, 3000).map(lambda cents: Decimal(cents) / 100)
RULE = st.builds(FeeRule, st.integers(0, 100), AMOUNT, AMOUNT, AMOUNT)


@given(earlier=RULE, later=RULE, price=st.integers(1, 20_000))
def test_no_published_fee_falls_with_time_at_any_price(earlier: FeeRule, later: FeeRule, price: int) -> None:
    step = PolicyStep(3600, earlier.percent, earlier.flat, earlier.at_least, earlier.at_most)
    policy = replace(
        SHORT_POLICY,
        steps=(step,),
        no_show_fee_percent=later.percent,
        no_show_fee_flat=later.flat,
        no_show_fee_min=later.at_least,
        no_show_fee_max=later.at_most,
    )
    if not policy_faults(policy):
        assert earlier.of(Money(price, "EUR")).amount <= later.of(Money(price, "EUR")).amount + 1
