"""A register as large as that of a whole state: all of it is taken in, and it is read a row at a time."""

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from adapters.registers.charging_register import read_charging_register
from domain.charging.register import RegisterRow
from tests.adapters.registers.files_2026 import cells_2026, text_2026
from tests.infra.command_line import CommandLine
from tests.infra.test_cli_import import counts, importing

ROWS = 4528  # as many as Berlin's had in 2026


def site(number: int) -> tuple[str, ...]:
    """One of its own, in its own place."""
    return cells_2026(
        LadeeinrichtungsID=str(2_000_000 + number),
        Hausnummer=str(number),
        Breitengrad=f"52,{264000 + number}",
        EVSEID1=f"DE*OKS*E{number:06}*1",
        EVSEID2=f"DE*OKS*E{number:06}*2",
    )


@pytest.mark.database
async def test_a_large_register_is_taken_in_whole_and_a_second_import_changes_nothing(kommobil: CommandLine) -> None:
    register = kommobil.file("large.csv", text_2026(*map(site, range(1, ROWS + 1))))
    city = await asyncio.to_thread(kommobil.new_city)
    first = await asyncio.to_thread(importing, kommobil, city, register, "--all")
    second = await asyncio.to_thread(importing, kommobil, city, register, "--all")
    assert (first.json, second.json) == (counts(ROWS, imported=ROWS), counts(ROWS, unchanged=ROWS))


def test_four_times_the_rows_take_no_more_room_while_they_are_read(tmp_path: Path) -> None:
    def most_room(rows: int) -> int:
        file = tmp_path / f"{rows}.csv"
        file.write_text(text_2026(*map(site, range(1, rows + 1))))
        tracemalloc.start()
        try:
            assert sum(isinstance(row, RegisterRow) for row in read_charging_register(file)) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most_room(10)  # what is made once
    few, many = most_room(ROWS // 4), most_room(ROWS)
    assert many < 1.5 * few
