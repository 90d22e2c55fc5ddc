"""`kommobil bench calendar` from end to end, small."""

import re

import pytest

from infra.bench.calendar import run

pytestmark = pytest.mark.full


async def test_a_small_run_measures_all_ways_and_how_much_goes_over_the_wire() -> None:
    said: list[str] = []
    figures = await run(vehicles=12, bookings=240, days=14, queries=5, say=said.append)
    text = "\n".join(said)

    shown = re.findall(r"^(HTTP, gzip|HTTP, plain|SQL) +p50 [\d.]+ ms, p99 [\d.]+ ms, \d+ kB$", text, re.MULTILINE)
    assert shown == ["HTTP, gzip", "HTTP, plain", "SQL"]
    packed, plain, bare = (way.size for way in figures.ways)
    # Between two looks a quarter of an hour may begin, and with it what is late.
    assert 2 * packed < plain == pytest.approx(bare, rel=0.05)
    assert "fsync=on" in text
    assert "audit, callers, outbox" in text
    assert "240 bookings within 14 days" in text
