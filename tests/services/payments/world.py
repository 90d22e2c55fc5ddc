"""A city that takes money: its books, a provider, and a clock that is a value."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.inbox import SqlInbox
from adapters.database.payments import SqlPaymentBooks, due_payments
from adapters.payments.accounts import StripeClients
from adapters.payments.signatures import StripeSignatures
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.booking.life import BookingCancelled, BookingExpired, BookingFinished, BookingNotUsed, Changed
from domain.booking.resources import Resource, Service
from domain.identity import City
from domain.money import Money
from domain.payments.payments import Payment, PaymentId
from domain.periods import Period
from domain.refusals import Refusal
from infra.clock import now as wall_clock
from infra.ids import new_id
from services.calls import Answer, Call
from services.payments import Payments, bound
from services.payments.pay import PayBooking
from services.payments.ports import Account, Inbox, OpenBooks, PaymentBooks, PaymentGateway, Ports
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases, SeededCity
from tests.examples import a_booking, a_resource, an_actor, an_order
from tests.fakes.gateway import FakeGateway
from tests.fakes.payment_books import MemoryBooks

VISA, DECLINES, ASKS, FAILS_LATER = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_chargeCustomerFail",
)
SETTLED_BY = (
    "booking.cancelled",
    "booking.expired",
    "booking.finished",
    "booking.not_used",
    "payment.authorised",
    "payment.saved",
    "payment.captured",
    "payment.failed",
)

ENDS: dict[State, Callable[[Booking], Changed]] = {
    State.CANCELLED: BookingCancelled,
    State.EXPIRED: BookingExpired,
    State.COMPLETED: lambda booking: BookingFinished(booking, None),
    State.NO_SHOW: BookingNotUsed,
}
REASONS = {
    State.CANCELLED: ReasonCode.BY_HOLDER,
    State.EXPIRED: ReasonCode.HOLD_EXPIRED,
    State.NO_SHOW: ReasonCode.NOT_STARTED,
}


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


class World:
    """One city with its office and its provider. `gateway` and `books` may be replaced by such as fail."""

    def __init__(self, office: Office, gateway: PaymentGateway, accounts: KnownAccounts, clock: Moment) -> None:
        self.office = office
        self.city = office.city
        self.gateway = gateway
        self.books = office.books
        self.accounts = accounts
        self.clock = clock

    @property
    def payments(self) -> Payments:
        return bound(
            Ports(
                books=self.books,
                inbox=self.office.inbox,
                accounts=self.accounts,
                gateway=self.gateway,
                signatures=StripeSignatures(lambda secret: secret),
                clock=self.clock,
                new_id=new_id,
            )
        )

    async def booking(
        self,
        service: Service = Service.CHARGING,
        *,
        starts_in: timedelta = timedelta(days=1),
        lasts: timedelta = timedelta(hours=2),
        hold_lasts: timedelta = timedelta(minutes=10),
    ) -> Booking:
        """Ada's hold, just made: two hours from this time tomorrow."""
        resource = self.office.resource(service)
        start = (self.clock() + starts_in).replace(microsecond=0)
        order = replace(an_order(resource, period=Period(start, start + lasts)), booking_id=BookingId(new_id()))
        made_at = self.clock().replace(microsecond=0)
        booking = a_booking(State.HELD, resource, order=order, made_at=made_at, hold_expires_at=made_at + hold_lasts)
        await self.office.place(booking, resource)
        return booking

    def call(self, key: str, asked: object, holder: str = "ada") -> Call[Any]:
        """A call as HTTP makes it."""
        return Call(
            city=self.city,
            actor=an_actor(holder, city=self.city),
            route="payBooking",
            key=key,
            fingerprint=sha256(msgspec.json.encode(asked)).hexdigest(),
            request_id="request",
            address="192.0.2.1",
            answer=rendered,
        )

    async def pay(
        self, booking: Booking, method: str | None = None, *, key: str | None = None, holder: str = "ada"
    ) -> Answer:
        """Pay by card; each time with a key of its own, unless one is given."""
        command = PayBooking(booking.id, method, "https://city.example/back")
        return await self.payments.pay(self.call(key or str(new_id()), command, holder), command)

    async def end(self, booking: Booking, state: State, fee: Money) -> None:
        """The booking ends and this is owed for it, as its own use cases would write it; nothing is settled yet."""

        async def write(books: OpenBooks) -> None:
            assert books.booking is not None
            ended = replace(
                books.booking,
                state=state,
                fee=fee,
                hold_expires_at=None,
                reason_code=REASONS.get(state),
                version=books.booking.version + 1,
            )
            await books.change(ENDS[state](ended))

        await self.office.books.work(self.city, booking.id, write)

    async def work(self) -> list[str]:
        """What the worker does until there is nothing to do; the kinds of the outbox's entries, in order."""
        kinds: list[str] = []
        while True:
            entry = await self.office.first_entry()
            if entry is not None:
                kinds.append(entry.kind)
                await self._follow(entry.kind, entry.subject_id)
                await self.office.strike(entry)
                continue
            due = await self.office.due()
            if not due:
                return kinds
            for payment_id in due:
                await self.payments.complete(self.city, payment_id)

    async def _follow(self, kind: str, subject_id: UUID) -> None:
        if kind == "payments.event_received":
            await self.payments.apply(self.city, subject_id)
        elif kind in SETTLED_BY:
            await self.payments.settle(self.city, subject_id)

    async def state(self, booking: Booking) -> State:
        return (await self.office.booking(booking.id)).state

    async def money(self, booking: Booking) -> list[tuple[str, str, int, int, int]]:
        """The booking's payments in the order they were made: purpose, state, amount, captured, refunded."""
        return [
            (p.purpose.value, p.state.value, p.amount.amount, p.captured, p.refunded)
            for p in await self.office.payments(booking.id)
        ]

    async def payment(self, booking: Booking, index: int = -1) -> Payment:
        return (await self.office.payments(booking.id))[index]


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


