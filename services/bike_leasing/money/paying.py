"""Dealers are paid, and holders get back what they transferred in vain: finance says where, orders what is owed, and hands the order to the
bank as a file."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.entries import ordered_of, returned_of
from domain.bike_leasing.money.paying import (
    CreditTransfer,
    NotOrdered,
    OrderId,
    PartyAccount,
    Payable,
    PaymentOrder,
    account_of,
    came_back,
    ordered,
)
from domain.ledger.entries import Entry
from domain.refusals import Refusal


class SayAccount(Struct, frozen=True):
    party: PartyId
    name: str
    iban: str


class OrderPayments(Struct, frozen=True):
    order_id: OrderId
    execute_on: date


class Waiting(Struct, frozen=True):
    """What is owed and not ordered; `account` is None where nobody has said one."""

    payable: Payable
    account: PartyAccount | None


class Payer(Struct, frozen=True):
    """The city as the bank knows it."""

    name: str
    iban: str


class Filed(Struct, frozen=True):
    """An order as it goes to the bank, and who orders it."""

    order: PaymentOrder
    payer: Payer


Paying: TypeAlias = PartyAccount | PaymentOrder | CreditTransfer | Refusal[NotOrdered]


class PaymentBooks(Protocol):
    """Of one city, in one transaction."""

    async def today(self) -> date: ...

    async def payables(self) -> Sequence[Payable]:
        """What dealers are owed by the ledger, or holders are owed back, and nobody has ordered."""

    async def accounts(self) -> Mapping[PartyId, PartyAccount]: ...
    async def keep_account(self, account: PartyAccount) -> None: ...

    async def keep(self, order: PaymentOrder, entries: Sequence[Entry]) -> None:
        """With what it settles, posted. What is owed is in one order: whoever was slower has its work done again from the start."""

    async def orders(self) -> Sequence[PaymentOrder]:
        """The newest first, 200 at most."""

    async def order(self, order_id: OrderId) -> Filed | None: ...


class ReturnBooks(Protocol):
    """Of one city, in one transaction."""

    async def payment(self, reference: str) -> CreditTransfer | None:
        """Nobody else has it until the transaction ends."""

    async def keep_returned(self, payment: CreditTransfer, entry: Entry) -> None: ...


async def say_account(said: SayAccount, *, books: PaymentBooks) -> PartyAccount | Refusal[NotOrdered]:
    """Orders that were made before stay as they are."""
    account = account_of(said.party, said.name, said.iban)
    if isinstance(account, PartyAccount):
        await books.keep_account(account)
    return account


async def accounts_said(*, books: PaymentBooks) -> Sequence[PartyAccount]:
    """Where dealers are paid, by the alphabet of their ids."""
    return sorted((await books.accounts()).values(), key=lambda each: each.party)


async def waiting(*, books: PaymentBooks) -> Sequence[Waiting]:
    accounts = await books.accounts()
    return [Waiting(each, each.account(accounts)) for each in await books.payables()]


async def order_payments(
    command: OrderPayments, *, books: PaymentBooks, now: datetime
) -> PaymentOrder | Refusal[NotOrdered]:
    """With the order nothing of it is owed any more."""
    order = ordered(
        command.order_id,
        await books.payables(),
        await books.accounts(),
        command.execute_on,
        today=await books.today(),
        now=now,
    )
    if isinstance(order, PaymentOrder):
        await books.keep(order, [ordered_of(each.payable, now) for each in order.payments])
    return order


async def order_of(order_id: OrderId, *, books: PaymentBooks) -> Filed | Refusal[NotOrdered]:
    found = await books.order(order_id)
    return found if found is not None else Refusal(NotOrdered.UNKNOWN_ORDER)


async def say_returned(reference: str, *, books: ReturnBooks, now: datetime) -> CreditTransfer | Refusal[NotOrdered]:
    """What came back is in the next order, to the account that is known by then; what came back to a holder goes where it did before."""
    known = await books.payment(reference)
    outcome = came_back(known, now)
    if isinstance(outcome, CreditTransfer) and outcome is not known:
        await books.keep_returned(outcome, returned_of(outcome.payable, now))
    return outcome
