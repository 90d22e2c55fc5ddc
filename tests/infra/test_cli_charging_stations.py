"""`kommobil charging stations`."""

import asyncio
from hashlib import sha256

import pytest

from domain.identity import City
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database


async def test_a_station_is_let_in_listed_and_given_a_new_key(kommobil: CommandLine, database: Databases) -> None:
    name = City(await asyncio.to_thread(kommobil.new_city))
    station = new_id()
    await database.rows(
        name,
        "INSERT INTO stations (city, id, name, address, lat, lon) VALUES (:city, :id, 's', 'a', 52, 10) RETURNING id",
        id=station,
    )
    ask, city, place = ("charging", "stations"), ("--city", name), ("--at", station)
    made = await kommobil.aside(*ask, "add", "BS-1", *city, *place)
    first, key = made.out.splitlines()
    assert (made.exit_code, first) == (0, "BS-1  basic  accepted  not connected  no EVSE")
    assert "kept nowhere" in made.err
    kept = await database.rows(name, "SELECT key_digest FROM charging_stations WHERE city = :city")
    assert kept == [(sha256(key.removeprefix("key ").encode()).hexdigest(),)]

    again = await kommobil.aside(*ask, "key", "BS-1", *city, "--json")
    assert (again.json["station"]["key_pending"], len(again.json["key"])) == (True, 40)
    listed = await kommobil.aside(*ask, "list", *city, "--json")
    assert [(each["identity"], each["evses"]) for each in listed.json] == [("BS-1", [])]
    tickets = await kommobil.aside("charging", "tickets", *city, "--json")
    assert (tickets.exit_code, tickets.json) == (0, [])
    certified = await kommobil.aside(*ask, "add", "BS-2", *city, *place, "--profile", "certificate")
    assert certified.out == "BS-2  certificate  accepted  not connected  no EVSE\n"
    for words, exit_code, said in (
        (("add", "BS-1", *place), 1, "refused: identity_taken"),
        (("add", "BS-3", *place, "--evse", f"1={station}"), 1, "refused: unknown_resource"),
        (("add", "BS-3", *place, "--evse", "one"), 2, "--evse is a number and a resource"),
        (("key", "BS-2"), 1, "refused: no_key"),
        (("key", "BS-9"), 1, "there is no charging station BS-9"),
    ):
        refused = await kommobil.aside(*ask, *words, *city)
        assert (refused.exit_code, said in refused.err) == (exit_code, True)
