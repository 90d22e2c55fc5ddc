"""The acts' own rules: what each of them refuses although it is somebody's turn, and what it leaves behind."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import START_POLICIES
from domain.bike_leasing.contracts import handing_over, offering, reviewing, undoing
from domain.bike_leasing.contracts.acts import LeaseStepped, NotDone
from domain.bike_leasing.contracts.handing_over import PinMistyped
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    Lease,
    LeaseState,
    Pin,
)
from domain.bike_leasing.contracts.parties import MINIMUM_WAGES, TV_FAHRRADLEASING, TV_L, Bar, Framework, Side, Span
from domain.bike_leasing.contracts.plans import InstalmentState
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import (
    ACCREDITATION,
    BARRING,
    BIKE,
    CALENDAR,
    FRAMEWORK,
    GOOD_JOB,
    HANDED,
    LATER,
    LEASE,
    NOW,
    PIN,
    PIN_POLICY,
    PLAN,
    PRIVATE,
    QUOTE,
    RIGHT,
    TODAY,
    tried,
)

E, H, D, L, S = (tried(side) for side in (Side.EMPLOYEE, Side.HR, Side.DEALER, Side.LESSOR, Side.SYSTEM))
DRAFT, OFFERED, APPLIED = (replace(LEASE, state=state) for state in list(LeaseState)[:3])
OVER = Span(date(2024, 1, 1), date(2028, 10, 1))


def at(state: LeaseState, **more: Any) -> Lease:
    return replace(LEASE, state=state, **more)


def quoted(**more: Any) -> Lease:
    return replace(OFFERED, quote=replace(QUOTE, bike=replace(BIKE, **more)))


def no(reason: NotDone, pointer: str = "") -> Refusal[NotDone]:
    return Refusal(reason, pointer)


# -- offer and application


@pytest.mark.parametrize(
    ("quote", "reason", "pointer"),
    [
        (replace(QUOTE, bike=replace(BIKE, list_price=eur("0"))), NotDone.BAD_QUOTE, "/quote/bike/list_price"),
        (replace(QUOTE, bike=replace(BIKE, sale_price=eur("-1"))), NotDone.BAD_QUOTE, "/quote/bike/sale_price"),
        (replace(QUOTE, months=0), NotDone.BAD_QUOTE, "/quote/months"),
        (replace(QUOTE, rate=eur("-1")), NotDone.BAD_QUOTE, "/quote/rate"),
        (replace(QUOTE, valid_until=NOW), NotDone.OFFER_EXPIRED, "/quote/valid_until"),
    ],
)
def test_what_is_no_quote_is_not_offered(quote: Any, reason: NotDone, pointer: str) -> None:
    assert offering.offer(DRAFT, quote, ACCREDITATION, D) == no(reason, pointer)


def test_only_dealers_that_the_lessor_has_accredited_offer() -> None:
    assert offering.offer(DRAFT, QUOTE, None, D) == no(NotDone.DEALER_NOT_ACCREDITED)
    assert offering.offer(DRAFT, QUOTE, replace(ACCREDITATION, span=OVER), D) == no(NotDone.DEALER_NOT_ACCREDITED)


def test_the_cap_of_the_city_leaves_services_out_and_that_of_the_land_counts_them() -> None:
    """7,000 euros by both; TV-L counts 36 times 10.64 for insurance as well."""
    just = quoted(list_price=eur("7,000"))
    of_the_land = replace(FRAMEWORK, agreement=TV_L)

    assert isinstance(offering.apply(just, FRAMEWORK, 0, E), LeaseStepped)
    assert offering.apply(just, of_the_land, 0, E) == no(NotDone.ABOVE_CAP)
    assert isinstance(offering.apply(quoted(list_price=eur("6,616.96")), of_the_land, 0, E), LeaseStepped)
    assert offering.apply(quoted(list_price=eur("6,616.97")), of_the_land, 0, E) == no(NotDone.ABOVE_CAP)
    assert offering.apply(quoted(list_price=eur("7,000.01")), FRAMEWORK, 0, E) == no(NotDone.ABOVE_CAP)
    assert offering.apply(quoted(list_price=eur("749.99")), of_the_land, 0, E) == no(NotDone.BELOW_LEAST_PRICE)
    assert isinstance(offering.apply(quoted(list_price=eur("749.99")), FRAMEWORK, 0, E), LeaseStepped)


def test_what_employers_and_the_law_do_not_allow_is_not_applied_for() -> None:
    assert offering.apply(quoted(kind=BikeKind.S_PEDELEC), FRAMEWORK, 0, E) == no(NotDone.NO_BIKE_BY_LAW)
    assert offering.apply(OFFERED, FRAMEWORK, 1, E) == no(NotDone.TOO_MANY_BIKES)
    assert offering.apply(OFFERED, None, 0, E) == no(NotDone.FRAMEWORK_NOT_ACTIVE)
    assert offering.apply(OFFERED, replace(FRAMEWORK, span=OVER), 0, E) == no(NotDone.FRAMEWORK_NOT_ACTIVE)
    late = replace(OFFERED, quote=replace(QUOTE, valid_until=NOW))
    assert offering.apply(late, FRAMEWORK, 0, E) == no(NotDone.OFFER_EXPIRED)


def test_a_resident_applies_without_an_employer() -> None:
    assert isinstance(offering.apply(replace(OFFERED, parties=PRIVATE), None, 3, E), LeaseStepped)


# -- yes and no


@pytest.mark.parametrize(
    ("employment", "reason", "pointer"),
    [
        (replace(GOOD_JOB, bars=frozenset({Bar.GARNISHMENT})), NotDone.BARRED, "/bars"),
        (replace(GOOD_JOB, bars=frozenset({Bar.UNDER_NOTICE})), NotDone.BARRED, "/bars"),
        (replace(GOOD_JOB, ends_on=date(2031, 10, 30)), NotDone.EMPLOYMENT_ENDS_BEFORE, "/ends_on"),
        (replace(GOOD_JOB, hourly_after=Decimal("14.59")), NotDone.BELOW_MINIMUM_WAGE, "/hourly_after"),
    ],
)
def test_hr_cannot_approve_what_is_barred(employment: Any, reason: NotDone, pointer: str) -> None:
    assert reviewing.approve(APPLIED, employment, BARRING, MINIMUM_WAGES[-1], H) == no(reason, pointer)


def test_what_only_the_land_takes_for_a_bar_is_none_for_the_city() -> None:
    on_probation = replace(GOOD_JOB, bars=frozenset({Bar.PROBATION}), ends_on=date(2031, 10, 31))

    assert isinstance(
        reviewing.approve(APPLIED, on_probation, TV_FAHRRADLEASING.bars, MINIMUM_WAGES[-1], H), LeaseStepped
    )
    assert reviewing.approve(APPLIED, on_probation, TV_L.bars, MINIMUM_WAGES[-1], H) == no(NotDone.BARRED, "/bars")


def test_a_no_says_why() -> None:
    assert reviewing.reject(APPLIED, " ", H) == no(NotDone.REASON_MISSING, "/reason")
    refused = reviewing.reject(APPLIED, " befristet ", H)
    assert isinstance(refused, LeaseStepped)
    assert refused.lease.reason == "befristet"


def ordered(lease: Lease, used: str = "0", framework: Framework | None = FRAMEWORK, **more: bool) -> Any:
    return reviewing.order(lease, framework, eur(used), RIGHT, L, **{"signed": True, "credit_granted": False} | more)


def test_the_lessor_orders_within_the_employers_credit_line_what_is_signed() -> None:
    approved = at(LeaseState.APPROVED)

    assert ordered(approved, "96,201.00").lease.concluded_on == TODAY
    assert ordered(approved, "96,201.01") == no(NotDone.CREDIT_LINE_USED_UP)
    assert ordered(approved, framework=None) == no(NotDone.FRAMEWORK_NOT_ACTIVE)
    assert ordered(approved, signed=False) == no(NotDone.NOT_SIGNED, "/signed")


def test_a_consumers_order_needs_her_credit_and_begins_her_right() -> None:
    own = replace(APPLIED, parties=PRIVATE, withdrawal_until=None)

    assert ordered(own, framework=None) == no(NotDone.CREDIT_NOT_GRANTED, "/credit_granted")
    assert ordered(own, framework=None, credit_granted=True).lease.withdrawal_until == date(2028, 10, 16)


# -- handover


READY = at(LeaseState.READY_FOR_PICKUP)


def handed(lease: Lease, by: Any = D, **more: Any) -> Any:
    return handing_over.hand_over(replace(HANDED, **more), lease, START_POLICIES[-1], CALENDAR, by)


def test_the_pin_counts_once_and_the_lease_begins_in_the_next_month() -> None:
    after = handed(READY).lease

    assert (after.pin, after.handed_over_on) == (None, TODAY)
    assert (after.first_month, after.last_day) == (date(2028, 11, 1), date(2031, 10, 31))
    assert [each.due_on for each in handed(READY).plan][:3] == [date(2028, 11, 1), date(2028, 12, 1), date(2029, 1, 2)]
    assert handed(after) == no(NotDone.WRONG_STATE)


def test_every_wrong_pin_is_a_try_less_until_none_is_left() -> None:
    lease, left = READY, []
    for _ in range(3):
        outcome = handed(lease, fits=False)
        assert isinstance(outcome, PinMistyped)
        lease = outcome.lease
        left.append(lease.pin.tries_left if lease.pin else None)

    assert left == [2, 1, 0]
    assert handed(lease) == no(NotDone.PIN_USED_UP)
    another = handing_over.reissue_pin(lease, PIN, PIN_POLICY, D)
    assert isinstance(another, LeaseStepped)
    assert another.lease.pin == Pin(PIN, LATER, 3, nth=2)
    assert isinstance(handed(another.lease), LeaseStepped)
    assert handing_over.reissue_pin(another.lease, PIN, PIN_POLICY, D) == no(NotDone.NO_MORE_PINS)


def test_the_bike_is_given_to_whom_it_is_for_and_as_it_should_be() -> None:
    in_a_shop = replace(READY, quote=replace(QUOTE, online=False))

    assert handed(replace(READY, pin=Pin(PIN, NOW, 3))) == no(NotDone.PIN_EXPIRED)
    assert handed(READY, identity_checked=False) == no(NotDone.IDENTITY_NOT_CHECKED, "/identity_checked")
    assert handed(READY, free_of_defects=False) == no(NotDone.DEFECTS, "/free_of_defects")
    assert isinstance(handed(READY, E, identity_checked=False), LeaseStepped)
    assert handed(in_a_shop, E) == no(NotDone.NOT_YOURS_TO_DO)
    unnumbered = handing_over.make_ready(at(LeaseState.ORDERED), " ", Pin(PIN, LATER, 3), D)
    assert unnumbered == no(NotDone.SERIAL_NUMBER_MISSING, "/serial_number")


def test_a_lease_is_not_active_before_its_first_month() -> None:
    assert handing_over.activate(handed(READY).lease, S) == no(NotDone.TOO_EARLY)


# -- undoing


def test_whoever_cancels_for_somebody_else_says_why() -> None:
    assert undoing.cancel(APPLIED, " ", H) == no(NotDone.REASON_MISSING, "/reason")
    assert isinstance(undoing.cancel(APPLIED, "", E), LeaseStepped)


def test_whoever_was_not_told_of_her_right_may_withdraw_for_another_year() -> None:
    own = at(LeaseState.APPLIED, parties=PRIVATE)
    untold = replace(RIGHT, told=False)
    ordered = [
        reviewing.order(own, None, eur("0"), right, L, signed=True, credit_granted=True) for right in (RIGHT, untold)
    ]
    assert [each.lease.withdrawal_until for each in ordered if isinstance(each, LeaseStepped)] == [
        date(2028, 10, 16),
        date(2029, 10, 16),
    ]


def test_a_consumer_withdraws_also_from_a_bike_that_she_has_while_her_right_runs() -> None:
    own = at(LeaseState.ACTIVE, parties=PRIVATE)
    tomorrow = TODAY + timedelta(days=1)

    withdrawn = undoing.withdraw(own, PLAN, TODAY, E)
    assert isinstance(withdrawn, LeaseStepped)
    assert {each.state for each in withdrawn.plan} == {InstalmentState.CUT}
    assert undoing.withdraw(own, PLAN, tomorrow, E) == no(NotDone.RIGHT_OVER)
    assert undoing.withdraw(replace(own, withdrawal_until=None), PLAN, TODAY, E) == no(NotDone.RIGHT_OVER)
