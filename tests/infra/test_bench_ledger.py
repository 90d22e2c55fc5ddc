"""`kommobil bench ledger` from end to end, small."""

import re

import pytest

from infra.bench.ledger import run

pytestmark = pytest.mark.full


async def test_a_small_run_measures_both_reads_at_both_sizes_and_what_posting_costs() -> None:
    said: list[str] = []
    figures = await run(postings=(1100, 5500), queries=20, looks=3, bookings=20, say=said.append)
    text = "\n".join(said)
    shown = re.findall(
        r"^(trial balance|account statement) +([\d,]+) postings: .* statuses \{200: 20\}$", text, re.MULTILINE
    )
    assert shown == [
        ("trial balance", "1,100"),
        ("account statement", "1,100"),
        ("trial balance", "5,500"),
        ("account statement", "5,500"),
    ]
    compared = re.findall(
        r"^comparison +([\d,]+) postings: p50 [\d.]+ ms, p99 [\d.]+ ms, the first \d+ ms$", text, re.MULTILINE
    )
    assert compared == ["1,100", "5,500"]
    assert "fsync=on" in text
    assert figures.share.entries == 5
    assert figures.share.posting_ms > 0
