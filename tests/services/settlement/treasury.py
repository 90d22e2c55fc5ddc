"""A city whose money lies with a provider: its payments, our copy of the provider's books, and the bank behind both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from adapters.database.inbox import SqlInbox
from adapters.database.settlements import SqlSettlementBooks
from adapters.payments.accounts import StripeClients
from adapters.payments.settlements import StripeDisputes, StripeSettlements
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking, State
from domain.money import Money
from infra.ids import new_id
from services.settlement import Settlement, bound
from services.settlement.ports import Disputes, Ports, SettlementBooks, Settlements
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases
from tests.examples import euros
from tests.services.payments.offices import Moment, SqlOffice
from tests.services.payments.world import VISA, World, an_account


class Treasury:
    """`books`, `provider` and `disputes` may be replaced by such as fail."""

    def __init__(self, databases: Databases, world: World, clients: StripeClients, sandbox: Running) -> None:
        self.databases = databases
        self.world = world
        self.sandbox = sandbox
        self.city = world.city
        self.books: SettlementBooks = SqlSettlementBooks(databases.app.transactions, new_id, lambda: None)
        self.provider: Settlements = StripeSettlements(clients)
        self.disputes: Disputes = StripeDisputes(clients)

    @property
    def settlement(self) -> Settlement:
        return bound(
            Ports(
                books=self.books,
                provider=self.provider,
                disputes=self.disputes,
                accounts=self.world.accounts,
                inbox=SqlInbox(self.databases.app.transactions),
                catch_up=self.world.payments.catch_up,
                clock=self.world.clock,
            )
        )

    async def gather(self) -> None:
        await self.settlement.gather(self.city)

    async def paid(self, price: Money | None = None, method: str = VISA) -> Booking:
        """Two hours that are over; 4.80 was held for them by card, and taken."""
        booking = await self.world.booking()
        await self.world.pay(booking, method)
        await self.world.end(booking, State.COMPLETED, price or euros("4.80"))
        await self.world.payments.settle(self.city, booking.id)
        return booking

    async def pass_by(self, **time: float) -> None:
        """Ours and the provider's clock."""
        self.world.clock.pass_by(**time)
        await self.sandbox.advance(int(timedelta(**time).total_seconds()))

    async def paid_out(self, *steps: str) -> str:
        """An automatic payout of all that there is, and what became of it."""
        made = await self.sandbox.by_hand("payouts", account=self.sandbox.accounts[0].id)
        for step in steps:
            await self.sandbox.by_hand(f"payouts/{made['id']}", step=step)
        return str(made["id"])

    async def deliver(self, *, twice: bool = False) -> None:
        """Each message that the provider has for us, in its order, as its webhook would bring them."""
        for _, body, signature in list(self.sandbox.shop.received):
            for _ in range(2 if twice else 1):
                assert await self.world.payments.receive(body, signature, self.sandbox.accounts[0].id) is None
        self.sandbox.shop.received.clear()

    async def work(self) -> list[str]:
        """What the worker does until the outbox is empty; the kinds of its entries, in order."""
        kinds: list[str] = []
        while (entry := await self.world.office.first_entry()) is not None:
            kinds.append(entry.kind)
            if entry.kind == "payments.event_received":
                await self.world.payments.apply(self.city, entry.subject_id)
                await self.settlement.hear(self.city, entry.subject_id)
            await self.world.office.strike(entry)
        return kinds

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.databases.rows(self.city, sql, **values)

    async def moved(self) -> list[tuple[str, int, int]]:
        """Kind, amount and fee of each movement that we know; those of one second have no order."""
        rows = await self.rows("SELECT kind, amount, fee FROM provider_transactions WHERE city = :city")
        return sorted((kind, amount, fee) for kind, amount, fee in rows)


@asynccontextmanager
async def treasury(databases: Databases, sandbox: Running) -> AsyncIterator[Treasury]:
    clock = Moment()
    office = SqlOffice(databases, await databases.new_city(), clock)
    accounts = KnownAccounts((an_account(office.city),))
    clients = StripeClients(accounts, lambda secret: secret, sandbox.url, timeout_s=5)
    try:
        yield Treasury(databases, World(office, StripeGateway(clients), accounts, clock), clients, sandbox)
    finally:
        await clients.close()
