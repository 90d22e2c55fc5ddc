"""`kommobil export`."""

import asyncio
import csv
import json
from pathlib import Path

import pytest

from domain.identity import City
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database

NASTY = 'back\\slash "quoted"\n, and ü'


async def town(kommobil: CommandLine, database: Databases) -> City:
    city = City(await asyncio.to_thread(kommobil.new_city))
    async with database.app.transactions.city(city) as connection:
        await connection.exec_driver_sql("INSERT INTO pools (city, id, name) VALUES ($1, 'one', $2)", (city, NASTY))
        await connection.exec_driver_sql(
            "INSERT INTO persons (city, id, email, made_at) VALUES ($1, $2, 'ada@example.org', now())", (city, new_id())
        )
    return city


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_a_city_takes_all_its_rows_along_and_nobody_elses(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city, other = await town(kommobil, database), await town(kommobil, database)
    said = await kommobil.aside("export", tmp_path / "out", "--city", city, "--format", "jsonl", "--json")
    rows = said.json["rows"]
    assert (rows["cities"], rows["pools"], rows["persons"]) == (1, 1, 1)
    (pool,) = lines(tmp_path / "out" / "pools.jsonl")
    assert (pool["city"], pool["id"], pool["name"]) == (city, "one", NASTY)
    written = "".join((tmp_path / "out" / f"{table}.jsonl").read_text() for table in rows)
    assert other not in written
    assert {(tmp_path / "out" / f"{table}.jsonl").stat().st_mode & 0o777 for table in rows} == {0o600}


async def test_every_table_that_leads_with_a_city_is_in_it(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city = await town(kommobil, database)
    said = await kommobil.aside("export", tmp_path / "out", "--city", city, "--json")
    found = await database.rows(
        city,
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'city'"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')",
    )
    assert set(said.json["rows"]) == {table for (table,) in found}
    assert {"bookings", "payments", "audit", "claims", "role_grants"} <= set(said.json["rows"])


async def test_csv_is_read_back_as_it_was(kommobil: CommandLine, database: Databases, tmp_path: Path) -> None:
    city = await town(kommobil, database)
    await kommobil.aside("export", tmp_path / "out", "--city", city)
    with (tmp_path / "out" / "pools.csv").open(newline="") as file:
        (pool,) = csv.DictReader(file)
    assert (pool["city"], pool["id"], pool["name"]) == (city, "one", NASTY)


async def test_a_folder_with_something_in_it_is_left_alone(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city = await town(kommobil, database)
    (tmp_path / "mine").write_text("mine")
    said = await kommobil.aside("export", tmp_path, "--city", city)
    assert said == Said(1, "", f"Error: {tmp_path} is not empty and is left as it is\n")
    unknown = await kommobil.aside("export", tmp_path / "new", "--city", "nowhere")
    assert unknown == Said(1, "", "Error: there is no city 'nowhere'\n")
