"""What a benchmark starts dies with it, seen on real processes."""

from pathlib import Path

import pytest

from tests.infra.processes import kill_all, processes_of, program, until

BENCH = """
import asyncio
from infra.bench.scaffold import bench_database

async def run():
    async with bench_database():
        print("ready", flush=True)
        await asyncio.sleep(600)

asyncio.run(run())
"""


def test_the_postgresql_of_a_benchmark_dies_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    try:
        with program(BENCH) as bench:
            assert bench.stdout is not None
            assert bench.stdout.readline() == "ready\n"
            assert processes_of(tmp_path)
            bench.kill()
            bench.wait()
            until(lambda: processes_of(tmp_path) == set())
    finally:
        kill_all(processes_of(tmp_path))  # only a failed test leaves any
