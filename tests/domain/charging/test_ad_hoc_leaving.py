"""Whoever charges without an account wants to stop: before her station began, while it charges, and after a power cut."""

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, ReasonCode, State
from domain.booking.events import AlreadyThere, BookingCancelled, BookingLeft
from domain.booking.life import cancel_without_plug
from domain.charging.ad_hoc.leaving import leave
from domain.charging.ad_hoc.steps import AdHocFacts, Begin, End, GiveUp, Nothing, Start, next_step
from domain.charging.orders import Answered, StopTransaction
from domain.charging.plugs.reservations import Plug
from domain.charging.reports import TransactionRef, TransactionUpdated
from domain.charging.sessions.sessions import Session, SessionId, SessionState
from domain.charging.stations import EvseStatus
from tests.domain.charging.sessions.central import BOOKING, TOKEN, Central, read, started_16
from tests.domain.charging.test_ad_hoc import CONFIRMED, PLUG, STATION, begun, facts, in_use
from tests.examples import NOON, an_id, euros, minutes

AT = NOON + minutes(4)
YES = Start(NOON + minutes(1), Answered.ACCEPTED, NOON + minutes(2))
UNANSWERED = Start(NOON + minutes(1))
PLUGGED_IN = replace(PLUG, status=EvseStatus.BLOCKED)
AWAY = replace(PLUGGED_IN, online=False)


def a_session(state: SessionState = SessionState.ACTIVE) -> Session:
    return Session(SessionId(an_id("session")), STATION, 1, TransactionRef("7"), 7, state, NOON)


def left(known: AdHocFacts) -> AdHocFacts:
    """As it is once that is written down."""
    event = leave(known, AT)
    assert isinstance(event, BookingLeft)
    return replace(known, of=replace(known.of, booking=event.booking))


@pytest.mark.parametrize(
    ("booking", "starts", "plug"),
    [
        (begun(), (), PLUG),
        (CONFIRMED, (), PLUG),
        (CONFIRMED, (Start(NOON, Answered.REJECTED, NOON),), PLUGGED_IN),
        (CONFIRMED, (Start(NOON, Answered.NOT_THERE, NOON),), AWAY),
        (CONFIRMED, (YES,), PLUG),
    ],
)
def test_whoever_leaves_before_her_station_can_have_begun_pays_nothing(
    booking: Booking, starts: tuple[Start, ...], plug: Plug
) -> None:
    event = leave(facts(*starts, booking=booking, plug=plug), AT)
    assert isinstance(event, BookingCancelled)
    assert (event.booking.fee, event.booking.reason_code) == (euros("0.00"), ReasonCode.BY_HOLDER)


@pytest.mark.parametrize(("start", "plug"), [(YES, PLUGGED_IN), (UNANSWERED, PLUGGED_IN), (YES, AWAY)])
def test_a_station_that_may_have_begun_is_heard_before_the_money_goes_back(start: Start, plug: Plug) -> None:
    waiting = left(facts(start, plug=plug))
    booking = waiting.of.booking
    assert (booking.state, booking.is_left, booking.version) == (State.CONFIRMED, True, CONFIRMED.version + 1)
    assert next_step(waiting, AT) == Nothing()
    assert leave(waiting, AT) == AlreadyThere(booking)


def test_where_nothing_began_after_all_it_goes_back_as_to_whoever_left() -> None:
    waiting = left(facts(YES, plug=PLUGGED_IN))
    assert next_step(waiting, NOON + minutes(5)) == GiveUp()
    silent = replace(waiting, of=replace(waiting.of, plug=AWAY))
    assert next_step(silent, NOON + minutes(15)) == Nothing()
    no = replace(waiting, starts=(Start(NOON, Answered.REJECTED, AT),))
    assert next_step(no, AT) == GiveUp()
    event = cancel_without_plug(waiting.of.booking, AT)
    assert isinstance(event, BookingCancelled)
    assert (event.booking.reason_code, event.booking.fee) == (ReasonCode.BY_HOLDER, euros("0.00"))


def test_whoever_left_is_not_begun_for_again() -> None:
    refused = Start(NOON, Answered.REJECTED, NOON + minutes(1))
    waiting = facts(YES, refused, plug=PLUGGED_IN)
    assert isinstance(next_step(waiting, AT), Begin)
    assert next_step(left(waiting), AT) == Nothing()


@pytest.mark.parametrize("state", [SessionState.ACTIVE, SessionState.PENDING])
@pytest.mark.parametrize("booking", [in_use(CONFIRMED), CONFIRMED])
def test_what_charges_is_stopped_also_where_nobody_told_that_it_began(booking: Booking, state: SessionState) -> None:
    session = a_session(state)
    charging = left(replace(facts(YES, booking=booking), session=session))
    assert next_step(charging, AT) == End(
        replace(session, stop_asked_at=AT, version=session.version + 1), StopTransaction(session.ref)
    )


def test_after_a_power_cut_she_need_not_wait_for_the_end_of_her_time() -> None:
    cut = left(facts(YES, booking=in_use(CONFIRMED), used=True))
    assert cut.of.booking.is_left
    assert next_step(cut, AT) == Nothing()


@pytest.mark.parametrize("state", [State.COMPLETED, State.CANCELLED, State.EXPIRED, State.NO_SHOW])
def test_what_is_over_stays_over(state: State) -> None:
    booking = replace(CONFIRMED, state=state)
    assert leave(facts(booking=booking), AT) == AlreadyThere(booking)


def test_what_begins_after_she_left_counts_for_her_and_is_stopped_with_its_first_word() -> None:
    central = Central(NOON, (TOKEN, replace(BOOKING, leaves=True, left=True)))
    heard = central.tell(started_16())
    assert heard is not None
    assert (heard.session.booking_id, heard.stop) == (BOOKING.id, StopTransaction(heard.session.ref))
    goes_on = Central(NOON, (TOKEN, replace(BOOKING, leaves=True)))
    goes_on.tell(started_16())
    update = TransactionUpdated(goes_on.only.ref, NOON + minutes(1), readings=(read(NOON + minutes(1), 6000),))
    heard = goes_on.tell(update)
    assert heard is not None
    assert heard.stop is None
