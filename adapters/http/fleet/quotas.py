"""`/v1/{city}/fleet/reports/clean-vehicles`: how the city stands with what it owes by SaubFahrzeugBeschG, and what to buy."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply, answer
from adapters.http.fleet.reports import LIST
from adapters.http.reading import Day
from domain.fleet.clean_vehicles import Purchase, QuotaState, Remedy, VehicleCategory
from domain.fleet.procurement import EuCategory, Procurement
from domain.fleet.quota_standings import NotCounted
from domain.identity import PoolId
from services.fleet.clean_vehicles import Asked, CleanVehicleReport, CleanVehicles, Counted

Planned: TypeAlias = Annotated[int, Meta(ge=0, le=10_000, examples=[5])]


class CleanVehiclesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The reference period to which the day `on` belongs, today's if left out; of one `pool`, or of all that one runs. What is
    `planned` in the period is owed for as well: `planned_light` (M1, M2, N1), `planned_truck` (N2, N3), `planned_bus` (M3)."""

    on: Annotated[Day, Meta(examples=["2026-12-01"])] | None = None
    pool: str | None = None
    planned_light: Planned = 0
    planned_truck: Planned = 0
    planned_bus: Planned = 0

    @property
    def asked(self) -> Asked:
        planned = {
            VehicleCategory.LIGHT: self.planned_light,
            VehicleCategory.TRUCK: self.planned_truck,
            VehicleCategory.BUS: self.planned_bus,
        }
        return Asked(self.on, PoolId(self.pool) if self.pool is not None else None, planned)


class QuotaView(Struct, frozen=True):
    """A class in its reference period, `since` and `until` both included. `needed` of the vehicles have to be clean, and
    `zero_emission_needed` of them without emissions; what is begun of a vehicle is owed in full. `remedy` are the fewest
    vehicles that make up for what is missing, if they are bought in addition; `next_purchase` is what the next one has to be
    so that the quota holds with it, and `free_purchases` so many of any kind may follow before that."""

    category: VehicleCategory
    since: date
    until: date
    clean_percent: str
    zero_emission_percent: str
    most_g_per_km: int | None
    most_rde_pollutants: str | None
    source: str
    counted: int
    clean: int
    zero_emission: int
    needed: int
    zero_emission_needed: int
    missing: int
    zero_emission_missing: int
    remedy: Remedy
    next_purchase: Purchase
    free_purchases: int


class CountedView(Struct, frozen=True):
    vehicle_id: UUID
    name: str
    category: VehicleCategory
    eu_category: EuCategory | None
    awarded_on: date
    procurement: Procurement | None
    clean: bool
    zero_emission: bool


class NotCountedView(Struct, frozen=True):
    vehicle_id: UUID
    name: str
    reason: NotCounted


class UndecidedView(Struct, frozen=True):
    """`missing` names the fields of the vehicle that have to be entered."""

    vehicle_id: UUID
    name: str
    missing: tuple[str, ...]


class CleanVehiclesView(Struct, frozen=True):
    """`items` is empty for a day on which the law knows no period. `partial` says that the city may have more vehicles than are
    looked at here; the quota is owed for all. Those of the period stand in `counted` or `not_counted`, those that may be
    of it in `undecided`, which count nowhere until what is missing is entered."""

    on: date
    partial: bool
    items: tuple[QuotaView, ...]
    counted: tuple[CountedView, ...]
    not_counted: tuple[NotCountedView, ...]
    undecided: tuple[UndecidedView, ...]


def fleet_quotas(offered: CleanVehicles) -> tuple[Endpoint, ...]:
    async def clean_vehicles(ask: Ask) -> Reply:
        return answer(_view(await offered.report(ask.actor, ask.query(CleanVehiclesQuery).asked)))

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            f"{LIST}/clean-vehicles",
            "reportCleanVehicles",
            "fleet",
            "What the law on clean vehicles (SaubFahrzeugBeschG) asks for by class in a reference period, what is there of it, and"
            " what to buy next",
            clean_vehicles,
            {200: CleanVehiclesView},
            query=CleanVehiclesQuery,
            examples={200: EXAMPLE},
        ),
    )


def _view(report: CleanVehicleReport) -> CleanVehiclesView:
    return CleanVehiclesView(
        on=report.on,
        partial=report.partial,
        items=tuple(map(_quota, report.states)),
        counted=tuple(map(_counted, report.counted)),
        not_counted=tuple(NotCountedView(each.id, each.name, reason) for each, reason in report.not_counted),
        undecided=tuple(UndecidedView(each.id, each.name, stands.missing) for each, stands in report.undecided),
    )


def _quota(state: QuotaState) -> QuotaView:
    quota = state.quota
    return QuotaView(
        category=quota.category,
        since=quota.since,
        until=quota.until,
        clean_percent=_percent(quota.share),
        zero_emission_percent=_percent(quota.zero_share),
        most_g_per_km=quota.most_g_per_km,
        most_rde_pollutants=str(quota.most_pollutants) if quota.most_pollutants is not None else None,
        source=quota.source,
        counted=state.counted,
        clean=state.clean,
        zero_emission=state.zero_emission,
        needed=state.needed,
        zero_emission_needed=state.zero_needed,
        missing=state.missing,
        zero_emission_missing=state.zero_missing,
        remedy=state.remedy,
        next_purchase=state.next_purchase,
        free_purchases=state.free_purchases,
    )


def _counted(found: Counted) -> CountedView:
    vehicle, procured = found.vehicle, found.vehicle.procured
    return CountedView(
        vehicle_id=vehicle.id,
        name=vehicle.name,
        category=found.awarded.category,
        eu_category=procured.eu_category,
        awarded_on=found.awarded.awarded_on,
        procurement=procured.procurement,
        clean=found.clean,
        zero_emission=found.zero_emission,
    )


def _percent(share: Decimal) -> str:
    return f"{share * 100:.1f}"


_ID = "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11"
QUOTA: dict[str, Any] = {
    "category": "light",
    "since": "2026-01-01",
    "until": "2030-12-31",
    "clean_percent": "38.5",
    "zero_emission_percent": "0.0",
    "most_g_per_km": 0,
    "most_rde_pollutants": None,
    "source": "§ 6 SaubFahrzeugBeschG",
    "counted": 13,
    "clean": 5,
    "zero_emission": 5,
    "needed": 6,
    "zero_emission_needed": 0,
    "missing": 1,
    "zero_emission_missing": 0,
    "remedy": {"vehicles": 1, "zero_emission": 0},
    "next_purchase": "clean",
    "free_purchases": 0,
}
_COUNTED: dict[str, Any] = {
    "vehicle_id": _ID,
    "name": "Volkswagen ID.3",
    "category": "light",
    "eu_category": "M1",
    "awarded_on": "2026-03-05",
    "procurement": "lease",
    "clean": True,
    "zero_emission": True,
}
EXAMPLE: dict[str, Any] = {
    "on": "2026-12-01",
    "partial": False,
    "items": [QUOTA],
    "counted": [_COUNTED],
    "not_counted": [{"vehicle_id": _ID, "name": "Kommandowagen", "reason": "exempt"}],
    "undecided": [{"vehicle_id": _ID, "name": "Caddy", "missing": ["awarded_on", "contract_value"]}],
}
