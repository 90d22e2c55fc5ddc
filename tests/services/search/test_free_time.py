"""When a resource is free, between its claims."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.booking.resources import Agenda, Claim
from domain.booking.sharing import Sharing, SharingWindow
from domain.periods import Period
from services.search.free_time import free_periods, shared_periods
from tests.examples import BERLIN, NOON, a_pool_car, a_resource, an_id, hours, minutes

WINDOW = Period(NOON, NOON + hours(8))


def claim(start: float, end: float) -> Claim:
    """In minutes from noon."""
    return Claim(an_id("somebody's"), NOON + minutes(start), NOON + minutes(end))


def free(*claims: Claim, **resource: Any) -> list[tuple[float, float]]:
    """The free periods in minutes from noon."""
    found = free_periods(Agenda(a_resource(**resource), claims), WINDOW)
    minute = timedelta(minutes=1)
    return [((p.start - NOON) / minute, (p.end - NOON) / minute) for p in found]


def test_a_resource_without_claims_is_free_all_the_time() -> None:
    assert free() == [(0, 480)]


def test_between_claims_it_is_free_up_to_the_minute() -> None:
    assert free(claim(-60, 30), claim(60, 90), claim(90, 120), claim(470, 600)) == [(30, 60), (120, 470)]


def test_what_is_taken_all_the_time_is_never_free() -> None:
    assert free(claim(-60, 900)) == []


def test_a_booking_keeps_the_resource_s_distance_from_its_neighbours() -> None:
    claims = (claim(0, 60), claim(120, 180), claim(200, 240))
    assert free(*claims, buffer_before_s=600, buffer_after_s=900) == [(70, 105), (250, 480)]


def test_a_claim_just_outside_the_window_still_keeps_its_distance() -> None:
    assert free(claim(-120, -60)) == [(0, 480)]
    assert free(claim(-60, -5), claim(490, 500), buffer_before_s=600, buffer_after_s=900) == [(5, 475)]


def test_what_cannot_be_booked_is_never_free() -> None:
    assert [free(bookable=False), free(in_service=False)] == [[], []]


def test_it_is_free_as_long_as_it_may_be_used() -> None:
    taken = claim(30, 60)
    assert free(taken, usable_until=NOON + minutes(90)) == [(0, 30), (60, 90)]
    assert free(taken, usable_until=NOON + minutes(45)) == [(0, 30)]
    assert free(taken, usable_until=NOON) == []


@st.composite
def claims(draw: st.DrawFn) -> tuple[Claim, ...]:
    """That never overlap, in order, as the database keeps them."""
    edges = sorted(draw(st.sets(st.integers(-120, 600), max_size=12)))
    return tuple(claim(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


@given(claims(), st.integers(0, 40), st.integers(0, 40), st.integers(0, 479), st.integers(1, 480))
def test_a_period_is_inside_a_free_one_exactly_if_what_it_would_claim_meets_no_claim(
    taken: tuple[Claim, ...], before: int, after: int, start: int, length: int
) -> None:
    resource = a_resource(buffer_before_s=60 * before, buffer_after_s=60 * after)
    asked = Period(NOON + minutes(start), min(NOON + minutes(start + length), WINDOW.end))
    found = free_periods(Agenda(resource, taken), WINDOW)
    fits = any(p.start <= asked.start and asked.end <= p.end for p in found)
    assert fits == (not Agenda(resource, taken).conflicts(asked))


def test_residents_have_what_is_free_in_the_openings_of_its_pool() -> None:
    # The clock of the city shows 14:00 at noon.
    sharing = Sharing((SharingWindow(from_="14:30", to="15:00"), SharingWindow(from_="17:00", to="07:00")), BERLIN)
    taken = (claim(-60, 40), claim(240, 300))
    minute = timedelta(minutes=1)

    def seen(**pool: Any) -> list[tuple[float, float]]:
        found = shared_periods(Agenda(a_pool_car(**({"shared": True, "buffer_after_s": 0} | pool)), taken), WINDOW)
        return [((p.start - NOON) / minute, (p.end - NOON) / minute) for p in found]

    assert seen(sharing=sharing) == [(40, 60), (180, 240), (300, 480)]
    assert seen() == [(40, 240), (300, 480)]
