"""The money of leases, wired: runs and collections, with the payment provider as whoever debits accounts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from uuid import UUID

from msgspec.structs import replace

from adapters.banking.pain001 import pain001
from adapters.database.bike_leasing.collections import SqlCollections, due_collections
from adapters.database.bike_leasing.month_ends import SqlResidualBooks
from adapters.database.bike_leasing.payments import SqlPaymentBooks
from adapters.database.bike_leasing.payrolls import SqlPayrollBooks
from adapters.database.bike_leasing.receivables import open_receivables
from adapters.database.bike_leasing.runs import SqlAccountBooks, SqlBikeBooks, SqlRunBooks, due_runs, open_runs
from adapters.database.connections import Database, Transactions
from adapters.database.sheets import Sheet, SqlSheets
from adapters.jobs.sweeps import Batch, each
from domain.bike_leasing.money.collecting import Collection
from domain.bike_leasing.money.paying import NotOrdered, OrderId, PartyAccount, PaymentOrder
from domain.bike_leasing.money.payroll_files import NoPayroll
from domain.bike_leasing.money.receivables import Receivable
from domain.bike_leasing.money.residuals import MonthOfBikes
from domain.identity import SYSTEM, Actor, City
from domain.payments.payments import Capture, Intent, Kind, Payment, PaymentId, Purpose
from domain.refusals import Refusal
from services.bike_leasing.money import DealerPayments, LeaseMoney, Naming, Payrolls, Running, Said
from services.bike_leasing.money.collecting import CollectionPorts, collect_for, hear, take_back
from services.bike_leasing.money.naming import NameAccount, name_account
from services.bike_leasing.money.paying import (
    OrderPayments,
    Paying,
    SayAccount,
    Waiting,
    accounts_said,
    order_of,
    order_payments,
    say_account,
    say_returned,
    waiting,
)
from services.bike_leasing.money.payrolls import (
    Layout,
    Month,
    PayrollMonth,
    PersonnelNumber,
    payroll_of,
    say_layout,
    say_number,
)
from services.bike_leasing.money.ports import AskedTooOften, NotDebited, Run
from services.bike_leasing.money.residuals import residuals
from services.bike_leasing.money.running import begin_run, charge_batch, runs_of_city
from services.calls import Answer, Call, Unavailable
from services.payments.asking import fetched, opened
from services.payments.ports import Declined, Ports, ProviderBusy, ProviderEvent, ProviderRefused, ProviderUnavailable

A_WHILE_S = 20.0  # that a worker stays with one city's run or queue before it looks at the others'


class ProviderDebits:
    """Debits as payments in the holder's absence, each under the collection's id."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def debit(self, city: City, collection: Collection) -> Intent:
        try:
            with _in_our_terms():
                payment = await self._payment(city, collection)
                if payment.creditor_id is None:
                    return await self._asked_for_before(city, payment)
                return await opened(self._ports, city, payment)
        except Declined as no:
            if no.intent is not None:
                return no.intent
            raise NotDebited(no.code) from no

    async def give_back(self, city: City, collection: Collection) -> Intent:
        """One refund of what is left: under one key, and looked for before it is asked for. What somebody gave back at the provider by hand is
        not given back again."""
        with _in_our_terms():
            payment = await self._payment(city, collection)
            taken = await fetched(self._ports, city, payment)
            if taken is None:
                raise NotDebited("unknown_payment")
            if (left := taken.captured - taken.refunded) <= 0:
                return taken
            paid = replace(payment, intent_id=taken.intent_id, captured=taken.captured, refunds=1)
            return await self._ports.gateway.give_back(city, paid, left)

    async def _asked_for_before(self, city: City, payment: Payment) -> Intent:
        """The city offers debits no more; what it asked for until then may have been taken all the same, though nobody wrote that down."""
        found = await fetched(self._ports, city, payment)
        if found is None:
            raise NotDebited("debit_not_offered")
        return found

    async def look(self, city: City, collection: Collection) -> Intent | None:
        try:
            return await fetched(self._ports, city, await self._payment(city, collection))
        except (ProviderUnavailable, ProviderRefused) as error:
            raise Unavailable("the payment provider does not answer") from error

    async def _payment(self, city: City, collection: Collection) -> Payment:
        account = await self._ports.accounts.of(city)
        asked_at = collection.asked_at or self._ports.clock()
        return Payment(
            PaymentId(collection.id),
            collection.lease_id,
            collection.holder,
            Kind.PAYMENT,
            Purpose.REMAINDER,
            Capture.AUTOMATIC,
            collection.amount,
            asked_at,
            asked_at,
            intent_id=collection.intent_id,
            method_id=collection.method_id,
            creditor_id=account.creditor_id if account is not None else None,
        )


@contextmanager
def _in_our_terms() -> Iterator[None]:
    try:
        yield
    except ProviderBusy as busy:
        raise AskedTooOften(busy.seconds) from busy
    except ProviderUnavailable as error:
        raise Unavailable("the payment provider does not answer") from error
    except ProviderRefused as no:
        if no.code == "idempotency_error":  # it was asked for otherwise before: nobody knows what came of that
            raise Unavailable("the payment provider knows it otherwise") from no
        raise NotDebited(no.code) from no


