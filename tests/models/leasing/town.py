"""A lessor with employers, a dealer and a bank, in simulated time: whoever does something does it by the product's use cases."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import (
    TV_FAHRRADLEASING,
    Accreditation,
    Conditions,
    ConsumerTerms,
    Framework,
    PartyId,
    Span,
)
from domain.bike_leasing.contracts.suspensions import COMMERCIAL, NO_PROTECTION, STATE_EMPLOYER, RateProtection
from domain.identity import SYSTEM, Actor, City, PersonId, Role
from domain.money import Money
from domain.payments.payments import PaymentState
from domain.refusals import Refusal
from infra.ids import new_id
from services.bike_leasing.contracts.agreeing import accredit, agree, agree_with_consumers
from services.bike_leasing.contracts.leaving import transfer_lease
from services.bike_leasing.contracts.ports import ChargedMonths, LeaseFile
from services.bike_leasing.contracts.undoing import Declared, withdraw_from_lease
from services.bike_leasing.money.collecting import CollectionPorts, collect, hear, take_back
from services.bike_leasing.money.naming import AccountBooks, NameAccount, NamedAccount, name_account
from services.bike_leasing.money.ports import BikeBooks, CollectionBooks, Run, RunBooks
from services.bike_leasing.money.running import begin_run, charge_batch
from tests.fakes.debits import MemoryDebits
from tests.models.leasing.reckoning import Agreed

LESSOR, DEALER = PartyId("leasing-ag"), PartyId("radhaus")
SINCE = date(2026, 12, 1)
START = datetime(2027, 1, 1, 8, tzinfo=UTC)
PROTECTIONS: dict[str, RateProtection] = {
    "stadtwerke": STATE_EMPLOYER,
    "wasserwerke": COMMERCIAL,
    "rathaus": NO_PROTECTION,
}
Charged: TypeAlias = tuple[UUID, date, str, str | None, int, int, int]
"""Lease, month, who pays, employer; amount, tax and what is passed on, in cents."""


class Books(Struct, frozen=True):
    """Open for one call, in one transaction."""

    leases: Any
    agreements: Any
    runs: RunBooks
    bikes: BikeBooks
    accounts: AccountBooks
    months: ChargedMonths


class Shelf(Protocol):
    """Where the books stand: in PostgreSQL, or in memory."""

    now: datetime
    city: City

    @property
    def collections(self) -> CollectionBooks: ...
    async def work(self, actor: Actor, do: Callable[[Books], Awaitable[Any]]) -> Any: ...
    async def enter(self, person: UUID) -> None: ...
    async def sign(self, lease_id: LeaseId, person: UUID) -> None:
        """Everybody says yes to the papers of an employer's lease."""

    async def keep_dates(self) -> None:
        """Whatever is due by leases' calendars."""

    # What is read to be compared.
    async def states(self) -> dict[UUID, str]: ...
    async def charged(self) -> list[Charged]:
        """Right now."""

    async def balances(self) -> dict[str, int]: ...
    async def unbalanced(self) -> list[Any]:
        """Entries whose legs are not the same on both sides."""

    async def processing(self) -> list[tuple[UUID, str]]:
        """Collections that a bank has not said anything of, with the provider's id."""

    async def plans(self) -> dict[UUID, tuple[int, int, int, int]]:
        """Of each lease how many instalments were posted, are cut, how many months they are for, and how many there are."""

    async def collected(self) -> list[tuple[UUID, list[str], bool, str]]:
        """For each charge that was collected, its lease: the attempts' states, or why nobody was asked, whether each is about its
        amount, and the instalment's state."""

    async def steps(self) -> list[tuple[UUID, int, str]]: ...
    async def sheets(self) -> list[tuple[UUID, str, str]]: ...


def agreed_with(months: int, fewer: int) -> tuple[Agreed, ...]:
    """Three employers, of which one leases for fewer months, and consumers."""
    percent, insurers = Decimal("5.90"), {"parental_leave": (18, 6), "illness": (15, 0), "care": (6, 0)}
    commercial = {"parental_leave": (18, 0), "illness": (18, 0)}
    return (
        Agreed("stadtwerke", months, percent, 10, 10_64, 3_67, 0, 1, insurers),
        Agreed("wasserwerke", months, Decimal("4.75"), 12, 9_95, 0, 4_10, 31, commercial, discounts=True),
        Agreed("rathaus", fewer, Decimal("6.40"), 15, 0, 5_00, 0, 15, {}),
        Agreed(None, months, Decimal("7.49"), 20, 9_90, 8_00, 0, 28, {}),
    )


class Seal:
    """A PIN that follows from its id."""

    def code(self, _city: Any, code_id: object) -> str:
        assert isinstance(code_id, UUID)
        return f"{code_id.int % 1_000_000:06}"


class Tries(Struct):
    """What banks have said."""

    paid: int = 0
    given_back: int = 0
    failed: int = 0
    returned: int = 0


