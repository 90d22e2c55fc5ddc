"""What follows from what is known of a booking's plug."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.charging.orders import (
    Answered,
    CancelReservation,
    OrderAnswer,
    OrderId,
    ReserveNow,
    StopTransaction,
)
from domain.charging.plugs.reservations import (
    POLICY,
    Answer,
    Facts,
    Plug,
    PlugReservation,
    PlugReservationId,
    PlugState,
    Running,
)
from domain.charging.plugs.steps import Compensate, Rebind, Release, Reserve, Settle, Spare, Step, Stop, Wait, next_step
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import ChargingStationId, EvseStatus
from tests.examples import NOON, a_booking, an_id, hours, minutes

QUARTER_TO = NOON - minutes(15)
THEN = QUARTER_TO + minutes(1)
BOOKING = a_booking(State.CONFIRMED)
PLUG = Plug(
    ChargingStationId(an_id("cabinet")), 1, BOOKING.resource_id, EvseStatus.AVAILABLE, NOON - hours(5), online=True
)
OTHER_PLUG = replace(PLUG, evse=2, resource_id=ResourceId(an_id("other")))
SPARE = Spare(PlugReservationId(an_id("plug")), OrderId(an_id("order 2")), ReservationNumber(7), IdToken("ADASTOKEN"))
FIRST = OrderId(an_id("order 1"))
ORDERED = PlugReservation(
    SPARE.id,
    BOOKING.id,
    PLUG.station_id,
    1,
    PLUG.resource_id,
    SPARE.number,
    SPARE.token,
    None,
    BOOKING.end,
    PlugState.ORDERED,
    FIRST,
    orders=1,
    first_at=QUARTER_TO,
    ordered_at=QUARTER_TO,
)
HONOURED = replace(ORDERED, state=PlugState.HONOURED, answered_at=QUARTER_TO + minutes(1), honoured=True)
STRANGER = Running(TransactionRef("t1"), IdToken("SOMEBODYS"), None, None, NOON - minutes(5))


def step(*reservations: PlugReservation, at: datetime = THEN, **facts: Any) -> Step:
    known = replace(Facts(BOOKING, PLUG, reservations), **facts)
    return next_step(known, SPARE, POLICY, at)


def answered(said: Answered, at: datetime = THEN) -> Answer:
    return Answer(FIRST, OrderAnswer(said), at)


def refused(why: Answered, at: datetime = THEN, **changes: Any) -> PlugReservation:
    stands = why in {Answered.FAILED, Answered.NO_ANSWER, Answered.NOT_THERE}
    changes = {"state": PlugState.REFUSED, "refusal": why, "answered_at": at, "stands": stands} | changes
    return replace(ORDERED, **changes)


def test_a_station_is_told_a_quarter_of_an_hour_before_and_not_sooner() -> None:
    assert step(at=QUARTER_TO - minutes(1)) == Wait(QUARTER_TO)
    told = replace(ORDERED, order_id=SPARE.order_id)
    order = ReserveNow(SPARE.number, 1, SPARE.token, BOOKING.end)
    assert step(at=QUARTER_TO) == Reserve(told, order, QUARTER_TO + minutes(1))


def test_a_plug_waits_for_its_holder_as_long_as_her_terms_do() -> None:
    waits = replace(BOOKING, terms=replace(BOOKING.terms, no_show_from=NOON + minutes(20)))
    told = step(at=QUARTER_TO, booking=waits)
    assert isinstance(told, Reserve)
    assert told.order.until == NOON + minutes(20)


def test_a_plug_that_no_station_of_ours_has_is_left_alone() -> None:
    assert step(at=QUARTER_TO, plug=None) == Wait()


def test_what_may_still_become_another_one_is_not_asked_for_yet() -> None:
    by_class = replace(BOOKING, final_at=NOON - minutes(30))
    assert step(at=NOON - minutes(31), booking=by_class) == Wait(NOON - minutes(30))
    assert step(at=QUARTER_TO, booking=by_class) == Wait(QUARTER_TO + minutes(1))
    broken = replace(PLUG, status=EvseStatus.OUTOFORDER)
    moved = step(at=NOON - minutes(30), booking=by_class, plug=broken)
    assert moved == Rebind(Answered.FAULTED, Wait(NOON - minutes(29)))


@pytest.mark.parametrize(
    ("said", "state", "stands"),
    [
        (Answered.ACCEPTED, PlugState.HONOURED, True),
        (Answered.REJECTED, PlugState.GUARDED, False),
        (Answered.NOT_SUPPORTED, PlugState.GUARDED, False),
        (Answered.OCCUPIED, PlugState.REFUSED, False),
        (Answered.FAULTED, PlugState.REFUSED, False),
        (Answered.UNAVAILABLE, PlugState.REFUSED, False),
        (Answered.FAILED, PlugState.REFUSED, True),
        (Answered.NO_ANSWER, PlugState.REFUSED, True),
        (Answered.NOT_THERE, PlugState.REFUSED, True),
    ],
)
def test_each_answer_leads_somewhere(said: Answered, state: PlugState, *, stands: bool) -> None:
    settled = step(ORDERED, answer=answered(said))
    assert isinstance(settled, Settle)
    assert (settled.reservation.state, settled.reservation.stands) == (state, stands)


def test_the_answer_to_an_earlier_order_says_nothing_of_this_one() -> None:
    late = Answer(OrderId(an_id("order 0")), OrderAnswer(Answered.FAULTED), QUARTER_TO)
    assert step(ORDERED, answer=late) == Wait(QUARTER_TO + minutes(3))
    assert step(ORDERED, at=QUARTER_TO + minutes(3)) == Settle(
        refused(Answered.NO_ANSWER, QUARTER_TO + minutes(3), honoured=False)
    )


@pytest.mark.parametrize("why", [Answered.FAULTED, Answered.UNAVAILABLE, Answered.NO_ANSWER, Answered.NOT_THERE])
def test_another_plug_is_looked_for_at_once_and_this_one_asked_again_until_it_is_too_late(why: Answered) -> None:
    row, at = refused(why), QUARTER_TO + minutes(1)
    assert step(row) == Rebind(why, Wait(at + minutes(1)))
    again = step(row, at=at + minutes(1))
    assert isinstance(again, Rebind)
    assert isinstance(again.otherwise, Reserve)
    assert step(row, at=NOON - minutes(5)) == Rebind(why, Compensate(why))


def test_whoever_is_plugged_in_by_a_booking_of_its_own_may_stay_to_the_start() -> None:
    row = refused(Answered.OCCUPIED)
    neighbour = replace(STRANGER, booking_id=BookingId(an_id("before")), began_at=NOON - hours(2))
    early = step(row, at=NOON - minutes(3), plug=replace(PLUG, running=neighbour))
    assert isinstance(early, Reserve)
    late = step(row, at=NOON, plug=replace(PLUG, running=neighbour))
    assert isinstance(late, Rebind)
    assert isinstance(late.otherwise, Reserve)
    assert step(row, at=NOON + minutes(10), plug=replace(PLUG, running=neighbour)) == Rebind(
        Answered.OCCUPIED, Compensate(Answered.OCCUPIED)
    )


def test_whoever_gets_nothing_hears_of_it_before_she_would_be_one_who_did_not_come() -> None:
    soon = replace(BOOKING, terms=replace(BOOKING.terms, no_show_from=NOON + minutes(5)))
    row = refused(Answered.OCCUPIED, NOON + minutes(4))
    assert step(row, at=NOON + minutes(4), booking=soon) == Rebind(Answered.OCCUPIED, Compensate(Answered.OCCUPIED))


def test_two_reservations_of_ours_never_meet_at_one_plug() -> None:
    assert step(at=NOON - minutes(1), plug=replace(PLUG, taken=True)) == Wait(NOON)
    assert step(at=NOON, plug=replace(PLUG, taken=True)) == Rebind(Answered.OCCUPIED, Wait(NOON + minutes(1)))


@pytest.mark.parametrize(
    ("plug", "why"),
    [
        (replace(PLUG, online=False), Answered.NOT_THERE),
        (replace(PLUG, status=EvseStatus.OUTOFORDER), Answered.FAULTED),
        (replace(PLUG, status=EvseStatus.INOPERATIVE), Answered.UNAVAILABLE),
    ],
)
def test_another_plug_is_preferred_to_one_that_does_not_work_but_that_is_asked_where_it_is_the_only_one(
    plug: Plug, why: Answered
) -> None:
    found = step(at=QUARTER_TO, plug=plug)
    assert isinstance(found, Rebind)
    assert found.why is why
    assert isinstance(found.otherwise, Reserve)


def test_whoever_books_for_now_hears_two_minutes_later_that_there_is_nothing() -> None:
    row = refused(Answered.FAULTED, NOON, first_at=NOON, ordered_at=NOON)
    early = step(row, at=NOON + minutes(1))
    assert isinstance(early, Rebind)
    assert isinstance(early.otherwise, Reserve)
    assert step(row, at=NOON + minutes(2)) == Rebind(Answered.FAULTED, Compensate(Answered.FAULTED))


def test_a_station_that_forgot_is_told_again_and_in_the_end_guarded() -> None:
    empty = replace(PLUG, status_at=QUARTER_TO + minutes(5))
    again = step(HONOURED, at=QUARTER_TO + minutes(5), plug=empty)
    assert isinstance(again, Reserve)
    assert (again.order.number, again.reservation.orders) == (HONOURED.number, 2)
    stale = replace(PLUG, status_at=QUARTER_TO)
    assert step(HONOURED, plug=stale) == Wait(THEN + minutes(1))
    worn = replace(HONOURED, orders=POLICY.most_orders)
    assert step(worn, plug=empty) == Settle(replace(worn, state=PlugState.GUARDED))


def test_a_station_that_gave_it_up_by_itself_is_told_again() -> None:
    told = step(HONOURED, at=NOON - minutes(3), taken_back_at=NOON - minutes(3))
    assert isinstance(told, Reserve)
    assert step(HONOURED, at=NOON - minutes(3), taken_back_at=QUARTER_TO) == Wait(NOON - minutes(2))


def test_a_fault_ends_what_a_station_keeps() -> None:
    broken = replace(PLUG, status=EvseStatus.OUTOFORDER, status_at=NOON - minutes(3))
    assert step(HONOURED, at=NOON - minutes(3), plug=broken) == Settle(
        refused(Answered.FAULTED, NOON - minutes(3), honoured=False)
    )


@pytest.mark.parametrize(
    ("kept", "stands"),
    [(HONOURED, True), (replace(HONOURED, state=PlugState.GUARDED, honoured=False, stands=False), False)],
)
def test_a_station_that_falls_silent_keeps_nothing_for_anybody_unless_it_is_back_in_time(
    kept: PlugReservation, *, stands: bool
) -> None:
    early = replace(PLUG, online=False, silent_since=QUARTER_TO + minutes(2))
    assert step(kept, at=NOON - minutes(6), plug=early) == Wait(NOON - minutes(5))
    gone = refused(Answered.NOT_THERE, NOON - minutes(5), stands=stands)
    assert step(kept, at=NOON - minutes(5), plug=early) == Settle(gone)
    assert step(gone, at=NOON - minutes(5), plug=early) == Rebind(Answered.NOT_THERE, Compensate(Answered.NOT_THERE))
    in_use = replace(BOOKING, state=State.IN_USE)
    assert step(kept, at=NOON + minutes(5), plug=early, booking=in_use) == Wait(NOON + minutes(6))
    late = replace(PLUG, online=False, silent_since=NOON)
    assert step(kept, at=NOON + minutes(2), plug=late) == Wait(NOON + minutes(3))
    assert step(kept, at=NOON + minutes(3), plug=late) == Settle(
        refused(Answered.NOT_THERE, NOON + minutes(3), stands=stands)
    )


def test_whose_station_was_silent_at_the_end_is_no_no_show_however_late_we_look() -> None:
    ended = replace(HONOURED, state=PlugState.ENDED, stands=False)
    silent = replace(PLUG, online=False, silent_since=BOOKING.end - minutes(3))
    assert step(ended, at=BOOKING.end + hours(1), plug=silent) == Compensate(Answered.NOT_THERE)
    fell_silent_later = replace(silent, silent_since=BOOKING.end - minutes(2))
    assert step(ended, at=BOOKING.end + hours(1), plug=fell_silent_later) == Wait()


def test_whoever_charges_where_somebody_else_has_reserved_is_stopped_once() -> None:
    busy = replace(PLUG, running=STRANGER)
    stopped = replace(HONOURED, stopped=STRANGER.ref, stopped_at=NOON - minutes(4))
    at = NOON - minutes(4)
    assert step(HONOURED, at=at, plug=busy) == Stop(stopped, StopTransaction(STRANGER.ref), BOOKING.end)
    assert step(stopped, at=at, plug=busy) == Wait(at + minutes(1))
    gone_wrong = step(stopped, at=at + minutes(1), plug=busy)
    assert isinstance(gone_wrong, Settle)
    assert gone_wrong.reservation.refusal is Answered.OCCUPIED


def test_whoever_was_there_before_may_stay_until_the_start() -> None:
    walked_in = replace(PLUG, running=replace(STRANGER, began_at=QUARTER_TO - hours(1)))
    assert step(HONOURED, at=NOON - minutes(1), plug=walked_in) == Wait(NOON)
    assert isinstance(step(HONOURED, at=NOON, plug=walked_in), Stop)


def test_whoever_charges_by_a_booking_of_her_own_is_not_stopped_before_our_start() -> None:
    before_us = replace(PLUG, running=replace(STRANGER, booking_id=BookingId(an_id("before"))))
    assert step(HONOURED, at=NOON - minutes(2), plug=before_us) == Wait(NOON - minutes(1))
    assert isinstance(step(HONOURED, at=NOON, plug=before_us), Stop)


@pytest.mark.parametrize(
    "running",
    [
        replace(STRANGER, token=IdToken("adastoken")),
        replace(STRANGER, group=IdToken("townhall")),
        replace(STRANGER, booking_id=BOOKING.id),
    ],
)
def test_the_holder_and_her_group_are_nobody_foreign(running: Running) -> None:
    row = replace(HONOURED, group=IdToken("TOWNHALL"))
    assert step(row, at=NOON, plug=replace(PLUG, running=running)) == Wait(NOON + minutes(1))


def test_what_the_holder_uses_is_kept_no_more() -> None:
    in_use = replace(BOOKING, state=State.IN_USE)
    used = replace(HONOURED, state=PlugState.USED, stands=False)
    assert step(HONOURED, at=NOON, booking=in_use, token_used=True) == Settle(used)
    assert step(used, at=NOON, booking=in_use, token_used=True) == Wait()
    longer = replace(in_use, end=NOON + hours(2))
    assert step(used, at=NOON, booking=longer, token_used=True) == Wait()


def test_more_time_is_told_to_the_station_as_long_as_she_has_not_begun() -> None:
    longer = replace(BOOKING, end=NOON + hours(2))
    told = step(HONOURED, booking=longer)
    assert isinstance(told, Reserve)
    assert (told.order.number, told.order.until) == (HONOURED.number, NOON + hours(2))
    plugged_in = replace(told.reservation, order_id=FIRST)
    kept = step(plugged_in, booking=longer, answer=answered(Answered.OCCUPIED))
    assert isinstance(kept, Settle)
    assert kept.reservation.state is PlugState.HONOURED


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW, State.COMPLETED, State.EXPIRED])
def test_what_a_booking_needs_no_more_is_taken_back(state: State) -> None:
    over = replace(BOOKING, state=state)
    released = replace(HONOURED, state=PlugState.RELEASED, stands=False)
    assert step(HONOURED, booking=over) == Release(released, CancelReservation(HONOURED.number), HONOURED.until)
    ended = replace(HONOURED, state=PlugState.ENDED, stands=False)
    assert step(HONOURED, booking=over, at=BOOKING.end) == Settle(ended)
    assert step(released, booking=over) == Wait()


def test_whoever_moves_leaves_nothing_behind_not_even_what_a_station_only_may_have_heard() -> None:
    moved = replace(BOOKING, resource_id=OTHER_PLUG.resource_id)
    released = replace(HONOURED, state=PlugState.RELEASED, stands=False)
    cancelled = CancelReservation(HONOURED.number)
    assert step(HONOURED, booking=moved, plug=OTHER_PLUG) == Release(released, cancelled, HONOURED.until)
    silent = refused(Answered.NO_ANSWER)
    assert step(silent, booking=moved, plug=OTHER_PLUG) == Release(
        replace(silent, stands=False), cancelled, silent.until
    )
    asked = step(replace(silent, stands=False), booking=moved, plug=OTHER_PLUG)
    assert isinstance(asked, Reserve)
    assert asked.order.evse == OTHER_PLUG.evse


def test_whoever_did_not_get_a_plug_is_no_no_show_however_late_we_look() -> None:
    row = refused(Answered.FAULTED)
    assert step(row, at=BOOKING.end + timedelta(days=1)) == Compensate(Answered.FAULTED)
    assert step(replace(HONOURED, state=PlugState.ENDED, stands=False), at=BOOKING.end) == Wait()


def test_what_is_in_use_is_not_taken_from_whoever_stands_there() -> None:
    row = refused(Answered.FAULTED)
    assert step(row, at=NOON, booking=replace(BOOKING, state=State.IN_USE)) == Wait()
