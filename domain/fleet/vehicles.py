"""A pool vehicle: what it is, and its life from the order to the day on which it is sold."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.fleet.charge import CHARGE_RULES, Battery, reach_km
from domain.fleet.documents import Document, DocumentKind, NotRentable, in_force, overdue, rentable
from domain.fleet.plates import NotAPlate, Plate, plate
from domain.fleet.procurement import NotProcured, Procured, checked
from domain.fleet.vins import NotAVin, vin
from domain.pricing.quotes import within
from domain.refusals import Refusal

_WORD = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


class VehicleKind(StrEnum):
    CAR = "car"
    VAN = "van"
    PEDELEC = "pedelec"
    CARGO_BIKE = "cargo_bike"

    @property
    def is_motor_vehicle(self) -> bool:
        """A Kraftfahrzeug: registered, inspected, and driven with a licence. Pedelecs are bicycles (§ 1 Abs. 3 StVG)."""
        return self in {VehicleKind.CAR, VehicleKind.VAN}


class Drive(StrEnum):
    """The propulsion types of GBFS 3."""

    HUMAN = "human"
    ELECTRIC_ASSIST = "electric_assist"
    ELECTRIC = "electric"
    COMBUSTION = "combustion"
    COMBUSTION_DIESEL = "combustion_diesel"
    HYBRID = "hybrid"
    PLUG_IN_HYBRID = "plug_in_hybrid"
    HYDROGEN_FUEL_CELL = "hydrogen_fuel_cell"


OF_BICYCLES = frozenset({Drive.HUMAN, Drive.ELECTRIC_ASSIST})
WITH_E_PLATE = frozenset({Drive.ELECTRIC, Drive.PLUG_IN_HYBRID, Drive.HYDROGEN_FUEL_CELL})
"""Electric vehicles in the sense of § 2 EmoG, which alone may have an E behind their number (§ 11 FZV)."""
WITHOUT_EXHAUST = frozenset({Drive.ELECTRIC, Drive.HYDROGEN_FUEL_CELL})
BURNS_CARBON = frozenset({Drive.COMBUSTION_DIESEL, Drive.HYBRID, Drive.PLUG_IN_HYBRID})
"""Others may: `combustion` is of hydrogen as well."""

LARGEST = {
    "seats": 100,
    "range_km": 10_000,
    "battery_kwh": 1000,
    "consumption": 1000,
    "charging_kw": 1000,
    "load_kg": 10_000,
}
REQUIRED = (DocumentKind.REGISTRATION, DocumentKind.INSURANCE, DocumentKind.HU, DocumentKind.UVV)
"""What a motor vehicle needs before anybody is sent onto the road with it."""


class Life(StrEnum):
    """`workshop` is what an `in_service` one shows while it is blocked for a repair."""

    ORDERED = "ordered"
    IN_SERVICE = "in_service"
    WORKSHOP = "workshop"
    RETIRED = "retired"


MAY_FOLLOW = {
    Life.ORDERED: frozenset({Life.IN_SERVICE, Life.RETIRED}),
    Life.IN_SERVICE: frozenset({Life.WORKSHOP, Life.RETIRED}),
    Life.WORKSHOP: frozenset({Life.IN_SERVICE, Life.RETIRED}),
    Life.RETIRED: frozenset[Life](),
}


class Draft(Struct, frozen=True, rename={"vehicle_class": "class"}):
    """A vehicle as somebody describes it. `vehicle_class` is by what it is booked, its kind if left out; battery in kWh,
    consumption per 100 km in kWh or litres as the drive has it, `charging_kw` the most with which it is charged, load in
    kg; `equipment` are words such as `child_seat`."""

    name: str
    kind: VehicleKind
    seats: int
    drive: Drive
    vehicle_class: str | None = None
    range_km: int | None = None
    battery_kwh: Decimal | None = None
    consumption: Decimal | None = None
    charging_kw: Decimal | None = None
    load_kg: int | None = None
    equipment: tuple[str, ...] = ()
    plate: str | None = None
    vin: str | None = None
    frame_number: str | None = None
    procured: Procured = Procured()


class Description(Struct, frozen=True):
    """A vehicle as it is on the books: plate and VIN in their one notation, and a range in any case."""

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
    plate: Plate | None
    vin: str | None
    frame_number: str | None
    procured: Procured = Procured()


class NotAVehicle(StrEnum):
    DRIVE_DOES_NOT_FIT = "drive_does_not_fit"
    RANGE_MISSING = "range_missing"
    BICYCLE_WITH_PLATE = "bicycle_with_plate"
    PLATE_NOT_ELECTRIC = "plate_not_electric"
    CLASS_INVALID = "class_invalid"
    EQUIPMENT_INVALID = "equipment_invalid"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"


NoDescription: TypeAlias = Refusal[NotAVehicle] | Refusal[NotAPlate] | Refusal[NotAVin] | Refusal[NotProcured]


def described(draft: Draft) -> Description | NoDescription:
    """The draft as the books have it, or what of it cannot be."""
    if refusal := _cannot_be(draft):
        return refusal
    vehicle_class = draft.vehicle_class or draft.kind.value
    number = _plate(draft)
    if isinstance(number, Refusal):
        return replace(number, pointer="/plate")
    identified = vin(draft.vin) if draft.vin else None
    if isinstance(identified, Refusal):
        return replace(identified, pointer="/vin")
    range_km = draft.range_km if draft.range_km is not None else _range_km(draft)
    if range_km is None:
        return Refusal(NotAVehicle.RANGE_MISSING, "/range_km")
    if range_km > LARGEST["range_km"]:
        return Refusal(NotAVehicle.NUMBER_OUT_OF_RANGE, "/consumption")
    return Description(
        name=draft.name,
        kind=draft.kind,
        vehicle_class=vehicle_class,
        seats=draft.seats,
        drive=draft.drive,
        range_km=range_km,
        battery_kwh=draft.battery_kwh,
        consumption=draft.consumption,
        charging_kw=draft.charging_kw,
        load_kg=draft.load_kg,
        equipment=tuple(sorted(set(draft.equipment))),
        plate=number,
        vin=identified,
        frame_number=draft.frame_number,
        procured=draft.procured,
    )


def _cannot_be(draft: Draft) -> Refusal[NotAVehicle] | Refusal[NotProcured] | None:
    motor = draft.kind.is_motor_vehicle
    if motor == (draft.drive in OF_BICYCLES):
        return Refusal(NotAVehicle.DRIVE_DOES_NOT_FIT, "/drive")
    if draft.vehicle_class and not _WORD.fullmatch(draft.vehicle_class):
        return Refusal(NotAVehicle.CLASS_INVALID, "/class")
    if not all(map(_WORD.fullmatch, draft.equipment)):
        return Refusal(NotAVehicle.EQUIPMENT_INVALID, "/equipment")
    for name, most in LARGEST.items():
        value = getattr(draft, name)
        if value is not None and not within(Decimal(value), most):
            return Refusal(NotAVehicle.NUMBER_OUT_OF_RANGE, f"/{name}")
    return checked(draft.procured, motor=motor, zero_at_exhaust=zero_at_exhaust(draft.drive))


def zero_at_exhaust(drive: Drive) -> bool | None:
    """Whether the drive emits no CO2 where it is driven; None where that depends on what it burns."""
    if drive in WITHOUT_EXHAUST:
        return True
    return False if drive in BURNS_CARBON else None


def _plate(draft: Draft) -> Plate | Refusal[NotAPlate] | Refusal[NotAVehicle] | None:
    if not draft.plate:
        return None
    if not draft.kind.is_motor_vehicle:
        return Refusal(NotAVehicle.BICYCLE_WITH_PLATE)
    number = plate(draft.plate)
    if isinstance(number, Plate) and number.suffix == "E" and draft.drive not in WITH_E_PLATE:
        return Refusal(NotAVehicle.PLATE_NOT_ELECTRIC)
    return number


def _range_km(draft: Draft) -> int | None:
    """Whole kilometres for which the charge of a full battery is planned, by the rule that came last."""
    if draft.drive is not Drive.ELECTRIC or draft.battery_kwh is None or draft.consumption is None:
        return None
    battery = Battery(draft.battery_kwh, draft.consumption, draft.charging_kw or Decimal(1))
    return int(reach_km(battery, max(CHARGE_RULES, key=lambda rule: rule.valid_from)))


class NotMovable(StrEnum):
    """Why a vehicle's life does not go on like that."""

    VEHICLE_STATE = "vehicle_state"
    PAPERS_MISSING = "papers_missing"
    PAPERS_OVERDUE = "papers_overdue"


