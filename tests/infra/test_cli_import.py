"""`kommobil import charging-register`."""

import asyncio
import io
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from domain.identity import City
from infra.cli.importing import counted
from tests.adapters.registers.counting import totals
from tests.adapters.registers.files import cells, real_register, text
from tests.adapters.registers.files_2026 import cells_2026, real_register_2026, text_2026, workbook
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
    """PostgreSQL refuses the second row; the first row is not kept either."""
    async with database.owner.transactions.city(city) as connection:
        await connection.exec_driver_sql("ALTER TABLE stations ADD CONSTRAINT no_ghosts CHECK (name <> 'Geisterweg 9')")
    try:
        said = await asyncio.to_thread(importing, kommobil, city, text(cells(), cells(Adresse="Geisterweg 9")))
    finally:
        async with database.owner.transactions.city(city) as connection:
            await connection.exec_driver_sql("ALTER TABLE stations DROP CONSTRAINT no_ghosts")
    assert (said.exit_code, said.out) == (1, "")
    assert await database.rows(city, STATIONS) == []


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


class Terminal(io.StringIO):
    """What somebody watches."""

    def isatty(self) -> bool:
        return True


def test_whoever_watches_sees_how_far_a_file_is_read_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    watched, piped = Terminal(), io.StringIO()
    for stream in (watched, piped):
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(counted(range(1_200))) == list(range(1_200))
    assert watched.getvalue() == "\r500 rows read\r1,000 rows read\r1,200 rows read; they are written now\n"
    assert piped.getvalue() == ""


EVSE = """
SELECT r.code, c.evse_id, c.power_kw::text, c.connectors, c.connectors_kw::text[]
FROM resources r JOIN charge_points c ON c.city = r.city AND c.id = r.id WHERE r.city = :city ORDER BY r.name
"""


