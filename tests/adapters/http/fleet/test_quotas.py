"""The report on clean vehicles, from the wire to the tables."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from adapters.http.fleet.quotas import QUOTA
from domain.identity import Role
from tests.adapters.http.garage import AT, Garage, day, problem
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
LARGE = {"amount": 40_000_000, "currency": "EUR"}
DIESEL = {"drive": "combustion_diesel", "range_km": 700, "co2_g_per_km": 120}


@pytest.fixture
async def garage(at_noon: httpx.AsyncClient, database: Databases) -> Garage:
    """Its car of the seed is of no contract that counts."""
    garage = Garage(at_noon, database, await database.new_city(), AT)
    (car,) = (await garage.ask("GET", "fleet/vehicles", limit=100)).json()["items"]
    body = {"name": car["name"], "seats": car["seats"], "drive": car["drive"], "range_km": car["range_km"]}
    body |= {"kind": "car", "pool_id": car["pool_id"], "tariff_id": car["tariff_id"], "awarded_on": "2019-05-02"}
    body |= {"station_id": car["station"]["id"], "shared": car["shared"]}
    put = await garage.ask("PUT", f"fleet/vehicles/{car['id']}", body)
    assert put.status_code == 200, put.text
    return garage


async def procured(garage: Garage, count: int, **facts: Any) -> list[str]:
    """So many vehicles that were ordered in a large contract."""
    told: dict[str, Any] = {"state": "ordered", "documents": [], "plate": None, "eu_category": "M1"}
    told |= {"awarded_on": "2026-03-05", "procurement": "lease", "contract_value": LARGE} | facts
    return [str(await garage.added(**told | {"name": f"{facts.get('name', 'Car')} {n}"})) for n in range(count)]


async def reported(garage: Garage, **query: Any) -> dict[str, Any]:
    answer = await garage.ask("GET", "fleet/reports/clean-vehicles", **{"on": "2026-12-01"} | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def figures(report: Mapping[str, Any], category: str) -> tuple[int, ...]:
    (item,) = (each for each in report["items"] if each["category"] == category)
    names = ("counted", "clean", "zero_emission", "needed", "zero_emission_needed", "missing", "zero_emission_missing")
    return tuple(item[name] for name in names)


async def test_thirteen_light_vehicles_owe_six_clean_ones_and_one_more_makes_up_for_five(garage: Garage) -> None:
    await procured(garage, 5)
    await procured(garage, 8, **DIESEL, name="Diesel")

    found = await reported(garage, token=garage.operator)

    assert found["partial"] is False
    assert found["items"][0] == QUOTA
    assert figures(await reported(garage, planned_light=13), "light") == (13, 5, 5, 11, 0, 6, 0)
    assert len(found["counted"]) == 13
    assert found["counted"][0] == {
        "vehicle_id": found["counted"][0]["vehicle_id"],
        "name": "Car 0",
        "category": "light",
        "eu_category": "M1",
        "awarded_on": "2026-03-05",
        "procurement": "lease",
        "clean": True,
        "zero_emission": True,
    }


async def test_trucks_and_buses_have_quotas_of_their_own(garage: Garage) -> None:
    van = {"kind": "van", "drive": "combustion_diesel", "range_km": 700, "seats": 20}
    await procured(garage, 1, **van, eu_category="N2", alternative_fuel=True)
    await procured(garage, 6, **van, eu_category="N3", alternative_fuel=False)
    await procured(garage, 12, **van, eu_category="M3", alternative_fuel=True)
    await procured(garage, 8, kind="van", eu_category="M3")

    found = await reported(garage)

    assert figures(found, "truck") == (7, 1, 0, 2, 0, 1, 0)
    assert figures(found, "bus") == (20, 20, 8, 13, 7, 0, 0)
    assert [(item["next_purchase"], item["free_purchases"]) for item in found["items"]] == [
        ("clean", 0),
        ("clean", 0),
        ("any", 4),
    ]


async def test_what_is_missing_is_named_until_somebody_enters_it(garage: Garage) -> None:
    (car,) = await procured(garage, 1, **DIESEL | {"co2_g_per_km": None}, contract_value=None)
    (small,) = await procured(garage, 1, name="Small", contract_value={"amount": 21_599_999, "currency": "EUR"})
    (red,) = await procured(garage, 1, name="Fire brigade", quota_exempt=True, awarded_on=None)
    await procured(garage, 1, kind="pedelec", drive="electric_assist", range_km=60, eu_category=None)

    found = await reported(garage)

    assert found["undecided"] == [{"vehicle_id": car, "name": "Car 0", "missing": ["contract_value", "co2_g_per_km"]}]
    assert found["not_counted"] == [
        {"vehicle_id": red, "name": "Fire brigade 0", "reason": "exempt"},
        {"vehicle_id": small, "name": "Small 0", "reason": "below_threshold"},
    ]
    assert figures(found, "light") == (0, 0, 0, 0, 0, 0, 0)

    told = garage.described(name="Car 0", plate=None, **DIESEL, awarded_on="2026-03-05", eu_category="M1")
    put = await garage.ask("PUT", f"fleet/vehicles/{car}", told | {"contract_value": LARGE})
    assert put.json()["contract_value"] == LARGE
    told_now = await reported(garage)
    assert told_now["undecided"] == []
    assert figures(told_now, "light") == (1, 0, 0, 1, 0, 1, 0)


async def test_the_period_is_that_of_the_day(garage: Garage) -> None:
    within = {**DIESEL, "co2_g_per_km": 50, "rde_pollutants": "0.8"}
    await procured(garage, 1, **within, awarded_on="2025-12-31")
    await procured(garage, 1, **within | {"rde_pollutants": "0.81"}, awarded_on="2021-08-02")
    await procured(garage, 1, **within, awarded_on="2026-01-01")

    first = await reported(garage, on="2021-08-02")
    assert figures(first, "light") == (2, 1, 0, 1, 0, 0, 0)
    assert (first["items"][0]["most_g_per_km"], first["items"][0]["most_rde_pollutants"]) == (50, "0.8")
    assert figures(await reported(garage, on="2026-01-01"), "light") == (1, 0, 0, 1, 0, 1, 0)
    before = await reported(garage, on="2021-08-01")
    assert [before[name] for name in ("items", "counted", "not_counted", "undecided")] == [[], [], [], []]
    today = (await garage.ask("GET", "fleet/reports/clean-vehicles")).json()
    assert today["on"] == day(0)


async def test_a_report_of_some_pools_is_partial_and_shows_no_other(garage: Garage) -> None:
    await procured(garage, 2)
    stranger, everywhere = garage.stranger, garage.token(Role.FLEET_MANAGER)

    assert (await reported(garage, token=garage.operator, pool=TOWN_HALL))["partial"] is True
    assert (await reported(garage))["partial"] is True
    assert (await reported(garage, token=everywhere))["partial"] is True
    other = await reported(garage, token=stranger)
    assert (other["partial"], other["counted"], figures(other, "light")[0]) == (True, [], 0)
    assert len((await reported(garage, token=everywhere))["counted"]) == 2
    other_city = Garage(garage.http, garage.database, await garage.database.new_city(), AT)
    assert (await reported(other_city, token=other_city.operator))["counted"] == []


async def test_what_was_sold_since_counts_still_and_is_completed_later(garage: Garage) -> None:
    (car,) = await procured(garage, 1, contract_value=None)
    sold = await garage.ask("POST", f"fleet/vehicles/{car}/state", {"state": "retired"})
    assert sold.status_code == 200, sold.text
    assert len((await reported(garage))["undecided"]) == 1

    told = garage.described(name="Car 0", plate=None, awarded_on="2026-03-05", procurement="lease", eu_category="M1")
    put = await garage.ask("PUT", f"fleet/vehicles/{car}", told | {"contract_value": LARGE})
    assert (put.status_code, put.json()["state"]) == (200, "retired")
    assert figures(await reported(garage), "light")[0] == 1
    again = await garage.ask("PUT", f"fleet/vehicles/{car}", told | {"name": "Another"})
    assert problem(again) == (409, "vehicle_state")


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"co2_g_per_km": 12}, "co2_does_not_fit", "/co2_g_per_km"),
        ({"co2_g_per_km": -1}, "invalid_input", "/co2_g_per_km"),
        ({"rde_pollutants": "80"}, "number_out_of_range", "/rde_pollutants"),
        ({"contract_value": {"amount": 1, "currency": "CHF"}}, "invalid_input", "/contract_value/currency"),
        ({"contract_value": 400_000}, "invalid_input", "/contract_value"),
        ({"awarded_on": "1949-12-31"}, "invalid_input", "/awarded_on"),
        ({"eu_category": "L7e"}, "invalid_input", "/eu_category"),
        ({"procurement": "gift"}, "invalid_input", "/procurement"),
        (
            {"kind": "pedelec", "drive": "electric_assist", "range_km": 50, "plate": None, "eu_category": "M1"},
            "bicycle_with_category",
            "/eu_category",
        ),
    ],
)
async def test_what_cannot_be_procured_says_where(
    garage: Garage, more: dict[str, Any], code: str, pointer: str
) -> None:
    refused = await garage.add(**more)

    assert problem(refused) == (422, code)
    assert [each.get("pointer") for each in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "query", [{"on": "yesterday"}, {"planned_light": "-1"}, {"planned_bus": "10001"}, {"colour": "red"}]
)
async def test_what_makes_no_sense_is_refused(garage: Garage, query: dict[str, str]) -> None:
    answer = await garage.ask("GET", "fleet/reports/clean-vehicles", **query)
    assert problem(answer) == (422, "invalid_input")
