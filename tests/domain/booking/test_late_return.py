"""What it costs to bring a car back late."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.changing import extend
from domain.booking.events import BookingFinished
from domain.booking.extensions import BookingExtended
from domain.booking.life import finish
from domain.booking.publishing import TariffDraft, policy_faults
from domain.booking.resources import Service
from domain.booking.terms import LatePolicy, LateReturn, TermsPolicy, frozen_terms
from domain.pricing.quotes import Line, LineKind, waived
from domain.pricing.tariffs import TariffId, TimePrice, TimeUnit
from tests.domain.booking.test_changing import around
from tests.examples import (
    A_DEAL,
    BERLIN,
    NOON,
    SHORT_POLICY,
    TARIFFS,
    a_booking,
    a_payment,
    a_resource,
    an_id,
    euros,
    hours,
    minutes,
)

# cambio and its like: 15 EUR, 30 EUR and the time twice where somebody waits (facts, section 1c).
LATE = LatePolicy(Decimal(15), Decimal(30), time_percent=100, grace_s=600)
POLICY: TermsPolicy = replace(SHORT_POLICY, late=LATE)
ONE = NOON + hours(1)
SOMEBODY = BookingId(an_id("next"))
CAR = a_resource(Service.FLEET)


def a_trip(**changes: Any) -> Booking:
    trip = a_booking(State.IN_USE, CAR)
    return replace(trip, terms=frozen_terms(POLICY, trip.period, trip.quote, trip.made_at, A_DEAL), **changes)


def back(trip: Booking, at: datetime) -> Booking:
    tariff = TARIFFS[Service.FLEET]
    outcome = finish(trip, CAR, Readings(), tariff=tariff, time_zone=BERLIN, now=at)
    assert isinstance(outcome, BookingFinished)
    return outcome.booking


def late_line(booking: Booking) -> Line | None:
    return next((line for line in booking.quote.lines if line.kind is LineKind.LATE_RETURN), None)


def test_the_fee_stands_in_the_terms_before_anybody_books() -> None:
    assert a_trip().terms.late == LateReturn(ONE + minutes(10), euros("15.00"), euros("30.00"), 100)


def test_whoever_comes_back_late_pays_the_time_and_the_fee_with_its_tax() -> None:
    over = back(a_trip(), ONE + minutes(11))

    line = late_line(over)
    assert line is not None
    assert (line.gross, line.net, line.vat, line.vat_rate) == (
        euros("15.00"), euros("12.61"), euros("2.39"), Decimal("0.19"),
    )  # fmt: skip
    assert (over.fee, over.quote.total, over.quote.due_now) == (euros("25.00"),) * 3


def test_where_somebody_waits_it_costs_more_and_the_late_time_twice() -> None:
    over = back(a_trip(delays=SOMEBODY), ONE + minutes(90))

    assert late_line(over) is not None
    # 3 hours of use at 5.00; 30.00 and two more hours at 5.00.
    assert over.fee == euros("55.00")


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({}, 10),
        ({"delays": SOMEBODY}, 10),
        ({"problem_open": True}, 90),
        ({"hampered": True, "delays": SOMEBODY}, 90),
        ({"kept_waiting": True, "delays": SOMEBODY}, 90),
    ],
)
def test_nothing_is_asked_within_the_grace_or_where_something_was_amiss(changes: dict[str, Any], after: int) -> None:
    assert late_line(back(a_trip(**changes), ONE + minutes(after))) is None


def test_for_work_nothing_is_asked() -> None:
    trip = a_trip()
    for_work = replace(trip, payer=Payer.COST_CENTRE, quote=waived(trip.quote))

    assert back(for_work, ONE + hours(2)).fee == euros("0.00")


def test_who_extends_in_time_is_not_late() -> None:
    trip = a_trip()
    more = extend(
        trip, ONE + hours(1), replace(around(CAR), policy=POLICY),
        payments=[a_payment(trip, amount=euros("50.00"))], by=trip.holder_id, now=ONE + minutes(5),
    )  # fmt: skip

    assert isinstance(more, BookingExtended)
    assert more.booking.terms.late == LateReturn(ONE + minutes(70), euros("15.00"), euros("30.00"), 100)
    assert late_line(back(more.booking, ONE + hours(1))) is None


def test_terms_say_what_is_wrong_with_the_fee() -> None:
    assert policy_faults(POLICY) == ()
    odd = replace(POLICY, late=LatePolicy(Decimal(15), Decimal(10), time_percent=101, grace_s=-1))
    assert policy_faults(odd) == (
        "terms.late.fee_if_awaited is at least fee",
        "terms.late.time_percent is 0 to 100: the time itself is paid besides",
        "terms.late.grace_s is 0 to 86400 seconds",
    )
    nan = replace(POLICY, late=LatePolicy(Decimal("NaN")))
    assert policy_faults(nan) == ("terms.late has fees that are finite, not negative and below a million",)
    monthly = TariffDraft(
        TariffId("bike"), "Rad", "EUR", Decimal("0.19"), POLICY, time=TimePrice(TimeUnit.MONTH, Decimal(30))
    )
    assert monthly.faults(NOON) == ("terms.late is not for prices by the month",)
