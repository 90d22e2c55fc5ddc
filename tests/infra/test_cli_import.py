"""`kommobil import charging-register`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.registers.charging_register import read_charging_register
from domain.booking.resources import StationId
from domain.charging.register import RegisterRow, site_key
from domain.identity import City
from domain.places import Location
from infra.ids import new_id
from infra.operating import open_desk
from services.operator.inventory import Inventory, Source, StationEntry
from tests.adapters.registers.files import cells, real_register, stream, text
from tests.database import Databases
from tests.infra.command_line import TARIFF, CommandLine, Said

pytestmark = pytest.mark.database

OPERATOR = "Stadtwerke Okerstadt"
STATIONS = "SELECT name, address, lat, lon FROM stations WHERE city = :city ORDER BY name"
POINTS = """
SELECT r.name, r.bookable, r.tariff_id, c.connectors, c.power_kw::text, c.operator, c.public_key
FROM resources r JOIN charge_points c ON c.city = r.city AND c.id = r.id WHERE r.city = :city ORDER BY r.name
"""


def counts(read: int, **others: int) -> dict[str, int]:
    return dict.fromkeys(("imported", "updated", "unchanged", "outside", "rejected"), 0) | {"read": read} | others


def importing(kommobil: CommandLine, city: str, content: Path | str, *words: str) -> Said:
    file = kommobil.file("register.csv", content) if isinstance(content, str) else content
    return kommobil("import", "charging-register", file, "--city", city, "--json", *words)


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    """A city with a tariff for charging."""

    def made() -> City:
        name = kommobil.new_city()
        kommobil("tariff", "import", kommobil.file("tariff.json", TARIFF), "--city", name)
        return City(name)

    return await asyncio.to_thread(made)


async def test_a_row_becomes_a_station_with_readable_names_and_its_points_are_only_listed(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    said = await asyncio.to_thread(importing, kommobil, city, text(cells(Adresse="Güldenstraße 70")))
    assert said.json == counts(1, imported=1)
    address = "Güldenstraße 70, 38100 Braunschweig"
    assert await database.rows(city, STATIONS) == [("Güldenstraße 70", address, 52.264949, 10.52972)]
    assert await database.rows(city, POINTS) == [
        (
            "Güldenstraße 70, Ladepunkt 1",
            *(False, None, ["IEC_62196_T2", "DOMESTIC_F"], "22", OPERATOR, "3059 3013 06"),
        ),
        ("Güldenstraße 70, Ladepunkt 2", False, None, ["DOMESTIC_F"], "3.7", OPERATOR, None),
    ]


async def test_only_the_named_operators_points_can_be_booked_at_the_named_tariff(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    register = text(cells(), cells(Betreiber="Autohaus Felske GmbH", Adresse="Kirchweg 7a"))
    named = ("--bookable-operator", OPERATOR, "--tariff", "charging-standard")
    said = await asyncio.to_thread(importing, kommobil, city, register, *named)
    assert said.json == counts(2, imported=2)
    assert [row[:3] for row in await database.rows(city, POINTS)] == [
        ("Güldenstraße 7, Ladepunkt 1", True, "charging-standard"),
        ("Güldenstraße 7, Ladepunkt 2", True, "charging-standard"),
        ("Kirchweg 7a, Ladepunkt 1", False, None),
        ("Kirchweg 7a, Ladepunkt 2", False, None),
    ]


def test_importing_again_changes_nothing_and_a_changed_row_is_updated(kommobil: CommandLine, city: City) -> None:
    register = text(cells(), cells(Adresse="Werder 9"))
    changed = text(cells(P1kW="11"), cells(Adresse="Werder 9"))
    said = [importing(kommobil, city, content).json for content in (register, register, changed)]
    assert said == [counts(2, imported=2), counts(2, unchanged=2), counts(2, updated=1, unchanged=1)]


async def test_a_point_that_an_update_no_longer_lists_is_taken_off_sale_and_kept(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    named = ("--bookable-operator", OPERATOR, "--tariff", "charging-standard")
    shorter = cells(AnzahlLadepunkte="1", Steckertypen2="", P2kW="")
    for register in (text(cells()), text(shorter)):
        await asyncio.to_thread(importing, kommobil, city, register, *named)
    assert [row[:2] for row in await database.rows(city, POINTS)] == [
        ("Güldenstraße 7, Ladepunkt 1", True),
        ("Güldenstraße 7, Ladepunkt 2", False),
    ]


async def test_what_is_out_of_service_stays_so_when_its_station_is_imported_again(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    await asyncio.to_thread(importing, kommobil, city, text(cells()))
    async with database.app.transactions.city(city) as connection:
        await connection.exec_driver_sql("UPDATE resources SET in_service = false WHERE city = $1", (city,))
    said = await asyncio.to_thread(importing, kommobil, city, text(cells(P1kW="11")))
    assert said.json == counts(1, updated=1)
    in_service = "SELECT DISTINCT in_service FROM resources WHERE city = :city"
    assert await database.rows(city, in_service) == [(False,)]


def test_rows_outside_the_postcodes_are_taken_only_if_all_are_asked_for(kommobil: CommandLine, city: City) -> None:
    register = text(cells(), cells(PostleitzahlOrt="38440 Wolfsburg"))
    said = [importing(kommobil, city, register, *words).json for words in ((), ("--all",))]
    assert said == [counts(2, imported=1, outside=1), counts(2, imported=1, unchanged=1)]


def test_rejected_rows_stand_beside_the_file_with_their_reason(kommobil: CommandLine, city: City) -> None:
    said = importing(kommobil, city, text(cells(), cells(P1kW="zweiundzwanzig")))
    beside = kommobil.folder / "register.csv.rejected.csv"
    assert said.json == counts(2, imported=1, rejected=1)
    assert said.err == f"rejected rows and why: {beside}\n"
    line, fault = beside.read_text("utf-8-sig").splitlines()[1].split(";")[:2]
    assert (line, fault) == ("3", "unreadable_power")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ("--bookable-operator", OPERATOR, "--tariff", "charging-fast"),
            "has no tariff 'charging-fast'; publish it with `kommobil tariff import`",
        ),
        (
            ("--bookable-operator", "stadtwerke okerstadt", "--tariff", "charging-standard"),
            f"is operated by 'stadtwerke okerstadt'; is it {OPERATOR!r}?",
        ),
    ],
)
async def test_a_misspelt_tariff_or_operator_imports_nothing(
    kommobil: CommandLine, database: Databases, city: City, words: tuple[str, ...], why: str
) -> None:
    said = await asyncio.to_thread(importing, kommobil, city, text(cells()), *words)
    assert (said.exit_code, said.out) == (1, "")
    assert why in said.err
    assert await database.rows(city, STATIONS) == []


@pytest.mark.parametrize("words", [("--bookable-operator", OPERATOR), ("--tariff", "charging-standard")])
def test_operator_and_tariff_come_together(kommobil: CommandLine, words: tuple[str, ...]) -> None:
    said = importing(kommobil, "okerstadt", text(cells()), *words)
    assert (said.exit_code, said.out) == (2, "")


def test_a_file_that_is_no_register_is_refused_whole(kommobil: CommandLine, city: City) -> None:
    said = importing(kommobil, city, "Betreiber;Adresse\nStadtwerke;Güldenstraße 7\n")
    assert (said.exit_code, said.out) == (1, "")
    assert "is no charging register" in said.err


async def test_a_failure_halfway_leaves_nothing_behind(kommobil: CommandLine, database: Databases, city: City) -> None:
    """PostgreSQL refuses the second row, whose key another station has; the first row is not kept either."""
    rows = list(read_charging_register(stream(text(cells(), cells(Adresse="Werder 9")))))
    assert isinstance(rows[1], RegisterRow)
    source = Source(site_key(rows[1], 1), "of another hand")
    stranger = StationEntry(StationId(new_id()), "Anderswo", "Anderswo 1", Location(52, 10), source)
    async with open_desk(database.app.transactions, city) as desk:
        await desk.inventory.write(Inventory(stations=(stranger,)), 52.25)
    said = await asyncio.to_thread(importing, kommobil, city, text(cells(), cells(Adresse="Werder 9")))
    assert (said.exit_code, said.out) == (1, "")
    assert await database.rows(city, STATIONS) == [("Anderswo", "Anderswo 1", 52.0, 10.0)]


async def test_the_published_register_of_braunschweig(
    kommobil: CommandLine, database: Databases, tmp_path: Path
) -> None:
    register = tmp_path / "published.csv"
    register.write_bytes(real_register().read_bytes())

    def work() -> tuple[str, Any, Any]:
        codes = [f"381{n:02}" for n in range(0, 28, 2)]
        city = kommobil.new_city(postcodes=codes)
        kommobil("tariff", "import", kommobil.file("tariff.json", TARIFF), "--city", city)
        named = ("--bookable-operator", "Braunschweiger Versorgungs-AG & Co. KG", "--tariff", "charging-standard")
        return city, *(importing(kommobil, city, register, *named).json for _ in range(2))

    city, first, second = await asyncio.to_thread(work)
    assert first == counts(501, imported=18, outside=483)
    assert second == counts(501, unchanged=18, outside=483)
    bookable = "SELECT count(DISTINCT station_id) FROM resources WHERE city = :city AND bookable"
    assert await database.rows(City(city), bookable) == [(16,)]