class Shown(Struct, frozen=True):
    """What a holder reads of her payment."""

    id: PaymentId
    kind: str
    state: str
    amount: Money
    client_secret: str | None
    expires_at: datetime | None
    next_action: dict[str, str] | None


def rendered(outcome: Any) -> Answer:
    if isinstance(outcome, Refusal):
        return Answer(409, "application/problem+json", msgspec.json.encode({"code": outcome.reason}).decode())
    return Answer(200, "application/json", msgspec.json.encode(outcome).decode())


def shown(answer: Answer) -> Shown:
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=Shown)


def code(answer: Answer) -> str:
    assert answer.status == 409, answer.body
    return str(msgspec.json.decode(answer.body)["code"])


def an_account(city: City, key: str = "city") -> Account:
    return Account(city, f"acct_{key}", f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}")


def memory_world() -> World:
    clock = Moment()
    office = MemoryOffice(clock)
    return World(office, FakeGateway(), KnownAccounts((an_account(office.city),)), clock)


async def fake_world(databases: Databases) -> World:
    """Real books, a provider in memory."""
    clock = Moment()
    office = SqlOffice(databases, await databases.new_city(), clock)
    return World(office, FakeGateway(), KnownAccounts((an_account(office.city),)), clock)


@asynccontextmanager
async def stripe_world(databases: Databases, sandbox: Running) -> AsyncIterator[World]:
    """Real books, Stripe's own SDK against the sandbox."""
    clock = Moment()
    office = SqlOffice(databases, await databases.new_city(), clock)
    accounts = KnownAccounts((an_account(office.city),))
    clients = StripeClients(accounts, lambda secret: secret, sandbox.url, timeout_s=5)
    try:
        yield World(office, StripeGateway(clients), accounts, clock)
    finally:
        await clients.close()
