"""What is simulated of a lease that rests is what becomes of the plan and of the pay of one that does."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts import pausing
from domain.bike_leasing.contracts.acts import LeaseStepped
from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.plans import InstalmentState, LeaseInstalment, held, planned
from domain.bike_leasing.contracts.suspensions import REST_RULES, RESUMPTION_POLICIES, Pause, Suspension
from domain.bike_leasing.money.payroll import BikeBenefit, PayrollBook, payroll_line
from domain.bike_leasing.simulation.flows import FlowKind, Phase, Simulation, simulate
from domain.bike_leasing.simulation.scenarios import PROTECTED, PlannedPause, Protection
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import CALENDAR, LEASE, QUOTE, WORKS, tried
from tests.domain.bike_leasing.test_simulating import SCENARIO

HANDED_OVER, FIRST = SCENARIO.handed_over_on, date(2027, 1, 1)
LEASE_OF_BOTH = replace(
    LEASE,
    state=LeaseState.ACTIVE,
    suspensions=(),
    incident=None,
    handed_over_on=HANDED_OVER,
    first_month=FIRST,
    last_day=date(2029, 12, 31),
)
PLAN = planned(FIRST, QUOTE, WORKS, CALENDAR)


def simulated(**more: Any) -> Simulation:
    found = simulate(replace(SCENARIO, **more), "NI")
    assert isinstance(found, Simulation), found
    return found


def told_of(since: date) -> Any:
    """Somebody of HR on that day: no insurer is told late."""
    return replace(tried(Side.HR), today=since)


def suspended(protection: Protection, since: date) -> tuple[LeaseStepped, tuple[LeaseInstalment, ...]]:
    rest = Suspension(Pause.PARENTAL_LEAVE, since)
    found = pausing.suspend(
        LEASE_OF_BOTH, PLAN, rest, told_of(since), protection=PROTECTED[protection], rule=REST_RULES[-1]
    )
    assert isinstance(found, LeaseStepped), found
    return found, after(PLAN, found)


def after(plan: tuple[LeaseInstalment, ...], step: LeaseStepped) -> tuple[LeaseInstalment, ...]:
    moved = {each.number: each for each in step.plan}
    return tuple(moved.get(each.number, each) for each in plan)


def months_in(plan: tuple[LeaseInstalment, ...], state: InstalmentState) -> list[date]:
    return [each.month for each in plan if each.state is state]


def phased(found: Simulation, phase: Phase) -> list[date]:
    return [month.month for month in found.months if month.phase is phase]


def converted(plan: tuple[LeaseInstalment, ...], until: date) -> list[date]:
    """In which months' pay something is converted."""
    benefit = BikeBenefit(HANDED_OVER, eur("9"))
    book = PayrollBook(LEASE_OF_BOTH, WORKS, (benefit,), None, deducts_vat=False, plan=plan)
    lines = (payroll_line(book, months_on(HANDED_OVER, index)) for index in range(48))
    return [line.month for line in lines if line is not None and line.conversion.amount and line.month < until]


def as_converted(found: Simulation) -> list[date]:
    return [month.month for month in found.months if FlowKind.NET_BURDEN in {flow.kind for flow in month.employee}]


@pytest.mark.parametrize("protection", [Protection.PUBLIC, Protection.COMMERCIAL])
@pytest.mark.parametrize("first_month", [1, 5, 6, 13, 24])
def test_an_insurer_pays_for_the_same_months_and_the_same_pay_is_converted(
    first_month: int, protection: Protection
) -> None:
    since, on = months_on(FIRST, first_month - 1), months_on(FIRST, first_month + 11)
    found = simulated(protection=protection, pauses=(PlannedPause(Pause.PARENTAL_LEAVE, first_month, 12),))
    step, plan = suspended(protection, since)

    if not phased(found, Phase.INSURED):
        assert InstalmentState.INSURED not in {each.state for each in plan}
        assert phased(found, Phase.RESTING) == months_in(plan, InstalmentState.ON_HOLD)[:12]
        return
    again = pausing.resume(step.lease, plan, on, CALENDAR, told_of(since), policy=RESUMPTION_POLICIES[-1])
    assert isinstance(again, LeaseStepped), again
    plan = after(plan, again)
    assert phased(found, Phase.INSURED) == months_in(plan, InstalmentState.INSURED)
    assert as_converted(found) == converted(plan, date(2030, 1, 1))


def test_what_no_insurer_pays_rests_from_the_same_month_on() -> None:
    """What becomes of it differs: in the simulator it is paid by oneself, in the plan it moves on."""
    found = simulated(protection=Protection.PUBLIC, pauses=(PlannedPause(Pause.PARENTAL_LEAVE, 9, 21),))
    _, plan = suspended(Protection.PUBLIC, months_on(FIRST, 8))

    assert phased(found, Phase.INSURED) == months_in(plan, InstalmentState.INSURED)
    assert phased(found, Phase.RESTING) == months_in(plan, InstalmentState.ON_HOLD)[:3]
    back = months_on(FIRST, 29)
    assert [each for each in as_converted(found) if each < back] == converted(plan, back)


def test_the_pay_of_whoever_leaves_is_converted_for_no_month_after_it() -> None:
    """Months after notice wait, and so no pay of before is kept for them."""
    found = simulated(leaves_after=22)

    assert as_converted(found) == converted(held(PLAN, date(2028, 10, 31)), date(2030, 1, 1))
