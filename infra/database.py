"""Finding the database: the one that the settings name, else the embedded one under the data folder."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from msgspec import Struct

from adapters.database.connections import Address, Transactions
from adapters.database.migrating import Migrated, Standing, alone, standing, upgrade
from adapters.database.preparing import prepare
from adapters.database.reaching import in_words
from infra.embedded import DatabaseUrls, EmbeddedError, borrowed_postgres
from infra.settings import Settings

T = TypeVar("T")


class Addresses(Struct, frozen=True):
    owner: Address
    app: Address
    relay: Address


def addresses(settings: Settings) -> Addresses:
    """As whom to sign in where. The settings name a database."""
    if settings.database_url is None:
        raise ValueError("no database is named")
    return Addresses(
        owner=Address(settings.database_url),
        app=_address(settings.app_database_url, settings.database_url, "kommobil_app"),
        relay=_address(settings.relay_database_url, settings.database_url, "kommobil_relay"),
    )


def with_database(settings: Settings, urls: DatabaseUrls) -> Settings:
    return msgspec.structs.replace(
        settings, database_url=urls.owner, app_database_url=urls.app, relay_database_url=urls.relay
    )


def with_transactions(address: Address, work: Callable[[Transactions], Awaitable[T]]) -> T:
    """Run the work with a connection to the database as one role. Raises Unusable."""

    async def run() -> T:
        transactions = Transactions(address, 1)
        try:
            return await work(transactions)
        finally:
            await transactions.close()

    with in_words():
        return asyncio.run(run())


@contextmanager
def found(settings: Settings, say: Callable[[str], None], *, make: bool = False) -> Iterator[Settings]:
    """The settings with a database in them, that serves for the time being.

    The embedded one is used as it runs, or started and stopped again; made only if `make` says so, because a mistyped
    --data shall not found an installation. Raises EmbeddedError.
    """
    if settings.database_url is not None:
        yield settings
        return
    if not make and not (settings.data / "postgres" / "PG_VERSION").exists():
        raise EmbeddedError(
            f"nothing is installed under {settings.data}; start it with infra/up, choose another --data, "
            "or name a database with KOMMOBIL_DATABASE_URL"
        )
    with borrowed_postgres(settings.data, say=say) as urls:
        yield with_database(settings, urls)


def migrated(settings: Settings, say: Callable[[str], None] = print) -> Migrated:
    """Bring the database of the settings up to date, as its owner. Raises NotPrepared, Busy and Unusable."""
    roads = addresses(settings)

    async def run() -> Migrated:
        async with alone(roads.owner, say) as connection:
            await prepare(connection, shared_login=roads.app.role is not None)
            await connection.commit()
            return await upgrade(connection, say)

    with in_words():
        return asyncio.run(run())


def schema_standing(settings: Settings) -> Standing:
    """How the schema of the database stands to this program. Raises Unusable."""

    async def look(transactions: Transactions) -> Standing:
        async with transactions.everywhere() as connection:
            return await standing(connection)

    return with_transactions(addresses(settings).owner, look)


def _address(own: str | None, shared: str, role: str) -> Address:
    return Address(own) if own is not None else Address(shared, role)
