"""Both sides' cash flows of a lease, with parental leave, leaving, and buying at the end."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Due
from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind
from domain.bike_leasing.calculation.net_effect import TOLD
from domain.bike_leasing.calculation.sheets import NotCalculable, Note
from domain.bike_leasing.contracts.suspensions import Pause
from domain.bike_leasing.simulation.flows import FlowKind, Phase, Simulation, simulate
from domain.bike_leasing.simulation.scenarios import (
    ConversionStart,
    PlannedPause,
    Protection,
    Scenario,
)
from domain.money import Money
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur

# Rate 111.29 and insurance 10.64: 121.93 are converted, 9.00 of benefit stay taxed. Of the other 112.93 insurance would take
# 21.15 % and tax 30 %: 64.17 are missing in the employee's account, and the employer saves 23.88 of its shares.
SCENARIO = Scenario(
    eur("3,999"),
    eur("3,999"),
    eur("399.90"),
    36,
    Decimal("5.90"),
    eur("3,500"),
    Decimal(30),
    date(2026, 12, 10),
    fees=(Fee(FeeKind.INSURANCE, eur("10.64")),),
)
BURDEN, TOTAL, SAVED = 64_17, 121_93, 23_88


def simulated(**more: Any) -> Simulation:
    found = simulate(replace(SCENARIO, **more), "NI")
    assert isinstance(found, Simulation), found
    return found


def phases(found: Simulation) -> dict[str, int]:
    return {phase: sum(month.phase is phase for month in found.months) for phase in Phase}


def sums(found: Simulation, *numbers: int) -> list[tuple[int, int]]:
    """The employee's and the employer's of the lease's months, 0 being the one of the handover."""
    return [found.months[number].sums for number in numbers]


def test_the_employee_pays_net_what_the_employer_hands_on_and_keeps_its_share_of() -> None:
    found = simulated()

    assert sums(found, 0, 1, 35, 36, 37) == [
        (-BURDEN, TOTAL + SAVED),  # pay is converted from the handover on
        (-BURDEN, SAVED),
        (-BURDEN, SAVED),
        (0, -TOTAL),  # and the lease has its last month after it
        (0, 0),
    ]
    assert (found.employee.amount, found.employer.amount) == (-36 * BURDEN, 36 * SAVED)
    assert found.against_buying is None
    assert found.notes == TOLD


def test_both_may_begin_in_the_same_month() -> None:
    found = simulated(conversion_starts=ConversionStart.WITH_LEASE)

    assert sums(found, 0, 1, 36) == [(0, 0), (-BURDEN, SAVED), (-BURDEN, SAVED)]
    assert found.employee.amount == -36 * BURDEN


def test_rates_are_due_by_the_calendar_of_the_state() -> None:
    found = simulated()

    assert [month.rate_due_on for month in found.months[:3]] == [None, date(2027, 1, 4), date(2027, 2, 1)]
    assert found.months[0].month == date(2026, 12, 1)
    assert len(found.months) == 38


def parental(first: int, months: int, **more: Any) -> Simulation:
    return simulated(pauses=(PlannedPause(Pause.PARENTAL_LEAVE, first, months),), **more)


def test_without_protection_parental_leave_is_paid_by_oneself_from_what_is_not_taxed() -> None:
    found = parental(13, 12)

    assert phases(found) == {"starting": 1, "running": 24, "resting": 12, "insured": 0, "settling": 0, "ended": 1}
    assert sums(found, 12, 13, 14, 24, 25, 26) == [
        (-BURDEN, SAVED),
        (0, -TOTAL),  # the last pay before has paid for it
        (-TOTAL, 0),
        (-TOTAL, 0),
        (-TOTAL - BURDEN, TOTAL + SAVED),  # the first pay afterwards pays for the next month
        (-BURDEN, SAVED),
    ]


def test_where_pay_is_converted_for_the_month_itself_that_one_rests() -> None:
    found = parental(13, 12, conversion_starts=ConversionStart.WITH_LEASE)

    assert sums(found, 12, 13, 24, 25) == [(-BURDEN, SAVED), (-TOTAL, 0), (-TOTAL, 0), (-BURDEN, SAVED)]


