"""What a booking costs by what its session measured."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.events import AlreadyThere, BookingFinished, BookingStarted, Decision, NotPossible
from domain.booking.metered import Metered, finish_metered, start_metered
from domain.booking.publishing import policy_faults
from domain.booking.terms import Blocking, BlockingPolicy, frozen_terms
from domain.charging.sessions.bills import Billing, metered
from domain.charging.sessions.courses import course
from domain.pricing.quotes import LineKind, waived
from domain.pricing.tariffs import TimePrice, TimeUnit
from domain.refusals import Refusal
from tests.domain.charging.sessions.test_courses import END, START, S, at
from tests.examples import (
    A_DEAL,
    BERLIN,
    CHARGING_STANDARD,
    NOON,
    SHORT_POLICY,
    a_booking,
    a_resource,
    euros,
    hours,
    minutes,
)

POINT = a_resource()
TARIFF = replace(CHARGING_STANDARD, time=TimePrice(TimeUnit.HOUR, Decimal("2.40")))
BLOCKING = BlockingPolicy(Decimal("0.10"), cap=Decimal("12.00"), grace_s=4 * 3600)
TEN = Metered(Decimal("10.0"))


def a_charge(**changes: Any) -> Booking:
    booking = a_booking(State.IN_USE, POINT)
    policy = replace(SHORT_POLICY, blocking=BLOCKING)
    return replace(
        booking, terms=frozen_terms(policy, booking.period, booking.quote, booking.made_at, A_DEAL), **changes
    )


def finished(booking: Booking, measured: Metered = TEN, over_at: datetime | None = None) -> Booking:
    over_at = over_at or booking.end
    outcome = finish_metered(
        booking, POINT, measured, tariff=TARIFF, time_zone=BERLIN, over_at=over_at, now=over_at + hours(5)
    )
    assert isinstance(outcome, BookingFinished)
    return outcome.booking


def test_the_meter_and_not_the_estimate_is_billed() -> None:
    done = finished(a_charge(), over_at=NOON + minutes(50))
    assert {line.kind: line.gross for line in done.quote.lines} == {
        LineKind.TIME: euros("2.40"),
        LineKind.ENERGY: euros("4.85"),
    }
    assert (done.fee, done.finished_at, done.state) == (euros("7.25"), NOON + minutes(50), State.COMPLETED)


@pytest.mark.parametrize(
    ("evening", "price"), [("2030-03-30", "21.65"), ("2030-10-26", "26.45"), ("2030-06-01", "24.05")]
)
def test_a_night_is_as_long_as_it_is(evening: str, price: str) -> None:
    """From ten in the evening until six: seven hours in March, nine in October."""
    start = datetime.fromisoformat(f"{evening}T22:00").replace(tzinfo=ZoneInfo(BERLIN))
    end = (start + timedelta(hours=8)).replace(tzinfo=ZoneInfo(BERLIN))
    booking = a_charge(start=start.astimezone(ZoneInfo("UTC")), end=end.astimezone(ZoneInfo("UTC")))
    assert finished(replace(booking, terms=replace(booking.terms, late=None))).fee == euros(price)


@pytest.mark.parametrize(
    ("parked", "fee"), [(hours(4), "0.00"), (hours(4) + minutes(0.5), "0.10"), (hours(5), "6.00"), (hours(20), "12.00")]
)
def test_standing_there_costs_each_minute_beyond_the_grace_up_to_the_cap(parked: timedelta, fee: str) -> None:
    assert Blocking(BLOCKING.per_minute, euros("12.00"), BLOCKING.grace_s).fee(parked) == euros(fee)


def test_the_fee_for_standing_there_is_an_item_taxed_as_the_use_is() -> None:
    done = finished(a_charge(), Metered(Decimal(10), hours(5)))
    line = next(line for line in done.quote.lines if line.kind is LineKind.BLOCKING)
    assert (line.gross, line.vat_rate, line.vat) == (euros("6.00"), Decimal("0.19"), euros("0.96"))
    assert done.fee == euros("13.25")


def test_nobody_pays_for_standing_where_we_gave_no_power_or_the_clock_was_wrong() -> None:
    told = [START, at(0, 1000), at(0, state=S.CHARGING), at(30, 11_000, S.SUSPENDED_EVSE), END]
    assert metered(course(told)) == Metered(Decimal(10))
    parked = [START, at(0, 1000), at(0, state=S.CHARGING), at(30, 11_000, S.SUSPENDED_EV), END]
    assert metered(course(parked)) == Metered(Decimal(10), minutes(90))
    assert metered(course(parked), clock_wrong=True) == Metered(Decimal(10))


def test_what_a_city_charges_internally_costs_nobody_anything() -> None:
    own = a_charge(payer=Payer.COST_CENTRE)
    own = replace(own, quote=waived(own.quote))
    assert finished(own, Metered(Decimal(10), hours(9))).quote.total == euros("0.00")


def test_what_it_costs_so_far_is_what_it_would_cost_now() -> None:
    billing = Billing(a_charge(), POINT, TARIFF, BERLIN, before=Metered(Decimal(2)))
    assert billing.cost(Metered(Decimal(8)), NOON + minutes(30)).total == euros("7.25")


def test_whoever_came_while_the_station_was_cut_off_pays_for_the_use_and_no_fee() -> None:
    missed = replace(
        a_charge(), state=State.NO_SHOW, fee=euros("2.40"), reason_code=ReasonCode.NOT_STARTED, started_at=None
    )
    done = finished(missed, over_at=NOON + hours(1))
    assert (done.state, done.fee, done.reason_code) == (State.COMPLETED, euros("7.25"), None)


def start(state: State) -> Decision:
    return start_metered(a_charge(state=state, started_at=None), NOON + minutes(2), NOON + hours(9))


def test_a_booking_begins_when_the_session_did_whenever_that_is_told() -> None:
    begun = start(State.CONFIRMED)
    assert isinstance(begun, BookingStarted)
    assert (begun.booking.state, begun.booking.started_at) == (State.IN_USE, NOON + minutes(2))
    assert isinstance(start(State.IN_USE), AlreadyThere)
    assert isinstance(start(State.NO_SHOW), AlreadyThere)
    assert start(State.CANCELLED) == Refusal(NotPossible.WRONG_STATE)


def test_a_fee_for_standing_there_has_an_end() -> None:
    odd = replace(SHORT_POLICY, blocking=BlockingPolicy(Decimal("0.125"), Decimal("Infinity"), -1))
    assert policy_faults(odd) == (
        "terms.blocking.per_minute is in whole cents, above 0 and at most 100: it is told as it is taken",
        "terms.blocking.cap is above 0 and below a million: what nobody can overlook has an end",
        "terms.blocking.grace_s is 0 to 86400 seconds",
    )
