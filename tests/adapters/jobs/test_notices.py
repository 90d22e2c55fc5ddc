"""What the worker does about reminders: planned by what happens, sent by the clock, heard by followers."""

from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert, update

from adapters.database import tables
from adapters.database.happenings import SqlLog
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.booking.bookings import State
from infra.bootstrap import Outside, Post, effects
from infra.ids import new_id
from services.jobs.ports import Entry
from services.live.ports import Mark
from tests.adapters.jobs.desk import Clock
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.database import Databases
from tests.examples import NOON, a_booking, hours, person_id

pytestmark = pytest.mark.database
ADA = f"ada-{new_id().hex}@example.org"


async def test_whoever_confirmed_a_booking_is_reminded_of_it_by_the_clock(database: Databases, tmp_path: Path) -> None:
    city = await database.new_city()
    async with database.app.transactions.city(city.city) as connection:
        settings = msgspec.to_builtins(BRAUNSCHWEIG)
        await connection.execute(update(tables.cities).values(settings=settings).filter_by(city=city.city))
        ada = {"id": person_id("ada"), "email": ADA, "language": "en", "made_at": NOON}
        await connection.execute(insert(tables.persons).values(city=city.city, **ada))
    booking = a_booking(State.CONFIRMED, city.charge_points[0])
    await database.place(city.city, booking, city.charge_points[0])
    clock = Clock(NOON - hours(5))
    work = effects(
        database.app, database.relay, Outside(clock, new_id, lambda secret: secret), Post(FileMailer(tmp_path))
    )

    entry = Entry(city.city, new_id(), "booking.confirmed", booking.id, clock(), attempts=1)
    for job in routes(work)[entry.kind]:
        if job.name != "issue invoices":
            await job.run(entry)
    for at in (NOON - hours(1.1), NOON - hours(1)):
        clock.now = at
        while await work.send_notices():
            pass
        said = sorted(filter(None, map(_said_to_ada, tmp_path.glob("*.eml"))))  # noqa: ASYNC240 - a test's own folder
        reminded = ["Begins soon"] if at == NOON - hours(1) else []
        assert said == [*reminded, "Booking confirmed"]

    stretch = await SqlLog(database.app.statements).after(city.city, Mark(3, UUID(int=0)), 10)
    assert [each.type for each in stretch.happenings] == ["booking.start_near"]


def _said_to_ada(file: Path) -> str | None:
    """Of her city alone: what is due in others is sent with it."""
    letter = message_from_bytes(file.read_bytes(), policy=policy.SMTP)
    return str(letter["Subject"]).partition(":")[0] if letter["To"] == ADA else None
