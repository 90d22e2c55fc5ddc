"""What is wrong at a station, by how it stands; and when somebody is to see to it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.faults.faults import (
    MOST_BEGUN,
    MOST_EVENTS,
    THE_REST,
    Condition,
    EvseSeen,
    Fault,
    FaultId,
    FaultKind,
    StationSeen,
    TicketId,
    compare,
    conditions,
    is_over,
    kept_as,
    of_event,
    of_order,
)
from domain.charging.faults.tickets import (
    Around,
    Changed,
    ChangeTicket,
    NotTicketed,
    OpenTicket,
    Place,
    Severity,
    Ticket,
    TicketRule,
    TicketState,
    Why,
    again,
    asks_for_ticket,
    availability,
    change,
    is_not_believed,
    open_by_hand,
)
from domain.charging.orders import (
    Answered,
    ChangeAvailability,
    OrderAnswer,
    OrderAnswered,
    OrderId,
    StationOrder,
    Unlock,
)
from domain.charging.reports import EventReported
from domain.charging.stations import ChargingStationId, ConnectorStatus, EvseStatus
from domain.refusals import Refusal
from tests.examples import NOON, an_id, hours, minutes, person_id

STATION = ChargingStationId(an_id("station"))
WELL = StationSeen(True, NOON, 900, EvseStatus.AVAILABLE, "Available", None, NOON, ())
BROKEN, FINE = ConnectorStatus(EvseStatus.OUTOFORDER, NOON), ConnectorStatus(EvseStatus.AVAILABLE, NOON)
FAULT = Fault(FaultId(an_id("fault")), STATION, 1, FaultKind.OUT_OF_ORDER, "1", "GroundFailure", NOON)
TICKET = Ticket(TicketId(an_id("ticket")), STATION, 1, FaultKind.OUT_OF_ORDER, Why.LASTED, Severity.HIGH, NOON, NOON)
POINT = ResourceId(an_id("point"))
AROUND = Around((POINT,), assignee_known=True, others_out=frozenset())
RULE = TicketRule()


def test_a_station_is_silent_once_nobody_holds_it_for_longer_than_its_heartbeat() -> None:
    away = replace(WELL, online=False)
    assert conditions(away, NOON + minutes(15)) == ()
    assert conditions(away, NOON + minutes(16)) == (Condition(0, FaultKind.SILENT, "", "", NOON),)
    assert conditions(WELL, NOON + hours(9)) == ()
    assert conditions(replace(away, seen_at=None), NOON + hours(9)) == ()


def test_each_broken_connector_is_a_fault_and_an_error_alone_a_warning() -> None:
    evses = (
        EvseSeen(1, {"1": BROKEN, "2": FINE}, "Faulted", "GroundFailure", NOON),
        EvseSeen(2, {"1": FINE}, "Available", "WeakSignal", NOON),
        EvseSeen(3, {"1": FINE}, "Available", None, NOON),
    )
    assert conditions(replace(WELL, evses=evses), NOON) == (
        Condition(1, FaultKind.OUT_OF_ORDER, "1", "GroundFailure", NOON),
        Condition(2, FaultKind.WARNING, "", "WeakSignal", NOON),
    )
    whole = replace(WELL, status=EvseStatus.OUTOFORDER, said="Faulted")
    assert conditions(whole, NOON) == (Condition(0, FaultKind.OUT_OF_ORDER, "", "Faulted", NOON),)


def test_what_is_known_begins_no_second_time_and_what_is_gone_is_over() -> None:
    event = replace(FAULT, kind=FaultKind.EVENT)
    same = Condition(1, FaultKind.OUT_OF_ORDER, "1", "another word", NOON + minutes(1))
    assert compare([FAULT, event], [same]) == ((), ())
    assert compare([FAULT, event], []) == ((), (FAULT,))
    assert compare([], [same]) == ((same,), ())


def test_an_alarm_is_a_fault_and_a_value_is_none() -> None:
    value = EventReported(1, "Connector", "Temperature", "31", NOON)
    assert of_event(value) is None
    alarm = replace(value, value="90", alerting=True, says="E7 too hot")
    assert of_event(alarm) == Condition(1, FaultKind.EVENT, "Connector.Temperature", "E7 too hot", NOON)
    assert is_over(replace(alarm, cleared=True))
    problem = EventReported(0, "ChargingStation", "Problem", "TRUE", NOON)
    assert of_event(problem) is not None
    assert is_over(replace(problem, value="false"))


@pytest.mark.parametrize(
    ("answer", "is_fault"),
    [
        (OrderAnswer(Answered.ACCEPTED), False),
        (OrderAnswer(Answered.REJECTED, "Rejected"), False),
        (OrderAnswer(Answered.NOT_THERE), False),
        (OrderAnswer(Answered.FAILED, "InternalError"), True),
        (OrderAnswer(Answered.NO_ANSWER), True),
        (OrderAnswer(Answered.REJECTED, "UnlockFailed"), True),
    ],
)
def test_an_order_that_a_station_cannot_carry_out_is_a_fault(answer: OrderAnswer, is_fault: bool) -> None:
    order = StationOrder(OrderId(an_id("order")), STATION, Unlock(2), NOON, NOON + minutes(5))
    found = of_order(OrderAnswered(order, answer), NOON)
    assert (found is not None) is is_fault
    assert found is None or (found.evse, found.kind) == (2, FaultKind.ORDER_FAILED)


@pytest.mark.parametrize(
    ("fault", "before", "after", "why"),
    [
        (FAULT, 0, minutes(14), None),
        (FAULT, 0, minutes(15), Why.LASTED),
        (FAULT, 1, minutes(0), None),
        (FAULT, 2, minutes(0), Why.REPEATED),
        (replace(FAULT, ended_at=NOON), 0, hours(1), None),
        (replace(FAULT, kind=FaultKind.METER, ended_at=NOON), 0, minutes(0), Why.AT_ONCE),
    ],
)
def test_what_lasts_or_comes_again_is_to_be_seen_to(
    fault: Fault, before: int, after: timedelta, why: Why | None
) -> None:
    assert asks_for_ticket(fault, before, RULE, NOON + after) is why


def test_a_solved_ticket_is_opened_by_a_new_fault_and_not_by_the_old_one() -> None:
    solved = replace(TICKET, state=TicketState.SOLVED, changed_at=NOON + hours(1))
    assert again(solved, FAULT, RULE, NOON + hours(2)) is None
    fresh = replace(FAULT, began_at=NOON + hours(2))
    opened = again(solved, fresh, RULE, NOON + hours(2))
    assert opened == replace(solved, state=TicketState.OPEN, changed_at=NOON + hours(2), version=2)
    assert again(replace(TICKET, state=TicketState.IN_WORK), fresh, RULE, NOON + hours(2)) is None


def test_whoever_says_that_it_is_solved_is_believed_for_a_day_although_it_lasts() -> None:
    solved = replace(TICKET, state=TicketState.SOLVED, changed_at=NOON + hours(1))
    lasting = replace(FAULT, ticket_id=TICKET.id, settled_at=NOON + hours(1))
    day = NOON + hours(25)
    assert again(solved, lasting, RULE, day - minutes(1)) is None
    assert again(solved, lasting, RULE, day) == replace(solved, state=TicketState.OPEN, changed_at=day, version=2)
    assert not is_not_believed(replace(lasting, ended_at=NOON + hours(2)), RULE, day)
    assert not is_not_believed(replace(lasting, settled_at=None), RULE, day)


def test_events_beyond_the_most_are_counted_by_one_fault() -> None:
    event = Condition(1, FaultKind.EVENT, "Fan.Speed", "stuck", NOON)
    rest = Condition(0, FaultKind.EVENT, THE_REST, "Fan.Speed", NOON)
    last = [replace(FAULT, kind=FaultKind.EVENT, what=f"Fan/{n}.Speed") for n in range(MOST_EVENTS)]
    others = [FAULT, replace(last[0], what=THE_REST, evse=0)]
    assert kept_as(event, last[1:] + others, MOST_BEGUN - 1) == event
    assert kept_as(event, last, 0) == kept_as(event, [], MOST_BEGUN) == rest
    known = replace(event, what=last[0].what)
    assert kept_as(known, last, MOST_BEGUN) == known


def changed(ticket: Ticket, around: Around = AROUND, **asked: object) -> Changed | NotTicketed:
    command = ChangeTicket(ticket.id, **asked)  # type: ignore[arg-type]  # as the test names them
    found = change(ticket, command, around, NOON + hours(1))
    return found.reason if isinstance(found, Refusal) else found


def test_a_ticket_is_closed_with_a_reason_and_for_good() -> None:
    assert changed(TICKET, state=TicketState.CLOSED, note=" ") is NotTicketed.NO_WORDS
    closed = changed(TICKET, state=TicketState.CLOSED, note=" A new fuse ")
    assert isinstance(closed, Changed)
    assert (closed.ticket.reason, closed.ticket.closed_at) == ("A new fuse", NOON + hours(1))
    assert changed(closed.ticket, state=TicketState.OPEN) is NotTicketed.TICKET_CLOSED


def test_whoever_sees_to_it_runs_the_stations() -> None:
    nobody = replace(AROUND, assignee_known=False)
    assert changed(TICKET, nobody, assignee=person_id("ada")) is NotTicketed.UNKNOWN_ASSIGNEE
    assert isinstance(changed(TICKET, nobody, assignee=None, note="Nobody has time"), Changed)
    assert changed(TICKET) is NotTicketed.NOTHING_CHANGES


def test_a_point_goes_out_of_service_and_comes_back_before_the_ticket_is_closed() -> None:
    out = changed(TICKET, out_of_service=True)
    assert isinstance(out, Changed)
    assert (out.ticket.out_since, out.ticket.withdrawn) == (NOON + hours(1), (POINT,))
    assert out.orders == (ChangeAvailability(operative=False, evse=1),)
    assert changed(out.ticket, state=TicketState.CLOSED, note="Done") is NotTicketed.STILL_OUT_OF_SERVICE
    back = changed(out.ticket, state=TicketState.CLOSED, note="Done", out_of_service=False)
    assert isinstance(back, Changed)
    assert (back.ticket.withdrawn, back.orders) == ((), (ChangeAvailability(operative=True, evse=1),))


def test_what_another_ticket_keeps_out_stays_out() -> None:
    assert availability(1, {1}, operative=True) == availability(1, {0}, operative=True) == ()
    assert availability(0, {2}, operative=True) == (
        ChangeAvailability(operative=True),
        ChangeAvailability(operative=False, evse=2),
    )


def test_a_ticket_by_hand_is_of_a_point_that_there_is_or_of_none() -> None:
    command = OpenTicket(TICKET.id, " Torn cable ", Severity.LOW, station_id=STATION, evse=2, assignee=person_id("ada"))
    place = Place(frozenset({1, 2}), assignee_known=True)
    opened = open_by_hand(command, place, NOON)
    assert opened == Ticket(
        TICKET.id,
        STATION,
        2,
        None,
        Why.BY_HAND,
        Severity.LOW,
        NOON,
        NOON,
        title="Torn cable",
        assignee=person_id("ada"),
    )
    alone = OpenTicket(TICKET.id, "Spare keys are missing", Severity.HIGH)
    of_none = open_by_hand(alone, Place(None, assignee_known=False), NOON)
    assert isinstance(of_none, Ticket)
    assert changed(of_none, out_of_service=True) is NotTicketed.UNKNOWN_POINT
    graver = changed(of_none, severity=Severity.CRITICAL)
    assert isinstance(graver, Changed)
    assert graver.ticket == replace(of_none, severity=Severity.CRITICAL, version=2)
    for wrong, there, why in (
        (replace(command, title="  "), place, Refusal(NotTicketed.NO_WORDS, "/title")),
        (command, replace(place, evses=None), Refusal(NotTicketed.UNKNOWN_POINT, "/charging_station_id")),
        (replace(command, evse=3), place, Refusal(NotTicketed.UNKNOWN_POINT, "/evse")),
        (replace(alone, evse=1), replace(place, evses=None), Refusal(NotTicketed.UNKNOWN_POINT, "/evse")),
        (command, replace(place, assignee_known=False), Refusal(NotTicketed.UNKNOWN_ASSIGNEE, "/assignee")),
    ):
        assert open_by_hand(wrong, there, NOON) == why
