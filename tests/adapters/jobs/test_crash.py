"""A worker that is killed between an effect and the mark."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from infra.clock import now
from infra.embedded import DatabaseUrls
from tests.adapters.jobs.desk import Desk

pytestmark = pytest.mark.database


async def worker(urls: DatabaseUrls, folder: Path, *, dies: bool) -> int:
    """Let a worker run to its end; how it ended."""
    program = (sys.executable, "-m", "tests.adapters.jobs.worker_program")
    arguments = (urls.relay, str(folder), "dies" if dies else "lives")
    process = await asyncio.create_subprocess_exec(*program, *arguments)
    return await asyncio.wait_for(process.wait(), 30)


async def test_an_effect_whose_worker_was_killed_happens_once(
    desk: Desk, postgres: DatabaseUrls, tmp_path: Path
) -> None:
    desk.clock = now
    entry_id = await desk.write_one("booking.expired")
    assert await worker(postgres, tmp_path, dies=True) == -signal.SIGKILL
    mailed = tmp_path / f"{entry_id}.eml"
    assert (await desk.rows())[entry_id].state == "open"
    first = await asyncio.to_thread(mailed.read_bytes)

    await desk.lapse_leases()
    assert await worker(postgres, tmp_path, dies=False) == 0
    row = (await desk.rows())[entry_id]
    assert (row.state, row.attempts) == ("done", 2)
    assert await asyncio.to_thread(lambda: [path.name for path in tmp_path.iterdir()]) == [mailed.name]
    assert await asyncio.to_thread(mailed.read_bytes) == first
