"""Who may report a damage and when, what a note makes of it, and who sees its photos."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.events import ProblemReported
from domain.booking.problems import ProblemId, unfit
from domain.booking.resources import Service
from domain.booking.terms import ProblemKind
from domain.fleet.damages import (
    MOST_OF_A_USE,
    Damage,
    DamageId,
    DamageKind,
    DamageNoted,
    DamagePlace,
    DamageReported,
    DamageState,
    NotDamaged,
    Note,
    NoteDamage,
    PaidBy,
    ReportDamage,
    Scene,
    Severity,
    has_no_room,
    may_add_photos,
    noted,
    photos_for,
    reported,
)
from domain.identity import Role
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal
from tests.examples import NOON, TOWN_HALL, a_booking, a_pool_car, a_resource, an_actor, an_id, hours, minutes

CAR = a_pool_car()
ADA = an_actor("ada")
BOB = an_actor("bob")
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])
STRANGER = an_actor("sam", Role.FLEET_MANAGER, pools=["harbour"])
DENT = DamageId(an_id("dent"))


def said(*, by_booking: bool = True, drivable: bool = True) -> ReportDamage:
    of = BookingId(an_id("booking")) if by_booking else CAR.id
    return ReportDamage(
        DENT, of, by_booking, DamagePlace.LEFT, DamageKind.DENT, Severity.MODERATE, drivable, "an der Tür"
    )


def scene(state: State | None = State.IN_USE, **changes: Any) -> Scene:
    booking = a_booking(state, CAR) if state else None
    return replace(Scene(CAR.id, TOWN_HALL, Service.FLEET, booking), **changes)


def a_dent(*notes: Note, **changes: Any) -> Damage:
    damage = Damage(
        DENT, CAR.id, None, DamagePlace.LEFT, DamageKind.DENT, Severity.MODERATE, True, "an der Tür", ADA.id, NOON
    )
    return replace(damage, notes=notes, **changes)


def a_photo(digest: str, added_at: datetime = NOON) -> Photo:
    return Photo(Digest(digest), "image/jpeg", 1, 1, 1, ADA.id, added_at)


def a_note(state: DamageState, number: int = 1, *, drivable: bool = True) -> Note:
    return Note(number, state, drivable, None, None, MANAGER.id, NOON)


@pytest.mark.parametrize(
    ("state", "at", "refused"),
    [
        (State.CONFIRMED, NOON - minutes(15), None),
        (State.CONFIRMED, NOON - minutes(16), NotDamaged.TOO_EARLY),
        (State.IN_USE, NOON - minutes(20), None),
        (State.IN_USE, NOON + hours(90), None),
        (State.COMPLETED, NOON + hours(25) - minutes(1), None),
        (State.COMPLETED, NOON + hours(25), NotDamaged.TOO_LATE),
        (State.HELD, NOON, NotDamaged.WRONG_STATE),
        (State.CANCELLED, NOON, NotDamaged.WRONG_STATE),
        (State.NO_SHOW, NOON, NotDamaged.WRONG_STATE),
    ],
)
def test_the_holder_reports_from_when_she_may_stand_before_it_until_a_day_after(
    state: State, at: datetime, refused: NotDamaged | None
) -> None:
    outcome = reported(said(), scene(state), ADA, at)
    if refused is None:
        assert outcome == DamageReported(replace(a_dent(), booking_id=scene(state).booking.id, reported_at=at))  # type: ignore[union-attr]  # there is one
    else:
        assert outcome == Refusal(refused)


def test_whoever_runs_the_pool_reports_at_any_time_with_a_booking_or_without() -> None:
    for command, at in ((said(), scene(State.CANCELLED)), (said(by_booking=False), scene(None))):
        outcome = reported(command, at, MANAGER, NOON - hours(900))
        assert isinstance(outcome, DamageReported)
        assert outcome.damage.reporter_id == MANAGER.id


@pytest.mark.parametrize("actor", [BOB, STRANGER, an_actor("dan", Role.DRIVER, pools=[TOWN_HALL])])
def test_for_all_others_there_is_nothing_to_report(actor: Any) -> None:
    assert reported(said(), scene(), actor, NOON) == Refusal(NotDamaged.UNKNOWN_BOOKING)
    assert reported(said(by_booking=False), scene(None), actor, NOON) == Refusal(NotDamaged.UNKNOWN_VEHICLE)


def test_a_charger_is_no_vehicle_and_a_use_has_so_many_damages() -> None:
    charger = scene(service=Service.CHARGING, booking=a_booking(State.IN_USE, a_resource()))
    assert reported(said(), charger, ADA, NOON) == Refusal(NotDamaged.NO_VEHICLE)
    full = scene(reported=MOST_OF_A_USE)
    assert reported(said(), full, ADA, NOON) == Refusal(NotDamaged.TOO_MANY_DAMAGES)
    assert isinstance(reported(said(), full, MANAGER, NOON), DamageReported)


@pytest.mark.parametrize(
    ("drivable", "notes", "withdraws"),
    [
        (True, (), False),
        (False, (), True),
        (False, (a_note(DamageState.KNOWN, drivable=False),), True),
        (False, (a_note(DamageState.KNOWN, drivable=True),), False),
        (True, (a_note(DamageState.KNOWN, drivable=False),), True),
        (False, (a_note(DamageState.REPAIRED, drivable=False),), False),
        (False, (a_note(DamageState.DISMISSED, drivable=False),), False),
        (False, (a_note(DamageState.REPAIRED), a_note(DamageState.OPEN, 2, drivable=False)), True),
    ],
)
def test_what_is_not_drivable_keeps_the_vehicle_out_until_it_is_settled_or_found_to_be(
    drivable: bool, notes: tuple[Note, ...], withdraws: bool
) -> None:
    assert a_dent(*notes, drivable=drivable).withdraws is withdraws


def test_whoever_has_the_vehicle_booked_loses_nothing_by_what_nobody_may_drive() -> None:
    booking = a_booking(State.CONFIRMED, CAR)
    told = replace(booking, problem_open=True, updated_at=NOON, version=3)
    expected = ProblemReported(told, DENT, ADA.id, ProblemKind.DEFECTIVE, None, NOON, withdraws=False)
    assert unfit(booking, ProblemId(DENT), ADA, NOON) == expected
    assert unfit(a_booking(State.COMPLETED, CAR), ProblemId(DENT), ADA, NOON) is None


def test_a_note_is_the_whole_as_it_stands_and_says_who_pays() -> None:
    command = NoteDamage(DENT, DamageState.KNOWN, PaidBy.INSURER, None, "gemeldet")
    first = noted(command, a_dent(), TOWN_HALL, MANAGER, NOON)
    note = Note(1, DamageState.KNOWN, True, PaidBy.INSURER, "gemeldet", MANAGER.id, NOON)
    assert first == DamageNoted(a_dent(note), note)
    second = noted(NoteDamage(DENT, DamageState.REPAIRED), a_dent(note), TOWN_HALL, MANAGER, NOON)
    assert isinstance(second, DamageNoted)
    assert (second.note.number, second.damage.state, second.damage.paid_by) == (2, DamageState.REPAIRED, PaidBy.INSURER)


def test_a_note_that_says_nothing_new_is_none_and_others_see_no_damage() -> None:
    known = a_dent(a_note(DamageState.KNOWN))
    again = NoteDamage(DENT, DamageState.KNOWN, drivable=True)
    assert noted(again, known, TOWN_HALL, MANAGER, NOON) == Refusal(NotDamaged.NOTHING_CHANGES)
    for actor in (ADA, STRANGER):
        assert noted(again, known, TOWN_HALL, actor, NOON) == Refusal(NotDamaged.UNKNOWN_DAMAGE)


def test_whoever_keeps_a_vehicle_out_may_say_until_when_and_that_ends_with_it() -> None:
    def note(before: Damage, state: DamageState = DamageState.KNOWN, **said: Any) -> Any:
        return noted(NoteDamage(DENT, state, **said), before, TOWN_HALL, MANAGER, NOON)

    until = NOON + hours(48)
    out = note(a_dent(drivable=False), out_until=until)
    assert (out.damage.out_until, out.damage.withdraws) == (until, True)
    assert note(out.damage, out_until=until) == Refusal(NotDamaged.NOTHING_CHANGES)
    assert note(out.damage, words="Termin steht").damage.out_until == until
    assert note(out.damage, out_until=until + hours(1)).damage.out_until == until + hours(1)
    assert note(out.damage, DamageState.REPAIRED).damage.out_until is None
    for before, when, reason in (
        (a_dent(), until, NotDamaged.WRONG_STATE),
        (a_dent(drivable=False), NOON, NotDamaged.PERIOD_IN_THE_PAST),
        (a_dent(drivable=False), NOON + hours(24 * 401), NotDamaged.PERIOD_TOO_LONG),
    ):
        assert note(before, out_until=when) == Refusal(reason, "/out_until")


def test_photos_are_seen_by_whoever_reported_runs_or_has_the_vehicle_once_they_were_looked_at() -> None:
    before = a_photo("before", NOON)
    later = a_photo("later", NOON + minutes(1))
    photos = (before, later)
    fresh = a_dent(photos=photos)
    known = a_dent(a_note(DamageState.KNOWN), photos=photos)
    again = a_dent(*known.notes, replace(a_note(DamageState.KNOWN, 2), noted_at=NOON + minutes(2)), photos=photos)
    assert photos_for(ADA, known, TOWN_HALL) == photos
    assert photos_for(MANAGER, fresh, TOWN_HALL) == photos
    assert photos_for(STRANGER, known, TOWN_HALL) == ()
    seen = [photos_for(BOB, each, TOWN_HALL, has_it=True) for each in (fresh, known, again)]
    assert seen == [(), (before,), photos]
    assert photos_for(BOB, known, TOWN_HALL, has_it=False) == ()


def test_photos_are_added_by_the_reporter_for_a_day_and_ten_at_most() -> None:
    digests = [Digest(str(number)) for number in range(MOST)]
    full = a_dent(photos=tuple(map(a_photo, digests)))
    assert may_add_photos(a_dent(), TOWN_HALL, ADA, NOON + hours(23)) is None
    assert may_add_photos(a_dent(), TOWN_HALL, ADA, NOON + hours(24)) == Refusal(NotDamaged.TOO_LATE)
    assert may_add_photos(a_dent(), TOWN_HALL, MANAGER, NOON + hours(900)) is None
    assert may_add_photos(a_dent(), TOWN_HALL, BOB, NOON) == Refusal(NotDamaged.UNKNOWN_DAMAGE)
    assert has_no_room(full, Digest("another")) == Refusal(NotDamaged.TOO_MANY_PHOTOS)
    assert has_no_room(full, digests[3]) is None
