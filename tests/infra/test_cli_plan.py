"""`kommobil plan charging`, with real files."""

import asyncio
import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from domain.identity import City
from infra.cli import main
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said

DISTRICTS = "# made up\nid,name,lat,lon,vehicles,no_own_parking\nmitte,Mitte,52.42,10.78,10000,0.4\nnord,Nord,52.44,10.79,5000,\n"
A_STATION = """
WITH s AS (INSERT INTO stations (city, id, name, address, lat, lon) VALUES (:city, :id, 'Hof', 'Hof 1', 52.42, 10.78)),
r AS (INSERT INTO resources (city, id, service, station_id, name, shared, in_service, bookable, withdrawn_by_problem, buffer_before_s,
    buffer_after_s, position)
  SELECT :city, gen_random_uuid(), 'charging', :id, p.power, true, p.power = '22', false, p.power = '300', 0, 0, point(0, 0)
  FROM unnest(CAST(:powers AS text[])) AS p(power) RETURNING city, id, name)
INSERT INTO charge_points (city, id, connectors, power_kw, operator) SELECT city, id, '{}', name::numeric, 'Werke' FROM r RETURNING id
"""  # one is defective, and one is gone
STATIONS = "name,lat,lon,power_kw,points\nBahnhof,52.43,10.78,22,2\n"


def planned(folder: Path, *words: object, districts: str = DISTRICTS, city: str = "okerstadt") -> Said:
    for name, content in (("districts.csv", districts), ("stations.csv", STATIONS)):
        (folder / name).write_text(content)
    asked = ["plan", "charging", "--city", city, "--ev-share", "0.5", "--year", "2035"]
    files = ["--districts", folder / "districts.csv", "--stations", folder / "stations.csv"]
    result = CliRunner().invoke(main, [str(word) for word in (*asked, *files, *words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Said(result.exit_code, result.stdout, result.stderr.replace(f"{folder}/", ""))


def test_a_plan_is_told_with_all_that_it_assumes_and_where_that_is_from(tmp_path: Path) -> None:
    said = planned(tmp_path, "--assume", "visitors=2", "--assume", "consumption = 18.5")
    assert (said.exit_code, said.err) == (0, "")
    first, *lines = said.out.splitlines()
    assert first == (
        "okerstadt, 2035: 50 % of 15,000 cars are electric, 6,075 with a battery alone and 1,425 hybrids with a plug"
    )
    (law,) = (line for line in lines if "AFIR" in line)
    assert law.endswith("asks 9.0 MW for so many cars, of the state as a whole: met")
    assumed = [line.strip() for line in lines[lines.index("Assumed") :]]
    assert any(
        line.startswith("plug_in_hybrids = 0.19 (0.15 to 0.22) share of electric cars; 2024-06-05: ")
        for line in assumed
    )
    assert any(line.startswith("visitors = 2 of what") and line.endswith("stated for this plan") for line in assumed)
    assert lines[-1] == "Note: made up"


def test_a_file_is_written_in_every_format_and_the_report_is_printed_beside_it(tmp_path: Path) -> None:
    text = planned(tmp_path).out
    for form in ("json", "csv", "geojson", "svg"):
        out = tmp_path / f"plan.{form}"
        assert planned(tmp_path, "--format", form, "--out", out) == Said(0, text, f"written: plan.{form}\n")
        assert planned(tmp_path, "--format", form).out == out.read_bytes().decode().replace("\r\n", "\n")
    as_json: Any = json.loads((tmp_path / "plan.json").read_text())
    assert planned(tmp_path, "--json", "--format", "svg", "--out", tmp_path / "plan.svg").json == as_json
    on_map = json.loads((tmp_path / "plan.geojson").read_text())
    rows = list(csv.DictReader(StringIO((tmp_path / "plan.csv").read_text("utf-8-sig")), delimiter=";"))
    to_build = as_json["total"]["to_build"]["ac"]
    assert to_build == on_map["plan"]["ac_to_build"]
    assert str(to_build) == next(row["ac_to_build"] for row in rows if row["part"] == "total")
    assert (tmp_path / "plan.svg").read_text().startswith("<svg ")


def test_assumptions_of_the_citys_own_come_from_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'consumption = 20\nplug_in_hybrids = "0"\n[visitors]\nvalue = 2\nlow = 1\nhigh = 3\nsource = "count"\n'
    )
    said = planned(tmp_path, "--assumptions", own)
    assert "0 hybrids with a plug" in said.out
    assert "visitors = 2 (1 to 3) of what" in said.out
    own.write_text("consumption = true\nmoon = 1\n[visitors]\nvalue = 2\nhow = 3\n")
    said = planned(tmp_path, "--assumptions", own)
    assert (said.exit_code, said.err.splitlines()[1:]) == (
        1,
        [
            "  moon is no assumption",
            "  consumption.value: expected `decimal`, got `bool`",
            "  visitors.how is not known",
        ],
    )
    own.write_text("home_work = 0.99\n")
    said = planned(tmp_path, "--assumptions", own)
    assert said.err.startswith("Error: this cannot be planned:\n  assumptions.home_work: home_work, home_hub")


def test_what_is_wrong_with_a_file_is_told_with_its_lines_and_nothing_is_written(tmp_path: Path) -> None:
    said = planned(tmp_path, "--out", tmp_path / "x", districts=DISTRICTS.replace("5000", "many"))
    assert (said.exit_code, said.err.splitlines()[1:]) == (1, ["  line 4: no_whole_number in vehicles: 'many'"])
    assert not (tmp_path / "x").exists()
    assert "nobody knows the column" in planned(tmp_path, districts="id,name,colour\n").err


@pytest.mark.parametrize(
    "words", [["--assume", "moon=1"], ["--assume", "visitors=much"], ["--ev-share", "50"], ["--year", "1999"]]
)
def test_a_wrong_word_is_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    assert planned(tmp_path, *words).exit_code == 2


def test_a_demo_city_has_districts_of_its_own_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "stations.csv").write_text(STATIONS)
    words = ["plan", "charging", "--ev-share", "0.5", "--year", "2035", "--stations", str(tmp_path / "stations.csv")]
    for city, cars in (("wolfsburg", "138,028"), ("braunschweig", "142,000")):
        said = CliRunner().invoke(main, [*words, "--city", city])
        assert f"50 % of {cars} cars" in said.stdout
        assert "Note: Demo, not for decisions" in said.stdout
    assert CliRunner().invoke(main, [*words, "--city", "nowhere"]).exit_code == 2


@pytest.mark.database
async def test_what_stands_in_the_city_is_not_built_again(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    await database.rows(city, A_STATION, id=new_id(), powers=["22", "22", "300", "50"])
    file = kommobil.file("districts.csv", DISTRICTS)
    asked = ("plan", "charging", "--ev-share", "0.5", "--year", "2035", "--districts", file, "--format", "json")
    total = (await kommobil.aside(*asked, "--city", city)).json["total"]
    assert (total["existing"], total["existing_kw"]) == ({"ac": 2, "dc": 0, "hpc": 1}, "344")
    assert total["needed"]["ac"] - total["to_build"]["ac"] == 2
    assert "there is no city" in (await kommobil.aside(*asked, "--city", "nowhere")).err
