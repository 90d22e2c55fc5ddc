"""`kommobil finance`."""

import asyncio

import pytest

from domain.identity import City
from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    return City(await asyncio.to_thread(kommobil.new_city))


async def test_what_is_due_is_written_into_a_folder(kommobil: CommandLine, city: City) -> None:
    into = kommobil.folder / "treasury"
    said = await kommobil.aside("finance", "receivables", "--city", city, "--year", "2026", "--into", into)
    assert said == Said(0, f"{into}/receivables-2026.csv\n", "")
    content = (into / "receivables-2026.csv").read_bytes().decode("utf-8-sig")
    assert content.startswith("cash_reference;number;budget_year;product;account;")


async def test_where_there_is_nothing_to_export_no_file_is_written(kommobil: CommandLine, city: City) -> None:
    into = kommobil.folder / "datev"
    for verb in ("datev", "journal"):
        said = await kommobil.aside("finance", verb, "--city", city, "--from", "2026-11", "--into", into)
        assert (said.exit_code, said.out) == (1, "")
        assert "there is nothing to export" in said.err
    locked = await kommobil.aside("finance", "datev", "--city", city, "--from", "2026-11", "--lock", "--into", into)
    assert "only closed months are locked" in locked.err
    assert not into.exists()