def test_or_by_the_employer_where_it_bears_pauses() -> None:
    assert sums(parental(13, 12, pause_borne_by=Bearer.EMPLOYER), 14) == [(0, -TOTAL)]


def test_an_insurer_pays_for_so_long_after_so_many_months_of_converted_pay() -> None:
    """Without pay from the sixth month on, six months of pay were converted, that of the handover being the first."""
    found = parental(6, 20, protection=Protection.PUBLIC)
    too_soon = parental(5, 20, protection=Protection.PUBLIC)

    assert phases(found) == {"starting": 1, "running": 16, "resting": 2, "insured": 18, "settling": 0, "ended": 1}
    assert sums(found, 6, 7, 24, 25) == [(0, -TOTAL), (0, 0), (0, 0), (-TOTAL, 0)]
    assert phases(too_soon)["insured"] == 0
    assert phases(parental(5, 20, protection=Protection.COMMERCIAL))["insured"] == 18


def test_whoever_leaves_settles_what_is_left() -> None:
    """14 x 111.29 + 399.90 - 1,500, as published terms have it."""
    found = simulated(leaves_after=22, proceeds=eur("1,500"))

    assert (found.months[-1].phase, found.months[-1].month) == (Phase.SETTLING, date(2028, 11, 1))
    assert sums(found, -1) == [(-457_96, 0)]
    assert found.employee.amount == -22 * BURDEN - 457_96
    assert Note.OWN_PROCEEDS in found.notes
    by_employer = simulated(leaves_after=22, proceeds=eur("1,500"), settlement_borne_by=Bearer.EMPLOYER)
    assert sums(by_employer, -1) == [(0, -457_96)]
    assert sums(simulated(leaves_after=22, proceeds=eur("1,500"), discounts=True), -1) == [(-375_44, 0)]


def test_who_buys_at_the_end_sees_what_it_saved_against_buying_at_once() -> None:
    found = simulated(buys=True)

    assert sums(found, -1) == [(-719_82, 0)]
    assert found.against_buying == Money(3_999_00 - 36 * BURDEN - 719_82, "EUR")
    assert Note.NOT_PROMISED in found.notes


def test_a_bike_on_top_of_the_pay_is_the_employers_to_pay_and_costs_the_employee_nothing() -> None:
    found = simulated(on_top=True)

    assert (found.employee.amount, found.employer.amount) == (0, -36 * TOTAL)


def test_an_employer_that_deducts_owes_tax_on_what_is_given_up() -> None:
    """19 % within 111.29 are 17.77; within 121.93 19.47, and the net 102.46 are less than what the bike costs net: 104.16."""
    found = simulated(deducts_vat=True, conversion_starts=ConversionStart.WITH_LEASE)
    amounts = {flow.kind: flow.amount.amount for flow in found.months[1].employer}

    assert amounts == {
        FlowKind.LEASE: -TOTAL,
        FlowKind.INPUT_VAT: 17_77,
        FlowKind.CONVERSION: TOTAL,
        FlowKind.SHARES_SAVED: SAVED,
        FlowKind.VAT: -19_79,
    }


