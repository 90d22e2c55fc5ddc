"""The worker's figures, and the sum over all processes."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database.outbox import SqlOutbox
from adapters.jobs.effects import Effects
from adapters.jobs.sweeps import Batch
from adapters.metrics.folder import FOLDER, prepare
from adapters.metrics.prometheus import Metrics
from domain.booking.bookings import State
from domain.identity import City
from infra.clock import now
from infra.ids import new_id
from infra.serving.measuring import SWEEPS, MeasuredOutbox, measure, measured_effects
from services.jobs.ports import Claimed, Entry, Kinds
from tests.database import Databases
from tests.examples import a_booking
from tests.infra.processes import ROOT

UNHEARD = text("""
INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
VALUES (:city, :id, 'test.unheard', :id, :at, :at)
""")
UNTOLD = text("""
INSERT INTO notices (city, id, booking_id, person_id, occasion, about, happened_at, dated, planned_for, state, settled_at)
VALUES (:city, :id, :booking_id, :id, 'confirmed', '', :at, :at, :at, 'failed', :at)
""")
ENTRY = Entry(City("testville"), new_id(), "booking.cancelled", new_id(), now(), 1)


class Forgetful:
    """An outbox that takes everything and has nothing."""

    async def claim(self, *_: object) -> Claimed:
        return Claimed((), 0)

    async def done(self, *_: object) -> None: ...

    async def again(self, *_: object) -> None: ...

    async def bury(self, *_: object) -> None: ...


def lines(metrics: Metrics, name: str) -> list[str]:
    return [line for line in metrics.exposition().decode().splitlines() if line.startswith(name)]


async def test_outcomes_of_the_outbox_are_counted() -> None:
    metrics = Metrics()
    outbox = MeasuredOutbox(Forgetful(), metrics)
    await outbox.claim(Kinds((), ()), 1, now(), now())
    await outbox.done(ENTRY, now())
    await outbox.done(ENTRY, now())
    await outbox.again(ENTRY, now(), "")
    await outbox.bury(ENTRY, now(), "")

    assert lines(metrics, "kommobil_outbox_entries_total") == [
        'kommobil_outbox_entries_total{outcome="done"} 2.0',
        'kommobil_outbox_entries_total{outcome="again"} 1.0',
        'kommobil_outbox_entries_total{outcome="buried"} 1.0',
    ]


async def test_holds_that_expire_are_counted() -> None:
    async def nothing(*_: object) -> None: ...

    def sweeping(count: int) -> Batch:
        async def batch() -> int:
            return count

        return batch

    batches = dict.fromkeys(SWEEPS, sweeping(0)) | {"expire_holds": sweeping(3)}
    others = {field: nothing for field in Effects.__struct_fields__ if field not in SWEEPS}
    metrics = Metrics()
    effects = measured_effects(Effects(**others, **batches), metrics)  # type: ignore[arg-type]

    assert [await getattr(effects, name)() for name in SWEEPS].count(3) == 1
    await effects.expire_holds()
    assert lines(metrics, "kommobil_swept_total") == ['kommobil_swept_total{sweep="expire_holds"} 6.0']


@pytest.mark.database
async def test_the_age_of_the_outbox_its_dead_letters_and_failed_notices_are_measured(database: Databases) -> None:
    city, metrics = await database.new_city(), Metrics()
    long_ago = now() - timedelta(days=2)
    dead, late = new_id(), new_id()
    booking = a_booking(State.CONFIRMED, city.charge_points[0])
    await database.place(city.city, booking, city.charge_points[0])
    async with database.app.transactions.city(city.city) as connection:
        for entry in (dead, late):
            await connection.execute(UNHEARD, {"city": city.city, "id": entry, "at": long_ago})
        about = {"city": city.city, "id": dead, "booking_id": booking.id, "at": long_ago}
        await connection.execute(UNTOLD, about)
    try:
        buried = Entry(city.city, dead, "test.unheard", dead, long_ago, 12)
        await SqlOutbox(database.relay.statements).bury(buried, now(), "nobody heard")
        await measure(database.relay, metrics)
    finally:
        async with database.relay.transactions.everywhere() as connection:
            await connection.execute(text("DELETE FROM outbox WHERE city = :city"), {"city": city.city})

    found = dict(line.split() for line in lines(metrics, "kommobil_outbox_") if not line.startswith("#"))
    assert float(found["kommobil_outbox_age_seconds"]) >= 2 * 86_400
    assert float(found["kommobil_outbox_dead_letters"]) >= 1
    assert not lines(metrics, "kommobil_notices_failed 0")


WRITER = """
import os, sys
from adapters.metrics.prometheus import Metrics
metrics = Metrics()
for _ in range(int(sys.argv[1])):
    metrics.answered("createBooking", "POST", 201, 0.002)
metrics.pool("statements", int(sys.argv[1]))
if len(sys.argv) > 2:
    print(metrics.exposition().decode())
"""


def test_one_scrape_tells_of_all_processes(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    prepare(folder, anew=True)

    def process(*arguments: str) -> str:
        environment = {FOLDER: str(folder), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITER, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    process("3")
    prepare(folder, anew=False)  # the first has ended: what it did stays counted, what it holds does not
    said = process("4", "and tell")

    assert 'kommobil_requests_total{method="POST",operation="createBooking",status="201"} 7.0' in said
    assert 'kommobil_request_seconds_bucket{le="0.005",operation="createBooking"} 7.0' in said
    assert 'kommobil_pool_in_use{pool="statements"} 4.0' in said
    prepare(folder, anew=True)
    assert list(folder.glob("*.db")) == []
