"""`kommobil bench availability` from end to end, small."""

import re

import pytest

from infra.bench.availability import run

pytestmark = pytest.mark.full


async def test_a_small_run_measures_all_four_sides_and_leaves_nothing_open() -> None:
    said: list[str] = []
    await run(resources=400, bookings=(200, 400), queries=20, say=said.append)
    text = "\n".join(said)
    sides = re.findall(r"^(SQL|HTTP), +(\d+) bookings: p50 \d+\.\d+ ms, p99 \d+\.\d+ ms$", text, re.MULTILINE)
    assert sides == [("SQL", "200"), ("HTTP", "200"), ("SQL", "400"), ("HTTP", "400")]
    assert "fsync=on" in text
    assert "statuses {200: 20}" in text
