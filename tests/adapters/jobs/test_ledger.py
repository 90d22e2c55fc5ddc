"""What the worker posts, it seals soon after; by the effects as it has them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.jobs.clockwork import sweeps
from adapters.jobs.effects import Effects
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.booking.bookings import BookingId, State
from infra.bootstrap import Outside, Post, effects
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.database.ledgers import Books
from tests.adapters.database.lives import World
from tests.database import Databases, migrated
from tests.examples import a_booking, a_payment
from tests.invoices import TODAY
from tests.servers import own_database

pytestmark = pytest.mark.database
BEHIND_AT_MOST = timedelta(seconds=60)


def at_work(database: Databases, folder: Path) -> Effects:
    outside = Outside(lambda: TODAY, new_id, lambda secret: secret)
    return effects(database.app, database.relay, outside, Post(FileMailer(folder)))


@pytest.fixture
async def quiet(postgres: DatabaseUrls) -> AsyncIterator[Databases]:
    """A database in which nobody else has anything to be sealed."""
    async with own_database(postgres) as urls, migrated(urls) as database:
        yield database


async def test_what_the_outbox_tells_of_is_posted_once_and_sealed_at_the_next_look(
    quiet: Databases, tmp_path: Path
) -> None:
    database = quiet
    world = World(database, await database.new_city())
    books, worker = Books(database, world.city.city), at_work(database, tmp_path)
    booking = replace(a_booking(State.CONFIRMED, world.city.charge_points[0]), id=BookingId(new_id()))
    await world.place(booking, None, a_payment(booking, id=new_id(), intent_id=new_id().hex))
    entry = Entry(books.city, new_id(), "payment.authorised", booking.id, TODAY, attempts=1)
    (job,) = [each for each in routes(worker)["payment.authorised"] if each.name == "post"]
    for _ in range(3):
        await job.run(entry)
    assert (await books.verified()).standing.waiting == 1
    assert await worker.seal_ledger() == 1
    verdict = await books.verified()
    assert verdict.holds
    assert (verdict.standing.sealed, verdict.standing.waiting) == (1, 0)


def test_nothing_waits_for_a_minute(database: Databases, tmp_path: Path) -> None:
    (sweep,) = [each for each in sweeps(at_work(database, tmp_path)) if each.name == "seal the ledger"]
    assert sweep.every_s * 2 < BEHIND_AT_MOST.total_seconds()
