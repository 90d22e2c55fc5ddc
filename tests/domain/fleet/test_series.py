"""What becomes of a series: all of it, as much as can be had, or nothing; and what is given back of it."""

from datetime import timedelta

from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.holds import NotBookable
from domain.fleet.series import (
    NotASeries,
    OnConflict,
    Series,
    SeriesBooking,
    SeriesId,
    SeriesMade,
    Tried,
    settled,
    to_be_cancelled,
)
from domain.periods import Period
from domain.refusals import Refusal
from tests.examples import BERLIN, NOON, a_booking, a_pool_car, an_id, hours

ID, RULE, WEEK = SeriesId(an_id("series")), "FREQ=WEEKLY;COUNT=3", timedelta(days=7)
CAR = a_pool_car()


def at(number: int) -> Period:
    return Period(NOON + number * WEEK, NOON + number * WEEK + hours(1))


def had(number: int) -> Tried:
    return Tried(number, at(number), a_booking(State.CONFIRMED, CAR), CAR)


def refused(number: int, reason: NotBookable = NotBookable.TAKEN) -> Tried:
    return Tried(number, at(number), refusal=Refusal(reason))


def test_all_of_it_is_made_or_with_one_conflict_nothing() -> None:
    whole = (had(1), had(2), had(3))
    assert settled(ID, RULE, whole, OnConflict.REFUSE, BERLIN) == SeriesMade(ID, RULE, whole, BERLIN)
    assert settled(ID, RULE, (had(1), refused(2), had(3)), OnConflict.REFUSE, BERLIN) == Refusal(
        NotASeries.SERIES_CONFLICTS, conflicts=(at(2),)
    )


def test_conflicts_are_left_out_where_that_is_asked_for_as_long_as_something_is_left() -> None:
    some = (had(1), refused(2), refused(3, NotBookable.TOO_FAR_AHEAD))
    assert settled(ID, RULE, some, OnConflict.SKIP, BERLIN) == SeriesMade(ID, RULE, some, BERLIN)
    assert settled(ID, RULE, (refused(1), refused(2)), OnConflict.SKIP, BERLIN) == Refusal(
        NotASeries.SERIES_CONFLICTS, conflicts=(at(1), at(2))
    )


def test_what_every_one_is_refused_for_is_said_itself() -> None:
    never = tuple(refused(number, NotBookable.UNKNOWN_RESOURCE) for number in (1, 2))
    mixed = (refused(1, NotBookable.UNKNOWN_RESOURCE), refused(2))
    for policy in OnConflict:
        assert settled(ID, RULE, never, policy, BERLIN) == Refusal(NotBookable.UNKNOWN_RESOURCE)
        assert settled(ID, RULE, mixed, policy, BERLIN) == Refusal(
            NotASeries.SERIES_CONFLICTS, conflicts=(at(1), at(2))
        )


def test_what_has_not_begun_is_given_back_from_a_number_on_up_to_another() -> None:
    states = (State.COMPLETED, State.CONFIRMED, State.IN_USE, State.CANCELLED, State.CONFIRMED, State.CONFIRMED)
    bookings = tuple(
        SeriesBooking(number, replace(a_booking(state, CAR), id=BookingId(an_id(str(number)))), CAR)
        for number, state in enumerate(states, 1)
    )
    series = Series(ID, RULE, NOON, BERLIN, bookings)

    def numbers(since: int | None = None, until: int | None = None) -> list[int]:
        found = to_be_cancelled(series, since, until, NOON)
        return [each.number for each in bookings if each.booking.id in found]

    assert numbers() == [2, 5, 6]
    assert numbers(since=5) == [5, 6]
    assert numbers(until=2) == [2]
    assert numbers(since=3, until=5) == [5]
    assert to_be_cancelled(series, None, None, NOON + hours(1)) == (), "they are over by then"
