"""A plan of charge points in words, for a terminal: with all that it assumes, and where that is from."""

from collections.abc import Iterator
from decimal import Decimal

from domain.charging.planning.figures import Assumption, Case
from domain.charging.planning.plan import ChargingPlan, Sums
from domain.charging.planning.points import Points, PowerClass
from domain.identity import City

LABELS = {PowerClass.AC: "AC, up to 22 kW", PowerClass.DC: "DC, below 150 kW", PowerClass.HPC: "HPC, from 150 kW"}
NAMES, NUMBERS = 30, 10
MOST_INFLUENCES = 6


def report(plan: ChargingPlan, city: City) -> Iterator[str]:
    yield from _first(plan, city)
    yield ""
    yield _row("points", "needed", "there", "to build")
    for each in PowerClass:
        yield _row(LABELS[each], *[points.of(each) for points in _three(plan.total)])
    yield _row("together", *(points.total for points in _three(plan.total)))
    yield _span(plan)
    yield ""
    yield _row("district", "AC", "DC", "HPC", "there", "to build", "peak kW")
    for district in plan.districts:
        sums = district.sums
        built, peak = (sums.existing.total, sums.to_build.total), f"{sums.peak_kw:,.0f}"
        yield _row(district.district.name, *_classes(sums.needed), *built, peak)
    yield from _where(plan)
    yield ""
    yield _row("at the end of", "electric", "needed", "to build")
    for step in plan.path:
        yield _row(str(step.year), _percent(step.ev_share), step.needed.total, step.to_build.total)
    yield ""
    yield "What it hangs on: points in the city, where one figure alone is off"
    for influence in plan.influences[:MOST_INFLUENCES]:
        yield _row(influence.name, influence.low, influence.high)
    yield ""
    yield "Assumed"
    yield from map(_assumption, plan.assumptions)
    for note in plan.notes:
        yield f"Note: {note}"


def _first(plan: ChargingPlan, city: City) -> Iterator[str]:
    total = plan.total
    yield (
        f"{city}, {plan.year}: {_percent(plan.ev_share)} of {total.cars:,} cars are electric,"
        f" {total.bev:,} with a battery alone and {total.phev:,} hybrids with a plug"
    )
    public = Decimal(100 * total.kwh.public) / (total.kwh.total or 1)
    yield (
        f"They take {_giga(total.kwh.total)} GWh a year, {public:.0f} % of it where everybody may:"
        f" street {_giga(total.kwh.street)}, hubs {_giga(total.kwh.hub)}, destinations {_giga(total.kwh.destination)},"
        f" through roads {_giga(total.kwh.highway)}; at home {_giga(total.kwh.home)}, at work {_giga(total.kwh.work)}"
    )
    yield (
        f"{_mega(total.existing_kw)} MW are there and {_mega(total.planned_kw)} MW planned, of which"
        f" {_mega(total.peak_kw)} MW are taken at once"
    )
    if plan.afir is not None:
        met = "met" if plan.afir.is_met else "not met"
        target = plan.afir.target
        yield f"{target.source} asks {_mega(plan.afir.required_kw)} MW for so many cars, of the state as a whole: {met}"


def _three(sums: Sums) -> tuple[Points, Points, Points]:
    return sums.needed, sums.existing, sums.to_build


def _classes(points: Points) -> tuple[int, ...]:
    return tuple(points.of(each) for each in PowerClass)


def _span(plan: ChargingPlan) -> str:
    needed = {case.case: case.sums.needed.total for case in plan.cases}
    return f"{needed[Case.LOW]:,} to {needed[Case.HIGH]:,} are needed where all figures at once make the need least or greatest"


def _where(plan: ChargingPlan) -> Iterator[str]:
    sites = [site for each in plan.districts for site in each.sites]
    extended = [site for site in sites if site.station_id is not None]
    new = sum(site.new_sites for site in sites)
    yield f"At {len(extended)} stations that are there, and at {new} new sites; CSV and GeoJSON name them"
    if plan.outside:
        yield f"{len(plan.outside)} stations lie in no district and do not count"


def _assumption(each: Assumption) -> str:
    span = "" if each.is_certain else f" ({each.low} to {each.high})"
    return f"  {each.name} = {each.value}{span} {each.unit}; {each.as_of}: {each.source}"


def _row(name: str, *numbers: int | str) -> str:
    cells = (f"{number:,}" if isinstance(number, int) else number for number in numbers)
    short = name if len(name) <= NAMES else name[: NAMES - 1] + "…"
    return f"{short:<{NAMES}}" + "".join(f"{cell:>{NUMBERS}}" for cell in cells)


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _giga(kwh: int) -> str:
    return f"{Decimal(kwh) / 1_000_000:,.1f}"


def _mega(kilowatts: Decimal) -> str:
    return f"{kilowatts / 1000:,.1f}"