def lease_money(
    transactions: Transactions, ports: Ports, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> LeaseMoney:
    desk = SqlSheets(transactions, clock, new_id)
    books = SqlCollections(transactions, clock, new_id)
    collecting_ports = CollectionPorts(books, ProviderDebits(ports), clock, new_id)

    async def begin(call: Call[Running], month: date) -> Answer:
        return await desk.answered(call, lambda sheet: begin_run(month, books=SqlRunBooks(sheet)))

    async def name(call: Call[Naming], command: NameAccount) -> Answer:
        return await desk.answered(
            call, lambda sheet: name_account(command, books=SqlAccountBooks(sheet), actor=call.actor, now=sheet.now)
        )

    async def runs(actor: Actor) -> Sequence[Run]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: runs_of_city(books=SqlRunBooks(sheet)))

    async def begin_due(city: City, month: date) -> object:
        return await desk.work(city, SYSTEM, "lease run", lambda sheet: begin_run(month, books=SqlRunBooks(sheet)))

    async def charge(city: City, month: date) -> int | None:
        async def batch(sheet: Sheet) -> int | None:
            return await charge_batch(
                month, books=SqlRunBooks(sheet), bikes=SqlBikeBooks(sheet), new_id=new_id, now=sheet.now
            )

        return await desk.work(city, SYSTEM, "lease run", batch)

    async def heard(city: City, event: ProviderEvent) -> bool:
        return await hear(city, event.payment_id, event.intent_id, ports=collecting_ports)

    async def returned(city: City, dispute: UUID) -> None:
        if (found := await books.returned(city, dispute)) is not None:
            await take_back(city, *found, ports=collecting_ports)

    return LeaseMoney(
        begin=begin,
        name=name,
        payrolls=_payrolls(desk),
        dealers=_dealers(desk),
        runs=runs,
        receivables=_receivables(desk),
        residuals=_residuals(desk),
        begin_due=begin_due,
        charge=charge,
        collect=partial(collect_for, ports=collecting_ports, pause=asyncio.sleep),
        hear=heard,
        returned=returned,
    )


def _receivables(desk: SqlSheets) -> Callable[[Actor], Awaitable[Sequence[Receivable]]]:
    async def receivables(actor: Actor) -> Sequence[Receivable]:
        return await desk.work(actor.city, actor.id, "", open_receivables)

    return receivables


def _residuals(desk: SqlSheets) -> Callable[[Actor, date, date], Awaitable[tuple[MonthOfBikes, ...]]]:
    async def months_of_bikes(actor: Actor, first: date, last: date) -> tuple[MonthOfBikes, ...]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: residuals(first, last, books=SqlResidualBooks(sheet))
        )

    return months_of_bikes


def _dealers(desk: SqlSheets) -> DealerPayments:
    async def account(call: Call[Paying], said: SayAccount) -> Answer:
        return await desk.answered(call, lambda sheet: say_account(said, books=SqlPaymentBooks(sheet)))

    async def accounts(actor: Actor) -> Sequence[PartyAccount]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: accounts_said(books=SqlPaymentBooks(sheet)))

    async def payables(actor: Actor) -> Sequence[Waiting]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: waiting(books=SqlPaymentBooks(sheet)))

    async def order(call: Call[Paying], command: OrderPayments) -> Answer:
        return await desk.answered(
            call, lambda sheet: order_payments(command, books=SqlPaymentBooks(sheet), now=sheet.now)
        )

    async def orders(actor: Actor) -> Sequence[PaymentOrder]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: SqlPaymentBooks(sheet).orders())

    async def file(actor: Actor, order_id: OrderId) -> bytes | Refusal[NotOrdered]:
        found = await desk.work(
            actor.city, actor.id, "", lambda sheet: order_of(order_id, books=SqlPaymentBooks(sheet))
        )
        return found if isinstance(found, Refusal) else pain001(found)

    async def returned(call: Call[Paying], reference: str) -> Answer:
        return await desk.answered(
            call, lambda sheet: say_returned(reference, books=SqlPaymentBooks(sheet), now=sheet.now)
        )

    return DealerPayments(account, accounts, payables, order, orders, returned, file)


def _payrolls(desk: SqlSheets) -> Payrolls:
    async def payroll(actor: Actor, asked: PayrollMonth) -> Month | Refusal[NoPayroll]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: payroll_of(asked, books=SqlPayrollBooks(sheet), actor=actor)
        )

    async def layout(call: Call[Said], said: Layout) -> Answer:
        return await desk.answered(call, lambda sheet: say_layout(said, books=SqlPayrollBooks(sheet), actor=call.actor))

    async def number(call: Call[Said], said: PersonnelNumber) -> Answer:
        return await desk.answered(call, lambda sheet: say_number(said, books=SqlPayrollBooks(sheet), actor=call.actor))

    return Payrolls(payroll, layout, number)


def charging(offered: LeaseMoney, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every run that is under way, with those that begin by the calendar."""

    async def go_on(due: tuple[City, date]) -> None:
        began = clock()
        while (clock() - began).total_seconds() < A_WHILE_S and await offered.charge(*due) is not None:
            pass

    async def begin(due: tuple[City, date]) -> None:
        await offered.begin_due(*due)

    begun = each(lambda n: due_runs(relay.transactions, clock(), n), begin, "begin runs of leases")
    gone_on = each(lambda n: open_runs(relay.transactions, n), go_on, "run leases")

    async def batch() -> int:
        return await begun() + await gone_on()

    return batch


def collecting(offered: LeaseMoney, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every city's queue."""

    async def drain(city: City) -> None:
        await offered.collect(city, A_WHILE_S)

    return each(lambda n: due_collections(relay.transactions, clock(), n), drain, "collect instalments")
