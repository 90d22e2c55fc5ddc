"""A city whose money lies with a provider: its payments, our copy of the provider's books, and the bank behind both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from adapters.database.desks import Desks
from adapters.database.payments.disputes import SqlDisputeBooks, SqlPayoutBooks
from adapters.database.payments.dunning import SqlCaseBooks
from adapters.database.payments.inbox import SqlInbox
from adapters.database.payments.refunds import SqlRefundBooks
from adapters.database.payments.settlements import SqlSettlementBooks
from adapters.payments.accounts import StripeClients
from adapters.payments.sandbox.deliveries import signature
from adapters.payments.settlements import StripeDisputes, StripeRefunds, StripeSettlements
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking, State
from domain.identity import Role
from domain.money import Money
from domain.payments.refunds import RefundId, RefundProposal
from infra.ids import new_id
from services.calls import Answer, Call
from services.settlement import Settlement, bound
from services.settlement.disputing import AnswerDispute
from services.settlement.ports import Disputes, Evidence, Ports, ProviderRefunds, SettlementBooks, Settlements
from services.settlement.refunding import DecideRefund
from tests.adapters.payments.sandbox.running import Running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases
from tests.examples import an_actor, euros
from tests.services.payments.offices import Moment, SqlOffice
from tests.services.payments.world import VISA, World, an_account, rendered

LIMIT = 300  # what one person gives back alone


class Treasury:
    """`books`, `provider` and `disputes` may be replaced by such as fail."""

    def __init__(self, databases: Databases, world: World, clients: StripeClients, sandbox: Running) -> None:
        self.databases = databases
        self.world = world
        self.sandbox = sandbox
        self.city = world.city
        self.gateway = world.gateway
        self.books: SettlementBooks = SqlSettlementBooks(databases.app.transactions, new_id, lambda: None)
        self.provider: Settlements = StripeSettlements(clients)
        self.refunds: ProviderRefunds = StripeRefunds(clients)
        self.disputes: Disputes = StripeDisputes(clients)

    @property
    def settlement(self) -> Settlement:
        transactions, clock = self.databases.app.transactions, self.world.clock
        desks = Desks(transactions, clock, new_id, lambda: None)
        return bound(
            Ports(
                books=self.books,
                payouts=SqlPayoutBooks(transactions),
                refunds=SqlRefundBooks(desks, LIMIT),
                dispute_books=SqlDisputeBooks(desks),
                cases=SqlCaseBooks(desks),
                payments=self.world.books,
                provider=self.provider,
                provider_refunds=self.refunds,
                disputes=self.disputes,
                accounts=self.world.accounts,
                inbox=SqlInbox(transactions),
                catch_up=self.world.payments.catch_up,
                settle=self.world.payments.settle,
                clock=clock,
                new_id=new_id,
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
        """Each message that the provider has for us, in its order, as its webhook would bring them by our clock."""
        account = self.sandbox.accounts[0]
        for _, body, _ in list(self.sandbox.shop.received):
            header = signature(account.webhook_secret, body, int(self.world.clock().timestamp()))
            for _ in range(2 if twice else 1):
                assert await self.world.payments.receive(body, header, account.id) is None
        self.sandbox.shop.received.clear()

    async def work(self) -> list[str]:
        """What the worker does until the outbox is empty; the kinds of its entries, in order."""
        kinds: list[str] = []
        while (entry := await self.world.office.first_entry()) is not None:
            kinds.append(entry.kind)
            await self._follow(entry.kind, entry.subject_id)
            await self.world.office.strike(entry)
        return kinds

    async def _follow(self, kind: str, subject_id: UUID) -> None:
        match kind:
            case "payments.event_received":
                await self.world.payments.apply(self.city, subject_id)
                await self.settlement.hear(self.city, subject_id)
            case "refund.approved":
                await self.settlement.carry_out(self.city, RefundId(subject_id))
            case "payment.refunded":
                await self.settlement.follow(self.city, subject_id)
            case "payment.failed" | "payment.captured":
                await self.settlement.review(self.city, subject_id)
            case (
                "settlement.dispute_changed"
                | "settlement.dispute_lost"
                | "settlement.dispute_won"
                | "settlement.dispute_prevented"
                | "settlement.dispute_inquiry_closed"
            ):
                await self.settlement.review_dispute(self.city, subject_id)
            case "settlement.dispute_answered":
                await self.settlement.hand_in(self.city, subject_id)

    def call(self, asked: object, by: str, key: str | None = None) -> Call[Any]:
        """A call as HTTP makes it, by one of the people who keep the city's books."""
        actor = an_actor(by, Role.FINANCE, city=self.city)
        fingerprint = sha256(msgspec.json.encode(asked)).hexdigest()
        route = type(asked).__name__
        return Call(self.city, actor, route, key or str(new_id()), fingerprint, "request", "192.0.2.1", rendered)

    async def propose(
        self, booking: Booking, amount: int, *, currency: str = "EUR", by: str = "fatima", key: str | None = None
    ) -> Answer:
        proposal = RefundProposal(RefundId(new_id()), booking.id, Money(amount, currency), "goodwill")
        asked = msgspec.structs.replace(
            proposal, refund_id=RefundId(booking.id)
        )  # the id comes from the edge, anew each time
        return await self.settlement.propose(self.call(asked, by, key), proposal)

    async def decide(self, refund_id: RefundId, *, approve: bool = True, by: str, key: str | None = None) -> Answer:
        command = DecideRefund(refund_id, approve, "seen")
        return await self.settlement.decide(self.call(command, by, key), command)

    async def answer(self, evidence: Evidence | None, by: str = "fatima", key: str | None = None) -> Answer:
        """The city's only dispute is answered, or given in."""
        ((dispute_id,),) = await self.rows("SELECT id FROM disputes WHERE city = :city")
        command = AnswerDispute(dispute_id, evidence)
        return await self.settlement.answer(self.call(command, by, key), command)

    async def given_back(self) -> list[tuple[str, int, str | None]]:
        """State, amount and failure of each refund, in the order in which they were proposed."""
        rows = await self.rows("SELECT state, amount, failure FROM refunds WHERE city = :city ORDER BY proposed_at, id")
        return [(state, amount, failure) for state, amount, failure in rows]

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
