"""The roads to PostgreSQL: prepared statements for the hot path, SQLAlchemy transactions for the rest.

Each of them sets the city by itself, for one statement or one transaction and never for the session: this module is
the only place that knows how.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeAlias

import asyncpg
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.identity import City
from services.calls import Unavailable

Connection: TypeAlias = "asyncpg.Connection[Any]"

# Milliseconds. `deadlock_timeout` belongs to the server's settings: only a superuser may change it.
LIMITS = {
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
    "timezone": "UTC",
    "application_name": "kommobil",
}
# Every statement of the hot path has its index. Prepared while a table is still empty, it would be planned to read the
# whole table, and keep that plan until the next ANALYZE.
HOT = {"enable_seqscan": "off"}
PATIENCE_S = 2.0
SET_CITY = text("SELECT set_config('kommobil.city', :city, true)")


class Address(Struct, frozen=True):
    """Where a role finds its database. `role` is taken on by SET ROLE where all roles share one login."""

    url: str
    role: str | None = None

    @property
    def server_settings(self) -> dict[str, str]:
        return LIMITS | ({"role": self.role} if self.role else {})


class Session(Protocol):
    """One statement, one transaction."""

    async def one(self, sql: str, *values: object) -> Any:
        """The one value of the one row, or None."""


class _Prepared:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._statements: dict[str, Any] = {}

    async def one(self, sql: str, *values: object) -> Any:
        statement = self._statements.get(sql)
        if statement is None:
            statement = self._statements[sql] = await self.connection.prepare(sql)
        return await statement.fetchval(*values)


def _ends_connection(error: BaseException) -> bool:
    """Whether a connection that failed so is of no more use.

    asyncpg calls it open until the socket is seen to be closed, and muddles up whatever is asked of it until then.
    """
    if isinstance(error, asyncpg.PostgresError):
        return getattr(error, "severity_en", None) in {"FATAL", "PANIC"}
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError)


class Statements:
    """A fixed number of connections with prepared statements, the last used first.

    No session state is ever set, so a connection goes back as it is: no reset, half a millisecond less than a pool.
    """

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._free: asyncio.LifoQueue[_Prepared | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(None)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Raises Unavailable where no connection comes free, or none can be made, in time."""
        prepared = await self._taken()
        try:
            if prepared is None or prepared.connection.is_closed():
                prepared = None
                prepared = _Prepared(await self._connect())
            yield prepared
        except BaseException as error:
            if prepared is not None and (prepared.connection.is_in_transaction() or _ends_connection(error)):
                prepared.connection.terminate()
            raise
        finally:
            self._free.put_nowait(prepared)

    async def _taken(self) -> _Prepared | None:
        with suppress(asyncio.QueueEmpty):
            return self._free.get_nowait()  # nearly always, and without the price of a timeout
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._free.get()
        except TimeoutError as error:
            raise Unavailable("every connection is busy") from error

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self._address.url, server_settings=self._address.server_settings | HOT, timeout=PATIENCE_S
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise Unavailable("the database does not answer") from error

    async def close(self) -> None:
        while not self._free.empty():
            prepared = self._free.get_nowait()
            if prepared is not None and not prepared.connection.is_closed():
                await prepared.connection.close(timeout=PATIENCE_S)


class Transactions:
    """SQLAlchemy on asyncpg: explicit transactions in one city, or across cities for the relay's role."""

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=size,
            max_overflow=0,
            pool_timeout=PATIENCE_S,
            pool_pre_ping=False,
        )

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._address.url, server_settings=self._address.server_settings, timeout=PATIENCE_S
        )

    @asynccontextmanager
    async def city(self, city: City) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one city; committed at the end, rolled back by an exception."""
        async with self._engine.begin() as connection:
            await connection.execute(SET_CITY, {"city": city})
            yield connection

    @asynccontextmanager
    async def everywhere(self) -> AsyncIterator[AsyncConnection]:
        """A transaction with no city set: for what carries no policy, or a role whose policy spans them all."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._engine.dispose()


class Database(Struct, frozen=True):
    """What one process holds open as one role."""

    statements: Statements
    transactions: Transactions

    async def close(self) -> None:
        await self.statements.close()
        await self.transactions.close()


def connect(address: Address, *, hot: int = 8, cold: int = 6) -> Database:
    """Open lazily: nothing is connected before it is needed."""
    return Database(Statements(address, hot), Transactions(address, cold))
