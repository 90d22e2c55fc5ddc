"""The decision: how many charge points of which power, where, for a given share of electric cars."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from domain.charging.planning.assuming import Stated, Values, assumed, at, faults_of
from domain.charging.planning.demand import PUBLIC, Demand, UseCase, demands
from domain.charging.planning.districts import District, ExistingSite
from domain.charging.planning.figures import Assumption, Case, FleetTarget, target_in
from domain.charging.planning.names import Name
from domain.charging.planning.numbers import is_plain, whole
from domain.charging.planning.placing import SitePlan, kilowatts, placed, points_of, sorted_in
from domain.charging.planning.points import Points, PowerClass, summed

MOST_DISTRICTS = 500
MOST_NOTES, LONGEST_NOTE = 20, 500
EARLIEST, LATEST = 2000, 2099


class Wanted(Struct, frozen=True):
    """The share of electric cars among all, battery and plug-in hybrid, in a year. `assumptions` are figures in place of ours;
    `notes` are words about the figures, which stand in the plan as they are."""

    ev_share: Decimal
    year: int
    districts: tuple[District, ...]
    assumptions: dict[Name, Stated] = {}
    notes: tuple[str, ...] = ()

    def faults(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """What cannot be planned with: the path to each fault, and what is wrong with it."""
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if not (is_plain(self.ev_share) and 0 <= self.ev_share <= 1):
            faults.append((("ev_share",), "a share from 0 to 1"))
        if not EARLIEST <= self.year <= LATEST:
            faults.append((("year",), f"{EARLIEST} to {LATEST}"))
        if not 1 <= len(self.districts) <= MOST_DISTRICTS:
            faults.append((("districts",), f"1 to {MOST_DISTRICTS} districts"))
            return tuple(faults)
        if len(self.notes) > MOST_NOTES or not all(
            len(note) <= LONGEST_NOTE and note.isprintable() for note in self.notes
        ):
            faults.append((("notes",), f"at most {MOST_NOTES} lines of {LONGEST_NOTE} characters"))
        known: set[str] = set()
        for nth, district in enumerate(self.districts):
            faults += [(("districts", nth, field), said) for field, said in district.faults()]
            if district.id in known:
                faults.append((("districts", nth, "id"), "another district has this id"))
            known.add(district.id)
        today = date(EARLIEST, 1, 1)  # of no matter for what can be
        faults += [(("assumptions", name), said) for name, said in faults_of(assumed(self.assumptions, today))]
        return tuple(faults)


class Energy(Struct, frozen=True):
    """kWh in a year, from the plug."""

    home: int = 0
    work: int = 0
    street: int = 0
    hub: int = 0
    destination: int = 0
    highway: int = 0

    @property
    def public(self) -> int:
        return sum(int(getattr(self, use.value)) for use in PUBLIC)

    @property
    def total(self) -> int:
        return self.home + self.work + self.public


class Sums(Struct, frozen=True):
    """Of a district or of the city. `to_build` is what is `needed` beyond what is `existing`, class by class; `planned_kw` is what
    all of them give then, `existing_kw` today, and `peak_kw` what those that are needed take at once. `bev` and `phev` are the
    electric ones of the `cars`."""

    cars: int
    bev: int
    phev: int
    kwh: Energy
    needed: Points
    existing: Points
    to_build: Points
    existing_kw: Decimal
    planned_kw: Decimal
    peak_kw: Decimal


class DistrictPlan(Struct, frozen=True):
    district: District
    sums: Sums
    sites: tuple[SitePlan, ...]


class AfirCheck(Struct, frozen=True):
    """Kilowatts that the cars of the plan call for, and those that it has. The law asks it of the state as a whole."""

    target: FleetTarget
    required_kw: Decimal
    planned_kw: Decimal

    @property
    def is_met(self) -> bool:
        return self.planned_kw >= self.required_kw


class CaseSums(Struct, frozen=True):
    case: Case
    sums: Sums


class Step(Struct, frozen=True):
    """The share and the city's points at the end of a year on the way, where the share grows evenly."""

    year: int
    ev_share: Decimal
    needed: Points
    to_build: Points


class Influence(Struct, frozen=True):
    """The city's points where one assumption alone is as it makes the need least, and greatest."""

    name: Name
    low: int
    high: int


class ChargingPlan(Struct, frozen=True):
    """`outside` stations lie in no district; nothing of them counts. `influences` begin with the greatest."""

    ev_share: Decimal
    year: int
    districts: tuple[DistrictPlan, ...]
    total: Sums
    afir: AfirCheck | None
    cases: tuple[CaseSums, ...]
    path: tuple[Step, ...]
    influences: tuple[Influence, ...]
    outside: tuple[ExistingSite, ...]
    assumptions: tuple[Assumption, ...]
    notes: tuple[str, ...]


def plan(wanted: Wanted, sites: Sequence[ExistingSite], on: date) -> ChargingPlan:
    """The plan for what has no faults, with the stations that are there; `on` is the day on which it is made."""
    assumptions = assumed(wanted.assumptions, on)
    found = sorted_in(wanted.districts, sites)
    there = tuple(zip(wanted.districts, found.inside, strict=True))
    by_case = {case: _sums(wanted, wanted.ev_share, there, at(assumptions, case)) for case in Case}
    values, mid = at(assumptions, Case.MID), by_case[Case.MID]
    districts = tuple(
        DistrictPlan(district, sums, placed(district, sums.to_build, at_hand, values))
        for (district, at_hand), sums in zip(there, mid, strict=True)
    )
    total = _together(mid)
    return ChargingPlan(
        ev_share=wanted.ev_share,
        year=wanted.year,
        districts=districts,
        total=total,
        afir=_afir(total, wanted.year),
        cases=tuple(CaseSums(case, _together(sums)) for case, sums in by_case.items()),
        path=_path(wanted, [sums.existing for sums in mid], values),
        influences=_influences(wanted, assumptions),
        outside=found.outside,
        assumptions=assumptions,
        notes=wanted.notes,
    )


