"""A city that takes money: its books, a provider, and a clock that is a value."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.payments.accounts import StripeClients
from adapters.payments.signatures import StripeSignatures
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.booking.changing import Surroundings, extend, lapse_extension, shorten
from domain.booking.deposits import ClaimDeposit
from domain.booking.events import (
    AlreadyThere,
    BookingCancelled,
    BookingExpired,
    BookingFinished,
    BookingNotUsed,
    Changed,
    Decision,
    NotPossible,
)
from domain.booking.resources import Service
from domain.booking.terms import AdHoc, DepositAsked
from domain.identity import City, Role
from domain.money import Money
from domain.payments.payments import Payment, PaymentId
from domain.periods import Period
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer, Call
from services.payments import Payments, bound
from services.payments.pay import PayBooking
from services.payments.ports import Account, OpenBooks, PaymentGateway, Ports
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases
from tests.examples import BERLIN, POLICIES, TARIFFS, a_booking, an_actor, an_order
from tests.fakes.gateway import FakeGateway
from tests.services.payments.offices import MemoryOffice, Moment, Office, SqlOffice

VISA, DECLINES, ASKS, FAILS_LATER = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_chargeCustomerFail",
)
CREDITOR = "DE98ZZZ09999999999"
SETTLED_BY = (
    "booking.cancelled",
    "booking.withdrawn",
    "booking.expired",
    "booking.finished",
    "booking.not_used",
    "booking.deposit_claimed",
    "booking.extended",
    "booking.shortened",
    "booking.extension_lapsed",
    "booking.extension_lost",
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


class World:
    """One city with its office and its provider. `gateway` and `books` may be replaced by such as fail; `provider` stays."""

    def __init__(self, office: Office, gateway: PaymentGateway, accounts: KnownAccounts, clock: Moment) -> None:
        self.office = office
        self.city = office.city
        self.gateway = self.provider = gateway
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
        currency: str = "EUR",
        deposit: DepositAsked | None = None,
        ad_hoc: AdHoc | None = None,
    ) -> Booking:
        """Ada's hold, just made: two hours from this time tomorrow. In another `currency` it costs as much of that."""
        resource = self.office.resource(service)
        start = (self.clock() + starts_in).replace(microsecond=0)
        order = replace(an_order(resource, period=Period(start, start + lasts)), booking_id=BookingId(new_id()))
        made_at = self.clock().replace(microsecond=0)
        booking = a_booking(State.HELD, resource, order=order, made_at=made_at, hold_expires_at=made_at + hold_lasts)
        booking = replace(booking, terms=replace(booking.terms, deposit=deposit, ad_hoc=ad_hoc))
        if currency != "EUR":
            booking = msgspec.json.decode(
                msgspec.json.encode(booking).replace(b'"EUR"', f'"{currency}"'.encode()), type=Booking
            )
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
        self,
        booking: Booking,
        method: str | None = None,
        *,
        key: str | None = None,
        holder: str = "ada",
        agreed: bool = False,
    ) -> Answer:
        """Pay by card, or by debit; each time with a key of its own, unless one is given."""
        command = PayBooking(booking.id, method, "https://city.example/back", "a browser" if agreed else None)
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
                finished_at=self.clock() if state is State.COMPLETED else None,
                version=books.booking.version + 1,
            )
            await books.change(ENDS[state](ended))

        await self.office.books.work(self.city, booking.id, write)

    async def claim_deposit(self, booking: Booking, amount: int, *, key: str | None = None) -> Answer:
        """Finance takes so much of the deposit; each time with a key of its own, unless one is given."""
        command = ClaimDeposit(booking.id, amount, "Kratzer")
        call = self.call(key or str(new_id()), command, "fatima")
        return await self.payments.claim(
            replace(call, actor=an_actor("fatima", Role.FINANCE, city=self.city), route="claimDeposit"), command
        )

    async def extend(self, booking: Booking, by: timedelta) -> Refusal[NotPossible] | None:
        """As the booking's own use case does: claim the time, then ask the card that is known. May be told again."""
        refused = await self.claim(booking, by)
        await self.payments.settle(self.city, booking.id)
        return refused

    async def claim(self, booking: Booking, by: timedelta) -> Refusal[NotPossible] | None:
        """The first half of it."""
        return await self._changed(
            booking,
            lambda now, payments, around: extend(
                now, booking.end + by, around, payments=payments, by=now.holder_id, now=self.clock()
            ),
        )

    async def shorten(self, booking: Booking, by: timedelta) -> Refusal[NotPossible] | None:
        refused = await self._changed(
            booking, lambda now, _payments, around: shorten(now, booking.end - by, around, True, self.clock())
        )
        await self.payments.settle(self.city, booking.id)
        return refused

    async def lapse(self, booking: Booking) -> Refusal[NotPossible] | None:
        """The extension's ten minutes are over."""
        refused = await self._changed(booking, lambda now, _payments, _around: lapse_extension(now, self.clock()))
        await self.payments.settle(self.city, booking.id)
        return refused

    async def _changed(
        self, booking: Booking, decide: Callable[[Booking, tuple[Payment, ...], Surroundings], Decision]
    ) -> Refusal[NotPossible] | None:
        resource = self.office.resource(booking.service)
        tariff, policy = TARIFFS[booking.service], POLICIES[booking.service]

        async def write(books: OpenBooks) -> Refusal[NotPossible] | None:
            assert books.booking is not None
            until = resource.claim(books.booking.period).end
            around = Surroundings(resource, BERLIN, tariff, policy, until, None)
            event = decide(books.booking, books.payments, around)
            if isinstance(event, Refusal):
                return event
            if not isinstance(event, AlreadyThere):
                assert await books.change(event)
            return None

        return await self.books.work(self.city, booking.id, write)

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
    return Account(city, f"acct_{key}", f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}", CREDITOR)


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
