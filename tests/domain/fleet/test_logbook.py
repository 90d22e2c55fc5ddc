from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, Payer, Readings, State
from domain.fleet.logbook import (
    Before,
    Driven,
    EnterTrip,
    Entry,
    Logged,
    NotLogged,
    Trip,
    TripKind,
    TripState,
    entered,
    may_see,
    opened,
    state_of,
)
from domain.identity import SYSTEM, PoolId, Role
from domain.refusals import Refusal
from tests.examples import BERLIN, TOWN_HALL, a_booking, a_pool_car, an_actor, an_id, hours

LEFT = datetime(2026, 11, 20, 8, tzinfo=UTC)
BACK = LEFT + hours(3)
NOW = BACK + hours(1)
KIM = an_actor("kim", Role.DRIVER, pools=(TOWN_HALL,))
GRACE = an_actor("grace", Role.FLEET_MANAGER, pools=(TOWN_HALL,))
CAR = a_pool_car()
TRIP = Trip(BookingId(an_id("trip")), CAR.id, PoolId(TOWN_HALL), KIM.id, "BS-KM 7E", LEFT, BACK, "Rathaus", "Rathaus")
READ = Entry(1, 18_234, 18_279, None, SYSTEM, BACK)
OPEN = Logged(TRIP, (READ,))
VISIT = EnterTrip(TRIP.id, TripKind.BUSINESS, "Bohlweg 30, Braunschweig", "Ortstermin", "Frau Beispiel, Bauamt")
DONE = Entry(
    2, 18_234, 18_279, TripKind.BUSINESS, KIM.id, NOW, "Bohlweg 30, Braunschweig", "Ortstermin", "Frau Beispiel, Bauamt"
)
TOLD = Logged(TRIP, (READ, DONE))


def driven(payer: Payer = Payer.COST_CENTRE, **changes: Any) -> Driven:
    booking = a_booking(
        State.COMPLETED,
        CAR,
        started_at=LEFT,
        finished_at=BACK,
        start_readings=Readings(odometer_km=18_234),
        finish_readings=Readings(odometer_km=18_279),
    )
    booking = replace(booking, id=TRIP.id, holder_id=KIM.id, payer=payer, **changes)
    return Driven(booking, PoolId(TOWN_HALL), "BS-KM 7E", "Rathaus", licensed=True)


def test_a_use_that_is_over_opens_a_trip_with_what_the_odometer_showed() -> None:
    assert opened(driven(), BACK) == OPEN


def test_where_it_stood_is_told_in_the_drivers_words() -> None:
    places: dict[str, Any] = {"start_readings": Readings(place="Hof"), "finish_readings": Readings(place="Platz 11")}
    found, own = opened(driven(**places), BACK), opened(driven(Payer.SELF, **places), BACK)
    assert found is not None
    assert own is not None
    assert (found.trip.start_place, found.trip.end_place) == ("Hof", "Platz 11")
    assert (own.trip.start_place, own.trip.end_place) == (None, None)


def test_what_somebody_pays_herself_is_a_rental_of_which_the_kilometres_are_all_that_is_told() -> None:
    found = opened(driven(Payer.SELF), BACK)
    assert found == Logged(replace(TRIP, start_place=None, end_place=None), (replace(READ, kind=TripKind.RENTAL),))
    assert found is not None
    assert state_of(found, date(2026, 11, 20), BERLIN) is TripState.COMPLETE


@pytest.mark.parametrize(
    "use",
    [
        replace(driven(), licensed=False),
        driven(state=State.NO_SHOW),
        driven(started_at=None),
        driven(state=State.IN_USE, finished_at=None),
    ],
)
def test_what_no_motor_vehicle_drove_is_no_trip(use: Driven) -> None:
    assert opened(use, BACK) is None


def test_the_driver_completes_her_trip() -> None:
    assert entered(VISIT, OPEN, KIM, NOW) == DONE


def test_where_to_and_what_for_stand_in_the_booking_unless_she_says_otherwise() -> None:
    planned = replace(OPEN, planned_destination="Bohlweg 30, Braunschweig", planned_purpose="Ortstermin")
    short = EnterTrip(TRIP.id, TripKind.BUSINESS, partner="Frau Beispiel, Bauamt")
    assert entered(short, planned, KIM, NOW) == DONE
    assert entered(replace(short, kind=TripKind.COMMUTE, partner=None), planned, KIM, NOW) == Entry(
        2, 18_234, 18_279, TripKind.COMMUTE, KIM.id, NOW
    )


def test_of_a_private_trip_the_kilometres_are_told_alone() -> None:
    private = EnterTrip(TRIP.id, TripKind.PRIVATE)
    assert entered(private, OPEN, KIM, NOW) == Entry(2, 18_234, 18_279, TripKind.PRIVATE, KIM.id, NOW)
    assert entered(replace(private, partner="Mutter"), OPEN, KIM, NOW) == Refusal(NotLogged.KILOMETRES_ONLY, "/partner")


