"""A plan of charge points, as it is told."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from domain.charging.planning.figures import Assumption
from domain.charging.planning.placing import SitePlan
from domain.charging.planning.plan import CaseSums, ChargingPlan, Influence, Step, Sums
from domain.places import Location


class PlannedDistrict(Struct, frozen=True):
    """`sites` are where something is built: stations that are extended, and sites to be found around the centre."""

    id: str
    name: str
    centre: Location
    source: str
    sums: Sums
    sites: tuple[SitePlan, ...]


class LawCheck(Struct, frozen=True):
    """What the law asks of the state as a whole, for the cars of this plan."""

    required_kw: Decimal
    planned_kw: Decimal
    met: bool
    kw_per_bev: Decimal
    kw_per_phev: Decimal
    valid_from: date
    source: str


class OutsideStation(Struct, frozen=True):
    id: str
    name: str
    location: Location


class PlanView(Struct, frozen=True):
    """`cases` are all assumptions at once as they make the need least, as they are believed, and greatest; `influences` one at a
    time. `path` goes year by year. `outside` are stations that lie in no district."""

    ev_share: Decimal
    year: int
    total: Sums
    districts: tuple[PlannedDistrict, ...]
    afir: LawCheck | None
    cases: tuple[CaseSums, ...]
    path: tuple[Step, ...]
    influences: tuple[Influence, ...]
    outside: tuple[OutsideStation, ...]
    assumptions: tuple[Assumption, ...]
    notes: tuple[str, ...]


def plan_view(plan: ChargingPlan) -> PlanView:
    return PlanView(
        ev_share=plan.ev_share,
        year=plan.year,
        total=plan.total,
        districts=tuple(
            PlannedDistrict(
                each.district.id, each.district.name, each.district.centre, each.district.source, each.sums, each.sites
            )
            for each in plan.districts
        ),
        afir=_law(plan),
        cases=plan.cases,
        path=plan.path,
        influences=plan.influences,
        outside=tuple(OutsideStation(site.id, site.name, site.location) for site in plan.outside),
        assumptions=plan.assumptions,
        notes=plan.notes,
    )


def _law(plan: ChargingPlan) -> LawCheck | None:
    if plan.afir is None:
        return None
    target = plan.afir.target
    return LawCheck(
        required_kw=plan.afir.required_kw,
        planned_kw=plan.afir.planned_kw,
        met=plan.afir.is_met,
        kw_per_bev=target.kw_per_bev,
        kw_per_phev=target.kw_per_phev,
        valid_from=target.valid_from,
        source=target.source,
    )
