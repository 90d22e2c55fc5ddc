"""The schema is changed while the product works on it."""

import asyncio
import runpy
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from adapters.database import migrating
from adapters.database.connections import LIMITS, Address, Transactions
from adapters.database.migrating import Busy, Standing, alone, head, migrate, standing, upgrade
from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import State
from infra.bootstrap import readiness
from infra.embedded import DatabaseUrls
from tests.database import migrated
from tests.examples import NOON, a_booking, hours
from tests.servers import own_database

pytestmark = pytest.mark.database

REVISION = """
from alembic import op
from adapters.database.online import build_index, fill, validate
revision = "{revision}"
down_revision = "{down}"
{more}
def upgrade():
    {does}
"""
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'
"""


class Copies:
    """The product's revisions, with more of the test's own after them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "migrations"
        shutil.copytree(migrating.SCRIPTS, self.folder, ignore=shutil.ignore_patterns("__pycache__"))

    def add(self, revision: str, does: str, more: str = "") -> None:
        source = REVISION.format(revision=revision, down=head(self.folder), does=does, more=more)
        (self.folder / "versions" / f"{revision}.py").write_text(source)


@pytest.fixture
def newer(tmp_path: Path) -> Copies:
    """A newer program's revisions."""
    return Copies(tmp_path)


