"""A backup is restored into a server that counts its transactions from elsewhere: what is new is told, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from adapters.database.happenings import SqlLog
from adapters.webhooks.courier import HttpCourier
from domain.identity import Actor, PersonId, Role
from infra.bootstrap import Outside, api
from infra.clock import now
from infra.embedded import DatabaseUrls, DataFolder, PostgresServer
from infra.ids import new_id
from services.live.hub import Hub
from services.live.ports import Mark, reader
from tests.adapters.jobs.desk import Clock
from tests.adapters.webhooks.receiver import Receiver, receiving
from tests.adapters.webhooks.test_delivering import LOOPBACK, WEBHOOK_KEY, City
from tests.api import KEY, KEY_ID, client
from tests.database import Databases, SeededCity, migrated
from tests.infra.command_line import CommandLine
from tests.infra.test_cli_backup import into
from tests.servers import own_database, running_postgres

pytestmark = pytest.mark.database

MANY = "DO $$ BEGIN FOR nth IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
COUNT = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@asynccontextmanager
async def serving(database: Databases, seeded: SeededCity, receiver: Receiver) -> AsyncIterator[City]:
    outside = Outside(now, new_id, lambda secret: secret, webhook_key=WEBHOOK_KEY, webhook_networks=LOOPBACK)
    courier = HttpCourier(LOOPBACK)
    async with client(api(database.app, outside, {KEY_ID: KEY.public_key()})) as http:
        yield City(database, seeded, http, Clock(now() + timedelta(minutes=1)), courier, receiver)
    await courier.close()


async def asked(urls: DatabaseUrls, question: str) -> int:
    connection = await asyncpg.connect(urls.superuser)
    try:
        return int(await connection.fetchval(question) or 0)
    finally:
        await connection.close()


def told(city: City, secret: str) -> list[str]:
    """The bookings that the subscriber with the secret was told of."""
    mine = [each for each in city.receiver.received if each.is_signed_with(secret)]
    return [each.json["data"]["booking"]["id"] for each in mine]


async def heard(city: City, nth: int, after: Mark | None = None) -> tuple[bool, list[str], Mark]:
    """One more booking is cancelled: whether its follower began anew, what it heard up to that, and how far that is."""
    hub = Hub(SqlLog(city.database.app.statements), reader)
    follower = await hub.follow(Actor(PersonId(new_id()), city.seeded.city, frozenset({Role.OPERATOR})), after)
    assert follower is not None
    booking, found = await city.cancelled(nth), list[str]()
    async with asyncio.timeout(10):
        while str(booking.id) not in found:
            found += [str(each.about.id) for each in await follower.next(1) or ()]
    hub.close()
    return follower.begins_anew, found, follower.mark


@pytest.mark.parametrize("outside", [False, True])
async def test_subscribers_and_followers_are_told_what_is_new_and_nothing_twice(
    kommobil: CommandLine, postgres: DatabaseUrls, tmp_path: Path, outside: bool
) -> None:
    file, data = tmp_path / "backup.tar", tmp_path / "restored"
    async with own_database(postgres) as urls, receiving() as receiver:
        await asked(urls, MANY)
        async with migrated(urls) as database, serving(database, await database.new_city(), receiver) as city:
            early = (await city.subscribed("booking.cancelled"))["secret"]
            first = await city.cancelled(1)
            assert await city.tell() == 1
            _, (missed,), mark = await heard(city, 2)
            late = (await city.subscribed("booking.cancelled"))["secret"]
        counted = await asked(urls, COUNT)
        backed_up = await kommobil.aside("backup", file, **there(urls))
        assert backed_up.exit_code == 0, backed_up.err
        if not outside:
            restored = await kommobil.aside("restore", file, **into(data))
            assert restored.exit_code == 0, restored.err
        with running_postgres(data) if outside else as_up_does(data) as anew:
            if outside:
                restored = await kommobil.aside("restore", file, **there(anew))
                assert restored.exit_code == 0, restored.err
            assert await asked(anew, COUNT) < counted
            async with migrated(anew) as database, serving(database, city.seeded, receiver) as city:
                began_anew, seen, _ = await heard(city, 3, mark)
                while await city.tell():
                    pass
    assert (began_anew, len(seen)) == (True, 1)
    assert told(city, early) == [str(first.id), missed, *seen]
    assert told(city, late) == seen


@contextmanager
def as_up_does(data: Path) -> Iterator[DatabaseUrls]:
    """The server that restored into the folder, whatever version is under test."""
    folder = DataFolder(data)
    with folder.owned(), PostgresServer(folder, say=lambda _: None) as urls:
        yield urls


def there(urls: DatabaseUrls) -> dict[str, str | None]:
    """The environment of an installation on a database of somebody else's."""
    return {
        "KOMMOBIL_DATABASE_URL": urls.owner,
        "KOMMOBIL_APP_DATABASE_URL": urls.app,
        "KOMMOBIL_RELAY_DATABASE_URL": urls.relay,
        "KOMMOBIL_BACKUP_DATABASE_URL": urls.superuser,
    }
