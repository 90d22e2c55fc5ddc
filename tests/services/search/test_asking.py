"""Which questions have no answer."""

from datetime import timedelta

import pytest

from domain.booking.resources import Service
from domain.periods import Period
from domain.refusals import Refusal
from services.search.asking import NotFindable, anybody, no_time_for
from tests.examples import HERE, NOON, a_pool_car, a_resource, hours

PAST = Refusal(NotFindable.PERIOD_IN_THE_PAST, "/start")
TOO_LONG = Refusal(NotFindable.PERIOD_TOO_LONG, "/end")


@pytest.mark.parametrize(
    ("start", "length", "answer"),
    [
        (timedelta(0), hours(1), None),
        (-timedelta(seconds=60), hours(1), None),
        (-timedelta(seconds=61), hours(1), PAST),
        (-hours(24), hours(48), PAST),
        (timedelta(0), timedelta(days=400), None),
        (timedelta(0), timedelta(days=400, microseconds=1), TOO_LONG),
    ],
)
def test_a_period_begins_now_or_later_and_lasts_400_days_at_most(
    start: timedelta, length: timedelta, answer: Refusal[NotFindable] | None
) -> None:
    assert no_time_for(Period(NOON + start, NOON + start + length), Service.CHARGING, NOON) == answer


def test_a_lease_is_looked_for_as_long_as_it_may_run() -> None:
    sixty_months = Period(NOON, NOON + timedelta(days=1827))
    assert no_time_for(sixty_months, Service.BIKE_LEASING, NOON) is None
    assert no_time_for(Period(NOON, NOON + timedelta(days=1830)), Service.BIKE_LEASING, NOON) == TOO_LONG


def test_who_has_not_signed_in_sees_what_residents_may_book() -> None:
    viewer = anybody(HERE)
    seen = [r.is_open_to(viewer) for r in (a_resource(), a_pool_car(shared=True), a_pool_car())]
    assert seen == [True, True, False]
