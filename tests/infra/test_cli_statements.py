"""`kommobil import bank-statement`."""

import asyncio

import pytest

from domain.identity import City
from tests.adapters.banking.files import IBAN, document, entry, part, statement, zipped
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database
RAW = document(statement(entry(2470, part(text=("RE-2026-17",))), entry(-990), closing=101_480))
LINES = "SELECT amount, text FROM bank_lines WHERE city = :city ORDER BY position"


def importing(kommobil: CommandLine, city: str, raw: bytes, *words: str) -> Said:
    file = kommobil.folder / "umsaetze.xml"
    file.write_bytes(raw)
    return kommobil("import", "bank-statement", file, "--city", city, *words)


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    return City(await asyncio.to_thread(lambda: kommobil.new_city(iban=IBAN)))


async def test_a_statement_is_imported_and_known_the_second_time(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    said = await asyncio.to_thread(importing, kommobil, city, RAW)
    assert said == Said(0, f"{IBAN}  statement 17  2 lines  imported\n", "")
    again = await asyncio.to_thread(importing, kommobil, city, zipped([("a.xml", RAW)]))
    assert again == Said(0, f"{IBAN}  statement 17  2 lines  known already\n", "")
    assert await database.rows(city, LINES) == [(2470, "RE-2026-17"), (-990, "")]


async def test_json_tells_the_same(kommobil: CommandLine, city: City) -> None:
    said = await asyncio.to_thread(importing, kommobil, city, RAW, "--json")
    (receipt,) = said.json["statements"]
    del receipt["statement_id"]
    assert receipt == {"iban": IBAN, "named": "STMT-2026-11-23-17", "sequence": 17, "lines": 2, "imported": True}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"?", "not_xml: it cannot be read as XML: not well-formed (invalid token): line 1, column 0"),
        (RAW.replace(b"1014.80", b"1014.81"), "totals_differ: "),
        (RAW.replace(IBAN.encode(), b"DE02120300000000202051"), "is none of the city's accounts"),
    ],
)
async def test_a_refused_file_changes_nothing_and_says_why(
    kommobil: CommandLine, database: Databases, city: City, raw: bytes, words: str
) -> None:
    said = await asyncio.to_thread(importing, kommobil, city, raw)
    assert (said.exit_code, said.out) == (1, "")
    assert "is not imported; nothing was changed:" in said.err
    assert words in said.err
    assert await database.rows(city, LINES) == []


async def test_an_unknown_city_and_a_missing_file_end_the_command(kommobil: CommandLine, city: City) -> None:
    assert (await asyncio.to_thread(importing, kommobil, "nowhere", RAW)).exit_code == 1
    assert (await kommobil.aside("import", "bank-statement", "no.xml", "--city", city)).exit_code == 2
