from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from domain.fleet.documents import Document, DocumentKind
from domain.fleet.plates import NotAPlate, Plate
from domain.fleet.procurement import EuCategory, NotProcured, Procured
from domain.fleet.vehicles import (
    Description,
    Draft,
    Drive,
    Life,
    NotAVehicle,
    NotMovable,
    VehicleKind,
    described,
    lacks,
    may_be_shared,
    moved,
)
from domain.fleet.vins import NotAVin
from domain.money import Money
from domain.refusals import Refusal

TODAY = date(2026, 11, 28)
CAR = Draft(
    "ID.3",
    VehicleKind.CAR,
    5,
    Drive.ELECTRIC,
    battery_kwh=Decimal(58),
    consumption=Decimal(18),
    charging_kw=Decimal(11),
    equipment=("tow_bar", "child_seat"),
    plate="bs ab 123e",
    vin="wvwzzze1zmp012345",
)
BIKE = Draft("Lastenrad", VehicleKind.CARGO_BIKE, 1, Drive.ELECTRIC_ASSIST, range_km=60, load_kg=80)
PAPERS = (
    Document(DocumentKind.REGISTRATION, date(2025, 3, 3)),
    Document(DocumentKind.INSURANCE, date(2026, 1, 1), date(2026, 12, 31)),
    Document(DocumentKind.HU, None, date(2028, 3, 31)),
    Document(DocumentKind.UVV, date(2026, 3, 3), date(2027, 3, 3)),
)


DIESEL = replace(CAR, drive=Drive.COMBUSTION_DIESEL, range_km=700, plate="BS-AB 1")


def told(draft: Draft, **facts: Any) -> Draft:
    return replace(draft, procured=Procured(**facts))


def known(draft: Draft) -> Description:
    found = described(draft)
    assert isinstance(found, Description)
    return found


def test_a_vehicle_is_kept_in_one_notation_with_the_range_that_its_battery_is_good_for() -> None:
    assert known(CAR) == Description(
        "ID.3",
        VehicleKind.CAR,
        "car",
        5,
        Drive.ELECTRIC,
        214,
        Decimal(58),
        Decimal(18),
        Decimal(11),
        None,
        ("child_seat", "tow_bar"),
        Plate("BS", "AB", "123", "E"),
        "WVWZZZE1ZMP012345",
        None,
    )


def test_a_range_that_is_said_counts() -> None:
    assert known(replace(CAR, range_km=410)).range_km == 410
    hybrid = replace(CAR, drive=Drive.PLUG_IN_HYBRID)
    assert described(hybrid) == Refusal(NotAVehicle.RANGE_MISSING, "/range_km")


