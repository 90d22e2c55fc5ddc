"""Finding the database: the one that the settings name, else the embedded one under the data folder."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from msgspec import Struct

from adapters.database.connections import Address, Transactions
from adapters.database.migrating import head, migrate, revision
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


class Migrated(Struct, frozen=True):
    """The revision before (None: an empty database) and now."""

    was: str | None
    now: str


def migrated(settings: Settings) -> Migrated:
    """Bring the database of the settings up to date, as its owner. Raises NotPrepared and Unusable."""
    roads = addresses(settings)

    async def run(transactions: Transactions) -> Migrated:
        async with transactions.everywhere() as connection:
            await prepare(connection, shared_login=roads.app.role is not None)
        async with transactions.everywhere() as connection:
            was = await revision(connection)
            await migrate(connection)
        return Migrated(was, head())

    return with_transactions(roads.owner, run)


def _address(own: str | None, shared: str, role: str) -> Address:
    return Address(own) if own is not None else Address(shared, role)
