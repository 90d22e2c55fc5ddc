"""The demo cities."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from domain.cities.settings import CitySettings
from domain.identity import City
from domain.places import distance_m
from infra.clock import now
from infra.demo.inventory import DemoInventory, demo_id
from infra.demo.loading import CITIES, FILES, load_demo
from infra.documents import read_document, shaped
from infra.embedded import DatabaseUrls
from infra.publications import city_in, tariffs_in
from services.operator.inventory import BikeFacts, ChargePointFacts, Inventory, VehicleFacts
from tests.database import Databases
from tests.infra.command_line import CommandLine

KINDS = {ChargePointFacts: "charge points", VehicleFacts: "vehicles", BikeFacts: "bikes"}


def settings_of(name: str) -> CitySettings:
    return city_in(read_document(FILES / f"{name}-city.toml"))[1]


def inventory_of(name: str) -> Inventory:
    return shaped(read_document(FILES / f"{name}-inventory.toml"), DemoInventory).of(City(name))


@pytest.mark.parametrize("name", CITIES)
def test_a_demo_city_says_that_it_is_one_and_nobody_can_pay_into_its_account(name: str) -> None:
    settings = settings_of(name)
    assert settings.legal_entity == f"Stadt {settings.name} (Demo)"
    assert settings.iban[4:12] == "99999999", "no bank has this number"
    assert settings.stripe is not None
    assert settings.stripe.account == f"acct_{name}"


@pytest.mark.parametrize("name", CITIES)
def test_a_demo_city_has_something_of_every_kind_near_its_center(name: str) -> None:
    settings, stock = settings_of(name), inventory_of(name)
    kinds = Counter(KINDS[type(resource.facts)] for resource in stock.resources)
    assert kinds == {"charge points": 16, "vehicles": 12, "bikes": 16}
    assert len(stock.stations) == 8
    assert all(distance_m(station.location, settings.center) < 8_000 for station in stock.stations)
    assert {station.address.split()[-2] for station in stock.stations} <= set(settings.postcodes)


@pytest.mark.parametrize("name", CITIES)
def test_some_pool_vehicles_are_for_work_only_and_some_are_shared(name: str) -> None:
    vehicles = [resource for resource in inventory_of(name).resources if isinstance(resource.facts, VehicleFacts)]
    assert {(vehicle.pool_id is not None, vehicle.shared) for vehicle in vehicles} == {
        (True, True),
        (True, False),
        (False, True),
    }


@pytest.mark.parametrize("name", CITIES)
def test_no_two_things_have_the_same_id_or_code(name: str) -> None:
    stock = inventory_of(name)
    ids = [station.id for station in stock.stations] + [resource.id for resource in stock.resources]
    codes = [resource.code for resource in stock.resources]
    assert (len(set(ids)), len(set(codes))) == (len(ids), len(codes))


def test_ids_stay_the_same_wherever_the_demo_is_loaded() -> None:
    assert str(demo_id(City("braunschweig"), "rathaus")) == "a68e94b6-c89c-55e5-8c15-e34b7b3df806"
    assert demo_id(City("braunschweig"), "rathaus") != demo_id(City("wolfsburg"), "rathaus")


def test_the_standard_tariffs_have_each_their_unit() -> None:
    drafts = {str(draft.id): draft for draft in tariffs_in(read_document(FILES / "tariffs.toml"), now())}
    said = {name: (draft.time.per.value, draft.vat_rate) for name, draft in drafts.items() if draft.time}
    assert said == {
        "charging-standard": ("h", Decimal("0.19")),
        "fleet-standard": ("h", Decimal("0.19")),
        "fleet-sharing": ("h", Decimal("0.19")),
        "bike-standard": ("month", Decimal("0.19")),
    }
    assert drafts["fleet-standard"].distance == Decimal("0.29")


@pytest.mark.database
async def test_the_demo_is_loaded_once_and_then_left_alone(
    database: Databases, postgres: DatabaseUrls, tmp_path: Path
) -> None:
    assert await load_demo(database.app.transactions) == CITIES
    kommobil = CommandLine(postgres, tmp_path)
    renamed = {"city": "wolfsburg"} | msgspec.to_builtins(settings_of("wolfsburg")) | {"name": "Neuwolfsburg"}
    assert (await kommobil.aside("city", "set", kommobil.file("city.json", renamed))).exit_code == 0
    assert await load_demo(database.app.transactions) == ()
    assert (await kommobil.aside("city", "show", "wolfsburg", "--json")).json["name"] == "Neuwolfsburg"
    bookable = "SELECT service, count(*) FROM resources WHERE city = :city AND bookable GROUP BY 1 ORDER BY 1"
    assert await database.rows(City("braunschweig"), bookable) == [
        ("bike_leasing", 16),
        ("charging", 16),
        ("fleet", 12),
    ]
