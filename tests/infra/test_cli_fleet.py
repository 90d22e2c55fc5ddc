"""`kommobil fleet`."""

import asyncio
from pathlib import Path

import pytest

from domain.identity import City
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database
DRIVEN = """
WITH b AS (INSERT INTO bookings (city, id, service, resource_id, holder_id, booked_by, starts, ends, state, payer, options, quote,
    terms, tariff_id, tariff_version, made_at, updated_at)
  SELECT :city, :id, 'fleet', r.id, :id, :id, '2026-11-20T08:00Z', '2026-11-20T09:00Z', 'completed', 'cost_centre', '{}', '{}', '{}',
    't', 1, now(), now() FROM resources r WHERE r.city = :city RETURNING city, id, resource_id, starts, ends),
t AS (INSERT INTO trips (city, id, vehicle_id, driver_id, started_at, ended_at)
  SELECT city, id, resource_id, id, starts, ends FROM b RETURNING city, id)
INSERT INTO trip_entries (city, trip_id, version, entered_by, entered_at) SELECT city, id, 1, id, now() FROM t RETURNING version
"""
DAMAGED = """
INSERT INTO damages (city, id, vehicle_id, place, kind, severity, drivable, reporter_id, reported_at)
SELECT :city, :id, v.id, 'left', :kind, 'minor', :drivable, :id, '2026-11-20T08:00Z' FROM vehicles v WHERE v.city = :city RETURNING id
"""
REPAIRED = """
INSERT INTO damage_notes (city, damage_id, number, state, drivable, noted_by, noted_at)
VALUES (:city, :id, 1, 'repaired', true, :id, now()) RETURNING number
"""
TABLE = "name;kind;seats;drive;range_km;station_id;code\r\n"


async def a_city(kommobil: CommandLine, database: Databases) -> tuple[str, str]:
    """With a station."""
    city, station = await asyncio.to_thread(kommobil.new_city), new_id()
    await database.rows(
        City(city),
        "INSERT INTO stations (city, id, name, address, lat, lon) VALUES (:city, :id, 'Hof', 'Hof 1', 52.26, 10.52) RETURNING id",
        id=station,
    )
    return city, str(station)


