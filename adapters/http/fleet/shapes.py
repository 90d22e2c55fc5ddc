"""Vehicles as they are sent: what they are, where they stand, and their papers."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from adapters.http.invoicing.invoices import LINE
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day, Instant
from domain.booking.resources import StationId
from domain.fleet.documents import Document, DocumentKind
from domain.fleet.keeping import Placement
from domain.fleet.procurement import LARGEST_CONTRACT, LARGEST_G_PER_KM, EuCategory, Procured, Procurement
from domain.fleet.vehicles import Draft, Drive, Life, VehicleKind
from domain.identity import PoolId
from domain.money import Money
from domain.pricing.tariffs import TariffId

EARLIEST, LATEST = date(1950, 1, 1), date(2099, 12, 31)
LONGEST_BUFFER_S = 86400
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=LINE)]
Number: TypeAlias = Annotated[str, Meta(min_length=1, max_length=40, pattern=LINE)]
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=40)]
Buffer: TypeAlias = Annotated[int, Meta(ge=0, le=LONGEST_BUFFER_S)]


def within_years(pointer: str, day: date) -> None:
    """Raises Rejected for a day on which no vehicle of today was about."""
    if not EARLIEST <= day <= LATEST:
        fault = Fault(f"outside the years {EARLIEST.year} to {LATEST.year}", pointer=pointer)
        raise Rejected("invalid_input", errors=(fault,))


class ContractValue(Struct, forbid_unknown_fields=True, frozen=True):
    """In euros, as the thresholds of procurement law are."""

    amount: Annotated[int, Meta(ge=0, le=LARGEST_CONTRACT)]
    currency: Literal["EUR"]


class DocumentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`valid_until` is the last day on which it counts; left out, the law's longest time from `done_on` on. `rental` says
    that the certificate has the entry for people who rent and drive themselves (Selbstfahrervermietung), or that the
    insurer knows."""

    kind: DocumentKind
    done_on: Day | None = None
    valid_until: Day | None = None
    rental: bool = False
    reference: Number | None = None

    def document(self, pointer: str = "") -> Document:
        """Raises Rejected for days that no paper has."""
        for name in ("done_on", "valid_until"):
            day = getattr(self, name)
            if day is not None:
                within_years(f"{pointer}/{name}", day)
        return Document(self.kind, self.done_on, self.valid_until, self.rental, self.reference)


class VehicleChange(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, rename={"vehicle_class": "class"}):
    """A vehicle: what it is, whose, and where it stands. Plates are read in any notation that says where the district ends; a
    VIN has 17 signs. Without `range_km` that of a full battery counts, by the rule of charge. Without a `code` it keeps its
    own. Without a tariff it is listed and cannot be booked. What is of its procurement, from `awarded_on` to `quota_exempt`, is
    for the report on clean vehicles: `contract_value` is the whole contract's, estimated and net; `rde_pollutants` the
    highest share of the limits in real driving, 1 being the limit; `alternative_fuel` is asked of heavy vehicles."""

    name: Name
    kind: VehicleKind
    seats: Annotated[int, Meta(ge=1, le=100)]
    drive: Drive
    station_id: UUID
    vehicle_class: Word | None = None
    range_km: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    battery_kwh: Decimal | None = None
    consumption: Decimal | None = None
    charging_kw: Decimal | None = None
    load_kg: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    equipment: Annotated[tuple[Word, ...], Meta(max_length=40)] = ()
    plate: Annotated[str, Meta(min_length=1, max_length=30)] | None = None
    vin: Annotated[str, Meta(min_length=1, max_length=30)] | None = None
    frame_number: Number | None = None
    awarded_on: Day | None = None
    procurement: Procurement | None = None
    eu_category: EuCategory | None = None
    co2_g_per_km: Annotated[int, Meta(ge=0, le=LARGEST_G_PER_KM)] | None = None
    rde_pollutants: Decimal | None = None
    alternative_fuel: bool | None = None
    contract_value: ContractValue | None = None
    quota_exempt: bool = False
    pool_id: Word | None = None
    tariff_id: Word | None = None
    code: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9*_ -]{0,38}[A-Za-z0-9]$")] | None = None
    shared: bool = False
    buffer_before_s: Buffer = 0
    buffer_after_s: Buffer = 0

    @property
    def draft(self) -> Draft:
        return Draft(
            name=self.name,
            kind=self.kind,
            seats=self.seats,
            drive=self.drive,
            vehicle_class=self.vehicle_class,
            range_km=self.range_km,
            battery_kwh=self.battery_kwh,
            consumption=self.consumption,
            charging_kw=self.charging_kw,
            load_kg=self.load_kg,
            equipment=self.equipment,
            plate=self.plate,
            vin=self.vin,
            frame_number=self.frame_number,
            procured=self.procured,
        )

    @property
    def procured(self) -> Procured:
        """Raises Rejected for a day on which nothing was awarded that is driven today."""
        value = self.contract_value
        if self.awarded_on is not None:
            within_years("/awarded_on", self.awarded_on)
        return Procured(
            awarded_on=self.awarded_on,
            procurement=self.procurement,
            eu_category=self.eu_category,
            co2_g_per_km=self.co2_g_per_km,
            rde_pollutants=self.rde_pollutants,
            alternative_fuel=self.alternative_fuel,
            contract_value=Money(value.amount, value.currency) if value is not None else None,
            quota_exempt=self.quota_exempt,
        )

    @property
    def placement(self) -> Placement:
        return Placement(
            StationId(self.station_id),
            PoolId(self.pool_id) if self.pool_id is not None else None,
            TariffId(self.tariff_id) if self.tariff_id is not None else None,
            self.code,
            self.shared,
            self.buffer_before_s,
            self.buffer_after_s,
        )


class Begins(StrEnum):
    ORDERED = "ordered"
    IN_SERVICE = "in_service"


class VehicleRequest(VehicleChange, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A new vehicle. In service it comes with its papers; one that is `ordered` waits for them."""

    state: Begins = Begins.IN_SERVICE
    documents: Annotated[tuple[DocumentRequest, ...], Meta(max_length=20)] = ()

    @property
    def life(self) -> Life:
        return Life(self.state.value)

    @property
    def papers(self) -> tuple[Document, ...]:
        return tuple(paper.document(f"/documents/{number}") for number, paper in enumerate(self.documents))


class Becomes(StrEnum):
    IN_SERVICE = "in_service"
    WORKSHOP = "workshop"
    RETIRED = "retired"


class StateRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`until`, `reason` and `move` are for the workshop alone: when it is expected back, why, and whether bookings by class are
    given another vehicle."""

    state: Becomes
    until: Instant | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None
    move: bool = False
