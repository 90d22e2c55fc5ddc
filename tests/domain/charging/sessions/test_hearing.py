"""What stations tell of a session, in whatever order, however often and however late."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.metered import Metered
from domain.booking.resources import Service
from domain.charging.orders import StopTransaction
from domain.charging.reports import (
    ChargingState,
    IdToken,
    TokenAnswer,
    TokenVerdict,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.sessions.bills import Billing
from domain.charging.sessions.hearing import Known, hear
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.points import Point, PointKind, Told
from domain.charging.sessions.sessions import Flag, SessionBegun, SessionEnded, SessionEvent, SessionIdle, SessionState
from tests.domain.charging.sessions.central import (
    BOOKING,
    TOKEN,
    Central,
    outcome,
    read,
    started_16,
    status,
    told_201,
)
from tests.examples import BERLIN, NOON, TARIFFS, a_booking, a_resource, an_id, euros, hours, minutes

HISTORY = list(told_201(3))
EVENING = NOON + hours(8)


def ended_16(number: int, at: datetime, wh: int, reason: str = "Local") -> TransactionEnded:
    return TransactionEnded(TransactionRef(str(number)), at, reason, readings=(read(at, wh),))


def test_a_session_from_plug_to_the_end() -> None:
    central = Central(NOON)
    begun = central.tell(started_16())
    assert begun is not None
    assert (begun.start_answer.number, begun.start_answer.token) == (1, TokenAnswer(TokenVerdict.ACCEPTED))
    session = begun.session
    assert (session.state, session.booking_id, session.began_at) == (SessionState.ACTIVE, BOOKING.id, NOON)
    assert begun.events == (SessionBegun(session.id),)
    central.now = NOON + hours(1)
    ended = central.tell(ended_16(1, NOON + hours(1), 16_000))
    assert ended is not None
    assert (ended.session.state, ended.session.energy_wh, ended.session.flags) == (SessionState.COMPLETED, 11_000, ())
    assert ended.session.over_at == NOON + hours(1)
    assert ended.events == (SessionEnded(session.id),)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_told_twice_and_in_any_order_it_is_the_same_session(data: st.DataObject) -> None:
    """What was lost is lost in the same way, whichever way the rest came."""
    told = data.draw(st.lists(st.sampled_from(HISTORY), min_size=1, unique_by=id))
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    one, other = Central(EVENING), Central(EVENING)
    one.tell(*sorted(told, key=HISTORY.index))
    other.tell(*data.draw(st.permutations([*told, *again])))
    for central in (one, other):
        central.wait(timedelta(days=2))
    assert outcome(one) == outcome(other)
    events = [event for heard in other.heard for event in heard.events]
    assert len(events) == len(set(events))
    assert events.count(SessionEnded(other.only.id)) == 1


def test_an_offline_queue_that_is_replayed_twice_is_one_session_with_the_same_answers() -> None:
    queue: list[Told] = [started_16(), ended_16(1, NOON + hours(2), 25_000)]
    central = Central(EVENING)
    first = [central.tell(report) for report in queue]
    again = [central.tell(report) for report in queue]
    assert [heard and heard.start_answer for heard in first] == [heard and heard.start_answer for heard in again]
    assert [heard and (heard.new, heard.events) for heard in again] == [((), ())] * 2
    session = central.only
    assert (session.state, session.energy_wh, session.flags) == (SessionState.COMPLETED, 20_000, ())
    assert (session.began_at, session.over_at) == (NOON, NOON + hours(2))


def test_whoever_was_taken_for_not_having_come_while_the_station_was_cut_off_had_come() -> None:
    missed = replace(BOOKING, state=State.NO_SHOW, over_at=NOON + minutes(30))
    assert Central(EVENING, (TOKEN, missed)).tell(started_16()).session.is_authorised  # type: ignore[union-attr]
    late = Central(EVENING, (TOKEN, missed)).tell(started_16(NOON + minutes(31)))
    assert late is not None
    assert late.start_answer.token.verdict is TokenVerdict.EXPIRED


def test_a_token_that_nobody_gave_is_answered_and_the_station_is_told_to_stop() -> None:
    central = Central(NOON)
    heard = central.tell(started_16(token=IdToken("DEADBEEF")))
    assert heard is not None
    assert (heard.start_answer.token.verdict, heard.stop) == (
        TokenVerdict.INVALID,
        StopTransaction(TransactionRef("1")),
    )
    assert heard.events == ()
    central.tell(ended_16(1, NOON + minutes(1), 5001, "DeAuthorized"))
    assert (central.only.state, central.only.flags) == (SessionState.INVALID, (Flag.NOT_AUTHORISED,))


def test_a_station_is_told_to_stop_once_a_minute_and_not_again_before_it_has_answered() -> None:
    """However long that takes: where thousands wait to be told, asking them again each minute would make the line longer than it gets
    shorter."""
    central, stop = Central(NOON), StopTransaction(TransactionRef("1"))

    def tell(seconds: int) -> StopTransaction | None:
        at = central.now = NOON + timedelta(seconds=seconds)
        heard = central.tell(TransactionUpdated(stop.ref, at, readings=(read(at, 5000 + seconds),)))
        assert heard is not None
        return heard.stop

    central.tell(started_16(token=IdToken("DEADBEEF")))
    central.stopping = {stop.ref}
    assert [tell(30), tell(90), tell(600)] == [None, None, None]
    charging = status(NOON + minutes(11), "Charging")
    heard = central.tell(charging)
    assert heard is not None
    assert heard.stop is None
    central.stopping = set()  # it has answered, and goes on
    assert [tell(700), tell(730), tell(770)] == [stop, None, stop]


def test_a_token_that_charges_elsewhere_does_not_charge_twice() -> None:
    central = Central(NOON)
    central.tell(started_16())
    second = central.tell(started_16(NOON + minutes(1), evse=1, wh=5010))
    assert second is not None
    assert second.start_answer.token.verdict is TokenVerdict.CONCURRENT


def test_a_vehicle_that_is_plugged_in_before_anybody_shows_a_token_begins_with_it() -> None:
    central, ref = Central(NOON), TransactionRef("tx")
    plugged = central.tell(TransactionStarted(1, 1, None, NOON, ref, state=ChargingState.EV_CONNECTED))
    assert plugged is not None
    assert (plugged.session.told, plugged.stop, plugged.events) == (None, None, ())
    shown = central.tell(TransactionUpdated(ref, NOON + minutes(1), 1, TOKEN, seq=1))
    assert shown is not None
    assert (shown.session.booking_id, shown.events) == (BOOKING.id, (SessionBegun(plugged.session.id),))


def test_after_a_power_cut_it_ends_at_the_last_reading_a_day_later() -> None:
    central = Central(NOON + minutes(40))
    central.tell(
        started_16(),
        TransactionUpdated(TransactionRef("1"), NOON + minutes(40), readings=(read(NOON + minutes(40), 12_000),)),
    )
    central.wait(hours(23))
    assert central.only.state is SessionState.ACTIVE
    central.wait(hours(2))
    session = central.only
    assert (session.state, session.flags, session.energy_wh) == (SessionState.COMPLETED, (Flag.END_NOT_TOLD,), 7000)
    assert session.over_at == NOON + minutes(40)
    late = central.tell(ended_16(1, NOON + hours(2), 13_000, "PowerLoss"))
    assert late is not None
    assert (late.session.energy_wh, late.events) == (7000, ())
    assert Flag.TOLD_LATE in late.session.flags


def test_whoever_plugs_in_where_a_session_never_ended_ends_it() -> None:
    other = replace(BOOKING, id=BookingId(an_id("next")), earliest_start=NOON + hours(4), end=NOON + hours(6))
    central = Central(NOON, (TOKEN, BOOKING), (IdToken("NEXT"), other))
    central.tell(started_16())
    central.now = NOON + hours(4)
    central.tell(started_16(NOON + hours(4), 9000, IdToken("NEXT")))
    before, after = central.sessions.values()
    assert (before.state, after.state) == (SessionState.ENDING, SessionState.ACTIVE)
    central.wait(minutes(16))
    before, after = central.sessions.values()
    assert (before.state, before.flags, after.state) == (
        SessionState.COMPLETED,
        (Flag.END_NOT_TOLD,),
        SessionState.ACTIVE,
    )


def test_a_clock_that_stands_in_1970_is_not_believed() -> None:
    central = Central(NOON)
    then = datetime.fromisoformat("1970-01-01T00:02:00+00:00")
    heard = central.tell(started_16(then))
    assert heard is not None
    assert heard.session.is_authorised
    assert (heard.session.began_at, heard.session.flags) == (central.now, (Flag.CLOCK_WRONG,))
    central.tell(ended_16(1, then + hours(1), 6000))
    assert (central.only.over_at, central.only.energy_wh) == (central.now, 1000)


@pytest.mark.parametrize("ahead", [minutes(4), hours(26)])
def test_a_clock_that_is_ahead_neither_raises_what_it_costs_so_far_nor_stops_it_for_its_budget(
    ahead: timedelta,
) -> None:
    """The station is right at first, and then it is not. More than the time that was booked has not passed by ours."""
    booking = replace(a_booking(State.IN_USE), id=BOOKING.id)
    billing, now = Billing(booking, a_resource(), TARIFFS[Service.CHARGING], BERLIN), booking.end - minutes(1)
    central = Central(NOON)
    central.tell(started_16())
    one = replace(central.only, limit=Limit(budget=billing.cost(Metered(Decimal(3)), booking.end + hours(2)).total))
    known = Known(one.station_id, 1, one, central.points[one.id], one.resource_id, billing=billing)
    report = TransactionUpdated(one.ref, now + ahead, readings=(read(now + ahead, 6000),))
    heard = hear(report, known, one.id, now)
    assert heard.cost == billing.cost(Metered(Decimal(1)), now).total
    assert heard.stop is None


@pytest.mark.parametrize("end_first", [False, True])
def test_what_was_booked_at_the_plug_and_ended_at_once_is_not_over_before_it_began(end_first: bool) -> None:
    """The station is three minutes behind, so its start lies before the booking, and is taken for the moment of its coming."""
    central = Central(NOON, (TOKEN, replace(BOOKING, made_at=NOON - minutes(1))))
    began, ended, ref = NOON - minutes(3), NOON - minutes(2), TransactionRef("tx")
    told: list[Told] = [
        TransactionStarted(1, 1, TOKEN, began, ref, readings=(read(began, 5000),)),
        TransactionEnded(ref, ended, "Local", seq=1, readings=(read(ended, 5010),)),
    ]
    central.tell(*(reversed(told) if end_first else told))
    session = central.only
    assert (session.state, session.energy_wh) == (SessionState.COMPLETED, 10)
    assert session.began_at is not None
    assert session.over_at == session.began_at


def test_who_takes_nothing_any_more_for_ten_minutes_is_told_so_once() -> None:
    central = Central(NOON)
    central.tell(started_16(), status(NOON + minutes(30), "SuspendedEV"))
    events = list[SessionEvent]()
    for minute in (35, 41, 50):
        at = NOON + minutes(minute)
        heard = central.tell(TransactionUpdated(TransactionRef("1"), at, readings=(read(at, 9000),)))
        assert heard is not None
        events += heard.events
    assert events == [SessionIdle(central.only.id, BOOKING.id)]


def test_a_session_is_stopped_a_look_before_it_would_take_more_than_wanted() -> None:
    central = Central(NOON)
    central.tell(started_16())
    session = central.only
    central.sessions[session.id] = replace(session, limit=Limit(Decimal("5.0")))
    stops = []
    for minute, wh in ((10, 7000), (20, 9000), (30, 10_000)):
        at = central.now = NOON + minutes(minute)
        heard = central.tell(TransactionUpdated(TransactionRef("1"), at, readings=(read(at, wh),)))
        assert heard is not None
        stops.append(heard.stop)
    assert stops == [None, StopTransaction(TransactionRef("1")), StopTransaction(TransactionRef("1"))]


def test_whoever_withdraws_while_she_charges_is_stopped_at_the_next_look() -> None:
    central = Central(NOON)
    central.tell(started_16())
    central.bookings[TOKEN] = replace(BOOKING, state=State.CANCELLED, over_at=NOON + minutes(5))
    at = central.now = NOON + minutes(10)
    heard = central.tell(TransactionUpdated(TransactionRef("1"), at, readings=(read(at, 7000),)))
    assert heard is not None
    assert heard.stop == StopTransaction(TransactionRef("1"))
    assert heard.session.is_authorised


class WatchedTime(datetime):
    """Counts how often times are compared."""

    looks = 0

    def __lt__(self, other: datetime, /) -> bool:  # type: ignore[override]  # as datetime itself
        WatchedTime.looks += 1
        return super().__lt__(other)

    def __le__(self, other: datetime, /) -> bool:  # type: ignore[override]  # as datetime itself
        WatchedTime.looks += 1
        return super().__le__(other)


def test_a_session_that_lasts_for_days_is_heard_without_looking_at_everything_for_each_reading() -> None:
    count = 3000
    begin = WatchedTime.fromisoformat((NOON + minutes(1)).isoformat())
    ats = [begin + timedelta(seconds=30 * number) for number in range(count + 1)]
    states = [ChargingState.CHARGING, ChargingState.SUSPENDED_EV]
    central = Central(NOON + timedelta(days=2))
    central.tell(started_16())
    central.points[central.only.id] += tuple(
        Point(at, PointKind.READ, state=states[number % 2], energy_wh=Decimal(5000 + number))
        for number, at in enumerate(ats[:-1])
    )
    last = TransactionUpdated(TransactionRef("1"), ats[-1], readings=(read(ats[-1], 9000),))
    WatchedTime.looks = 0
    heard = central.tell(last)
    assert heard is not None
    assert (len(heard.new), heard.session.energy_wh) == (2, 4000)
    assert WatchedTime.looks < 100 * count
    WatchedTime.looks = 0
    central.tell(last)
    assert WatchedTime.looks < 100, "what is told again is looked up"


def test_whoever_has_no_account_stops_where_what_is_held_is_spent_and_at_the_end_of_her_time() -> None:
    stranger = replace(BOOKING, limit=Limit(Decimal("2.0"), euros("10.00")), leaves=True)
    central = Central(NOON, (TOKEN, stranger))
    begun = central.tell(started_16())
    assert begun is not None
    assert (begun.session.limit, begun.stop) == (stranger.limit, None)
    central.now = stranger.end
    at = stranger.end
    late = central.tell(TransactionUpdated(begun.session.ref, at, readings=(read(at, 5100),)))
    assert late is not None
    assert late.stop == StopTransaction(begun.session.ref)
