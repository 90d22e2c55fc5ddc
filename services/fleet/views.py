"""Vehicles as whoever runs them sees them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import Document, DocumentKind, overdue
from domain.fleet.keeping import usable_until, why_not
from domain.fleet.procurement import EuCategory, Procured, Procurement
from domain.fleet.vehicles import Drive, Life, VehicleKind, lacks
from domain.identity import PoolId
from domain.money import Money
from domain.pricing.tariffs import TariffId
from services.fleet.keeping import Kept


class StationOfVehicle(Struct, frozen=True):
    id: StationId
    name: str


class DocumentView(Struct, frozen=True):
    """`overdue` once it counts no longer; `in_force` where none of the kind was entered after it."""

    kind: DocumentKind
    done_on: date | None
    valid_until: date | None
    rental: bool
    reference: str | None
    in_force: bool
    overdue: bool


class VehicleView(Struct, frozen=True, rename={"vehicle_class": "class"}):
    """`not_bookable` says why it cannot be booked today, `lacks` what it has yet to have to come into service;
    from `usable_until` on it is not booked, until its papers were renewed. Battery in kWh, consumption per 100 km.
    What the report on clean vehicles needs is null where nobody has entered it."""

    id: ResourceId
    name: str
    kind: VehicleKind
    vehicle_class: str
    seats: int
    drive: Drive
    range_km: int
    battery_kwh: Decimal | None
    consumption: Decimal | None
    charging_kw: Decimal | None
    load_kg: int | None
    equipment: tuple[str, ...]
    plate: str | None
    vin: str | None
    frame_number: str | None
    awarded_on: date | None
    procurement: Procurement | None
    eu_category: EuCategory | None
    co2_g_per_km: int | None
    rde_pollutants: Decimal | None
    alternative_fuel: bool | None
    contract_value: Money | None
    quota_exempt: bool
    code: str | None
    station: StationOfVehicle
    pool_id: PoolId | None
    tariff_id: TariffId | None
    shared: bool
    buffer_before_s: int
    buffer_after_s: int
    state: Life
    workshop_until: datetime | None
    block_id: UUID | None
    usable_until: datetime | None
    not_bookable: tuple[str, ...]
    lacks: tuple[str, ...]
    documents: tuple[DocumentView, ...]
    time_zone: str
    version: int


def vehicle_view(kept: Kept) -> VehicleView:
    vehicle, today = kept.vehicle, kept.today
    what, place = vehicle.description, vehicle.placement
    shared: dict[str, Any] = {
        name: getattr(source, name)
        for source, names in ((what, OF_DESCRIPTION), (what.procured, OF_PROCUREMENT), (place, OF_PLACEMENT))
        for name in names
    }
    in_the_workshop = vehicle.standing is Life.WORKSHOP
    until = usable_until(vehicle.papers, today.time_zone)
    return VehicleView(
        id=vehicle.id,
        plate=str(what.plate) if what.plate else None,
        station=StationOfVehicle(place.station_id, vehicle.station),
        state=vehicle.standing,
        workshop_until=vehicle.blocked_until if in_the_workshop else None,
        block_id=vehicle.block_id if in_the_workshop else None,
        usable_until=until.astimezone(UTC) if until else None,
        not_bookable=why_not(vehicle, today.day),
        lacks=lacks(what, vehicle.papers),
        documents=_documents(vehicle.papers, today.day),
        time_zone=today.time_zone,
        version=vehicle.version,
        **shared,
    )


def _documents(papers: tuple[Document, ...], today: date) -> tuple[DocumentView, ...]:
    """The newest first. What is in force is overdue as soon as it counts no longer, whatever day stands on it."""
    last = {paper.kind: number for number, paper in enumerate(papers)}
    over = {paper.kind for paper in overdue(papers, today)}
    return tuple(
        DocumentView(
            paper.kind,
            paper.done_on,
            paper.valid_until,
            paper.rental,
            paper.reference,
            last[paper.kind] == number,
            paper.kind in over if last[paper.kind] == number else not paper.counts_on(today),
        )
        for number, paper in reversed(tuple(enumerate(papers)))
    )


OF_DESCRIPTION = (
    *("name", "kind", "vehicle_class", "seats", "drive", "range_km", "battery_kwh", "consumption", "charging_kw"),
    *("load_kg", "equipment", "vin", "frame_number"),
)
OF_PROCUREMENT = Procured.__struct_fields__
OF_PLACEMENT = ("code", "pool_id", "tariff_id", "shared", "buffer_before_s", "buffer_after_s")