@pytest.mark.parametrize(
    ("draft", "reason", "pointer"),
    [
        (replace(CAR, drive=Drive.HUMAN), NotAVehicle.DRIVE_DOES_NOT_FIT, "/drive"),
        (replace(BIKE, drive=Drive.COMBUSTION), NotAVehicle.DRIVE_DOES_NOT_FIT, "/drive"),
        (replace(CAR, battery_kwh=None), NotAVehicle.RANGE_MISSING, "/range_km"),
        (replace(BIKE, plate="BS-AB 1"), NotAVehicle.BICYCLE_WITH_PLATE, "/plate"),
        (replace(CAR, drive=Drive.COMBUSTION, range_km=700), NotAVehicle.PLATE_NOT_ELECTRIC, "/plate"),
        (replace(CAR, vehicle_class="Very Big"), NotAVehicle.CLASS_INVALID, "/class"),
        (replace(CAR, equipment=("child seat",)), NotAVehicle.EQUIPMENT_INVALID, "/equipment"),
        (replace(CAR, range_km=None, consumption=Decimal("0.00001")), NotAVehicle.NUMBER_OUT_OF_RANGE, "/consumption"),
        (replace(CAR, battery_kwh=Decimal("NaN")), NotAVehicle.NUMBER_OUT_OF_RANGE, "/battery_kwh"),
        (replace(CAR, battery_kwh=Decimal("1e-999999")), NotAVehicle.NUMBER_OUT_OF_RANGE, "/battery_kwh"),
        (replace(CAR, consumption=Decimal(0)), NotAVehicle.NUMBER_OUT_OF_RANGE, "/consumption"),
        (replace(BIKE, load_kg=10_001), NotAVehicle.NUMBER_OUT_OF_RANGE, "/load_kg"),
        (told(BIKE, eu_category=EuCategory.M1), NotProcured.BICYCLE_WITH_CATEGORY, "/eu_category"),
        (told(CAR, co2_g_per_km=1), NotProcured.CO2_DOES_NOT_FIT, "/co2_g_per_km"),
        (told(DIESEL, co2_g_per_km=0), NotProcured.CO2_DOES_NOT_FIT, "/co2_g_per_km"),
        (told(DIESEL, co2_g_per_km=10_001), NotProcured.NUMBER_OUT_OF_RANGE, "/co2_g_per_km"),
        (told(DIESEL, co2_g_per_km=-1), NotProcured.NUMBER_OUT_OF_RANGE, "/co2_g_per_km"),
        (told(DIESEL, rde_pollutants=Decimal(80)), NotProcured.NUMBER_OUT_OF_RANGE, "/rde_pollutants"),
        (told(DIESEL, rde_pollutants=Decimal("NaN")), NotProcured.NUMBER_OUT_OF_RANGE, "/rde_pollutants"),
        (told(DIESEL, rde_pollutants=Decimal("sNaN")), NotProcured.NUMBER_OUT_OF_RANGE, "/rde_pollutants"),
        (told(DIESEL, rde_pollutants=Decimal("1e-999999")), NotProcured.NUMBER_OUT_OF_RANGE, "/rde_pollutants"),
        (told(DIESEL, contract_value=Money(-1, "EUR")), NotProcured.NUMBER_OUT_OF_RANGE, "/contract_value"),
        (told(DIESEL, contract_value=Money(1, "CHF")), NotProcured.NUMBER_OUT_OF_RANGE, "/contract_value"),
        (replace(CAR, plate="BSA 1"), NotAPlate.PLATE_AMBIGUOUS, "/plate"),
        (replace(CAR, vin="WVW"), NotAVin.VIN_INVALID, "/vin"),
    ],
)
def test_what_cannot_be_says_where(draft: Draft, reason: NotAVehicle | NotProcured, pointer: str) -> None:
    assert described(draft) == Refusal(reason, pointer)


def test_how_it_was_procured_is_kept_as_it_is_told() -> None:
    hydrogen = told(replace(DIESEL, drive=Drive.COMBUSTION), co2_g_per_km=0, eu_category=EuCategory.N3)
    assert known(hydrogen).procured == hydrogen.procured
    bought = told(BIKE, contract_value=Money(350_000, "EUR"), awarded_on=TODAY)
    assert known(bought).procured == bought.procured


def test_a_life_goes_on_one_step_at_a_time_and_ends_once() -> None:
    car = known(CAR)
    goes = {(now, to) for now, to in product(Life, Life) if moved(car, now, to, PAPERS, TODAY) is None}
    assert goes == {
        (Life.ORDERED, Life.IN_SERVICE),
        (Life.ORDERED, Life.RETIRED),
        (Life.IN_SERVICE, Life.WORKSHOP),
        (Life.IN_SERVICE, Life.RETIRED),
        (Life.WORKSHOP, Life.IN_SERVICE),
        (Life.WORKSHOP, Life.RETIRED),
    }
    assert moved(car, Life.RETIRED, Life.IN_SERVICE, PAPERS, TODAY) == Refusal(NotMovable.VEHICLE_STATE)


def test_nothing_comes_into_service_without_its_papers_or_with_one_that_ran_out() -> None:
    car = known(CAR)
    assert moved(car, Life.ORDERED, Life.IN_SERVICE, PAPERS[1:], TODAY) == Refusal(NotMovable.PAPERS_MISSING)
    assert moved(car, Life.ORDERED, Life.IN_SERVICE, PAPERS, date(2027, 1, 1)) == Refusal(NotMovable.PAPERS_OVERDUE)
    assert lacks(known(replace(CAR, plate=None)), PAPERS[2:]) == ("plate", "registration", "insurance")


def test_a_bicycle_needs_no_papers() -> None:
    bike = known(BIKE)
    assert (bike.plate, bike.vehicle_class) == (None, "cargo_bike")
    assert moved(bike, Life.ORDERED, Life.IN_SERVICE, (), TODAY) is None
    assert may_be_shared(bike.kind, ()) is None
    assert may_be_shared(VehicleKind.VAN, PAPERS) is not None
