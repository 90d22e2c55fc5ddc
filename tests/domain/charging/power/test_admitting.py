"""Which bookings a group's power suffices for."""

from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from domain.charging.power.admitting import NotEnough, Promised, admit
from domain.charging.power.charges import Charge, leaves_at, need_wh
from domain.charging.power.facts import PowerFacts, Use, charges
from domain.charging.power.groups import GridLimit, PowerGroup
from domain.periods import Period
from domain.refusals import PowerLeft, Refusal
from tests.domain.charging.power.groups import NOON, after, charge, dimmed, evse, group, point

SITE = group(point(1), point(2), point(3), nominal_w=22_000)


def asked(wanted: Charge, *others: Charge, site: PowerGroup = SITE, limits: tuple[GridLimit, ...] = ()) -> object:
    return admit(Promised(site, limits, others, after(1440)), wanted, NOON)


def test_two_of_three_points_may_give_all_they_can_and_the_third_what_is_left() -> None:
    first, second = charge(1, 60, 120, 11), charge(2, 60, 120, 5)
    assert asked(charge(3, 60, 120, 6), first, second) is None
    assert asked(charge(3, 60, 120, 8), first, second) == Refusal(
        NotEnough.NOT_ENOUGH_POWER,
        "/options/energy_kwh",
        alternatives=(Period(after(120), after(180)),),
        power=PowerLeft(6000, 6000),
    )


def test_nobody_who_was_promised_energy_lacks_any_for_who_comes_later() -> None:
    late = charge(1, 60, 300, 40)
    assert asked(charge(2, 60, 120, 11), late, charge(3, 60, 120, 11)) == Refusal(
        NotEnough.NOT_ENOUGH_POWER,
        "/options/energy_kwh",
        alternatives=(Period(after(120), after(180)),),
        power=PowerLeft(4000, 4000),
    )


def test_who_is_short_already_for_a_dimming_that_came_later_shuts_nobody_out() -> None:
    limits = (dimmed(60, 120, 0),)
    short = charge(1, 60, 120, 11)
    assert asked(charge(2, 180, 240, 5), short, limits=limits) is None
    assert isinstance(asked(charge(2, 60, 120, 11), short, limits=limits), Refusal)


def test_a_dimming_moves_a_booking_behind_its_end() -> None:
    refused = asked(charge(1, 60, 120, 11), limits=(dimmed(60, 120, 0),))
    assert isinstance(refused, Refusal)
    assert refused.alternatives == (Period(after(120.5), after(180.5)),)


def test_where_all_points_together_may_give_all_they_can_nothing_is_planned() -> None:
    wide = group(point(1), point(2))
    assert asked(charge(1, 60, 120, 500), charge(2, 60, 120, 500), site=wide) is None


def test_a_booking_needs_what_its_driver_says_but_no_more_than_the_point_gives_until_she_leaves() -> None:
    period = Period(NOON, after(120))
    assert need_wh(None, period, None, SITE, point(1)) == 15_000
    assert need_wh(None, period, after(60), SITE, point(1)) == 11_000
    assert leaves_at(period, after(60)) == after(60)
    assert leaves_at(period, after(600)) == after(120)


def test_more_time_promises_no_more_energy_and_less_time_no_more_than_there_is_room_for() -> None:
    """Eleven kilowatt-hours were promised for an hour, of thirty that were asked for."""
    booked = Use(UUID(int=1), evse(1), after(60), after(120), fleet=False, energy_kwh=Decimal(30), promised_wh=11_000)

    def promised_until(minute: float) -> int:
        facts = PowerFacts(SITE, (), (replace(booked, end=after(minute)),), 1, after(1440))
        (only,) = charges(facts, (), NOON)
        return only.energy_wh

    assert [promised_until(minute) for minute in (90, 120, 300)] == [5500, 11_000, 11_000]
