"""An installation is backed up while people book, and serves again from the backup somewhere else."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.installation import Installation
from tests.journeys.test_kill import repeated
from tests.journeys.towns import BRAUNSCHWEIG, demo_charge_points, people
from tests.journeys.writers import Writers, quarters

WRITERS, CHARGERS = 4, 4
SEED = 20264


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Installation]:
    """Not there yet."""
    installation = Installation(tmp_path / "second")
    yield installation
    installation.stop()


@pytest.mark.full
async def test_who_booked_before_the_backup_finds_her_booking_where_it_is_restored(
    installation: Installation, second: Installation, tmp_path: Path, report: Callable[[str], None]
) -> None:
    file = tmp_path / "backup.tar"
    writers = Writers(
        await people(installation, BRAUNSCHWEIG, WRITERS),
        quarters(demo_charge_points(CHARGERS), 3, random.Random(SEED)),
        SEED,
    )
    async with writers.writing():
        await writers.some_answers(20)
        before = [wish for wish in writers.wishes if wish.answer]
        await asyncio.to_thread(installation.command, "backup", str(file))
        during = len(writers.wishes) - len(before)
        await writers.some_answers(5)
    said = await asyncio.to_thread(second.command, "restore", str(file))
    await asyncio.to_thread(second.start)
    assert "FAILED" not in await asyncio.to_thread(second.command, "doctor")
    for wish in writers.wishes:
        wish.person = wish.person.at(second.address)
    writers.wishes[:] = before
    report(
        f"seed {SEED}: {len(before)} bookings before, {during} while it was backed up; {said.count('ok    ')} figures agree"
    )
    assert during > 0
    assert "FAIL" not in said
    assert await repeated(writers) == [wish.answer for wish in before]
    newcomer = Writers(
        await people(second, BRAUNSCHWEIG, 1), quarters(demo_charge_points(CHARGERS + 1)[-1:], 3, random.Random(1)), 1
    )
    async with newcomer.writing():
        await newcomer.some_answers(2)