class Town:
    """What banks say follows from the seed."""

    def __init__(self, shelf: Shelf, dice: Random) -> None:
        self.shelf, self.city, self.dice = shelf, shelf.city, dice
        self.bank, self.tries = MemoryDebits(), Tries()
        self.ports = CollectionPorts(shelf.collections, self.bank, lambda: self.now, new_id)
        self.lessor = self.acting(Role.LESSOR, LESSOR)
        self.dealer = self.acting(Role.DEALER, DEALER)
        self.system = Actor(SYSTEM, self.city, frozenset())

    @property
    def now(self) -> datetime:
        return self.shelf.now

    @now.setter
    def now(self, at: datetime) -> None:
        self.shelf.now = at

    def acting(self, role: Role, party: str) -> Actor:
        return Actor(PersonId(new_id()), self.city, frozenset({role}), parties=frozenset({(role, party)}))

    async def agree(self, agreed: Agreed) -> None:
        fees = (
            Fee(FeeKind.INSURANCE, Money(agreed.insurance, EUR)),
            Fee(FeeKind.SERVICE, Money(agreed.service, EUR)),
            Fee(FeeKind.RATE_PROTECTION, Money(agreed.protection, EUR)),
        )
        conditions = Conditions(
            agreed.percent,
            Decimal(agreed.residual_percent),
            agreed.months,
            due_day=agreed.due_day,
            fees=tuple(fee for fee in fees if fee.amount.amount),
        )
        lessor = self.lessor
        if agreed.employer is None:
            terms = ConsumerTerms(LESSOR, Span(SINCE), conditions)
            await self.shelf.work(
                lessor, lambda books: agree_with_consumers(terms, books=books.agreements, actor=lessor)
            )
            return
        framework = Framework(
            PartyId(agreed.employer),
            LESSOR,
            Span(SINCE),
            Money(10_000_000_00, EUR),
            TV_FAHRRADLEASING,
            conditions,
            protection=PROTECTIONS[agreed.employer],
            discounts=agreed.discounts,
        )
        await self.shelf.work(lessor, lambda books: agree(framework, books=books.agreements, actor=lessor))

    async def accredit_dealer(self) -> None:
        accredited, lessor = Accreditation(DEALER, LESSOR, Span(SINCE)), self.lessor
        await self.shelf.work(lessor, lambda books: accredit(accredited, books=books.agreements, actor=lessor))

    async def person(self, holder: UUID) -> Actor:
        await self.shelf.enter(holder)
        return Actor(PersonId(holder), self.city, frozenset({Role.RESIDENT}))

    async def act(self, use_case: Callable[..., Awaitable[Any]], command: object, actor: Actor, **more: Any) -> Any:
        """A step of a lease: the lease as it is since, or why not. `more` is what the use case is given beside its books."""

        async def work(books: Books) -> Any:
            also = {"employers": books.leases} if use_case is transfer_lease else more
            return await use_case(command, books=books.leases, actor=actor, now=self.now, **also)

        return await self.shelf.work(actor, work)

    async def withdraw(self, lease_id: LeaseId, holder: Actor, sent: datetime) -> bool:
        """What she sent then is read now; whether the lease is withdrawn from."""
        declared = Declared(lease_id, sent)
        done: bool = await self.shelf.work(
            holder,
            lambda books: withdraw_from_lease(
                declared, books=books.leases, months=books.months, holder=holder, now=self.now
            ),
        )
        return done

    async def file(self, lease_id: LeaseId) -> LeaseFile:
        found: LeaseFile | None = await self.shelf.work(self.system, lambda books: books.leases.file(lease_id))
        assert found is not None
        return found

    async def name_account(self, lease_id: LeaseId, holder: Actor) -> None:
        command = NameAccount(lease_id, f"pm_{lease_id.hex}", known=True)
        named = await self.shelf.work(
            holder, lambda books: name_account(command, books=books.accounts, actor=holder, now=self.now)
        )
        assert isinstance(named, NamedAccount), named

    # -- what the clock brings

    async def run(self, month: date) -> None:
        begun = await self.shelf.work(self.lessor, lambda books: begin_run(month, books=books.runs))
        assert isinstance(begun, Run), begun
        while await self.shelf.work(self.lessor, lambda books: self._batch(month, books)) is not None:
            pass

    async def _batch(self, month: date, books: Books) -> int | None:
        return await charge_batch(month, books=books.runs, bikes=books.bikes, new_id=new_id, now=self.now)

    async def collect(self) -> None:
        """Whatever is due is asked for; then banks say what they think of it, and some of them something else later."""
        while await collect(self.city, ports=self.ports):
            self.now += timedelta(seconds=2)
        self.tries.given_back = len(self.bank.given_back)
        for collection, intent in await self.shelf.processing():
            chance = self.dice.random()
            self.bank.state = PaymentState.FAILED if chance < 0.1 else PaymentState.CAPTURED
            for heard in range(2):  # of everything twice, by either id
                by_id, by_intent = (collection, None) if heard else (None, intent)
                assert await hear(self.city, by_id, by_intent, ports=self.ports)
            self.tries.failed += chance < 0.1
            self.tries.paid += chance >= 0.1
            if chance > 0.92:
                await self._take_back(collection)
        self.bank.state = PaymentState.PROCESSING

    async def _take_back(self, collection: UUID) -> None:
        found = await self.shelf.collections.find(self.city, collection, None)
        assert found is not None
        await take_back(self.city, found, "debit_not_authorized", ports=self.ports)
        self.tries.returned += 1


def done(outcome: object) -> LeaseFile:
    assert isinstance(outcome, LeaseFile), outcome
    return outcome


def refused(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return str(outcome.reason)
