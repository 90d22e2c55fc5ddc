"""What each side of a lease sees of it."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.seeing import as_seen, plan_is_seen, sheet_is_seen
from domain.bike_leasing.contracts.suspensions import Pause, Suspension
from tests.domain.bike_leasing.leases import LEASE, MADE_OUT, RETURNED, STOLEN, TODAY

FULL = replace(
    LEASE,
    state=LeaseState.INCIDENT,
    incident=STOLEN,
    incidents_before=(STOLEN,),
    protocol=RETURNED,
    pickup_on=TODAY,
    reason="krank",
)
HR, DEALER = frozenset({Side.HR}), frozenset({Side.DEALER})


def test_an_employer_sees_that_there_was_an_incident_and_nothing_of_it() -> None:
    seen = as_seen(FULL, HR)

    assert seen.state is LeaseState.INCIDENT
    assert (seen.incident, seen.incidents_before, seen.protocol, seen.purchase_offer, seen.pickup_on) == (
        None,
        (),
        None,
        None,
        None,
    )
    assert seen.made_out == replace(MADE_OUT, buyout_price=None, credit_granted=False)
    assert (seen.quote, seen.suspensions) == (FULL.quote, FULL.suspensions)
    assert as_seen(replace(FULL, state=LeaseState.PURCHASED), HR).state is LeaseState.ENDING


def test_another_employer_does_not_see_when_somebody_was_ill_before_she_came() -> None:
    ill, cares = (
        Suspension(Pause.ILLNESS, date(2027, 1, 1), date(2027, 3, 1)),
        Suspension(Pause.CARE, date(2028, 12, 1)),
    )
    moved = replace(FULL, suspensions=(ill, cares), transferred_on=TODAY)

    assert as_seen(moved, HR).suspensions == (cares,)
    assert as_seen(moved, frozenset({Side.EMPLOYEE})) == moved


def test_a_dealer_sees_his_offer_until_the_bike_is_handed_over() -> None:
    seen = as_seen(FULL, DEALER)

    assert (seen.state, seen.quote, seen.suspensions, seen.incident, seen.reason, seen.last_day) == (
        LeaseState.HANDED_OVER,
        FULL.quote,
        (),
        None,
        None,
        None,
    )
    assert as_seen(replace(FULL, state=LeaseState.REJECTED), DEALER).state is LeaseState.REJECTED
    assert as_seen(FULL, DEALER | {Side.LESSOR}) == FULL


def test_sheets_and_plans_are_for_whom_they_concern() -> None:
    names = ("rate", "month", "settlement-7", "purchase-9")
    assert [sheet_is_seen(name, DEALER) for name in names] == [True, False, False, False]
    assert [sheet_is_seen(name, HR) for name in names] == [True, True, True, False]
    assert all(sheet_is_seen(name, frozenset({Side.EMPLOYEE})) for name in names)
    assert (plan_is_seen(DEALER), plan_is_seen(HR)) == (False, True)
