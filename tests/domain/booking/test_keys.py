from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.booking.actions import actions
from domain.booking.bookings import Booking, Readings, State
from domain.booking.events import AlreadyThere, BookingStarted, NotPossible, ReadingsTaken
from domain.booking.handover import Handover, Shown
from domain.booking.keys import (
    CLOSES_FOR,
    CommandId,
    KeyAction,
    LeftOpen,
    LockCommand,
    TurnKey,
    asked_again_at,
    may_repeat,
    may_turn,
    opened,
)
from domain.booking.life import TO_READ, is_amiss, start
from domain.booking.resources import Service
from domain.identity import Role
from domain.proofs import ProofKind
from domain.refusals import Refusal
from tests.examples import BERLIN, NOON, a_booking, a_resource, an_actor, hours, minutes

CAR = a_resource(Service.FLEET)
ADA = an_actor("ada")
SEEN = Handover(True, (), (Shown(ProofKind.LICENCE, date(2031, 1, 1), classes=("B",)),))
UNSEEN = Handover(True, (), ())
CONFIRMED, IN_USE = a_booking(State.CONFIRMED, CAR), a_booking(State.IN_USE, CAR)


def asked(booking: Booking, action: KeyAction = KeyAction.UNLOCK, **more: Any) -> Refusal[NotPossible] | None:
    facts: dict[str, Any] = {
        "actor": ADA,
        "now": NOON,
        "handover": SEEN,
        "on_it": "QR-7",
        "code": None,
        "resource": CAR,
        "still_in_use": False,
    } | more
    return may_turn(
        TurnKey(booking.id, action, facts["code"]),
        booking,
        facts["resource"],
        facts["handover"],
        code=facts["on_it"],
        actor=facts["actor"],
        time_zone=BERLIN,
        now=facts["now"],
        still_in_use=facts["still_in_use"],
    )


@pytest.mark.parametrize("action", list(KeyAction))
def test_the_lock_is_asked_for_the_holder_from_the_earliest_start_until_the_end(action: KeyAction) -> None:
    early, end = CONFIRMED.terms.earliest_start, CONFIRMED.end
    assert asked(CONFIRMED, action, now=early - minutes(1)) == Refusal(NotPossible.TOO_EARLY)
    assert asked(CONFIRMED, action, now=early) is None
    assert asked(CONFIRMED, action, now=end - minutes(1)) is None
    assert asked(CONFIRMED, action, now=end) == Refusal(NotPossible.WRONG_STATE)


@pytest.mark.parametrize("action", list(KeyAction))
def test_whoever_is_late_with_it_gets_into_the_car_and_whoever_is_done_does_not(action: KeyAction) -> None:
    assert asked(IN_USE, action, now=IN_USE.end + hours(1)) is None
    for state in set(State) - {State.CONFIRMED, State.IN_USE, State.COMPLETED}:
        assert asked(a_booking(state, CAR), action) == Refusal(NotPossible.WRONG_STATE), state


def test_whoever_left_it_open_closes_it_until_somebody_else_uses_it_and_opens_it_no_more() -> None:
    done = a_booking(State.COMPLETED, CAR)
    withdrawn = replace(done, state=State.CANCELLED)
    for booking in (done, withdrawn):
        assert asked(booking, KeyAction.LOCK) is None
        assert asked(booking, KeyAction.LOCK, still_in_use=True) == Refusal(NotPossible.WRONG_STATE)
        assert asked(booking, KeyAction.UNLOCK) == Refusal(NotPossible.WRONG_STATE)
        assert asked(booking, KeyAction.LOCK, now=done.end + CLOSES_FOR - minutes(1)) is None
        assert asked(booking, KeyAction.LOCK, now=done.end + CLOSES_FOR) == Refusal(NotPossible.WRONG_STATE)


@pytest.mark.parametrize("who", [an_actor("grace", Role.FLEET_MANAGER), an_actor("root", Role.OPERATOR)])
def test_nobody_else_has_it_opened_whoever_runs_the_pool(who: Any) -> None:
    assert asked(CONFIRMED, actor=who) == Refusal(NotPossible.FORBIDDEN)


@pytest.mark.parametrize("booking", [CONFIRMED, IN_USE])
def test_without_a_licence_that_somebody_saw_nothing_opens_and_everything_closes(booking: Booking) -> None:
    refused = Refusal(NotPossible.LICENCE_NOT_VALID, missing=(ProofKind.LICENCE,))
    assert asked(booking, handover=UNSEEN) == refused
    assert asked(booking, KeyAction.LOCK, handover=UNSEEN) is None
    assert asked(booking, handover=replace(UNSEEN, licensed=False)) is None, "a pedelec takes none"