async def test_vehicles_are_taken_in_listed_and_given_away(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city, station = await a_city(kommobil, database)
    content = f"{TABLE}Rad 1;pedelec;1;electric_assist;60;{station};R-1\r\nRad 2;pedelec;many;human;60;{station};\r\n"
    file = kommobil.file("fleet.csv", content)
    taken = await kommobil.aside("fleet", "import", file, "--city", city)
    assert (taken.exit_code, taken.out) == (0, "read 2, added 1, changed 0, unchanged 0, rejected 1\n")
    assert taken.err == "line 3: invalid_input in seats\n"
    listed = await kommobil.aside("fleet", "vehicles", "--city", city)
    assert listed.out.split("  ")[1:] == ["Rad 1", "-", "no_tariff\n"]
    (shown,) = (await kommobil.aside("fleet", "vehicles", "--city", city, "--json")).json
    assert (shown["name"], shown["code"], shown["state"]) == ("Rad 1", "R-1", "in_service")
    assert (await kommobil.aside("fleet", "vehicles", "--city", city, "--due-before", "2090-01-01")).out == ""
    for suffix in ("csv", "xlsx"):
        out = tmp_path / f"out.{suffix}"
        assert (await kommobil.aside("fleet", "export", out, "--city", city)).out == f"{out}: 1 vehicles\n"
        again = await kommobil.aside("fleet", "import", out, "--city", city, "--json")
        assert (again.json["unchanged"], again.json["rejected"]) == (1, 0)


async def test_a_file_that_is_no_table_changes_nothing(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city, _ = await a_city(kommobil, database)
    refused = await kommobil.aside("fleet", "import", kommobil.file("bad.csv", "name;colour\r\n"), "--city", city)
    assert refused.exit_code == 1
    assert "nobody knows the column 'colour'" in refused.err
    assert "nothing was changed" in refused.err
    assert (await kommobil.aside("fleet", "export", tmp_path / "out.pdf", "--city", city)).exit_code == 2


async def test_a_logbook_is_written_into_a_file(kommobil: CommandLine, database: Databases, tmp_path: Path) -> None:
    city, station = await a_city(kommobil, database)
    car = f"{TABLE}Rad 1;pedelec;1;electric_assist;60;{station};R-1\r\n"
    await kommobil.aside("fleet", "import", kommobil.file("fleet.csv", car), "--city", city)
    await database.rows(City(city), DRIVEN, id=new_id())
    days = ("--city", city, "--from", "2026-11-01")
    for suffix, start in (("csv", b"\xef\xbb\xbfdate;start;end;plate"), ("xlsx", b"PK")):
        out = tmp_path / f"logbook.{suffix}"
        written = await kommobil.aside("fleet", "logbook", out, *days, "--to", "2026-12-01")
        assert (written.exit_code, written.out) == (0, f"{out}: 1 trips\n")
        assert out.read_bytes().startswith(start)
    early = await kommobil.aside("fleet", "logbook", out, *days, "--to", "2026-11-20", "--json")
    assert early.json == {"file": str(out), "trips": 0}
    other = await kommobil.aside(
        "fleet", "logbook", out, *days, "--to", "2026-12-01", "--vehicle", str(new_id()), "--json"
    )
    assert other.json["trips"] == 0
    assert (await kommobil.aside("fleet", "logbook", out, *days, "--to", "2026-11-01")).exit_code == 2
    for first, last in (("0001-01-01", "2026-12-01"), ("2026-11-01", "9999-12-31"), ("2024-11-01", "2026-11-01")):
        refused = await kommobil.aside("fleet", "logbook", out, "--city", city, "--from", first, "--to", last)
        assert refused.exit_code == 2, refused.err
        assert "outside the years 2000 to 2099" in refused.err or "at most 366 days" in refused.err
    pool = await kommobil.aside("fleet", "logbook", out, *days, "--to", "2026-12-01", "--pool", "harbour", "--json")
    assert pool.json["trips"] == 0


async def test_damages_are_listed_until_they_are_settled(kommobil: CommandLine, database: Databases) -> None:
    city, station = await a_city(kommobil, database)
    car = f"{TABLE}Rad 1;pedelec;1;electric_assist;60;{station};R-1\r\n"
    await kommobil.aside("fleet", "import", kommobil.file("fleet.csv", car), "--city", city)
    dent, flat = new_id(), new_id()
    for damage_id, kind, drivable in ((dent, "dent", True), (flat, "tyre", False)):
        await database.rows(City(city), DAMAGED, id=damage_id, kind=kind, drivable=drivable)
    await database.rows(City(city), REPAIRED, id=dent)

    async def listed(*words: str) -> list[str]:
        found = await kommobil.aside("fleet", "damages", "--city", city, *words)
        assert found.exit_code == 0, found.err
        return [line.partition("  ")[2] for line in found.out.splitlines()]

    tyre = "2026-11-20  Rad 1  tyre, left, minor  open  out of booking"
    assert await listed() == await listed("--withdrawing") == [tyre]
    assert await listed("--all") == [tyre, "2026-11-20  Rad 1  dent, left, minor  repaired  drivable"]
    assert await listed("--pool", "harbour") == []
    (shown,) = (await kommobil.aside("fleet", "damages", "--city", city, "--json")).json
    assert (shown["id"], shown["vehicle"]["name"]) == (str(flat), "Rad 1")


async def test_drivers_are_listed_with_what_they_lack(kommobil: CommandLine, database: Databases) -> None:
    city, _ = await a_city(kommobil, database)
    await kommobil.aside("role", "grant", "kim@example.org", "driver", "--city", city)
    listed = await kommobil.aside("fleet", "drivers", "--city", city)
    assert listed.out == "kim@example.org  lacks licence, briefing\n"
    (kim,) = (await kommobil.aside("fleet", "drivers", "--city", city, "--json")).json
    assert (kim["email"], kim["checks"], kim["every_pool"]) == ("kim@example.org", [], True)
