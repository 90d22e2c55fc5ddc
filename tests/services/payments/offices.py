"""Where a city's books lie: in PostgreSQL, or in memory for what needs many thousand runs."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from adapters.database.payments.books import SqlPaymentBooks, due_payments
from adapters.database.payments.inbox import SqlInbox
from domain.booking.bookings import Booking
from domain.booking.resources import Resource, Service
from domain.identity import City
from domain.payments.payments import Payment, PaymentId
from infra.clock import now as wall_clock
from infra.ids import new_id
from services.payments.ports import Inbox, OpenBooks, PaymentBooks
from tests.database import Databases, SeededCity
from tests.examples import a_resource
from tests.fakes.payment_books import MemoryBooks


class Moment:
    """A clock that each look moves on by a millisecond, and nothing else unless it is told; it starts at the real time,
    which the sandbox lives in."""

    def __init__(self) -> None:
        self.at = wall_clock()

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


class Entry(Struct, frozen=True):
    kind: str
    subject_id: UUID
    id: UUID


class Office(Protocol):
    """Where a city's books lie, and what the rest of the city writes into them."""

    @property
    def city(self) -> City: ...
    @property
    def books(self) -> PaymentBooks: ...
    @property
    def inbox(self) -> Inbox: ...

    def resource(self, service: Service) -> Resource: ...
    async def place(self, booking: Booking, resource: Resource) -> None: ...
    async def booking(self, booking_id: UUID) -> Booking: ...
    async def payments(self, booking_id: UUID) -> tuple[Payment, ...]: ...
    async def due(self) -> list[PaymentId]: ...

    async def first_entry(self) -> Entry | None:
        """What stands first in the outbox."""
        ...

    async def strike(self, entry: Entry) -> None:
        """It is done."""
        ...


class SqlOffice:
    """The real books."""

    def __init__(self, databases: Databases, seeded: SeededCity, clock: Moment) -> None:
        self._databases = databases
        self._seeded = seeded
        self._clock = clock
        self.city = seeded.city
        transactions = databases.app.transactions
        self.books = SqlPaymentBooks(transactions, clock, new_id, lambda: None)
        self.inbox = SqlInbox(transactions)

    def resource(self, service: Service) -> Resource:
        seeded = self._seeded
        firsts = {
            Service.CHARGING: seeded.charge_points,
            Service.FLEET: seeded.cars,
            Service.BIKE_LEASING: seeded.bikes,
        }
        return firsts[service][0]

    async def place(self, booking: Booking, resource: Resource) -> None:
        await self._databases.rows(
            self.city,
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) ON CONFLICT DO NOTHING"
            " RETURNING id",
            id=booking.holder_id,
            email=f"{booking.holder_id}@example.org",
        )
        await self._databases.place(self.city, booking, resource)

    async def booking(self, booking_id: UUID) -> Booking:
        async def read(books: OpenBooks) -> Booking:
            assert books.booking is not None
            return books.booking

        return await self.books.work(self.city, booking_id, read)

    async def payments(self, booking_id: UUID) -> tuple[Payment, ...]:
        async def read(books: OpenBooks) -> tuple[Payment, ...]:
            return books.payments

        return await self.books.work(self.city, booking_id, read)

    async def due(self) -> list[PaymentId]:
        due = await due_payments(self._databases.relay.transactions, self._clock(), 1000)
        return [payment_id for city, payment_id in due if city == self.city]

    async def first_entry(self) -> Entry | None:
        found = await self._databases.rows(
            self.city,
            "SELECT kind, subject_id, id FROM outbox WHERE city = :city AND done_at IS NULL ORDER BY written_at, id LIMIT 1",
        )
        return Entry(*found[0]) if found else None

    async def strike(self, entry: Entry) -> None:
        await self._databases.rows(
            self.city, "UPDATE outbox SET done_at = now() WHERE city = :city AND id = :id RETURNING id", id=entry.id
        )


class MemoryOffice:
    """Books in memory: for what needs many thousand runs."""

    def __init__(self, clock: Moment) -> None:
        self._clock = clock
        self.city = City("memoria")
        self.books = MemoryBooks()
        self.inbox: Inbox = None  # type: ignore[assignment]  # nobody writes to this city

    def resource(self, service: Service) -> Resource:
        return a_resource(service)

    async def place(self, booking: Booking, resource: Resource) -> None:  # noqa: ARG002 - claims are not kept here
        self.books.bookings[booking.id] = booking

    async def booking(self, booking_id: UUID) -> Booking:
        return self.books.bookings[booking_id]

    async def payments(self, booking_id: UUID) -> tuple[Payment, ...]:
        mine = [p for p in self.books.known.values() if p.booking_id == booking_id]
        return tuple(sorted(mine, key=lambda p: (p.made_at, p.id)))

    async def due(self) -> list[PaymentId]:
        now = self._clock()
        return [p.id for p in self.books.known.values() if p.retry_at is not None and p.retry_at <= now]

    async def first_entry(self) -> Entry | None:
        return Entry(*self.books.outbox[0], new_id()) if self.books.outbox else None

    async def strike(self, entry: Entry) -> None:
        if (entry.kind, entry.subject_id) in self.books.outbox:
            self.books.outbox.remove((entry.kind, entry.subject_id))
