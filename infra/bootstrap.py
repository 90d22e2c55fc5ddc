"""Where the adapters meet: use cases bound to their stores, endpoints to their use cases."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from asyncpg import PostgresError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Litestar
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.answering import answered_once
from adapters.database.bike_leasing import SqlBikeLeasingStore
from adapters.database.bookings import SqlBookings
from adapters.database.charging import SqlChargingStore
from adapters.database.connections import Database
from adapters.database.fleet import SqlFleetStore
from adapters.database.migrating import head, revision
from adapters.database.quotes import SqlQuoteStore
from adapters.database.reservations import SqlReservations
from adapters.http import bike_leasing, charging, fleet
from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.booking_life import booking_life
from adapters.http.bookings import bookings
from adapters.http.endpoints import Edge
from domain.booking.bookings import BookingId, QuoteId
from domain.booking.quoting import Quoted
from domain.booking.resources import Service
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.application import Application
from services.bike_leasing import BikeLeasing
from services.bike_leasing.reservations import quote_bike, reserve_bike
from services.calls import Answer, Call, UseCase
from services.charging import Charging
from services.charging.reservations import quote_charge_point, reserve_charge_point
from services.fleet import Fleet
from services.fleet.reservations import quote_vehicle, reserve_vehicle
from services.quotes import Quotes, quoted

Command_contra = TypeVar("Command_contra", contravariant=True)
Command = TypeVar("Command")
Store_contra = TypeVar("Store_contra", contravariant=True)
Store = TypeVar("Store")
Outcome_co = TypeVar("Outcome_co", covariant=True)
Outcome = TypeVar("Outcome")
VERSION = "0.1.0"
Expire = Callable[[Call[Any], Sequence[UUID]], Awaitable[None]]


class Reserving(Protocol[Command_contra, Store_contra, Outcome_co]):
    async def __call__(
        self, command: Command_contra, /, *, store: Store_contra, actor: Actor, now: datetime
    ) -> Outcome_co: ...


class Quoting(Protocol[Command_contra, Store_contra, Outcome_co]):
    async def __call__(
        self, command: Command_contra, /, *, store: Store_contra, actor: Actor, quote_id: QuoteId, now: datetime
    ) -> Outcome_co: ...


class Desks:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        expire: Expire,
        written: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._expire = expire
        self._written = written

    def reserving(
        self, use_case: Reserving[Command, Store, Outcome], store: Callable[[SqlReservations], Store]
    ) -> UseCase[Outcome, Command]:
        async def bound(call: Call[Outcome], command: Command) -> Answer:
            async def work(books: SqlReservations, now: datetime) -> None:
                await use_case(command, store=store(books), actor=call.actor, now=now)

            answer = await self._answered(call, work)
            self._written()
            return answer

        return bound

    def quoting(
        self, use_case: Quoting[Command, Store, Outcome], store: Callable[[SqlReservations], Store]
    ) -> UseCase[Outcome, Command]:
        async def bound(call: Call[Outcome], command: Command) -> Answer:
            async def work(books: SqlReservations, now: datetime) -> None:
                quote_id = QuoteId(self._new_id())
                await use_case(command, store=store(books), actor=call.actor, quote_id=quote_id, now=now)

            return await self._answered(call, work)

        return bound

    def quotes(self) -> Quotes:
        async def find(call: Call[Any], quote_id: QuoteId) -> Quoted | Answer:
            found: list[Quoted] = []

            async def work(books: SqlReservations, _now: datetime) -> None:
                outcome = await quoted(quote_id, store=SqlQuoteStore(books))
                if isinstance(outcome, Refusal):
                    await books.record(outcome)
                else:
                    found.append(outcome)
                    books.answer = Answer(200, "", "")

            answer = await self._answered(call, work)
            return found[-1] if found else answer

        async def decline(call: Call[Any], answer: Answer) -> Answer:
            async def work(books: SqlReservations, _now: datetime) -> None:
                await SqlQuoteStore(books).decline(answer)

            return await self._answered(call, work)

        return Quotes(find, decline)

    async def _answered(self, call: Call[Any], work: Callable[[SqlReservations, datetime], Awaitable[None]]) -> Answer:
        async def once() -> Answer:
            now = self._clock()
            async with self._database.statements.session() as session:
                books = SqlReservations(session, call, self._new_id, now)
                await work(books, now)
            if books.answer is None:
                raise RuntimeError("a use case records its outcome")
            return books.answer

        return await answered_once(call, once, lambda ids: self._expire(call, ids))


def services(desks: Desks) -> Application:
    return Application(
        charging=Charging(
            desks.quoting(quote_charge_point, SqlChargingStore), desks.reserving(reserve_charge_point, SqlChargingStore)
        ),
        fleet=Fleet(desks.quoting(quote_vehicle, SqlFleetStore), desks.reserving(reserve_vehicle, SqlFleetStore)),
        bike_leasing=BikeLeasing(
            desks.quoting(quote_bike, SqlBikeLeasingStore), desks.reserving(reserve_bike, SqlBikeLeasingStore)
        ),
        quotes=desks.quotes(),
    )


def api(
    database: Database,
    *,
    keys: Mapping[str, Ed25519PublicKey],
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None] = lambda: None,
) -> Litestar:
    """The public API over one database, as the app's role."""

    lives = SqlBookings(database, clock, new_id, written).bound()

    async def expire(call: Call[Any], booking_ids: Sequence[UUID]) -> None:
        await lives.expire_holds(call.city, booking_ids)

    async def look_again(_city: City, _booking_id: BookingId) -> None:
        return None

    desks = Desks(database, clock, new_id, expire, written)
    application = services(desks)
    doors = {
        Service.CHARGING: charging.door(application.charging),
        Service.FLEET: fleet.door(application.fleet),
        Service.BIKE_LEASING: bike_leasing.door(application.bike_leasing),
    }
    edge = Edge(application, Tokens(keys), clock, new_id, lambda: readiness(database), VERSION)
    return create_app(edge, (*bookings(doors), *booking_life(lives, look_again)))


async def readiness(database: Database) -> dict[str, Any]:
    """`ready` when PostgreSQL answers and its schema is the one this code needs."""
    try:
        async with database.transactions.everywhere() as connection:
            found = await revision(connection)
    except (OSError, TimeoutError, SQLAlchemyError, PostgresError):
        return {"status": "the database does not answer"}
    return {"status": "ready"} if found == head() else {"status": "the schema is not current"}
