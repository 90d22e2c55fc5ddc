"""A city that takes money: real books, a provider (fake, or Stripe's SDK on the sandbox), a clock that is a value."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from adapters.database.inbox import SqlInbox
from adapters.database.payments import SqlPaymentBooks, due_payments
from adapters.payments.accounts import StripeClients
from adapters.payments.signatures import StripeSignatures
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import Actor, City
from domain.money import Money
from domain.payments.payments import Payment, PaymentId
from domain.periods import Period
from domain.refusals import Refusal
from infra.clock import now as wall_clock
from infra.ids import new_id
from services.calls import Answer, Call
from services.payments import Payments, bound
from services.payments.pay import PayBooking
from services.payments.ports import Account, PaymentGateway, Ports
from tests.adapters.payments.sandbox.running import Running, running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_actor, an_order
from tests.fakes.gateway import FakeGateway

VISA, DECLINES, ASKS, FAILS_LATER = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_chargeCustomerFail",
)


class Moment:
    """A clock that stands still until it is told otherwise; it starts at the real time, which the sandbox lives in."""

    def __init__(self) -> None:
        self.at = wall_clock()

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


class World:
    """One city with its books and its provider. `gateway` may be replaced by one that fails."""

    def __init__(
        self, databases: Databases, seeded: SeededCity, gateway: PaymentGateway, accounts: KnownAccounts
    ) -> None:
        self.databases = databases
        self.seeded = seeded
        self.city: City = seeded.city
        self.clock = Moment()
        self.accounts = accounts
        self.gateway = gateway
        self._calls = 0

    @property
    def ports(self) -> Ports:
        transactions = self.databases.app.transactions
        return Ports(
            books=SqlPaymentBooks(transactions, self.clock, new_id, lambda: None),
            inbox=SqlInbox(transactions),
            accounts=self.accounts,
            gateway=self.gateway,
            signatures=StripeSignatures(lambda secret: secret),
            clock=self.clock,
            new_id=new_id,
        )

    @property
    def payments(self) -> Payments:
        return bound(self.ports)

    async def booking(
        self,
        resource: Resource | None = None,
        *,
        state: State = State.HELD,
        starts_in: timedelta = timedelta(days=1),
        lasts: timedelta = timedelta(hours=2),
        holder: str = "ada",
        **changes: Any,
    ) -> Booking:
        """A booking of the first charge point, from tomorrow for two hours, just made."""
        resource = resource or self.seeded.charge_points[0]
        start = (self.clock() + starts_in).replace(microsecond=0)
        order = msgspec.structs.replace(
            an_order(resource, holder=holder, period=Period(start, start + lasts)), booking_id=BookingId(new_id())
        )
        booking = a_booking(state, resource, order=order, made_at=self.clock().replace(microsecond=0), **changes)
        await self.databases.rows(
            self.city,
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) ON CONFLICT DO NOTHING"
            " RETURNING id",
            id=booking.holder_id,
            email=f"{holder}@example.org",
        )
        await self.databases.place(self.city, booking, resource)
        return booking

    def call(
        self, holder: str = "ada", key: str | None = None, asked: object = None, route: str = "payBooking"
    ) -> Call[Any]:
        """A call as HTTP makes it; without `key` each has its own."""
        self._calls += 1
        actor: Actor = an_actor(holder, city=self.city)
        return Call(
            city=self.city,
            actor=actor,
            route=route,
            key=key or f"key-{self._calls}",
            fingerprint=sha256(msgspec.json.encode(asked)).hexdigest(),
            request_id="request",
            address="192.0.2.1",
            answer=rendered,
        )

    async def pay(
        self, booking: Booking, method: str | None = None, *, key: str | None = None, holder: str = "ada"
    ) -> Answer:
        command = PayBooking(booking.id, method, "https://city.example/back")
        return await self.payments.pay(self.call(holder, key, command), command)

    async def sweep(self) -> None:
        """What the worker does: everything that is due by the clock, until nothing is."""
        for _ in range(10):
            due = await due_payments(self.databases.relay.transactions, self.clock(), 1000)
            mine = [payment_id for city, payment_id in due if city == self.city]
            if not mine:
                return
            for payment_id in mine:
                await self.payments.complete(self.city, payment_id)

    async def drain(self) -> list[str]:
        """What the worker does: settle whatever the outbox says. The kinds, in order."""
        kinds: list[str] = []
        while True:
            found = await self.databases.rows(
                self.city,
                "SELECT kind, subject_id, id FROM outbox WHERE city = :city AND done_at IS NULL ORDER BY written_at, id",
            )
            if not found:
                return kinds
            for kind, subject_id, row_id in found:
                kinds.append(kind)
                if kind == "payments.event_received":
                    await self.payments.apply(self.city, subject_id)
                else:
                    await self.payments.settle(self.city, subject_id)
                await self.databases.rows(
                    self.city,
                    "UPDATE outbox SET done_at = now() WHERE city = :city AND id = :id RETURNING id",
                    id=row_id,
                )

    async def state(self, booking: Booking) -> State:
        ((state,),) = await self.databases.rows(
            self.city, "SELECT state FROM bookings WHERE city = :city AND id = :id", id=booking.id
        )
        return State(state)

    async def money(self, booking: Booking) -> list[tuple[str, str, int, int, int]]:
        """The booking's payments in the order they were made: purpose, state, amount, captured, refunded."""
        return [
            (row[0], row[1], row[2], row[3], row[4])
            for row in await self.databases.rows(
                self.city,
                "SELECT purpose, state, amount, captured, refunded FROM payments"
                " WHERE city = :city AND booking_id = :id ORDER BY made_at, id",
                id=booking.id,
            )
        ]

    async def payment(self, booking: Booking, index: int = -1) -> Payment:
        rows = await self.databases.rows(
            self.city,
            "SELECT id FROM payments WHERE city = :city AND booking_id = :id ORDER BY made_at, id",
            id=booking.id,
        )
        payment = await self.ports.books.find(self.city, PaymentId(rows[index][0]))
        assert payment is not None
        return payment

    async def end(self, booking: Booking, state: State, fee: Money, reason: str | None = None) -> None:
        """The booking comes to its end, with what is owed for it, as its own use cases would write it."""
        await self.databases.rows(
            self.city,
            "UPDATE bookings SET state = :state, fee = CAST(:fee AS json), reason_code = :reason, hold_expires_at = NULL,"
            " version = version + 1 WHERE city = :city AND id = :id RETURNING id",
            id=booking.id,
            state=state.value,
            fee=msgspec.json.encode(fee).decode(),
            reason=reason,
        )
        await self.databases.rows(
            self.city, "DELETE FROM claims WHERE city = :city AND booking_id = :id RETURNING city", id=booking.id
        )


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


async def fake_world(databases: Databases) -> World:
    seeded = await databases.new_city()
    return World(databases, seeded, FakeGateway(), KnownAccounts((an_account(seeded.city),)))


@asynccontextmanager
async def stripe_world(databases: Databases, folder: Path) -> AsyncIterator[tuple[World, Running]]:
    seeded = await databases.new_city()
    accounts = KnownAccounts((an_account(seeded.city),))
    async with running(folder) as sandbox:
        clients = StripeClients(accounts, lambda secret: secret, sandbox.url, timeout_s=5)
        try:
            yield World(databases, seeded, StripeGateway(clients), accounts), sandbox
        finally:
            await clients.close()


async def until(what: Callable[[], Any], why: str, patience_s: float = 10) -> None:
    """Wait for another thread."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while not what():
        assert asyncio.get_running_loop().time() < deadline, why
        await asyncio.sleep(0.01)