def _sums(
    wanted: Wanted, share: Decimal, there: Sequence[tuple[District, Sequence[ExistingSite]]], values: Values
) -> tuple[Sums, ...]:
    full = demands(wanted.districts, values)
    return tuple(
        _of_district(district, at_hand, demand, share, values)
        for (district, at_hand), demand in zip(there, full, strict=True)
    )


def _of_district(
    district: District, at_hand: Sequence[ExistingSite], demand: Demand, share: Decimal, values: Values
) -> Sums:
    hybrids = values[Name.PLUG_IN_HYBRIDS]
    needed = _needed(demand, share, values)
    if district.existing is None:
        existing, existing_kw = points_of(at_hand), sum((site.kilowatts for site in at_hand), Decimal(0))
    else:
        existing, existing_kw = district.existing, kilowatts(district.existing, values)
    to_build = needed.beyond(existing)
    electric = demand.cars * share
    return Sums(
        cars=whole(demand.cars),
        bev=whole(electric * (1 - hybrids)),
        phev=whole(electric * hybrids),
        kwh=Energy(**{use.value: whole(demand.kwh[use] * share) for use in UseCase}),
        needed=needed,
        existing=existing,
        to_build=to_build,
        existing_kw=existing_kw,
        planned_kw=existing_kw + kilowatts(to_build, values),
        peak_kw=_peak(needed, values),
    )


def _needed(demand: Demand, share: Decimal, values: Values) -> Points:
    """To the nearest point: one up for each district and class would be many in a city of small districts. Whoever has cars has
    the least number of slow points."""
    points = {each: whole(exact * share) for each, exact in demand.points.items()}
    least = int(values[Name.LEAST_AC]) if demand.cars else 0
    return Points(max(points[PowerClass.AC], least), points[PowerClass.DC], points[PowerClass.HPC])


def _peak(points: Points, values: Values) -> Decimal:
    return (
        points.ac * values[Name.AC_KW] * values[Name.AC_AT_ONCE]
        + points.dc * values[Name.DC_KW] * values[Name.DC_AT_ONCE]
        + points.hpc * values[Name.HPC_KW] * values[Name.HPC_AT_ONCE]
    )


def _together(each: Sequence[Sums]) -> Sums:
    def total(field: str) -> int:
        return sum(int(getattr(sums, field)) for sums in each)

    def power(numbers: Iterable[Decimal]) -> Decimal:
        return sum(numbers, Decimal(0))

    return Sums(
        cars=total("cars"),
        bev=total("bev"),
        phev=total("phev"),
        kwh=Energy(**{use.value: sum(int(getattr(sums.kwh, use.value)) for sums in each) for use in UseCase}),
        needed=summed(sums.needed for sums in each),
        existing=summed(sums.existing for sums in each),
        to_build=summed(sums.to_build for sums in each),
        existing_kw=power(sums.existing_kw for sums in each),
        planned_kw=power(sums.planned_kw for sums in each),
        peak_kw=power(sums.peak_kw for sums in each),
    )


def _afir(total: Sums, year: int) -> AfirCheck | None:
    target = target_in(year)
    if target is None:
        return None
    return AfirCheck(target, total.bev * target.kw_per_bev + total.phev * target.kw_per_phev, total.planned_kw)


def _path(wanted: Wanted, existing: Sequence[Points], values: Values) -> tuple[Step, ...]:
    """Year by year from the one after today's share on; the last alone where the share does not grow until then."""
    begins, share = int(values[Name.YEAR_TODAY]), values[Name.SHARE_TODAY]
    growing = begins < wanted.year and share < wanted.ev_share
    full = demands(wanted.districts, values)
    steps = []
    for year in range(begins + 1, wanted.year) if growing else ():
        then = share + (wanted.ev_share - share) * (year - begins) / (wanted.year - begins)
        steps.append(_step(year, then.quantize(Decimal("0.0001")), full, existing, values))
    return (*steps, _step(wanted.year, wanted.ev_share, full, existing, values))


def _step(year: int, share: Decimal, full: Sequence[Demand], existing: Sequence[Points], values: Values) -> Step:
    needed = [_needed(demand, share, values) for demand in full]
    more = summed(mine.beyond(had) for mine, had in zip(needed, existing, strict=True))
    return Step(year, share, summed(needed), more)


def _influences(wanted: Wanted, assumptions: Sequence[Assumption]) -> tuple[Influence, ...]:
    found = []
    for each in assumptions:
        if each.is_certain:
            continue
        totals = []
        for case in (Case.LOW, Case.HIGH):
            values = at(assumptions, Case.MID, but=(each.name, case))
            full = demands(wanted.districts, values)
            totals.append(sum(_needed(demand, wanted.ev_share, values).total for demand in full))
        if totals[0] != totals[1]:
            found.append(Influence(each.name, *totals))
    return tuple(sorted(found, key=lambda each: (-abs(each.high - each.low), each.name)))
