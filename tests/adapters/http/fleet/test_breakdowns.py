"""A vehicle breaks down, from the wire to the tables."""

import httpx
import pytest

from infra.clock import now
from tests.adapters.http.garage import NOON, Garage, day, problem
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    return Garage(http, database, await database.new_city())


async def test_its_manager_looks_first_and_then_reports_it(garage: Garage) -> None:
    vehicle, other = await garage.added(), await garage.added(plate="BS-KM 8E", name="e-up!", buffer_after_s=900)
    van = await garage.added(plate="BS-KM 9E", kind="van", name="ID. Buzz")
    first = (await garage.drive(vehicle)).json()["id"]
    later = (await garage.drive(vehicle, NOON.replace(hour=14))).json()["id"]
    path, body = f"fleet/vehicles/{vehicle}/breakdown", {"until": f"{day(9)}T06:00:00Z", "reason": "Kupplung"}
    await garage.drive(other, NOON.replace(hour=14))
    german = {"accept-language": "de"}

    looked = await garage.ask("POST", path, body, dry_run="true", headers=german)
    told = await garage.ask("POST", path, body, key="once", headers=german)
    again = await garage.ask("POST", path, body, key="once", headers=german)

    assert (looked.status_code, told.status_code, again.content) == (200, 200, told.content)
    assert (looked.json()["block_id"], looked.json()["bookings"]) == (None, told.json()["bookings"])
    rebooked, offered = told.json()["bookings"]
    assert (rebooked["booking_id"], rebooked["outcome"], rebooked["given"]["vehicle_id"]) == (
        first,
        "rebooked",
        str(other),
    )
    assert (offered["booking_id"], offered["outcome"], offered["given"]) == (later, "offered", None)
    assert {"vehicle_id": str(van), "name": "ID. Buzz", "class": "van"} in offered["offered"]["other_vehicles"]
    assert offered["offered"]["other_time"]["name"] == "e-up!"
    assert {each["name"]: each["reason"]["text"][:13] for each in offered["others"]}["e-up!"] == "Es ist bis " + day(3)[
        8:
    ]
    others = [{each["vehicle_id"] for each in became["others"]} for became in (rebooked, offered)]
    assert [str(van) in each for each in others] == [True, True]
    assert [str(vehicle) in each for each in others] == [False, False], "nobody asks why not what broke down"
    shown = await garage.shown(vehicle)
    assert (shown["state"], shown["block_id"]) == ("workshop", told.json()["block_id"])


async def test_it_is_not_reported_of_anothers_nor_for_a_time_that_is_over(garage: Garage) -> None:
    vehicle = await garage.added()
    path = f"fleet/vehicles/{vehicle}/breakdown"

    assert problem(await garage.ask("POST", path, {}, token=garage.stranger)) == (404, "unknown_vehicle")
    past = await garage.ask("POST", path, {"until": now().isoformat()})
    assert problem(past) == (422, "period_in_the_past")
    assert past.json()["errors"][0]["pointer"] == "/until"
    assert (await garage.shown(vehicle))["state"] == "in_service"