async def test_a_row_of_2026_becomes_points_with_their_evse_ids_and_each_connectors_power(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    untidy = cells_2026(EVSEID2="DE*OKS*E0001*2\nDE*OKS*E0001*3")
    said = await asyncio.to_thread(importing, kommobil, city, text_2026(untidy))
    assert said.json == counts(1, imported=1)
    assert "imported although an EVSE id has line breaks or spaces; it is kept as published: 1 rows, line 2" in said.err
    assert await database.rows(city, EVSE) == [
        ("DE*OKS*E0001*1", "DE*OKS*E0001*1", "150", ["IEC_62196_T2_COMBO", "CHADEMO"], ["150", "51.5"]),
        (None, "DE*OKS*E0001*2\nDE*OKS*E0001*3", "22", ["IEC_62196_T2"], ["22"]),
    ]


async def test_a_code_leads_to_one_point_and_whoever_has_it_keeps_it(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    first, same = cells_2026(), cells_2026(LadeeinrichtungsID="7", Straße="Werder")
    swapped = cells_2026(EVSEID1="DE*OKS*E0001*2", EVSEID2="DE*OKS*E0001*1")
    registers = (text_2026(first), text_2026(first, same), text_2026(swapped, same))
    said = [(await asyncio.to_thread(importing, kommobil, city, register)).json for register in registers]
    assert said == [counts(1, imported=1), counts(2, imported=1, unchanged=1), counts(2, updated=1, unchanged=1)]
    codes = [row[:2] for row in await database.rows(city, EVSE)]
    assert codes == [
        ("DE*OKS*E0001*2", "DE*OKS*E0001*2"),
        ("DE*OKS*E0001*1", "DE*OKS*E0001*1"),
        (None, "DE*OKS*E0001*1"),
        (None, "DE*OKS*E0001*2"),
    ]


async def test_an_update_leaves_alone_what_else_stands_at_a_station(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    await asyncio.to_thread(importing, kommobil, city, text_2026(cells_2026()))
    async with database.app.transactions.city(city) as connection:
        await connection.exec_driver_sql(
            "INSERT INTO resources (city, id, service, station_id, name, code, bookable, tariff_id, position)"
            " SELECT city, gen_random_uuid(), 'fleet', id, 'Kombi', 'WAGEN-7', true, 'fleet-standard', point(0, 0)"
            " FROM stations WHERE city = $1",
            (city,),
        )
    fewer = cells_2026(AnzahlLadepunkte="1", Steckertypen2="", NennleistungStecker2="", EVSEID2="")
    said = await asyncio.to_thread(importing, kommobil, city, text_2026(fewer))
    assert said.json == counts(1, updated=1)
    left = "SELECT name, code, bookable FROM resources WHERE city = :city ORDER BY name"
    assert await database.rows(city, left) == [
        ("Güldenstraße 7, Ladepunkt 1", "DE*OKS*E0001*1", False),
        ("Güldenstraße 7, Ladepunkt 2", None, False),
        ("Kombi", "WAGEN-7", True),
    ]


async def test_a_city_that_moves_to_the_layout_of_2026_keeps_its_points(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    ids = "SELECT id, bookable FROM resources WHERE city = :city ORDER BY id"
    named = ("--bookable-operator", OPERATOR, "--tariff", "charging-standard")
    said = [await asyncio.to_thread(importing, kommobil, city, text(cells()), *named)]
    before = await database.rows(city, ids)
    said += [await asyncio.to_thread(importing, kommobil, city, text_2026(cells_2026())) for _ in range(2)]
    assert [each.json for each in said] == [counts(1, imported=1), counts(1, updated=1), counts(1, unchanged=1)]
    assert await database.rows(city, ids) == before
    older = await asyncio.to_thread(importing, kommobil, city, text(cells()))
    assert (older.exit_code, older.out) == (1, "")
    assert "import a register of the newer layout" in older.err


async def test_a_station_that_the_file_no_longer_lists_is_named_and_stays(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    both = text_2026(cells_2026(), cells_2026(LadeeinrichtungsID="7", Straße="Werder"))
    await asyncio.to_thread(importing, kommobil, city, both)
    said = await asyncio.to_thread(importing, kommobil, city, text_2026(cells_2026()))
    assert said.json == counts(1, unchanged=1)
    assert 'missing in the file, and left as they are: 1 stations, ["Ladeeinrichtungs-ID","7"]' in said.err
    assert [row[0] for row in await database.rows(city, STATIONS)] == ["Güldenstraße 7", "Werder 7"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (text_2026(cells_2026(), cells_2026(LadeeinrichtungsID="7"))[:-60].encode(), "it was cut"),
        (text_2026(cells_2026()).encode("utf-16"), "UTF-16"),
        (text_2026(cells_2026()).encode().decode("cp1252").encode(), "encoded twice"),
        (workbook(cells_2026())[:-100], "cut or damaged XLSX workbook"),
    ],
    ids=["cut", "utf-16", "twice", "cut-workbook"],
)
async def test_a_damaged_file_is_refused_and_nothing_is_written(
    kommobil: CommandLine, database: Databases, city: City, content: bytes, why: str
) -> None:
    file = kommobil.folder / "register.csv"
    file.write_bytes(content)
    said = await asyncio.to_thread(importing, kommobil, city, file)
    assert (said.exit_code, said.out) == (1, "")
    assert why in said.err
    assert await database.rows(city, STATIONS) == []


def test_rows_of_2026_are_rejected_in_their_own_columns(kommobil: CommandLine, city: City) -> None:
    said = importing(kommobil, city, text_2026(cells_2026(Postleitzahl="80331")), "--all")
    assert said.json == counts(1, rejected=1)
    header, row = (kommobil.folder / "register.csv.rejected.csv").read_text("utf-8-sig").splitlines()[:2]
    assert header.startswith("line;fault;detail;Ladeeinrichtungs-ID;Betreiber;")
    assert row.startswith("2;postcode_of_another_state;postcode 80331 is not in Niedersachsen;1144860;")


async def test_the_published_register_of_berlin(kommobil: CommandLine, database: Databases, tmp_path: Path) -> None:
    """All of it arrives: sums, EVSE ids and keys are those of a parser that shares nothing with ours. It comes to an
    installation of many small cities, and the database does not know when it comes again that this one is large."""
    for _ in range(100):
        await database.new_city()
    async with database.owner.transactions.everywhere() as connection:
        await connection.execute(sql("ANALYZE"))
    register = tmp_path / "berlin.csv"
    register.write_bytes(real_register_2026().read_bytes())

    def work() -> tuple[str, Any, Any]:
        city = kommobil.new_city(state="BE", center={"lat": 52.52, "lon": 13.405})
        first, second = (importing(kommobil, city, register, "--all").json for _ in range(2))
        return city, first, second

    city, first, second = await asyncio.to_thread(work)
    assert first == counts(4528, imported=4528)
    assert second == counts(4528, unchanged=4528)
    expected = totals(register.read_bytes())
    points = await database.rows(
        City(city), "SELECT evse_id, public_key, power_kw FROM charge_points WHERE city = :city"
    )
    assert len(points) == expected.points
    assert sum(power for _, _, power in points) == expected.points_kw
    assert Counter(evse_id for evse_id, _, _ in points if evse_id) == expected.evse_ids
    assert Counter(key for _, key, _ in points if key) == expected.keys
    assert await database.rows(City(city), "SELECT count(*) FROM stations WHERE city = :city") == [(expected.rows,)]
