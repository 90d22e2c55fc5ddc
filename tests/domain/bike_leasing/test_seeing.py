"""What each side of a lease sees of it."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.seeing import as_seen, plan_as_seen, sheet_is_seen
from domain.bike_leasing.contracts.suspensions import Pause, Suspension
from tests.domain.bike_leasing.leases import ELSEWHERE, LEASE, MADE_OUT, PLAN, RETURNED, STOLEN, TODAY

FULL = replace(
    LEASE,
    state=LeaseState.INCIDENT,
    incident=STOLEN,
    incidents_before=(STOLEN,),
    interrupted=LeaseState.RETURN_SCHEDULED,
    protocol=RETURNED,
    pickup_on=TODAY,
    reason="krank",
)
HR, DEALER, HOLDER = (frozenset({side}) for side in (Side.HR, Side.DEALER, Side.EMPLOYEE))


def test_an_employer_sees_that_there_was_an_incident_and_nothing_of_it() -> None:
    seen = as_seen(FULL, HR)

    assert (seen.state, seen.interrupted) == (LeaseState.INCIDENT, None)
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
    assert [sheet_is_seen(name, LEASE, DEALER) for name in names] == [True, False, False, False]
    assert [sheet_is_seen(name, LEASE, HR) for name in names] == [True, True, True, False]
    assert all(sheet_is_seen(name, LEASE, HOLDER) for name in names)
    assert (list(plan_as_seen(PLAN, LEASE, DEALER)), list(plan_as_seen(PLAN, LEASE, HR))) == ([], list(PLAN))


def test_an_employer_sees_what_it_owes_itself_and_nothing_of_the_time_before() -> None:
    waits = (*PLAN[:34], *(replace(each, employer=ELSEWHERE) for each in PLAN[34:]))
    moved = replace(LEASE, parties=replace(LEASE.parties, employer=ELSEWHERE), transferred_on=TODAY, made_out=None)
    again = replace(moved, made_out=replace(MADE_OUT, sheet="settlement-11"))

    assert list(plan_as_seen(waits, moved, HR)) == list(waits[34:])
    assert list(plan_as_seen(waits, moved, HOLDER)) == list(waits)
    assert [sheet_is_seen(name, moved, HR) for name in ("rate", "benefit", "settlement-7")] == [True, True, False]
    assert [sheet_is_seen(name, again, HR) for name in ("settlement-7", "settlement-11")] == [False, True]
    assert sheet_is_seen("settlement-7", again, HOLDER)
