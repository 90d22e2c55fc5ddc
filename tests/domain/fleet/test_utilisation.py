"""How much of the time vehicles were in use."""

from datetime import datetime, timedelta
from decimal import Decimal

from domain.booking.resources import ResourceId
from domain.fleet.utilisation import Use, Utilisation, utilisation
from domain.periods import Period
from tests.examples import BERLIN, an_id, hours

CAR, VAN = ResourceId(an_id("car")), ResourceId(an_id("van"))


def at(start: str, end: str) -> Period:
    return Period(datetime.fromisoformat(start), datetime.fromisoformat(end))


WEEK = at("2027-05-10T00:00:00+02:00", "2027-05-17T00:00:00+02:00")


def test_a_vehicle_is_used_for_its_share_of_the_time_and_of_the_days() -> None:
    uses = [
        Use(CAR, at("2027-05-10T08:00:00+02:00", "2027-05-10T20:00:00+02:00"), km=40),
        Use(CAR, at("2027-05-11T22:00:00+02:00", "2027-05-12T02:00:00+02:00"), km=55),
        Use(CAR, at("2027-05-09T20:00:00+02:00", "2027-05-10T02:00:00+02:00")),
        Use(CAR, at("2027-05-17T00:00:00+02:00", "2027-05-17T02:00:00+02:00"), km=7),
    ]

    found = utilisation([CAR, VAN], uses, WEEK, BERLIN)

    assert found[CAR] == Utilisation(hours(168), hours(18), 7, 3, 95)
    assert (found[CAR].time_percent, found[CAR].days_percent) == (Decimal("10.7"), Decimal("42.9"))
    assert found[VAN] == Utilisation(hours(168), hours(0), 7, 0, 0)


def test_the_workshop_counts_neither_as_time_to_be_had_nor_as_booked() -> None:
    uses = [
        Use(CAR, at("2027-05-10T00:00:00+02:00", "2027-05-12T00:00:00+02:00"), blocked=True),
        Use(CAR, at("2027-05-11T12:00:00+02:00", "2027-05-12T12:00:00+02:00")),
    ]

    assert utilisation([CAR], uses, WEEK, BERLIN)[CAR] == Utilisation(hours(120), hours(12), 7, 2, 0)
    away = [Use(CAR, WEEK, blocked=True)]
    assert utilisation([CAR], away, WEEK, BERLIN)[CAR].time_percent is None


def test_the_day_that_lacks_an_hour_is_shorter() -> None:
    sunday = at("2027-03-28T00:00:00+01:00", "2027-03-29T00:00:00+02:00")

    found = utilisation([CAR], [Use(CAR, sunday)], sunday, BERLIN)[CAR]

    assert found == Utilisation(timedelta(hours=23), timedelta(hours=23), 1, 1, 0)
    assert found.time_percent == Decimal("100.0")
