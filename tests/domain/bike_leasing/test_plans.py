"""The plan of a lease: what is owed for each month, and how it moves."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind
from domain.bike_leasing.contracts.leases import LeaseQuote
from domain.bike_leasing.contracts.plans import (
    Calendar,
    InstalmentParts,
    InstalmentState,
    LeaseInstalment,
    changed,
    ended,
    held,
    last_day,
    owed_by,
    planned,
    released,
    rested,
    resumed,
    undone,
)
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ELSEWHERE, LATER, QUOTE, WORKS

CALENDAR = Calendar(31, "NI")
SHORT: LeaseQuote = replace(QUOTE, months=6)
PLAN = planned(date(2026, 11, 1), SHORT, WORKS, CALENDAR)
SIGNS = {"planned": "p", "on_hold": "h", "insured": "i", "cut": "c", "posted": "P"}


def shape(plan: tuple[LeaseInstalment, ...]) -> str:
    """Month and state of each: `11p` is owed for November."""
    return " ".join(f"{each.month.month}{SIGNS[each.state]}" for each in plan)


def test_every_month_has_its_instalment_with_parts_and_whoever_owes_them() -> None:
    fees = (
        Fee(FeeKind.INSURANCE, eur("10.64")),
        Fee(FeeKind.SERVICE, eur("8"), Bearer.EMPLOYER),
        Fee(FeeKind.RATE_PROTECTION, eur("2")),
    )
    quote = replace(SHORT, fees=fees, subsidy=eur("20"), valid_until=LATER)
    parts = InstalmentParts(eur("111.29"), eur("10.64"), eur("8"), eur("2"))

    plan = planned(date(2026, 11, 1), quote, WORKS, CALENDAR)

    assert plan[1] == LeaseInstalment(2, date(2026, 12, 1), date(2026, 12, 31), parts, eur("103.93"), WORKS)
    assert (plan[1].amount, last_day(plan)) == (eur("131.93"), date(2027, 4, 30))
    assert {each.conversion for each in planned(date(2026, 11, 1), quote, None, CALENDAR)} == {eur("0")}


def test_it_is_due_on_the_months_last_working_day_or_the_next_one() -> None:
    """31 January 2027 is a Sunday, 28 February as well, 31 March a Wednesday."""
    assert [each.due_on for each in PLAN][2:5] == [date(2027, 2, 1), date(2027, 3, 1), date(2027, 3, 31)]


def test_a_rest_is_paid_by_an_insurer_first_and_what_nobody_paid_is_owed_afterwards() -> None:
    resting = rested(PLAN, date(2026, 12, 1), insured=1)
    assert shape(resting) == "11p 12i 1h 2h 3h 4h"

    after = resumed(resting, date(2027, 3, 1), CALENDAR)
    assert shape(after) == "11p 12i 3p 4p 5p 6p"
    assert ([each.number for each in after], last_day(after)) == ([1, 2, 3, 4, 5, 6], date(2027, 6, 30))
    assert after[3].due_on == date(2027, 4, 30)
    assert changed(resting, after) == after[2:]


def test_whoever_comes_back_before_the_insurers_time_is_over_pays_herself_again() -> None:
    assert (
        shape(resumed(rested(PLAN, date(2026, 12, 1), insured=9), date(2027, 2, 1), CALENDAR)) == "11p 12i 1i 2p 3p 4p"
    )


def test_what_was_posted_stays_and_no_month_has_two() -> None:
    posted = (*(replace(each, state=InstalmentState.POSTED) for each in PLAN[:3]), *PLAN[3:])
    resting = rested(posted, date(2026, 12, 1), insured=0)

    assert shape(resting) == "11P 12P 1P 2h 3h 4h"
    assert shape(resumed(resting, date(2026, 12, 1), CALENDAR)) == "11P 12P 1P 2p 3p 4p"
    assert shape(held(posted, date(2026, 11, 15))) == "11P 12P 1P 2h 3h 4h"
    assert shape(undone(resting)) == "11P 12P 1P 2c 3c 4c"


def test_an_early_end_cuts_what_would_have_come_and_another_employer_goes_on_with_it() -> None:
    waiting = held(PLAN, date(2027, 1, 15))
    assert shape(waiting) == "11p 12p 1p 2h 3h 4h"
    assert shape(ended(waiting)) == "11p 12p 1p 2c 3c 4c"

    elsewhere, herself = released(owed_by(waiting, ELSEWHERE)), released(owed_by(waiting, None))
    assert shape(elsewhere) == shape(PLAN) == shape(herself)
    assert [each.employer for each in elsewhere] == [*[WORKS] * 3, *[ELSEWHERE] * 3]
    assert [each.conversion for each in herself] == [*[eur("121.93")] * 3, *[eur("0")] * 3]
