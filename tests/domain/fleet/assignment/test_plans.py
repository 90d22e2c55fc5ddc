"""Plans: one after the other, or the best of all; and why it is this one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fleet.assignment.explaining import explained
from domain.fleet.assignment.plans import Plan, assign_greedily, assign_optimally, explain
from domain.fleet.assignment.problems import Problem, Solved
from domain.fleet.assignment.reasons import NotTaken, Reason, Why
from domain.fleet.assignment.suitability import PER_TRIP, obstacle
from domain.fleet.assignment.trips import Candidate, Trip
from domain.fleet.vehicles import Drive, VehicleKind
from tests.domain.fleet.assignment.pools import (
    RULES,
    a_pedelec,
    a_petrol_car,
    a_trip,
    a_use,
    a_vehicle,
    charged,
    try_everything,
)
from tests.examples import NOON, hours


def names(plan: Plan, trips: list[Trip], vehicles: list[Candidate]) -> list[str | None]:
    by_id = {vehicle.id: vehicle.name for vehicle in vehicles}
    return [by_id.get(plan.given[trip.booking_id]) if trip.booking_id in plan.given else None for trip in trips]


POOL = [a_petrol_car(), a_vehicle("bus", kind=VehicleKind.VAN, seats=9), a_vehicle("electric"), a_pedelec()]


def test_a_bicycle_goes_first_then_what_is_electric_and_small() -> None:
    def first(**asked: Any) -> str | None:
        trip = a_trip(**asked)
        return names(assign_greedily([trip], POOL, RULES), [trip], POOL)[0]

    assert first(km=3) == "pedelec"
    assert first(km=30) == "electric"
    assert first(km=3, seats=2) == "electric"
    assert first(km=30, seats=6) == "bus"
    assert first(km=30, drive="combustion") == "petrol"
    assert first(km=30, seats=10) is None


def test_long_gaps_stay_whole() -> None:
    morning = a_vehicle("morning", uses=(a_use(-1, 2), a_use(2, 3)))
    trip = a_trip(start=1, length=1)

    assert names(
        assign_greedily([trip], [a_vehicle("empty"), morning], RULES), [trip], [a_vehicle("empty"), morning]
    ) == ["morning"]


def test_of_two_the_more_important_gets_the_only_one() -> None:
    early, late = a_trip("early", 1, 2), a_trip("late", 2, 2, priority=1)
    car = [a_vehicle("car")]

    plan = assign_greedily([early, late], car, RULES)

    assert names(plan, [early, late], car) == [None, "car"]
    assert (plan.left, plan.cost) == ((early.booking_id,), PER_TRIP + 10_400)


def test_the_best_plan_sees_what_the_next_one_will_need() -> None:
    # In turn the first takes the bus, for it is electric; then nothing is left for the six that come after.
    pair, six = a_trip("pair", 1, 3, seats=2), a_trip("six", 2, 2, seats=6)
    pool = [a_petrol_car(), a_vehicle("bus", kind=VehicleKind.VAN, seats=9)]

    greedy = assign_greedily([pair, six], pool, RULES)
    best = assign_optimally([pair, six], pool, RULES, try_everything)

    assert names(greedy, [pair, six], pool) == ["bus", None]
    assert names(best, [pair, six], pool) == ["petrol", "bus"]
    assert best.least == best.cost < greedy.cost


def test_the_best_plan_does_not_empty_a_battery() -> None:
    cars = [a_vehicle("one", **charged(60)), a_vehicle("two", **charged(60))]
    trips = [a_trip("a", 0, 1, 80), a_trip("b", 1, 1, 80), a_trip("c", 2, 1, 80)]

    best = assign_optimally(trips, cars, RULES, try_everything)

    assert len(best.given) == 2
    for done in explain(best, trips, cars, RULES):
        assert done.vehicle_id is None or Why.CHARGE_TOO_LOW not in {reason.why for reason in done.reasons}
    assert best.least == best.cost


def test_a_solver_without_time_leaves_the_plan_as_it_was_made_in_turn() -> None:
    trips = [a_trip("a"), a_trip("b")]

    assert assign_optimally(trips, POOL, RULES, lambda _: None) == assign_greedily(trips, POOL, RULES)


def test_a_bad_answer_does_not_make_the_plan_worse() -> None:
    trips = [a_trip("pair", 1, 3, seats=2), a_trip("one", 1, 3)]

    def dearest(problem: Problem) -> Solved:
        worst = min(range(len(problem.pairs)), key=lambda number: problem.pairs[number].saved)
        return Solved(frozenset({worst}), is_best=False)

    assert assign_optimally(trips, POOL, RULES, dearest) == assign_greedily(trips, POOL, RULES)


def test_an_answer_that_is_not_proven_proves_nothing() -> None:
    def hesitant(problem: Problem) -> Solved:
        return Solved(try_everything(problem).chosen, is_best=False)

    plan = assign_optimally([a_trip()], POOL, RULES, hesitant)

    assert (len(plan.given), plan.least) == (1, None)


DRIVES = st.sampled_from([Drive.ELECTRIC, Drive.COMBUSTION])
PERCENT = st.none() | st.integers(20, 100)
VEHICLES = st.lists(st.tuples(DRIVES, st.integers(2, 4), PERCENT, st.booleans()), min_size=1, max_size=3)
TRIPS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.integers(1, 150), st.integers(1, 4), st.integers(0, 1)),
    min_size=1,
    max_size=5,
)


def made(vehicles: Any, trips: Any) -> tuple[list[Candidate], list[Trip]]:
    fleet = [
        a_vehicle(
            f"car {n}",
            drive,
            seats=seats,
            uses=(a_use(4, 1, f"fixed {n}", 10),) if busy else (),
            buffer_after_s=900,
            **(charged(percent) if percent is not None and drive is Drive.ELECTRIC else {}),
        )
        for n, (drive, seats, percent, busy) in enumerate(vehicles)
    ]
    return fleet, [
        a_trip(f"trip {n}", start, length, km, seats=seats, priority=priority)
        for n, (start, length, km, seats, priority) in enumerate(trips)
    ]


def check(plan: Plan, trips: list[Trip], fleet: list[Candidate]) -> None:
    """Each trip, taken out and looked at again, still fits where it is."""
    assert {*plan.given, *plan.left} == {trip.booking_id for trip in trips}
    for one in explain(plan, trips, fleet, RULES):
        assert one.vehicle_id == plan.given.get(one.booking_id)
        assert len(one.others) == len(fleet) - (one.vehicle_id is not None)
        assert bool(one.reasons) == (one.vehicle_id is not None)
    for trip in trips:
        mine = next((vehicle for vehicle in fleet if vehicle.id == plan.given.get(trip.booking_id)), None)
        if mine is not None:
            rest = [t for t in trips if t is not trip and plan.given.get(t.booking_id) == mine.id]
            around = replace(mine, uses=(*mine.uses, *(mine.use_for(t) for t in rest)))
            assert obstacle(trip, around, RULES) is None


@given(vehicles=VEHICLES, trips=TRIPS)
def test_no_plan_overlaps_or_empties_a_battery_and_the_best_is_never_worse(vehicles: Any, trips: Any) -> None:
    fleet, wanted = made(vehicles, trips)
    greedy = assign_greedily(wanted, fleet, RULES)
    best = assign_optimally(wanted, fleet, RULES, try_everything)

    check(greedy, wanted, fleet)
    check(best, wanted, fleet)
    assert best.cost <= greedy.cost
    assert best.least is not None
    assert best.least <= best.cost


def test_a_trip_is_told_why_it_got_its_vehicle_and_why_no_other() -> None:
    taken = a_vehicle("taken", uses=(a_use(1, 1),))
    pool = [*POOL, taken, a_vehicle("low", **charged(10)), a_vehicle("other", seats=5)]
    trip = a_trip(km=30, seats=2, provisional_id=pool[2].id)
    by_name = {vehicle.name: vehicle for vehicle in pool}

    def second(name: str, reason: Reason) -> NotTaken:
        return NotTaken(by_name[name].id, name, reason)

    found = explained(trip, by_name["electric"], pool, RULES)

    assert (found.vehicle_id, found.cost) == (by_name["electric"].id, 10_300)
    assert found.reasons == (
        Reason(Why.CLEANEST_THAT_FITS),
        Reason(Why.FEWEST_SPARE_SEATS, wanted="2", has="5"),
        Reason(Why.CLAIMED_ALREADY),
    )
    assert found.others == (
        second("petrol", Reason(Why.LESS_PREFERRED, wanted="electric", has="combustion")),
        second("bus", Reason(Why.MORE_SPARE_SEATS, wanted="2", has="9")),
        second("pedelec", Reason(Why.TOO_FEW_SEATS, wanted="2", has="1")),
        second("taken", Reason(Why.TAKEN, until=NOON + hours(2), booking_id=a_use(1, 1).booking_id)),
        second("low", Reason(Why.CHARGE_TOO_LOW, needed_percent=32, charge_percent=10, minutes=75, minutes_there=60)),
        second("other", Reason(Why.WOULD_BE_A_CHANGE)),
    )


def test_reasons_speak_of_distance_and_charge() -> None:
    def reasons(trip: Trip, *pool: Candidate) -> tuple[Reason, ...]:
        return explained(trip, pool[0], pool, RULES).reasons

    bike, petrol = a_pedelec(), a_petrol_car()
    assert reasons(a_trip(km=3), bike, petrol) == (
        Reason(Why.BICYCLE_WILL_DO, wanted="3", has="5"),
        Reason(Why.CLEANEST_THAT_FITS),
    )
    assert reasons(a_trip(km=30), petrol, bike) == (
        Reason(Why.NOTHING_CLEANER_FITS),
        Reason(Why.ONLY_ONE_THAT_FITS),
    )
    full, low = a_vehicle("car", **charged(80)), a_vehicle("car", **charged(50))
    assert reasons(a_trip(km=120), full) == (
        Reason(Why.CHARGE_SUFFICES, needed_percent=65, charge_percent=80),
        Reason(Why.ONLY_ONE_THAT_FITS),
    )
    assert reasons(a_trip(km=120), low)[0] == Reason(
        Why.CHARGED_IN_TIME, needed_percent=65, charge_percent=50, minutes=52, minutes_there=60
    )
    unread = a_vehicle("car", battery=charged(10)["battery"])
    assert reasons(a_trip(km=120), unread)[0] == Reason(Why.CHARGE_UNKNOWN)


def test_where_nothing_fits_every_vehicle_says_why() -> None:
    found = explained(a_trip(seats=12, km=30), None, POOL, RULES)

    assert (found.vehicle_id, found.cost, found.reasons) == (None, None, ())
    assert {other.reason.why for other in found.others} == {Why.TOO_FEW_SEATS}
    assert len(found.others) == len(POOL)
