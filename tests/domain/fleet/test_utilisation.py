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

    found = utilisation({CAR: WEEK, VAN: WEEK}, uses, WEEK, BERLIN)

    assert found[CAR] == Utilisation(hours(168), hours(18), 7, 3, 95)
    assert (found[CAR].time_percent, found[CAR].days_percent) == (Decimal("10.7"), Decimal("42.9"))
    assert found[VAN] == Utilisation(hours(168), hours(0), 7, 0, 0)


def test_the_workshop_counts_neither_as_time_to_be_had_nor_as_booked() -> None:
    uses = [
        Use(CAR, at("2027-05-10T00:00:00+02:00", "2027-05-12T00:00:00+02:00"), blocked=True),
        Use(CAR, at("2027-05-11T12:00:00+02:00", "2027-05-12T12:00:00+02:00")),
    ]

    assert utilisation({CAR: WEEK}, uses, WEEK, BERLIN)[CAR] == Utilisation(hours(120), hours(12), 7, 2, 0)
    away = [Use(CAR, WEEK, blocked=True)]
    assert utilisation({CAR: WEEK}, away, WEEK, BERLIN)[CAR].time_percent is None


def test_the_day_that_lacks_an_hour_is_shorter() -> None:
    sunday = at("2027-03-28T00:00:00+01:00", "2027-03-29T00:00:00+02:00")

    found = utilisation({CAR: sunday}, [Use(CAR, sunday)], sunday, BERLIN)[CAR]

    assert found == Utilisation(timedelta(hours=23), timedelta(hours=23), 1, 1, 0)
    assert found.time_percent == Decimal("100.0")


def test_time_outside_a_vehicles_life_in_the_fleet_is_not_counted() -> None:
    """It came on Wednesday noon and left on Friday noon; what was done with it besides is a fault of whoever wrote it."""
    there = at("2027-05-12T12:00:00+02:00", "2027-05-14T12:00:00+02:00")
    uses = [
        Use(CAR, at("2027-05-10T08:00:00+02:00", "2027-05-10T20:00:00+02:00"), blocked=True),
        Use(CAR, at("2027-05-14T00:00:00+02:00", "2027-05-15T00:00:00+02:00"), km=40),
    ]

    found = utilisation({CAR: there}, uses, WEEK, BERLIN)[CAR]

    assert found == Utilisation(hours(48), hours(12), 3, 1, 40)


def test_a_way_over_midnight_counts_once_where_it_began() -> None:
    night = Use(CAR, at("2027-05-16T22:00:00+02:00", "2027-05-17T02:00:00+02:00"), km=80)
    next_week = at("2027-05-17T00:00:00+02:00", "2027-05-24T00:00:00+02:00")

    weeks = [utilisation({CAR: week}, [night], week, BERLIN)[CAR] for week in (WEEK, next_week)]

    assert [week.km for week in weeks] == [80, 0]
    assert [week.booked for week in weeks] == [hours(2), hours(2)]
