"""Setting the windows of a pool: who may, what is refused, and which bookings lie outside."""

from datetime import timedelta

from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.booking.sharing import Sharing, SharingWindow
from domain.fleet.sharing import (
    AlreadySet,
    NotShared,
    PoolSharing,
    SetSharing,
    SharingSet,
    Standing,
    outside,
    set_sharing,
)
from domain.identity import Role
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import BERLIN, NOON, TOWN_HALL, an_actor, an_id, hours

EVENINGS = (SharingWindow(from_="17:00", to="07:00"),)
OPEN = PoolSharing(TOWN_HALL, None, BERLIN, "NI")
SHARED = replace(OPEN, windows=EVENINGS, version=1)
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=[TOWN_HALL])


def test_whoever_runs_the_pool_sets_its_windows_and_takes_them_back() -> None:
    assert set_sharing(SetSharing(TOWN_HALL, EVENINGS), OPEN, MANAGER) == SharingSet(SHARED)
    assert set_sharing(SetSharing(TOWN_HALL, None, seen=1), SHARED, MANAGER) == SharingSet(replace(OPEN, version=2))
    assert set_sharing(SetSharing(TOWN_HALL, EVENINGS), OPEN, an_actor("op", Role.OPERATOR)) == SharingSet(SHARED)


def test_the_same_windows_again_change_nothing() -> None:
    released = SetSharing(TOWN_HALL, EVENINGS, release_after_s=1800)
    assert set_sharing(released, SHARED, MANAGER) == SharingSet(replace(SHARED, version=2, release_after_s=1800))
    assert set_sharing(SetSharing(TOWN_HALL, EVENINGS), SHARED, MANAGER) == AlreadySet(SHARED)
    assert set_sharing(SetSharing(TOWN_HALL, None), OPEN, MANAGER) == AlreadySet(OPEN)


def test_for_whoever_does_not_run_the_pool_there_is_none() -> None:
    stranger, driver = an_actor("x", Role.FLEET_MANAGER, pools=["harbour"]), an_actor("ada", Role.DRIVER)
    for known, actor in ((None, MANAGER), (SHARED, stranger), (SHARED, driver)):
        assert set_sharing(SetSharing(TOWN_HALL, ()), known, actor) == Refusal(NotShared.UNKNOWN_POOL)


def test_what_was_read_before_somebody_changed_it_is_not_written() -> None:
    assert set_sharing(SetSharing(TOWN_HALL, (), seen=0), SHARED, MANAGER) == Refusal(NotShared.VERSION_MISMATCH)


def test_what_is_no_window_says_where() -> None:
    wrong = SetSharing(TOWN_HALL, (*EVENINGS, SharingWindow(dates=("02-30",))))
    assert set_sharing(wrong, OPEN, MANAGER) == Refusal(NotShared.WINDOW_INVALID, "/windows/1/dates")


def test_bookings_that_the_windows_would_not_allow_are_named() -> None:
    def standing(name: str, start: float, end: float) -> Standing:
        ids = BookingId(an_id(name)), ResourceId(an_id("car"))
        return Standing(*ids, "Golf", State.CONFIRMED, NOON + hours(start), NOON + hours(end))

    inside, over, before = standing("in", 3, 17), standing("over", 16, 18), standing("before", 0, 2)
    assert outside(SHARED, (before, inside, over), NOON) == (before, over)
    assert outside(replace(SHARED, windows=()), (inside,), NOON) == (inside,)
    assert outside(OPEN, (before, inside, over), NOON) == ()


def test_without_windows_a_pool_is_open_all_the_time() -> None:
    day = Period(NOON, NOON + timedelta(days=1))
    assert OPEN.openings(day) == (day,)
    assert OPEN.sharing is None
    assert SHARED.openings(day) == (Period(NOON + hours(3), NOON + hours(17)),)
    assert SHARED.sharing == Sharing(EVENINGS, BERLIN, "NI", 1)