def moved(
    described_as: Description, now_in: Life, to: Life, papers: Iterable[Document], today: date
) -> Refusal[NotMovable] | None:
    """Whether its life may go on to that state; None where it may. Into service goes only what may be driven today."""
    if to not in MAY_FOLLOW[now_in]:
        return Refusal(NotMovable.VEHICLE_STATE)
    if now_in is Life.ORDERED and to is Life.IN_SERVICE:
        papers = tuple(papers)
        if lacks(described_as, papers):
            return Refusal(NotMovable.PAPERS_MISSING)
        if overdue(papers, today):
            return Refusal(NotMovable.PAPERS_OVERDUE)
    return None


def lacks(described_as: Description, papers: Iterable[Document]) -> tuple[str, ...]:
    """What a motor vehicle has yet to have before it may be driven: its plate, and its papers by kind."""
    if not described_as.kind.is_motor_vehicle:
        return ()
    known = in_force(papers)
    plate_missing = ("plate",) if described_as.plate is None else ()
    return plate_missing + tuple(kind.value for kind in REQUIRED if kind not in known)


def may_be_shared(kind: VehicleKind, papers: Iterable[Document]) -> Refusal[NotRentable] | None:
    """Whether residents may rent it; bicycles need no papers for that."""
    return rentable(papers) if kind.is_motor_vehicle else None
