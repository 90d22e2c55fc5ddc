"""What a breakdown means for those who have the vehicle booked."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.blocks import LONGEST, Block, BlockId, NotBlockable
from domain.booking.bookings import Booking, Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.resources import Service
from domain.booking.sharing import Sharing, SharingWindow
from domain.fleet.assignment.settling import places
from domain.fleet.breakdown import (
    ReportBreakdown,
    begins_too_late,
    broken_down,
    looked_further,
    other_time,
    other_vehicles,
)
from domain.fleet.reservations import VehicleWanted
from domain.identity import Role
from domain.periods import Period
from domain.refusals import Refusal
from tests.domain.fleet.assignment.pools import a_petrol_car, a_use, a_vehicle, charged
from tests.domain.fleet.test_keeping import a_vehicle as a_kept_vehicle
from tests.examples import BERLIN, MARKET_SQUARE, NOON, a_booking, a_pool_car, an_actor, an_id, hours

MINE = a_petrol_car("mine", shared=True)


def days(number: int) -> timedelta:
    return timedelta(days=number)


OLGA = an_actor("olga", Role.OPERATOR)


def a_trip(**asked: Any) -> Booking:
    """At noon for an hour, at work; of this very vehicle where nothing is asked for."""
    booking = replace(a_booking(State.CONFIRMED), resource_id=MINE.id, service=Service.FLEET, payer=Payer.COST_CENTRE)
    if not asked:
        return booking
    wanted = msgspec.Raw(msgspec.json.encode(VehicleWanted(**asked)))
    return replace(booking, request=ClassRequest(MARKET_SQUARE.id, None, wanted))


@pytest.mark.parametrize(
    ("after", "until", "refusal"),
    [
        (None, LONGEST, None),
        (hours(2), hours(2), None),
        (hours(0), None, Refusal(NotBlockable.PERIOD_IN_THE_PAST, "/until")),
        (LONGEST + hours(1), None, Refusal(NotBlockable.PERIOD_TOO_LONG, "/until")),
    ],
)
def test_it_is_out_from_now_until_somebody_knows(
    after: timedelta | None, until: timedelta | None, refusal: Refusal[NotBlockable] | None
) -> None:
    vehicle, block_id = a_kept_vehicle(), BlockId(an_id("block"))
    command = ReportBreakdown(block_id, vehicle.id, None if after is None else NOON + after, "Kupplung")
    found = broken_down(command, vehicle, OLGA, NOON)
    if until is None:
        assert found == refusal
    else:
        seen_until = NOON + timedelta(days=14) if after is None else None
        made = Block(block_id, vehicle.id, NOON, NOON + until, "Kupplung", OLGA.id, NOON, seen_until=seen_until)
        assert found == made


OPEN = Block(BlockId(an_id("block")), MINE.id, NOON, NOON + LONGEST, None, OLGA.id, NOON, seen_until=NOON + days(14))


@pytest.mark.parametrize(
    ("block", "later", "expected_days", "seen_until"),
    [
        (OPEN, hours(0), None, None),
        (OPEN, hours(24), None, days(15)),
        (OPEN, hours(24), 7, None),
        (OPEN, hours(24), 30, days(31)),
        (OPEN, LONGEST - days(1), None, LONGEST),
        (replace(OPEN, seen_until=OPEN.end), LONGEST - days(1), None, None),
        (replace(OPEN, lifted_at=NOON + hours(1)), hours(24), None, None),
        (replace(OPEN, seen_until=None), hours(24), None, None),
    ],
)
def test_while_nobody_knows_how_long_it_takes_it_is_looked_further_as_time_goes_by(
    block: Block, later: timedelta, expected_days: int | None, seen_until: timedelta | None
) -> None:
    found = looked_further(block, NOON + later, expected_days)
    assert found == (None if seen_until is None else replace(block, seen_until=NOON + seen_until))


def test_only_who_begins_before_it_is_expected_back_is_seen_to_and_everybody_where_its_end_is_known() -> None:
    soon, late = NOON + days(14) - hours(1), NOON + days(14)
    assert [begins_too_late(start, OPEN) for start in (soon, late)] == [False, True]
    assert [begins_too_late(start, replace(OPEN, seen_until=None)) for start in (soon, late)] == [False, False]


def test_who_had_a_certain_one_gets_one_of_its_class_the_cleanest_first_taken_or_not() -> None:
    busy = a_vehicle("busy", uses=(a_use(0, 1),))
    petrol, van, empty = a_petrol_car(), a_vehicle("van", vehicle_class="van"), a_vehicle("empty", **charged(1))
    vehicles = (MINE, petrol, busy, van, empty)

    assert list(places(a_trip(), vehicles)) == [busy.id, petrol.id]
    assert list(places(a_trip(vehicle_class="van"), vehicles)) == [van.id]


def test_what_else_is_free_is_offered_whatever_class_it_is_as_long_as_it_can_do_the_trip() -> None:
    van, small = a_vehicle("van", vehicle_class="van"), a_vehicle("small", seats=2)
    busy = a_vehicle("busy", uses=(a_use(0, 1),))

    offered = other_vehicles(a_trip(vehicle_class="compact", seats=4), (MINE, van, small, busy))

    assert [each.vehicle_id for each in offered] == [van.id]


@pytest.mark.parametrize(("payer", "later"), [(Payer.COST_CENTRE, 2), (Payer.SELF, 6)])
def test_another_time_is_the_soonest_and_for_residents_one_in_which_it_is_shared(payer: Payer, later: float) -> None:
    """The other is back two hours after noon, mine later; residents may have them in the evening, from six hours after noon on."""
    repaired = replace(MINE, uses=(a_use(-1, 9, repair=True),))
    other = a_petrol_car("other", shared=True, uses=(a_use(0, 2),))
    evenings = Sharing((SharingWindow(from_="20:00", to="24:00"),), BERLIN)
    pool_car = replace(a_pool_car(), shared=True, sharing=evenings)

    found = other_time(replace(a_trip(), payer=payer), (repaired, other), pool_car)

    assert found is not None
    assert found.period == Period(NOON + hours(later), NOON + hours(later + 1))


def test_her_own_vehicle_is_out_in_her_own_time_as_well() -> None:
    """What a vehicle has to do besides a booking leaves a gap where that is."""
    mine = replace(MINE, uses=(a_use(-1, 1, repair=True), a_use(1, 3, repair=True)))
    found = other_time(a_trip(), (mine,), a_pool_car())
    assert found is not None
    assert found.period == Period(NOON + hours(4), NOON + hours(5))


def test_where_all_is_taken_for_days_no_other_time_is_offered() -> None:
    taken = replace(MINE, uses=(a_use(-1, 80, repair=True),))
    assert other_time(a_trip(), (taken,), a_pool_car()) is None
