"""A city with all that moves its money: its worker, its provider, its bank, its ledger; under a clock that is a value.

The worker has the effects of the product. Letters and reminders are left out: they move no money.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from adapters.database.banking.expectations import SqlInvoiceExpectations, SqlPayoutExpectations
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.ledger.gaps import SqlGaps
from adapters.database.ledger.journal import SqlLedgers
from adapters.jobs.relay import Job
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from adapters.payments.accounts import StripeClients
from adapters.payments.sandbox.deliveries import signature
from adapters.payments.stripe_gateway import StripeGateway
from domain.booking.bookings import Booking
from domain.cities.finance import Accounting
from infra.bootstrap import Outside, Post, effects
from infra.finance.banking import reconciliation
from infra.finance.ledger import ledger
from infra.ids import new_id
from services.calls import Unavailable
from services.jobs.ports import Entry
from services.ledger.catching_up import catch_up
from services.reconciliation.importing import ImportFile
from services.settlement.refunding import StepUnderWay
from tests.adapters.database.ledgers import Books
from tests.adapters.payments.sandbox.running import Shop, eventually, running
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases, SeededCity
from tests.invoices import CITY
from tests.services.ledger.whole.cutting import Crashes
from tests.services.payments.offices import Moment, SqlOffice
from tests.services.payments.world import World, an_account
from tests.services.settlement.treasury import Treasury

T = TypeVar("T")
SETTINGS = replace(CITY, accounting=Accounting(consultant=29098, client=55003))
NOON = 11  # by UTC, so that neither winter nor summer is near midnight
LATER = timedelta(minutes=20)
PATIENCE = timedelta(hours=8)  # whoever waits longer than that waits for another day


class Still(Moment):
    """A clock that only moves when it is told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Weather:
    """What becomes of the news, and of those who bring it: in a calm town all comes once and in order, else as `chance` has
    it, twice, in any order, or never, and whoever works on it crashes at every `every`-th await."""

    def __init__(self, chance: Random | None = None, every: int = 1) -> None:
        self.chance = chance
        self.crashes = Crashes(chance, every) if chance is not None else None
        self.lost = 0
        self.twice = 0

    async def through(self, begin: Callable[[], Awaitable[T]]) -> T:
        return await (begin() if self.crashes is None else self.crashes.until_done(begin))

    def next_of(self, many: Sequence[T]) -> T:
        return many[0] if self.chance is None else self.chance.choice(many)

    def in_order(self, many: Sequence[T]) -> Sequence[T]:
        return many if self.chance is None else self.chance.sample(many, len(many))

    def loses(self) -> bool:
        lost = self.chance is not None and self.chance.random() < 0.25
        self.lost += lost
        return lost

    def repeats(self) -> bool:
        again = self.chance is not None and self.chance.random() < 0.25
        self.twice += again
        return again