@pytest.mark.parametrize(
    ("changed", "reason", "pointer"),
    [
        ({"sale_price": eur("0")}, NotCalculable.AMOUNT_OUT_OF_RANGE, "/sale_price"),
        ({"residual": eur("4,000")}, NotCalculable.RESIDUAL_TOO_HIGH, "/residual"),
        ({"subsidy": eur("112")}, NotCalculable.AMOUNT_OUT_OF_RANGE, "/subsidy"),
        ({"gross_pay": eur("100")}, NotCalculable.AMOUNT_OUT_OF_RANGE, "/gross_pay"),
        ({"tax_percent": Decimal(101)}, NotCalculable.RATE_OUT_OF_RANGE, "/tax_percent"),
        ({"handed_over_on": date(2025, 12, 31)}, NotCalculable.NO_RULE_THEN, "/handed_over_on"),
        ({"handed_over_on": date(2031, 1, 1)}, NotCalculable.NO_RULE_THEN, "/handed_over_on"),
        ({"due_day": 32}, NotCalculable.TERM_OUT_OF_RANGE, "/due_day"),
        ({"leaves_after": 36}, NotCalculable.TERM_OUT_OF_RANGE, "/leaves_after"),
        ({"proceeds": eur("-1")}, NotCalculable.AMOUNT_OUT_OF_RANGE, "/proceeds"),
        ({"buys": True, "months": 24}, NotCalculable.NO_MARKET_VALUE, "/market_value"),
        ({"fees": SCENARIO.fees * 11}, NotCalculable.TERM_OUT_OF_RANGE, "/fees"),
        ({"pauses": (PlannedPause(Pause.CARE, 36, 2),)}, NotCalculable.TERM_OUT_OF_RANGE, "/pauses/0"),
        ({"pauses": (PlannedPause(Pause.CARE, 1, 0),)}, NotCalculable.TERM_OUT_OF_RANGE, "/pauses/0"),
        (
            {"pauses": (PlannedPause(Pause.CARE, 1, 3), PlannedPause(Pause.ILLNESS, 3, 1))},
            NotCalculable.TERM_OUT_OF_RANGE,
            "/pauses/1",
        ),
    ],
)
def test_what_cannot_be_is_not_simulated_and_says_where(
    changed: dict[str, Any], reason: NotCalculable, pointer: str
) -> None:
    assert simulate(replace(SCENARIO, **changed), "NI") == Refusal(reason, pointer)


CENTS = st.integers(0, 5_000_00).map(lambda cents: Money(cents, "EUR"))
SCENARIOS = st.builds(
    Scenario,
    list_price=CENTS,
    sale_price=st.integers(100_00, 5_000_00).map(lambda cents: Money(cents, "EUR")),
    residual=st.integers(0, 100_00).map(lambda cents: Money(cents, "EUR")),
    months=st.integers(13, 48),
    nominal_percent=st.decimals(0, 12, places=2),
    gross_pay=st.integers(1_000_00, 12_000_00).map(lambda cents: Money(cents, "EUR")),
    tax_percent=st.integers(0, 45).map(Decimal),
    handed_over_on=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    due=st.sampled_from(Due),
    due_day=st.integers(1, 31),
    conversion_starts=st.sampled_from(ConversionStart),
    childless=st.booleans(),
    pauses=st.sampled_from(((), (PlannedPause(Pause.PARENTAL_LEAVE, 3, 6),), (PlannedPause(Pause.CARE, 1, 12),))),
    protection=st.sampled_from(Protection),
    pause_borne_by=st.sampled_from(Bearer),
    leaves_after=st.sampled_from((None, 12)),
    proceeds=CENTS,
    settlement_borne_by=st.sampled_from(Bearer),
)


@given(SCENARIOS)
def test_what_one_side_does_not_pay_is_paid_by_the_other_or_taken_from_taxes_and_insurance(scenario: Scenario) -> None:
    found = simulate(scenario, "NI")
    if isinstance(found, Refusal):
        assert found.reason is NotCalculable.AMOUNT_OUT_OF_RANGE  # too little pay for so dear a bike
        return
    net = found.sheets.by_name["net_burden"].results
    forgone = net["tax_saved"].amount + net["insurance_saved"].amount + net["employer_saves"].amount
    for month in found.months:
        amounts = {flow.kind: flow.amount.amount for flow in (*month.employer, *month.employee)}
        lessors = -amounts.get(FlowKind.LEASE, 0) - amounts.get(FlowKind.SETTLEMENT, 0)
        converts = FlowKind.NET_BURDEN in amounts or FlowKind.CONVERSION in amounts
        state = forgone if converts else 0
        assert abs(sum(month.sums) + lessors - state) <= 1  # each of the three was rounded by itself
    assert found.employee.amount == sum(month.sums[0] for month in found.months)
    assert all(month.sums[0] <= 0 for month in found.months if month.phase is not Phase.RUNNING)
