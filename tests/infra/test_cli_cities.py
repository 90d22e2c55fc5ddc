"""`kommobil city`: a city opens without code."""

import asyncio
import json
import os
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.booking.resources import ResourceId, StationId
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.places import Location, Plane
from infra.ids import new_id
from infra.operating import COMMAND_LINE, open_desk
from services.operator.inventory import ChargePointFacts, Inventory, ResourceEntry, StationEntry
from tests.database import Databases
from tests.examples import a_booking, a_payment
from tests.infra.command_line import CITY, CommandLine, Said

pytestmark = pytest.mark.database

STRIPE = {
    "account": "acct_okerstadt",
    "publishable_key": "pk_test_okerstadt",
    "secret_key": "file:secrets/stripe",
    "webhook_secret": "env:OKERSTADT_WEBHOOK_SECRET",
}


def test_a_city_is_shown_as_its_file_says(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    assert kommobil("city", "show", city, "--json").json == {"city": city} | CITY


def test_what_is_shown_as_json_is_a_file_that_changes_nothing(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    shown = kommobil("city", "show", city, "--json").out
    assert kommobil("city", "set", kommobil.file("again.json", shown)) == Said(0, f"{city} is as the file says\n", "")
    assert kommobil("city", "show", city, "--json").out == shown


def test_toml_says_the_same_as_json(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    lines = [f"{key} = {json.dumps(value)}" for key, value in CITY.items() if isinstance(value, str | list)]
    lines += [f'city = "{city}"', "center = { lat = 52.25, lon = 10.5 }", "[terms]", 'general = "2026-02"']
    assert kommobil("city", "set", kommobil.file("city.toml", "\n".join(lines))).exit_code == 0
    assert kommobil("city", "show", city, "--json").json == {"city": city} | CITY | {"terms": {"general": "2026-02"}}


def test_a_city_opens_once(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    said = kommobil("city", "add", kommobil.file("again.json", {"city": city} | CITY | {"name": "Anderswo"}))
    assert said == Said(1, "", f"Error: {city} is open already; change it with `kommobil city set`\n")
    assert kommobil("city", "show", city, "--json").json == {"city": city} | CITY


def test_what_is_not_open_is_neither_shown_nor_changed(kommobil: CommandLine) -> None:
    assert kommobil("city", "show", "atlantis") == Said(1, "", "Error: there is no city 'atlantis'\n")
    said = kommobil("city", "set", kommobil.file("city.json", {"city": "atlantis"} | CITY))
    assert said == Said(1, "", "Error: there is no city atlantis; open it with `kommobil city add`\n")


def test_everything_wrong_with_the_shape_of_a_file_is_said_at_once(kommobil: CommandLine) -> None:
    content: dict[str, Any] = {"city": "Oker Stadt"} | CITY | {"state": 7, "center": {"lat": "north"}, "colour": "red"}
    del content["iban"]
    said = kommobil("city", "add", kommobil.file("city.json", content))
    assert (said.exit_code, said.out) == (1, "")
    assert said.err.splitlines()[1:] == [
        "  city is the name in addresses: lower case letters, digits and dashes, a letter first",
        "  colour is not known",
        "  iban is missing",
        "  state: expected `str`, got `int`",
        "  center.lat: expected `float`, got `str`",
        "  center.lon is missing",
    ]


def test_everything_wrong_with_what_a_file_says_is_said_at_once(kommobil: CommandLine) -> None:
    wrong = {
        "imprint": " ",
        "vat_id": "123",
        "iban": "DE71 9999 9999 0000 0038 10",
        "leitweg_id": "04011000-1234512345-07",
        "time_zone": "Europe/Okerstadt",
        "state": "DE-NI",
        "postcodes": ["3810"],
        "languages": ["fr"],
        "terms": {},
    }
    said = kommobil("city", "add", kommobil.file("city.json", {"city": "okerstadt"} | CITY | wrong))
    assert said.err.splitlines()[1:] == [
        "  imprint is empty",
        "  vat_id looks like DE123456789",
        "  iban does not pass its own checksum",
        "  leitweg_id does not pass its own checksum",
        "  time_zone 'Europe/Okerstadt' is not in the tz database",
        "  state is one of BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH",
        "  postcode '3810' is not five digits",
        "  languages are de, en or both",
        '  terms names at least one document and its version, such as {"general": "2026-01"}',
    ]


@pytest.mark.parametrize("secret", ["sk_test_51Hq", "sk_live_51Hq", "rk_live_51Hq", "whsec_51Hq"])
def test_a_secret_itself_is_refused_and_never_repeated(kommobil: CommandLine, secret: str) -> None:
    content = {"city": "okerstadt"} | CITY | {"stripe": STRIPE | {"secret_key": secret}}
    said = kommobil("city", "add", kommobil.file("city.json", content))
    assert said.exit_code == 1
    assert "stripe.secret_key is a secret itself; write down where it lies" in said.err
    assert secret not in said.out + said.err


@pytest.mark.parametrize("place", ["file:/etc/passwd", "file:../other/secret", "env:lower", "https://vault", ""])
def test_a_secret_lies_in_the_data_folder_or_in_the_environment(kommobil: CommandLine, place: str) -> None:
    content = {"city": "okerstadt"} | CITY | {"stripe": STRIPE | {"webhook_secret": place}}
    said = kommobil("city", "add", kommobil.file("city.json", content))
    assert "stripe.webhook_secret is env:NAME, or file:PATH with a path inside the data folder" in said.err


async def test_a_city_that_moves_its_center_lays_its_resources_out_anew(
    kommobil: CommandLine, database: Databases
) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    station = StationEntry(StationId(new_id()), "Hagenmarkt", "Hagenmarkt 8", Location(52.27, 10.52))
    point = ResourceEntry(
        ResourceId(new_id()), station.id, "Hagenmarkt 1", ChargePointFacts(("IEC_62196_T2",), Decimal(22), "BS"), None
    )
    async with open_desk(database.app.transactions, city) as desk:
        await desk.inventory.write(Inventory(stations=(station,), resources=(point,)), 52.25)

    async def position() -> list[tuple[Any, ...]]:
        return await database.rows(city, "SELECT position[0], position[1] FROM resources WHERE city = :city")

    before = await position()
    content = {"city": city} | CITY | {"center": {"lat": 48.0, "lon": 10.5}}
    await kommobil.aside("city", "set", kommobil.file("city.json", content))
    after = await position()
    assert before == [pytest.approx(Plane(52.25).metres(station.location))]
    assert after == [pytest.approx(Plane(48.0).metres(station.location))]


def test_each_city_is_its_own_merchant(kommobil: CommandLine) -> None:
    account = STRIPE | {"account": f"acct_{new_id().hex}"}
    kommobil.new_city(stripe=account)
    said = kommobil("city", "add", kommobil.file("city.json", {"city": "elsewhere"} | CITY | {"stripe": account}))
    assert said == Said(
        1,
        "",
        "Error: another city takes its money through this Stripe account; each city is its own merchant\n",
    )


async def test_a_city_keeps_the_account_that_has_taken_money(kommobil: CommandLine, database: Databases) -> None:
    seeded = await database.new_city()
    account = STRIPE | {"account": f"acct_{seeded.city.replace('-', '_')}"}
    async with open_desk(database.app.transactions, seeded.city) as desk:
        await desk.cities.change(msgspec.convert(CITY | {"stripe": account}, CitySettings))
    booking = a_booking(resource=seeded.charge_points[0])
    await database.place(seeded.city, booking, seeded.charge_points[0], a_payment(booking))
    moved = {"city": seeded.city} | CITY | {"stripe": account | {"account": "acct_other"}}
    rekeyed = {"city": seeded.city} | CITY | {"stripe": account | {"secret_key": "env:NEW_KEY"}}
    assert await kommobil.aside("city", "set", kommobil.file("city.json", moved)) == Said(
        1,
        "",
        f"Error: {seeded.city} has taken money through its Stripe account, from which alone it can be refunded\n",
    )
    assert (await kommobil.aside("city", "set", kommobil.file("city.json", rekeyed))).exit_code == 0


async def test_the_audit_trail_tells_who_opened_and_changed_a_city(kommobil: CommandLine, database: Databases) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    await kommobil.aside("city", "set", kommobil.file("city.json", {"city": city} | CITY | {"name": "Neustadt"}))
    rows = await database.rows(city, "SELECT action, actor_id, request_id FROM audit WHERE city = :city ORDER BY id")
    who = (COMMAND_LINE, f"cli:uid {os.getuid()}")
    assert rows == [("operator.city_opened", *who), ("operator.city_set", *who)]
