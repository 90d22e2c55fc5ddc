"""A pool's vehicles for two publics: residents have them in the windows, whoever works in the pool at any time."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import Booking, Grant, Payer, State
from domain.booking.changing import Surroundings, extend, latest_end
from domain.booking.events import AlreadyThere, BookingConfirmed, NotPossible
from domain.booking.extensions import BookingExtended
from domain.booking.holds import NotBookable, agree, hold
from domain.booking.life import confirm
from domain.booking.paying import secured, waits_for_debit
from domain.booking.resources import Claim, Resource
from domain.booking.sharing import Sharing, SharingWindow
from domain.booking.terms import DebitPolicy
from domain.identity import Role
from domain.payments.payments import Capture, PaymentState
from domain.periods import Period
from domain.pricing.quotes import Usage
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    NOON,
    POLICIES,
    TARIFFS,
    a_booking,
    a_payment,
    a_pool_car,
    an_actor,
    an_agreement,
    an_id,
    an_offer,
    an_order,
    hours,
    minutes,
)

ONE, NOW = NOON + hours(1), NOON - hours(48)
RESIDENT, DRIVER = an_actor("ada"), an_actor("ada", Role.DRIVER)
HOUR = timedelta(hours=1)


def windows(*said: tuple[str, str]) -> Sharing:
    """By the clock of the city, which shows 14:00 at noon."""
    return Sharing(tuple(SharingWindow(from_=opens, to=closes) for opens, closes in said), BERLIN, "NI", 7)


def a_shared_car(*said: tuple[str, str], **changes: Any) -> Resource:
    return a_pool_car(**({"shared": True, "sharing": windows(*said)} | changes))


def wished(car: Resource, *claims: Claim, actor: Any = RESIDENT, **order: Any) -> Grant | Refusal[NotBookable]:
    wish = an_order(car, **order)
    return hold(wish, an_offer(car, *claims), an_agreement(wish, car, NOW), actor, NOW)


def at(start: float, end: float) -> Period:
    """In hours from noon."""
    return Period(NOON + hours(start), NOON + hours(end))


def test_a_resident_has_the_car_in_the_window_and_its_buffer_may_reach_beyond() -> None:
    grant = wished(a_shared_car(("14:00", "15:00")))
    assert isinstance(grant, Grant)
    assert grant.claimed.end == ONE + minutes(15)


@pytest.mark.parametrize(
    ("window", "pointer", "closes", "instead"),
    [
        (("14:00", "14:59"), "/end", ONE - minutes(1), ()),
        (("14:00", "24:00"), None, None, ()),
        (("14:01", "15:01"), "/start", None, at(1 / 60, 61 / 60)),
        (("17:00", "07:00"), "/start", None, at(3, 4)),
        (("15:00", "15:30"), "/start", None, ()),
    ],
)
def test_outside_of_the_windows_a_resident_is_told_when_instead(
    window: tuple[str, str], pointer: str | None, closes: Any, instead: Any
) -> None:
    outcome = wished(a_shared_car(window))
    if pointer is None:
        assert isinstance(outcome, Grant)
        return
    alternatives = (instead,) if instead else ()
    assert outcome == Refusal(NotBookable.OUTSIDE_SHARING, pointer, alternatives=alternatives, latest_end=closes)


def test_prices_are_made_out_for_what_residents_may_have_only() -> None:
    car = a_shared_car(("17:00", "07:00"))
    order = an_order(car)
    refused = agree(order, an_offer(car), Usage(order.period, BERLIN), RESIDENT, NOW)
    assert isinstance(refused, Refusal)
    assert refused.reason is NotBookable.OUTSIDE_SHARING


def test_whoever_works_there_has_the_car_at_any_time_for_work_and_in_the_windows_for_herself() -> None:
    car = a_shared_car(("17:00", "07:00"))
    assert isinstance(wished(car, actor=DRIVER, payer=Payer.COST_CENTRE), Grant)
    assert isinstance(wished(car, actor=DRIVER, payer=Payer.COST_CENTRE, period=at(3, 4)), Grant)
    assert isinstance(wished(car, actor=DRIVER, period=at(3, 4)), Grant)
    private = wished(car, actor=DRIVER)
    assert isinstance(private, Refusal)
    assert private.reason is NotBookable.OUTSIDE_SHARING


def test_a_trip_for_work_that_was_booked_first_stays_in_the_window() -> None:
    work = Claim(an_id("work"), NOON + hours(3), NOON + hours(5))
    refused = wished(a_shared_car(("17:00", "07:00")), work, period=at(3, 4))
    assert refused == Refusal(NotBookable.TAKEN, conflicts=(work.period,), alternatives=(at(5, 6),))


def test_what_is_offered_instead_is_free_and_shared() -> None:
    evening, night = (
        Claim(an_id("a"), NOON + hours(2), NOON + hours(4.5)),
        Claim(an_id("b"), NOON + hours(5.5), ONE + hours(23)),
    )
    refused = wished(a_shared_car(("17:00", "19:00"), buffer_after_s=0), evening, night, period=at(3, 4))
    assert isinstance(refused, Refusal)
    assert refused.alternatives == (at(27, 28),), (
        "the same evening there is half an hour at either end, the next one is free"
    )
    never = wished(a_shared_car(), period=at(3, 4))
    assert never == Refusal(NotBookable.OUTSIDE_SHARING, "/start")


# -- more time


def longer(booking: Booking, end: Any, car: Resource) -> Any:
    around = Surroundings(car, BERLIN, TARIFFS[car.service], POLICIES[car.service], booking.end + minutes(15), None)
    decided = extend(booking, end, around, payments=(a_payment(booking),), by=booking.holder_id, now=NOON - hours(3))
    return decided, latest_end(booking, around)


def test_a_resident_may_stay_until_the_window_closes() -> None:
    car = a_shared_car(("14:00", "17:00"))
    trip = a_booking(State.CONFIRMED, car)
    refused, latest = longer(trip, NOON + hours(3) + minutes(1), car)
    assert refused == Refusal(NotPossible.OUTSIDE_SHARING, "/end", latest_end=NOON + hours(3))
    assert latest == NOON + hours(3)
    assert not isinstance(longer(trip, NOON + hours(3), car)[0], Refusal)


def test_a_booking_that_lies_outside_of_new_windows_stays_and_grows_where_they_let_it() -> None:
    closed, later = a_shared_car(("17:00", "07:00")), a_shared_car(("15:00", "16:00"))
    trip = a_booking(State.CONFIRMED, closed)
    assert longer(trip, ONE, closed) == (AlreadyThere(trip), ONE)
    assert longer(trip, ONE + minutes(15), closed) == (
        Refusal(NotPossible.OUTSIDE_SHARING, "/end", latest_end=ONE),
        ONE,
    )
    assert longer(trip, ONE + hours(1), later)[1] == ONE + hours(1)


def test_a_trip_for_work_grows_whenever_it_likes() -> None:
    car = a_shared_car(("17:00", "07:00"))
    trip = a_booking(State.CONFIRMED, car, order=an_order(car, payer=Payer.COST_CENTRE))
    assert isinstance(longer(trip, ONE + hours(1), car)[0], BookingExtended)


# -- until it is confirmed


@pytest.mark.parametrize(
    ("opens", "payer", "approval", "is_confirmed"),
    [
        ("14:00", Payer.SELF, None, True),
        ("14:01", Payer.SELF, None, False),
        ("14:01", Payer.COST_CENTRE, None, True),
        ("14:01", Payer.SELF, Approval(ApprovalState.APPROVED, NOON), True),
    ],
)
def test_a_resident_s_hold_is_confirmed_in_the_windows_that_count_by_then(
    opens: str, payer: Payer, approval: Approval | None, is_confirmed: bool
) -> None:
    car = a_shared_car((opens, "20:00"))
    booking = replace(a_booking(State.HELD, car, order=an_order(car, payer=payer)), approval=approval)
    paid = a_payment(booking)

    asked = confirm(booking, covered=True, now=NOW, sharing=car.sharing)
    by_the_money = secured(booking, (paid,), NOW, car.sharing)

    assert isinstance(asked, BookingConfirmed) is is_confirmed
    assert (by_the_money is not None) is is_confirmed
    assert is_confirmed or asked == Refusal(NotPossible.OUTSIDE_SHARING)


def test_a_confirmed_booking_is_not_asked_again() -> None:
    booking = a_booking(State.CONFIRMED, a_shared_car(("17:00", "07:00")))
    assert confirm(booking, covered=True, now=NOW, sharing=windows()) == AlreadyThere(booking)


def test_a_hold_does_not_wait_for_a_debit_that_could_not_confirm_it() -> None:
    booking = a_booking(State.HELD, a_shared_car(("17:00", "07:00")))
    booking = replace(booking, terms=replace(booking.terms, debits=DebitPolicy()))
    debit = a_payment(
        booking,
        PaymentState.PROCESSING,
        capture=Capture.AUTOMATIC,
        mandate="mandate_1",
        creditor_id="DE98ZZZ09999999999",
    )
    assert debit.is_debit
    assert waits_for_debit(booking, (debit,), NOW, windows(("14:00", "15:00"))) is not None
    assert waits_for_debit(booking, (debit,), NOW, windows(("17:00", "07:00"))) is None
