"""What comes in and is looked at without anybody asking: the folder, and the night. Not marked `database`, as it
takes long: every statement of it is tried on both versions of PostgreSQL by its own tests."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.database.banking.books import due_reconciliations
from infra.embedded import DatabaseUrls
from infra.finance.banking import nightly, reconciliation, taking_in
from infra.ids import new_id
from services.reconciliation.running import last_night
from tests.adapters.banking.files import document, entry, statement
from tests.database import Databases, migrated
from tests.servers import own_database
from tests.services.reconciliation.offices import an_office

EVERYWHERE = 100_000


def test_a_night_begins_at_two() -> None:
    two = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert last_night(two) == two
    assert last_night(two + timedelta(hours=23, minutes=59)) == two
    assert last_night(two - timedelta(seconds=1)) == two - timedelta(days=1)


async def test_a_city_is_due_once_a_night(database: Databases) -> None:
    office = await an_office(database)

    async def due() -> bool:
        found = await due_reconciliations(database.relay.transactions, last_night(office.now), EVERYWHERE)
        return office.city in found

    assert await due()
    await office.desk.run(office.city)
    assert not await due()
    office.later(days=1)
    assert await due()


async def test_the_night_reconciles_every_city(postgres: DatabaseUrls) -> None:
    async with own_database(postgres) as urls, migrated(urls) as database:
        offices = [await an_office(database) for _ in range(3)]
        office = offices[0]

        async def due() -> set[str]:
            return set(await due_reconciliations(database.relay.transactions, last_night(office.now), EVERYWHERE))

        assert await due() == {each.city for each in offices}
        while await nightly(office.desk, database.relay, lambda: office.now)():
            pass
        assert await due() == set()


async def test_a_file_in_the_folder_arrives_in_the_books(database: Databases, tmp_path: Path) -> None:
    office = await an_office(database)
    inbox = tmp_path / office.city / "inbox"
    inbox.mkdir(parents=True)
    for name, raw in (("good.xml", document(statement(entry(2470), closing=102_470))), ("bad.xml", b"?")):
        (inbox / name).write_bytes(raw)
        os.utime(inbox / name, (0, 0))
    desk = reconciliation(database.app.transactions, lambda: office.now, new_id, lambda: None)
    assert await taking_in(desk, tmp_path, lambda: office.now)() == 2
    assert await office.rows("SELECT file FROM bank_statements WHERE city = :city") == [("good.xml",)]
    assert sorted(path.name.partition("-")[2] for path in (tmp_path / office.city).rglob("*.*")) == [
        "bad.xml",
        "bad.xml.reason.txt",
        "good.xml",
    ]
    assert await taking_in(desk, tmp_path, lambda: office.now)() == 0
    assert await taking_in(desk, None, lambda: office.now)() == 0
