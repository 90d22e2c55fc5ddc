"""A week of a city's fleet: nobody is refused for whom there was a way, nothing overlaps, and everything comes to its end."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from infra.clock import now
from infra.embedded import DatabaseUrls
from tests.database import migrated
from tests.examples import BERLIN
from tests.models.fleet_week.city import Size, Week, begun
from tests.servers import own_database

pytestmark = pytest.mark.database

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
SIZE = Size(vehicles=300, requests=5000, drivers=60) if FULL else Size(vehicles=14, requests=260, drivers=20)
SEED = 20261129
ENDED = {"completed", "cancelled", "no_show", "expired", "rejected"}
# A booking that was called off is not started or cancelled, and nobody starts with what is not back.
EXCUSED = {"start: wrong_state", "start: still_in_use", "cancel: wrong_state"}
OVERLAPS = """
SELECT count(*) FROM bookings a JOIN bookings b ON b.city = a.city AND b.resource_id = a.resource_id AND b.id > a.id
WHERE a.city = :city AND a.started_at < b.finished_at AND b.started_at < a.finished_at
"""
UNBALANCED = """
SELECT entry_id FROM ledger_legs WHERE city = :city GROUP BY 1, currency
HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
"""


async def test_nobody_is_refused_for_whom_there_was_a_way(
    postgres: DatabaseUrls, tmp_path: Path, report: Callable[[str], None]
) -> None:
    today = now().astimezone(ZoneInfo(BERLIN)).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    async with own_database(postgres) as urls, migrated(urls) as database:
        week = await begun(database, tmp_path, monday)
        await week.fill(SIZE)
        week.plan(SIZE, Random(SEED), monday)
        await week.live(monday + timedelta(days=10))
        report(f"seed {SEED}, {SIZE.vehicles} vehicles, {SIZE.requests} requests: {dict(week.tally.answers)}")
        await check(week)


async def check(week: Week) -> None:
    tally = week.tally
    assert tally.unexpected == []
    assert tally.wrongly_refused == []
    assert tally.answers["resource_taken"] > 0
    assert tally.answers["refused, and whether rightly is not known"] <= tally.answers["resource_taken"] / 50
    assert tally.answers["broke down"] > 0, tally.answers
    assert {each for each in tally.answers if ": " in each} <= EXCUSED
    ((overlaps,),) = await week.world.rows(OVERLAPS)
    assert overlaps == 0
    states = await week.world.rows("SELECT state, count(*) FROM bookings WHERE city = :city GROUP BY 1")
    assert {state for state, _ in states} <= ENDED, states
    assert await week.world.rows(UNBALANCED) == []
    ((completed,),) = await week.world.rows("SELECT count(*) FROM bookings WHERE city = :city AND state = 'completed'")
    ((charged,),) = await week.world.rows("SELECT count(DISTINCT booking_id) FROM ledger_entries WHERE city = :city")
    assert completed == charged == tally.answers["finished"]
