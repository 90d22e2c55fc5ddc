"""`kommobil leasing run`: a month of all leases, also where its process is killed in the middle."""

import asyncio
import os
import signal
import sys

import pytest
from sqlalchemy import text

from domain.identity import City
from infra.bench.leases import many_leases
from infra.clock import now
from services.bike_leasing.money.running import BATCH
from tests.database import Databases
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database
LEASES = 2 * BATCH + 100
COUNTED = """SELECT (SELECT count(*) FROM lease_charges WHERE city = :city) AS charges,
  (SELECT count(DISTINCT (lease_id, month)) FROM lease_charges WHERE city = :city) AS months,
  (SELECT count(*) FROM ledger_entries WHERE city = :city) AS entries,
  (SELECT count(*) FROM lease_collections WHERE city = :city) AS collections,
  (SELECT count(*) FROM lease_instalments WHERE city = :city AND state = 'posted') AS posted"""


async def test_a_run_that_was_killed_is_run_again_and_nothing_is_charged_or_queued_twice(
    kommobil: CommandLine, database: Databases
) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    month = now().date().replace(day=1)
    async with database.app.transactions.city(city) as connection:
        await many_leases(connection, city, LEASES, first=month, debited=LEASES, months=1)
    words = (sys.executable, "-m", "infra.cli", "leasing", "run", "--city", city, "--month", f"{month:%Y-%m}")
    started = await asyncio.create_subprocess_exec(*words, env=os.environ | kommobil.environment)
    while (await counted(database, city))["charges"] < BATCH and started.returncode is None:  # noqa: ASYNC110 - another process is looked at
        await asyncio.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    await started.wait()
    killed_at = await counted(database, city)
    assert killed_at == dict.fromkeys(killed_at, killed_at["charges"]), "a batch is there as a whole"
    assert killed_at["charges"] in {BATCH, 2 * BATCH}

    said = await kommobil.aside(*words[3:])

    assert await counted(database, city) == dict.fromkeys(killed_at, LEASES)
    assert said.out.startswith(f"{LEASES} charges of {LEASES * 125.6:.2f} EUR, {LEASES} of them queued")


async def counted(database: Databases, city: City) -> dict[str, int]:
    async with database.app.transactions.city(city) as connection:
        return dict((await connection.execute(text(COUNTED), {"city": city})).one()._mapping)
