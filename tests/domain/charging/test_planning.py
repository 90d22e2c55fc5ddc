"""A plan of charge points: one by hand, and what holds for every plan."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.charging.planning.assuming import Stated
from domain.charging.planning.districts import District, ExistingSite
from domain.charging.planning.figures import ASSUMPTIONS, Case
from domain.charging.planning.names import Name
from domain.charging.planning.numbers import whole
from domain.charging.planning.placing import SitePlan
from domain.charging.planning.plan import ChargingPlan, DistrictPlan, Energy, Sums, Wanted, plan
from domain.charging.planning.points import Points, PowerClass, summed
from domain.places import Location

TODAY = date(2026, 11, 29)
HERE = Location(52.42, 10.78)
TOWN = District(
    "mitte", "Mitte", HERE, vehicles=1000, km_per_vehicle=10_000, no_own_parking=Decimal("0.4"), source="counted"
)
BY_HAND = {
    Name.PLUG_IN_HYBRIDS: "0",
    Name.CONSUMPTION: "20",
    Name.CHARGING_LOSSES: "0.1",
    Name.OWN_PARKING_CHARGING: "1",
    Name.HOME_WORK: "0.1",
    Name.HOME_HUB: "0.05",
    Name.HOME_DESTINATION: "0.05",
    Name.HOME_HIGHWAY: "0.1",
    Name.AWAY_WORK: "0.2",
    Name.AWAY_HUB: "0.2",
    Name.AWAY_DESTINATION: "0.1",
    Name.AWAY_HIGHWAY: "0.1",
}
HALF = Wanted(Decimal("0.5"), 2035, (TOWN,), {name: Stated(Decimal(value)) for name, value in BY_HAND.items()})
SLOW, FAST = Decimal(22), Decimal(50)
SITES = (
    ExistingSite("b", "Markt", Location(52.42, 10.79), (SLOW, SLOW, FAST)),
    ExistingSite("a", "Bahnhof", Location(52.43, 10.78), (SLOW,) * 4),
)


def planned(
    *districts: District, share: str = "0.5", year: int = 2035, sites: tuple[ExistingSite, ...] = ()
) -> ChargingPlan:
    return plan(Wanted(Decimal(share), year, districts), sites, TODAY)


def test_a_plan_is_what_it_is_by_hand() -> None:
    """500 cars x 10,000 km x 20 kWh / 100 km x 1.1 = 1,100,000 kWh, of which 660,000 by those that charge at home.

    Slow points: street 176,000 + 40 % of 77,000 = 206,800 / 365 / 40 = 14.2; fast ones: 10 % of 121,000 + 30 % of 77,000 = 35,200
    / 365 / 110 = 0.9; the fastest: 108,900 + 23,100 + 110,000 = 242,000 / 365 / 260 = 2.6.
    """
    found = plan(HALF, SITES, TODAY)
    sums = Sums(
        cars=1000,
        bev=500,
        phev=0,
        kwh=Energy(home=462_000, work=154_000, street=176_000, hub=121_000, destination=77_000, highway=110_000),
        needed=Points(14, 1, 3),
        existing=Points(6, 1, 0),
        to_build=Points(8, 0, 3),
        existing_kw=Decimal(182),
        planned_kw=Decimal(182 + 8 * 22 + 3 * 200),
        peak_kw=Decimal("414.5"),  # 14 x 22 x 0.25 + 75 x 0.5 + 3 x 200 x 0.5
    )
    placed = (
        SitePlan("Bahnhof", SITES[1].location, Points(ac=4), Points(ac=2), station_id="a"),
        SitePlan("Markt", SITES[0].location, Points(ac=2, dc=1), Points(ac=4), station_id="b"),
        SitePlan("Mitte", HERE, Points(), Points(ac=2, hpc=3), new_sites=2),
    )
    assert found.districts == (DistrictPlan(TOWN, sums, placed),)
    assert (found.total, found.total.kwh.total, found.total.kwh.public) == (sums, 1_100_000, 484_000)
    assert found.afir is not None
    assert (found.afir.required_kw, found.afir.planned_kw, found.afir.is_met) == (Decimal(650), Decimal(958), True)


def test_the_nation_comes_out_as_its_own_study_says() -> None:
    """Nationale Leitstelle Ladeinfrastruktur, 2024: for 16.6 m electric cars in 2030 37.8 TWh, 36 to 50 % of them in public,
    380,000 to 680,000 points, 55,000 to 90,000 of them with 150 kW or more, and 23.3 to 32.4 GW."""
    nation = District("de", "Deutschland", HERE, vehicles=48_300_000)
    found = planned(nation, share="0.344", year=2030)
    assert 35e9 < found.total.kwh.total < 40e9
    assert 0.36 < found.total.kwh.public / found.total.kwh.total < 0.50
    assert 380_000 < found.total.needed.total < 680_000
    assert 55_000 < found.total.needed.hpc < 90_000
    assert 23_300_000 < found.total.planned_kw < 32_400_000


def test_what_is_charged_at_hubs_shops_and_through_roads_is_shared_by_weight() -> None:
    village = District("dorf", "Dorf", Location(52.35, 10.85), vehicles=1000)
    town = replace(village, id="stadt", name="Stadt", hub_weight=Decimal(3), through_weight=Decimal(1))
    dorf, stadt = (each.sums.kwh for each in planned(village, town).districts)
    assert (dorf.home, dorf.street, dorf.destination) == (stadt.home, stadt.street, stadt.destination)
    assert (dorf.hub, dorf.highway) == (0, 0)
    alone = planned(village).total.kwh
    assert (stadt.hub, stadt.highway) == (2 * alone.hub, 2 * alone.highway)


def test_cars_that_nobody_counted_are_estimated_from_the_inhabitants() -> None:
    assert planned(District("x", "X", HERE, inhabitants=1000)).total.cars == 580


def test_points_that_are_too_many_are_not_made_up_for_elsewhere() -> None:
    full = replace(TOWN, existing=Points(ac=1000, hpc=2))
    found = planned(full, replace(TOWN, id="nord"), sites=SITES)
    there, beside = found.districts
    assert (there.sums.existing, there.sums.to_build.ac) == (Points(ac=1000, hpc=2), 0)
    assert beside.sums.to_build.ac == beside.sums.needed.ac
    assert found.total.existing_kw == 1000 * 22 + 2 * 200


def test_a_district_with_cars_has_the_least_that_was_promised_and_one_without_has_none() -> None:
    found = planned(replace(TOWN, vehicles=10), replace(TOWN, id="wald", vehicles=0), share="0.1")
    assert [each.sums.needed for each in found.districts] == [Points(ac=2), Points()]


def test_the_way_to_the_share_begins_after_today_and_ends_with_the_plan() -> None:
    found = planned(TOWN, year=2027)
    assert [(step.year, str(step.ev_share)) for step in found.path] == [
        (2025, "0.2047"),
        (2026, "0.3523"),
        (2027, "0.5"),
    ]
    assert (found.path[-1].needed, found.path[-1].to_build) == (found.total.needed, found.total.to_build)
    assert [step.year for step in planned(TOWN, share="0.05").path] == [2035]


def test_the_law_asks_for_nothing_before_it_was_made() -> None:
    assert planned(TOWN, year=2023).afir is None


def test_it_is_said_which_assumption_moves_the_plan_most() -> None:
    found = planned(replace(TOWN, vehicles=100_000, no_own_parking=None))
    assert [each.name for each in found.influences[:2]] == [Name.AC_KWH_PER_DAY, Name.NO_OWN_PARKING]
    assert all(each.low < found.total.needed.total < each.high for each in found.influences)
    assert found.assumptions == ASSUMPTIONS


def test_a_figure_of_the_citys_own_is_certain_unless_it_says_otherwise() -> None:
    stated = {Name.CONSUMPTION: Stated(Decimal(20)), Name.VISITORS: Stated(Decimal(2), Decimal(1), Decimal(4), "count")}
    found = plan(Wanted(Decimal("0.5"), 2035, (TOWN,), stated), (), TODAY)
    mine = {each.name: each for each in found.assumptions}
    assert (mine[Name.CONSUMPTION].low, mine[Name.CONSUMPTION].high) == (Decimal(20), Decimal(20))
    assert (mine[Name.VISITORS].high, mine[Name.VISITORS].source, mine[Name.VISITORS].as_of) == (
        Decimal(4),
        "count",
        TODAY,
    )
    assert Name.CONSUMPTION not in {each.name for each in found.influences}


def test_half_a_point_is_one() -> None:
    assert [whole(Decimal(exact)) for exact in ("0.49", "0.5", "1.5", "2.5")] == [0, 1, 2, 3]


def faults(wanted: Wanted) -> list[str]:
    return ["/".join(map(str, path)) for path, _ in wanted.faults()]


def test_what_cannot_be_planned_with_is_told_at_once() -> None:
    nowhere = Location(float("nan"), 10.78)
    assert HALF.faults() == ()
    wrong = replace(TOWN, name=" ", vehicles=-1, no_own_parking=Decimal("NaN"), centre=nowhere, existing=Points(ac=-1))
    assert faults(replace(HALF, ev_share=Decimal("NaN"), year=1999, districts=(TOWN, wrong))) == [
        "ev_share",
        "year",
        *(f"districts/1/{field}" for field in ("name", "vehicles", "no_own_parking", "existing_ac", "centre", "id")),
    ]
    assert faults(replace(HALF, districts=())) == ["districts"]
    assert faults(replace(HALF, districts=(replace(TOWN, vehicles=None),), notes=("a\nb",))) == [
        "notes",
        "districts/0/vehicles",
    ]
    endless = {
        Name.CHARGING_LOSSES: Stated(Decimal("1E-999999")),
        Name.CONSUMPTION: Stated(Decimal("NaN")),
        Name.LEAST_AC: Stated(Decimal("1.5")),
    }
    backwards = {Name.VISITORS: Stated(Decimal(1), Decimal(2), Decimal(3), "")}
    assert faults(replace(HALF, assumptions=endless | backwards)) == [
        "assumptions/consumption",
        "assumptions/charging_losses",
        "assumptions/visitors",
        "assumptions/visitors",
        "assumptions/least_ac",
    ]
    assert faults(replace(HALF, assumptions={Name.AWAY_WORK: Stated(Decimal("0.7"))})) == ["assumptions/away_work"]


SHARES = st.decimals(0, 1, places=4)
DISTRICTS = st.lists(
    st.builds(
        District,
        id=st.just("?"),
        name=st.just("Ort"),
        centre=st.builds(Location, st.floats(52.3, 52.5), st.floats(10.6, 10.9)),
        vehicles=st.integers(0, 40_000),
        no_own_parking=st.none() | st.decimals(0, 1, places=2),
        hub_weight=st.decimals(0, 5, places=1),
        destination_weight=st.decimals(0, 5, places=1),
        through_weight=st.decimals(0, 5, places=1),
    ),
    min_size=1,
    max_size=5,
).map(lambda listed: tuple(replace(each, id=str(nth)) for nth, each in enumerate(listed)))
STATIONS = st.lists(
    st.builds(
        ExistingSite,
        id=st.just("?"),
        name=st.just("Säule"),
        location=st.builds(Location, st.floats(52.2, 52.6), st.floats(10.5, 11.0)),
        powers_kw=st.lists(st.sampled_from([Decimal(11), SLOW, FAST, Decimal(300)]), max_size=7).map(tuple),
    ),
    max_size=8,
).map(lambda listed: tuple(replace(each, id=str(nth)) for nth, each in enumerate(listed)))


def at_most(one: Points, other: Points) -> bool:
    return one.beyond(other) == Points()


@settings(max_examples=20, deadline=None)
@given(DISTRICTS, STATIONS, SHARES, SHARES, st.integers(0, 10_000))
def test_more_electric_cars_never_need_fewer_points_anywhere(
    districts: tuple[District, ...], sites: tuple[ExistingSite, ...], one: Decimal, other: Decimal, more: int
) -> None:
    fewer = plan(Wanted(min(one, other), 2035, districts), sites, TODAY)
    first = replace(districts[0], vehicles=(districts[0].vehicles or 0) + more)
    grown = plan(Wanted(max(one, other), 2035, (first, *districts[1:])), sites, TODAY)
    for before, after in zip(fewer.districts, grown.districts, strict=True):
        assert at_most(before.sums.needed, after.sums.needed)
        assert at_most(before.sums.to_build, after.sums.to_build)
    assert all(at_most(a.needed, b.needed) for a, b in pairwise(grown.path))


@settings(max_examples=20, deadline=None)
@given(DISTRICTS, STATIONS, SHARES)
def test_every_sum_is_one_of_what_is_shown(
    districts: tuple[District, ...], sites: tuple[ExistingSite, ...], share: Decimal
) -> None:
    found = plan(Wanted(share, 2035, districts), sites, TODAY)
    for each in found.districts:
        sums = each.sums
        assert summed(site.to_build for site in each.sites) == sums.to_build
        assert at_most(sums.needed, summed([sums.existing, sums.to_build]))
        assert all(sums.to_build.of(power) >= 0 <= sums.existing.of(power) for power in PowerClass)
        for site in each.sites:
            assert site.new_sites or all(
                site.existing.of(power) + site.to_build.of(power) <= most or not site.to_build.of(power)
                for power, most in zip(PowerClass, (6, 4, 8), strict=True)
            )
    assert summed(each.sums.to_build for each in found.districts) == found.total.to_build
    assert sum(each.sums.kwh.total for each in found.districts) == found.total.kwh.total
    assert sum(each.sums.planned_kw for each in found.districts) == found.total.planned_kw
    inside = sum(each.sums.existing.total for each in found.districts)
    assert inside + sum(site.points.total for site in found.outside) == sum(len(site.powers_kw) for site in sites)
    low, mid, high = found.cases
    assert (low.case, mid.case, high.case) == (Case.LOW, Case.MID, Case.HIGH)
    assert mid.sums == found.total
    assert at_most(low.sums.needed, mid.sums.needed)
    assert at_most(mid.sums.needed, high.sums.needed)
    assert found == plan(Wanted(share, 2035, districts), sites[::-1], TODAY)