@pytest.fixture
async def urls(postgres: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database of the test's own on the server of the run."""
    async with own_database(postgres) as urls:
        yield urls


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def stands(urls: DatabaseUrls) -> Standing:
    """As the program of this checkout sees it, in its app's role."""
    transactions = Transactions(Address(urls.app), 1)
    try:
        async with transactions.everywhere() as connection:
            return await standing(connection)
    finally:
        await transactions.close()


async def test_two_who_migrate_at_once_bring_the_schema_up_to_date_once(urls: DatabaseUrls) -> None:
    said: list[str] = []
    done = await asyncio.gather(*(migrate(Address(urls.owner), said.append) for _ in range(3)))
    assert sorted((one.was or "", one.now) for one in done) == [("", head()), (head(), head()), (head(), head())]
    assert set(said) <= {"another process migrates this database; waiting for it"}
    assert await stands(urls) is Standing.CURRENT


async def test_whoever_cannot_have_a_turn_says_so(urls: DatabaseUrls) -> None:
    async with alone(Address(urls.owner), print):
        with pytest.raises(Busy, match="another process migrates"):
            async with alone(Address(urls.owner), lambda _: None, patience=0):
                pass


async def test_an_older_program_works_on_a_schema_that_has_only_grown(urls: DatabaseUrls, newer: Copies) -> None:
    async with migrated(urls) as databases:
        newer.add("9001", 'op.execute("ALTER TABLE bookings ADD COLUMN colour text")')
        newer.add("9002", 'op.execute("CREATE TABLE rainbows (city text)")')
        await migrate(Address(urls.owner), scripts=newer.folder)
        city = await databases.new_city()
        assert await stands(urls) is Standing.NEWER
        assert await readiness(databases.app) == {"status": "ready"}
        assert await databases.rows(city.city, "SELECT count(*) FROM resources WHERE city = :city") == [(6,)]


async def test_an_older_program_is_not_ready_once_what_it_needs_is_gone(urls: DatabaseUrls, newer: Copies) -> None:
    async with migrated(urls) as databases:
        newer.add("9001", 'op.execute("ALTER TABLE bookings ADD COLUMN colour text")')
        newer.add("9002", 'op.execute("ALTER TABLE bookings DROP COLUMN reason")', 'works_since = "9001"')
        await migrate(Address(urls.owner), scripts=newer.folder)
        assert await stands(urls) is Standing.BEYOND
        assert await readiness(databases.app) == {"status": "the schema is not current"}


async def test_what_is_taken_away_long_after_it_was_used_disturbs_nobody(urls: DatabaseUrls, newer: Copies) -> None:
    await migrate(Address(urls.owner))
    newer.add("9001", 'op.execute("DROP TABLE IF EXISTS no_longer_used")', f'works_since = "{head()}"')
    await migrate(Address(urls.owner), scripts=newer.folder)
    assert await stands(urls) is Standing.NEWER


async def test_a_program_waits_for_the_schema_that_it_needs(urls: DatabaseUrls, newer: Copies) -> None:
    await migrate(Address(urls.owner))
    newer.add("9001", 'op.execute("ALTER TABLE bookings ADD COLUMN colour text")')
    async with alone(Address(urls.owner), print) as connection:
        assert await standing(connection, newer.folder) is Standing.BEHIND


async def test_a_database_from_before_the_list_of_steps_is_given_one(urls: DatabaseUrls) -> None:
    await migrate(Address(urls.owner))
    async with connected(urls.owner) as owner:
        before = await owner.fetch("SELECT number, revision, works_since FROM schema_steps ORDER BY number")
        await owner.execute("DROP TABLE schema_steps")
        await migrate(Address(urls.owner))
        after = await owner.fetch("SELECT number, revision, works_since FROM schema_steps ORDER BY number")
    assert after == before
    assert (after[0]["revision"], after[-1]["revision"]) == ("0001", head())


async def test_a_lock_that_is_not_given_keeps_nobody_waiting_and_is_asked_for_again(
    urls: DatabaseUrls, newer: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long transaction reads bookings. The ALTER TABLE gives way to a reader who comes after it, and is made at last."""
    await migrate(Address(urls.owner))
    monkeypatch.setitem(LIMITS, "lock_timeout", "100")
    newer.add("9001", 'op.execute("ALTER TABLE bookings ADD COLUMN colour text")')
    tried = asyncio.Event()
    async with connected(urls.superuser) as reader, connected(urls.superuser) as late:
        holding = reader.transaction()
        await holding.start()
        await reader.execute("SELECT count(*) FROM bookings")
        change = asyncio.create_task(migrate(Address(urls.owner), lambda _: tried.set(), newer.folder))
        async with asyncio.timeout(20):
            await tried.wait()
        await late.execute("SET statement_timeout = '2s'")
        assert await late.fetchval("SELECT count(*) FROM bookings") == 0
        await holding.rollback()
        assert (await change).now == "9001"


async def test_a_lock_that_never_comes_ends_the_migration_with_nothing_done(
    urls: DatabaseUrls, newer: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(Address(urls.owner))
    monkeypatch.setitem(LIMITS, "lock_timeout", "50")
    newer.add("9001", 'op.execute("ALTER TABLE bookings ADD COLUMN colour text")')
    async with connected(urls.superuser) as reader, reader.transaction():
        await reader.execute("SELECT count(*) FROM bookings")
        with pytest.raises(Busy, match="was not given"):
            async with alone(Address(urls.owner), print) as connection:
                await upgrade(connection, lambda _: None, newer.folder, patience=0)
    assert await stands(urls) is Standing.CURRENT


async def test_an_index_is_built_while_others_write_and_again_where_its_making_was_cut_off(
    urls: DatabaseUrls, newer: Copies
) -> None:
    await migrate(Address(urls.owner))
    newer.add("9001", """build_index("pools_by_name", "pools (city, name)", unique=True)""")
    async with connected(urls.superuser) as writer:
        await writer.execute(
            "INSERT INTO cities (city, name, time_zone, settings, updated_at) VALUES ('a-town', 'A', 'UTC', '{}', now())"
        )
        await writer.executemany(
            "INSERT INTO pools (city, id, name) VALUES ('a-town', $1, 'same')", [("one",), ("two",)]
        )
        with pytest.raises(Exception, match="pools_by_name"):
            await migrate(Address(urls.owner), scripts=newer.folder)
        unfinished = "SELECT count(*) FROM pg_index WHERE indexrelid = 'pools_by_name'::regclass AND NOT indisvalid"
        assert await writer.fetchval(unfinished) == 1
        writing = writer.transaction()
        await writing.start()
        await writer.execute("UPDATE pools SET name = id")
        change = asyncio.create_task(migrate(Address(urls.owner), scripts=newer.folder))
        async with connected(urls.superuser) as other, asyncio.timeout(20):
            while not await other.fetchval(WAITING):  # noqa: ASYNC110 - the effect itself is looked for
                await asyncio.sleep(0.01)
            await other.execute("INSERT INTO pools (city, id, name) VALUES ('a-town', 'three', 'three')")
        await writing.commit()
        assert (await change).now == "9001"
        assert await writer.fetchval(unfinished) == 0


async def test_old_rows_are_filled_a_batch_at_a_time_and_then_looked_through(urls: DatabaseUrls, newer: Copies) -> None:
    await migrate(Address(urls.owner))
    async with connected(urls.superuser) as writer:
        await writer.execute(
            "INSERT INTO cities (city, name, time_zone, settings, updated_at)"
            " SELECT 'town-' || n, 'T', 'UTC', '{}', now() FROM generate_series(1, 2500) n"
        )
        newer.add(
            "9001",
            "op.execute(\"ALTER TABLE cities ADD note text, ADD CONSTRAINT noted CHECK (note <> '') NOT VALID\")",
        )
        fill = "UPDATE cities SET note = name WHERE ctid = ANY (ARRAY(SELECT ctid FROM cities WHERE note IS NULL LIMIT {at_once}))"
        newer.add("9002", f'assert fill("{fill}") == 2500\n    validate("cities", "noted")')
        await migrate(Address(urls.owner), scripts=newer.folder)
        assert await writer.fetchval("SELECT count(*) FROM cities WHERE note = 'T'") == 2500
        assert await writer.fetchval("SELECT convalidated FROM pg_constraint WHERE conname = 'noted'")


async def test_what_waited_for_an_approval_before_rules_came_is_found_afterwards(urls: DatabaseUrls) -> None:
    async with migrated(urls) as databases:
        city = await databases.new_city()
        due = NOON - hours(3)
        asked = Approval(ApprovalState.PENDING, due)
        await databases.place(city.city, a_booking(State.HELD, city.cars[1], approval=asked), city.cars[1])
        await databases.rows(city.city, "UPDATE bookings SET approval_due_at = NULL WHERE city = :city RETURNING id")
        (revision,) = migrating.SCRIPTS.glob("versions/*_approvals_before_rules.py")
        async with connected(urls.owner) as owner:
            await owner.execute(runpy.run_path(str(revision))["FILL"])
        assert await databases.rows(city.city, "SELECT approval_due_at FROM bookings WHERE city = :city") == [(due,)]
