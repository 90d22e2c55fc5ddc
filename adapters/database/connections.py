"""The roads to PostgreSQL: prepared statements for the hot path, SQLAlchemy transactions for the rest.

Each of them sets the city by itself, for one statement or one transaction and never for the session: this module is
the only place that knows how.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias

import asyncpg
from msgspec import Struct
from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.database.answering import busy_is_unavailable
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
    "datestyle": "ISO",
    "application_name": "kommobil",
}
# Every statement of the hot path has its index. Prepared while a table is still empty, it would be planned to read the
# whole table, and keep that plan until the next ANALYZE. And the plan for any values is the one to keep: where PostgreSQL
# takes it to cost more than plans for these values, as it does of a desk once there are many claims, it would plan each
# execution anew, which takes longer than the statement (a booking's CPU in PostgreSQL: 1.8 ms instead of 0.9).
HOT = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
# On an empty table all indexes cost the same, and a plan made then may read the whole of a wrong one once it has grown
# (a booking by its id: 0.4 ms instead of 0.002). So plans are made anew, first soon and then ever more rarely.
REPLAN_FIRST_S, REPLAN_LAST_S = 2.0, 600.0
RECONNECT_S = 60  # the same for SQLAlchemy's connections, which know no other way
PATIENCE_S = 2.0
READ_ONLY = "25006"  # from a server that takes no writes any more: another one does, and a new connection finds it
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


class Within:
    """A session's way of asking, inside of a transaction that is open."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def one(self, sql: str, *values: object) -> Any:
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        return await driver.fetchval(sql, *values)


class Joined(Struct, frozen=True):
    """The roads of whoever takes part in a transaction that is open: what they write stays if all of it does."""

    connection: AsyncConnection

    @property
    def statements(self) -> "Joined":
        return self

    @property
    def transactions(self) -> "Joined":
        return self

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        yield Within(self.connection)

    @asynccontextmanager
    async def city(self, _city: City) -> AsyncIterator[AsyncConnection]:
        yield self.connection


class _Prepared:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._statements: dict[str, Any] = {}
        self._plans_last_s = REPLAN_FIRST_S
        self._replan_at = time.monotonic() + REPLAN_FIRST_S

    async def replan(self) -> None:
        """Forget plans that have grown old."""
        if time.monotonic() >= self._replan_at:
            await self.connection.execute("DISCARD PLANS")
            self._plans_last_s = min(2 * self._plans_last_s, REPLAN_LAST_S)
            self._replan_at = time.monotonic() + self._plans_last_s

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
        return getattr(error, "severity_en", None) in {"FATAL", "PANIC"} or error.sqlstate == READ_ONLY
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError)


class _Turns:
    """So many at once, in the order in which they came.

    A queue of free connections, the driver's pool or SQLAlchemy's, lets whoever comes take one before the eyes of those
    who wait: under load most are served at once and some not at all.
    """

    def __init__(self, size: int) -> None:
        self._places = asyncio.Semaphore(size)
        self.taken = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises Unavailable where no place comes free in time."""
        if self._places.locked():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._places.acquire()
            except TimeoutError as error:
                raise Unavailable("every connection is busy") from error
        else:
            await self._places.acquire()  # at once, and without the price of a timeout
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._places.release()


class Statements:
    """A fixed number of connections with prepared statements, the last used first.

    No session state is ever set, so a connection goes back as it is: no reset, half a millisecond less than a pool.
    """

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._turns = _Turns(size)
        self._free: list[_Prepared] = []

    @property
    def in_use(self) -> int:
        return self._turns.taken

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Raises Unavailable where no connection comes free, or none can be made, in time, and where the database is busy."""
        async with self._turns.one():
            prepared = self._free.pop() if self._free else None
            if prepared is None or prepared.connection.is_closed():
                prepared = _Prepared(await self._connect())
            with busy_is_unavailable():
                try:
                    await prepared.replan()
                    yield prepared
                except BaseException as error:
                    if prepared.connection.is_in_transaction() or _ends_connection(error):
                        prepared.connection.terminate()
                    raise
                finally:
                    self._free.append(prepared)

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self._address.url, server_settings=self._address.server_settings | HOT, timeout=PATIENCE_S
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise Unavailable("the database does not answer") from error

    async def close(self) -> None:
        while self._free:
            prepared = self._free.pop()
            if not prepared.connection.is_closed():
                await prepared.connection.close(timeout=PATIENCE_S)


def _leave_read_only(context: ExceptionContext) -> None:
    """Close SQLAlchemy's connections to a server that takes no writes any more."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True


class Transactions:
    """SQLAlchemy on asyncpg: explicit transactions in one city, or across cities for the relay's role."""

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._turns = _Turns(size)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=False,
            pool_recycle=RECONNECT_S,
        )
        event.listen(self._engine.sync_engine, "handle_error", _leave_read_only)

    @property
    def in_use(self) -> int:
        return self._turns.taken

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._address.url, server_settings=self._address.server_settings, timeout=PATIENCE_S
        )

    @asynccontextmanager
    async def city(self, city: City) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one city; committed at the end, rolled back by an exception.

        Raises Unavailable where no connection comes free in time, and where the database is busy.
        """
        async with self.everywhere() as connection:
            await connection.execute(SET_CITY, {"city": city})
            yield connection

    @asynccontextmanager
    async def everywhere(self) -> AsyncIterator[AsyncConnection]:
        """A transaction with no city set: for what carries no policy, or a role whose policy spans them all. Raises Unavailable likewise."""
        async with self._turns.one():
            with busy_is_unavailable():
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