class Town:
    """`sequence` and `stands_at` are the number and the closing balance of the bank's last statement, `files` those that
    came."""

    def __init__(self, treasury: Treasury, seeded: SeededCity, weather: Weather, folder: Path) -> None:
        self.treasury = treasury
        self.seeded = seeded
        self.weather = weather
        self.city = treasury.city
        self.databases = treasury.databases
        self.world = treasury.world
        self.clock = treasury.world.clock
        self.bookings: list[Booking] = []
        self.files: list[ImportFile] = []
        self.zone = ZoneInfo(CITY.time_zone)
        self.sequence = 0
        self.stands_at = 100_000
        transactions = self.databases.app.transactions
        self.invoicing = SqlInvoiceBooks(transactions, new_id, lambda: None)
        self.bank = reconciliation(
            transactions,
            self.clock,
            new_id,
            lambda: None,
            expectations=(SqlPayoutExpectations(transactions), SqlInvoiceExpectations(transactions)),
        )
        self.ledger = ledger(transactions, self.clock, new_id)
        settlement, payments = treasury.settlement, treasury.world.payments
        worker = effects(
            self.databases.app,
            self.databases.relay,
            Outside(self.clock, new_id, lambda secret: secret),
            Post(FileMailer(folder)),
        )
        self._routes = routes(
            replace(
                worker,
                settle=payments.settle,
                apply_event=payments.apply,
                hear_event=settlement.hear,
                carry_out_refund=settlement.carry_out,
                follow_refunds=settlement.follow,
                hand_in=settlement.hand_in,
                review_case=settlement.review,
                review_disputed=settlement.review_dispute,
                review_document=settlement.review_document,
                review_match=settlement.review_match,
            )
        )

    @property
    def books(self) -> Books:
        return Books(self.databases, self.city, self.clock())

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.databases.rows(self.city, sql, **values)

    # -- the worker

    async def work(self) -> None:
        """Hears the provider and empties the outbox, until neither says anything new and no payment waits."""
        until = self.clock.at + PATIENCE
        while self.clock.at < until:
            await self._hear()
            while entries := await self._told():
                if not await self._follow(self.weather.next_of(entries)):
                    await self.until(self.clock.at + LATER)
            for payment_id in await self.world.office.due():
                await self.weather.through(lambda payment_id=payment_id: self._complete(payment_id))  # type: ignore[misc]
            if not await self._told() and not await self._waits(until):
                return

    async def _waits(self, until: datetime) -> bool:
        """Goes on to when the next payment is to be looked at again, if that is before then."""
        ((at,),) = await self.rows("SELECT min(retry_at) FROM payments WHERE city = :city")
        if at is None or at >= until:
            return False
        await self.until(max(self.clock.at, at + timedelta(seconds=1)))
        return True

    async def night(self) -> None:
        """What comes by the clock: the provider's books are read, the bank's compared, and what nobody told of is posted."""
        await self.weather.through(lambda: self.treasury.settlement.gather(self.city))
        await self.work()
        await self.weather.through(lambda: self.bank.run(self.city))
        gaps, ledgers = SqlGaps(self.databases.app.transactions), self._ledgers()
        await self.weather.through(lambda: catch_up(self.city, gaps=gaps, ledgers=ledgers))
        await self.weather.through(lambda: self.books.seal(at_most=7))

    def _ledgers(self) -> SqlLedgers:
        return SqlLedgers(self.databases.app.statements, self.clock, new_id)

    async def _complete(self, payment_id: Any) -> None:
        await self.world.payments.complete(self.city, payment_id)

    async def _told(self) -> list[Entry]:
        found = await self.rows(
            "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city AND done_at IS NULL ORDER BY written_at, id"
        )
        return [Entry(self.city, id_, kind, subject, at, attempts=1) for id_, kind, subject, at in found]

    async def _follow(self, told: Entry) -> bool:
        """Whether all that follows from it was done."""
        jobs = [job for job in self._routes[told.kind] if not job.name.startswith(("tell", "mail"))]
        done = True
        for job in self.weather.in_order(jobs):
            if job.name == "post" and self.weather.loses():
                continue
            done = await self._run(job, told) and done
        if done and not self.weather.repeats():
            await self.rows(
                "UPDATE outbox SET done_at = now() WHERE city = :city AND id = :id RETURNING id", id=told.id
            )
        return done

    async def _run(self, job: Job, told: Entry) -> bool:
        try:
            await self.weather.through(lambda: job.run(told))
        except (StepUnderWay, Unavailable):
            return False
        return True

    async def _hear(self) -> None:
        """The provider's messages: those of one look in any order, some twice, some never."""
        account, shop = self.treasury.sandbox.accounts[0], self.treasury.sandbox.shop
        listed = await self.treasury.sandbox.event_types()
        if len(listed) < 100:
            await eventually(lambda: len(set(shop.ids())) >= len(listed), "the provider's messages")
        received = list(shop.received)
        fresh = received[self._heard :]
        self._heard = len(received)
        for _, body, _ in self.weather.in_order(fresh):
            header = signature(account.webhook_secret, body, int(self.clock().timestamp()))
            if self.weather.loses():
                continue
            for _ in range(2 if self.weather.repeats() else 1):
                refused = await self.weather.through(
                    lambda body=body, header=header: self.world.payments.receive(body, header, account.id)  # type: ignore[misc]
                )
                assert refused is None, refused

    _heard = 0

    async def until(self, at: datetime) -> None:
        """Both clocks go on to that instant."""
        provider = (await self.treasury.sandbox.raw("GET", "/sandbox/clock")).json()["now"]
        self.clock.at = at
        await self.treasury.sandbox.advance(max(int(at.timestamp()) - provider, 0))


@asynccontextmanager
async def town(databases: Databases, folder: Path, shop: Shop, began: date, weather: Weather) -> AsyncIterator[Town]:
    """A new city on that day at noon."""
    at = datetime(began.year, began.month, began.day, NOON, tzinfo=ZoneInfo("UTC"))
    async with running(folder / "stripe", shop, clock=lambda: at, pays_out_daily=False) as sandbox:
        seeded, clock = await databases.new_city(), Still(at)
        office = SqlOffice(databases, seeded, clock)
        async with databases.app.transactions.city(seeded.city) as connection:
            await connection.exec_driver_sql(
                "UPDATE cities SET settings = $1::jsonb WHERE city = $2",
                (msgspec.json.encode(SETTINGS).decode(), seeded.city),
            )
        accounts = KnownAccounts((an_account(office.city),))
        clients = StripeClients(accounts, lambda secret: secret, sandbox.url, timeout_s=5)
        try:
            treasury = Treasury(databases, World(office, StripeGateway(clients), accounts, clock), clients, sandbox)
            yield Town(treasury, seeded, weather, folder)
        finally:
            await clients.close()