def test_another_cars_code_opens_nothing() -> None:
    assert asked(CONFIRMED, code="QR-8") == Refusal(NotPossible.CODE_DOES_NOT_FIT, "/code")
    assert asked(CONFIRMED, code="QR-7") is None


def test_a_car_that_may_not_be_used_so_long_is_not_opened() -> None:
    worn = replace(CAR, usable_until=CONFIRMED.end - minutes(1))
    assert asked(CONFIRMED, resource=worn) == Refusal(NotPossible.NOT_USABLE, latest_end=worn.usable_until)


def test_a_car_that_nobody_may_drive_is_not_opened_and_whoever_has_it_gets_out_and_may_let_it_go() -> None:
    flat = replace(CONFIRMED, not_drivable=True)
    assert asked(flat) == Refusal(NotPossible.OUT_OF_SERVICE)
    assert asked(replace(IN_USE, not_drivable=True)) is None
    assert [is_amiss(each, CAR, NOON) for each in (CONFIRMED, flat)] == [False, True]


@pytest.mark.parametrize(
    ("starts", "out_until", "amiss"),
    [
        (timedelta(days=14) - minutes(1), None, True),
        (timedelta(days=14), None, False),
        (hours(30), NOON + hours(31), True),
        (hours(30), NOON + hours(30), False),
        (timedelta(days=40), NOON + timedelta(days=41), True),
        (timedelta(days=13), NOON - hours(1), True),
    ],
    ids=["within a repair", "after one", "before it is back", "when it is back", "a long repair", "it was to be back"],
)
def test_what_begins_once_a_car_is_expected_back_is_not_given_up_for_nothing(
    starts: timedelta, out_until: datetime | None, amiss: bool
) -> None:
    later = replace(CONFIRMED, start=NOON + starts, end=NOON + starts + hours(1), not_drivable=True)
    assert is_amiss(replace(later, out_until=out_until), CAR, NOON) is amiss


@pytest.mark.parametrize(("expected_days", "amiss"), [(None, True), (4, True), (3, False)])
def test_when_a_car_is_expected_back_is_for_its_city_to_say(expected_days: int | None, amiss: bool) -> None:
    start = NOON + timedelta(days=3)
    later = replace(CONFIRMED, start=start, end=start + hours(1), not_drivable=True)
    assert is_amiss(later, replace(CAR, repair_days=expected_days), NOON) is amiss


def test_with_the_first_opening_the_use_begins_and_the_car_is_final() -> None:
    provisional = replace(CONFIRMED, final_at=NOON)
    begun = replace(CONFIRMED, state=State.IN_USE, started_at=NOON, updated_at=NOON, version=CONFIRMED.version + 1)
    assert opened(provisional, NOON) == BookingStarted(begun)
    assert opened(IN_USE, NOON) == AlreadyThere(IN_USE)
    for state in set(State) - {State.CONFIRMED, State.IN_USE}:
        assert opened(a_booking(state, CAR), NOON) == Refusal(NotPossible.WRONG_STATE)


def test_what_the_instruments_show_is_told_once_after_the_key_has_begun_the_use() -> None:
    opening = opened(CONFIRMED, NOON)
    assert isinstance(opening, BookingStarted)
    begun, at = opening.booking, NOON + minutes(2)
    assert "start" in actions(begun, None, ADA, at)
    told = start(begun, CAR, Readings(odometer_km=18_234), at)
    expected = replace(begun, start_readings=Readings(odometer_km=18_234), updated_at=at, version=begun.version + 1)
    assert told == ReadingsTaken(expected)
    assert start(begun, CAR, Readings(odometer_km=18_301), at + TO_READ) == Refusal(NotPossible.WRONG_STATE)
    assert start(expected, CAR, Readings(odometer_km=18_235), at) == Refusal(NotPossible.WRONG_STATE)
    assert "start" not in actions(expected, None, ADA, at)


def test_only_to_close_is_told_again_and_only_while_nothing_came_after_it() -> None:
    def left(action: KeyAction, *, overtaken: bool) -> LeftOpen:
        return LeftOpen(LockCommand(CommandId(UUID(int=1)), CAR.id, CONFIRMED.id, action), 1, overtaken)

    may = {
        (action, overtaken): may_repeat(left(action, overtaken=overtaken))
        for action in KeyAction
        for overtaken in (True, False)
    }
    assert [key for key, repeats in may.items() if repeats] == [(KeyAction.LOCK, False)]


def test_a_silent_lock_is_asked_for_half_an_hour_or_so_at_growing_intervals() -> None:
    pauses = [(at - NOON).total_seconds() for repeats in range(9) if (at := asked_again_at(repeats, NOON)) is not None]
    assert pauses == [20, 60, 180, 540, 1620]