@pytest.mark.parametrize(
    ("command", "reason", "pointer"),
    [
        (replace(VISIT, destination=None), NotLogged.DESTINATION_MISSING, "/destination"),
        (replace(VISIT, purpose=""), NotLogged.PURPOSE_MISSING, "/purpose"),
        (replace(VISIT, seen=2), NotLogged.VERSION_MISMATCH, ""),
        (replace(VISIT, odometer_end=18_233, reason="verlesen"), NotLogged.ODOMETER_RUNS_BACK, "/odometer_end"),
        (EnterTrip(TRIP.id, TripKind.RENTAL), NotLogged.KIND_DOES_NOT_FIT, "/kind"),
        (replace(VISIT, odometer_end=18_280), NotLogged.REASON_MISSING, "/reason"),
    ],
)
def test_what_is_no_entry_of_a_logbook_is_refused(command: EnterTrip, reason: NotLogged, pointer: str) -> None:
    assert entered(command, OPEN, KIM, NOW) == Refusal(reason, pointer)


def test_an_odometer_that_nobody_read_is_added_without_a_word() -> None:
    unread = Logged(TRIP, (replace(READ, odometer_end=None),))
    assert entered(replace(VISIT, odometer_end=18_279), unread, KIM, NOW) == DONE
    bare = entered(VISIT, unread, KIM, NOW)
    assert isinstance(bare, Entry)
    assert bare.missing == ("odometer_end",)


def test_a_correction_says_why_and_leaves_what_was_there() -> None:
    wrong = replace(VISIT, purpose="Baubesprechung", partner=None, destination=None)
    assert entered(wrong, TOLD, KIM, NOW) == Refusal(NotLogged.REASON_MISSING, "/reason")
    assert entered(replace(wrong, reason="verwechselt"), TOLD, KIM, NOW) == replace(
        DONE, version=3, purpose="Baubesprechung", reason="verwechselt"
    )
    nobody = entered(replace(VISIT, partner="", reason="niemand da"), TOLD, KIM, NOW)
    assert nobody == replace(DONE, version=3, partner=None, reason="niemand da")
    assert entered(replace(VISIT, reason="noch einmal"), TOLD, KIM, NOW) == Refusal(NotLogged.NOTHING_CHANGES)


def test_whoever_runs_the_pool_enters_something_for_the_driver_and_says_why() -> None:
    assert entered(VISIT, OPEN, GRACE, NOW) == Refusal(NotLogged.REASON_MISSING, "/reason")
    assert entered(replace(VISIT, reason="Kim ist krank"), OPEN, GRACE, NOW) == replace(
        DONE, entered_by=GRACE.id, reason="Kim ist krank"
    )


@pytest.mark.parametrize(
    "stranger",
    [
        an_actor("ada", Role.DRIVER, pools=(TOWN_HALL,)),
        an_actor("ada", Role.FLEET_MANAGER, pools=("harbour",)),
        an_actor("ada", Role.RESIDENT),
    ],
)
def test_to_anybody_else_the_trip_does_not_exist(stranger: Any) -> None:
    assert not may_see(stranger, TRIP)
    assert entered(VISIT, OPEN, stranger, NOW) == Refusal(NotLogged.UNKNOWN_TRIP)
    assert entered(VISIT, None, KIM, NOW) == Refusal(NotLogged.UNKNOWN_TRIP)
    assert may_see(an_actor("ada", Role.OPERATOR), TRIP)


def test_a_rental_stays_one_and_its_kilometres_are_corrected() -> None:
    rental = Logged(TRIP, (replace(READ, kind=TripKind.RENTAL),))
    again = EnterTrip(TRIP.id, TripKind.RENTAL, odometer_end=18_297, reason="Zahlendreher")
    assert entered(again, rental, GRACE, NOW) == Entry(
        2, 18_234, 18_297, TripKind.RENTAL, GRACE.id, NOW, reason="Zahlendreher"
    )
    assert entered(replace(VISIT, reason="doch"), rental, GRACE, NOW) == Refusal(NotLogged.KIND_DOES_NOT_FIT, "/kind")


LAST_MINUTE = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)  # 23:59 in Berlin, seven days after


@pytest.mark.parametrize(
    ("at", "expected"),
    [(LAST_MINUTE, TripState.COMPLETE), (LAST_MINUTE + timedelta(minutes=1), TripState.LATE)],
)
def test_seven_calendar_days_after_it_a_trip_is_completed_late(at: datetime, expected: TripState) -> None:
    told = Logged(TRIP, (READ, replace(DONE, entered_at=at)))
    corrected = replace(told, entries=(*told.entries, replace(DONE, version=3, entered_at=at + timedelta(days=90))))
    for logged in (told, corrected):
        assert state_of(logged, date(2027, 1, 1), BERLIN) is expected


def test_what_nobody_completes_in_its_days_is_overdue() -> None:
    assert state_of(OPEN, date(2026, 11, 27), BERLIN) is TripState.OPEN
    assert state_of(OPEN, date(2026, 11, 28), BERLIN) is TripState.OVERDUE


@pytest.mark.parametrize(("stood", "gap"), [(18_234, 0), (18_200, 34), (18_240, -6), (None, None)])
def test_what_was_driven_between_two_trips_is_shown(stood: int | None, gap: int | None) -> None:
    assert replace(OPEN, before=Before(BookingId(an_id("one before")), stood)).gap_km == gap
    assert OPEN.gap_km is None


def test_kilometres_are_those_of_the_odometer() -> None:
    assert (READ.km, replace(READ, odometer_start=None).km) == (45, None)
