"""`kommobil finance`, of leased bikes: who owes for them, what they are worth in the books, and the dealers who are paid."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from adapters.banking.pain001 import pain001
from adapters.database.bike_leasing.month_ends import SqlResidualBooks
from adapters.database.bike_leasing.payments import SqlPaymentBooks
from adapters.database.bike_leasing.receivables import open_receivables
from adapters.database.bike_leasing.upkeep import invoices_of_city
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet, SqlSheets
from domain.bike_leasing.money.paying import LATEST, OrderId
from domain.identity import SYSTEM, City
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, installation, print_json, settings_of, write
from infra.cli.exports import from_option, into_option, to_option
from infra.cli.finance import finance
from infra.cli.options import DAY, EXIT_CODES, city_option, data_option, json_option
from infra.cli.showing import limit_option, show
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.ids import new_id
from services.bike_leasing.money.paying import Filed, OrderPayments, accounts_said, order_of, order_payments, waiting
from services.bike_leasing.money.residuals import residuals
from services.bike_leasing.money.views import account_view, order_view, payable_view, receivable_view, residual_view
from services.bike_leasing.upkeep.views import service_invoice_view

T = TypeVar("T")
WORDS = {
    "nothing_to_pay": "no dealer whose account is known is owed anything",
    "execution_day_not_possible": f"banks pay from today on, {LATEST.days} days ahead at most",
    "unknown_payment_order": "there is no such order",
}


@finance.command("lease-receivables", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def lease_receivables(*, city: City, data: Path | None, as_json: bool) -> None:
    """Show what employers and holders owe for leases and have not transferred, what was due first first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        return [receivable_view(each) for each in await _at_desk(transactions, city, open_receivables)]

    show(city, read, data, ("due_on", "reference", "amount", "open", "reminders"), as_json=as_json)


@finance.command("lease-residuals", epilog=EXIT_CODES)
@city_option
@from_option
@to_option
@data_option
@json_option
def lease_residuals(*, city: City, first: datetime, last: datetime | None, data: Path | None, as_json: bool) -> None:
    """Show what leased bikes are worth in the books at the end of each month, and what dealers were owed then."""
    begins, ends = first.date(), (last or first).date()

    async def months(sheet: Sheet) -> Sequence[Any]:
        return await residuals(begins, ends, books=SqlResidualBooks(sheet))

    async def read(transactions: Transactions) -> Sequence[Any]:
        return [residual_view(each) for each in await _at_desk(transactions, city, months)]

    columns = ("month", "bikes", "book_value", "residual", "depreciation", "open_payables")
    show(city, read, data, columns, as_json=as_json)


@finance.command("lease-services", epilog=EXIT_CODES)
@city_option
@limit_option
@data_option
@json_option
def lease_services(*, city: City, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what dealers billed for the upkeep of leased bikes, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        found = await _at_desk(transactions, city, lambda sheet: invoices_of_city(sheet, limit))
        return [service_invoice_view(each) for each in found]

    show(city, read, data, ("submitted_at", "dealer", "number", "state", "gross"), as_json=as_json)


@finance.command("lease-payables", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def lease_payables(*, city: City, data: Path | None, as_json: bool) -> None:
    """Show what dealers are owed and nobody has ordered to be paid, the oldest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        found = await _at_desk(transactions, city, lambda sheet: waiting(books=SqlPaymentBooks(sheet)))
        return [payable_view(each) for each in found]

    show(city, read, data, ("since", "dealer", "paid_for", "amount", "lease_id"), as_json=as_json)


@finance.command("lease-accounts", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def lease_accounts(*, city: City, data: Path | None, as_json: bool) -> None:
    """Show which accounts dealers are paid to."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        found = await _at_desk(transactions, city, lambda sheet: accounts_said(books=SqlPaymentBooks(sheet)))
        return [account_view(each) for each in found]

    show(city, read, data, ("party", "name", "iban"), as_json=as_json)


@finance.command("lease-payments", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def lease_payments(*, city: City, data: Path | None, as_json: bool) -> None:
    """Show the orders by which dealers are paid, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        found = await _at_desk(transactions, city, lambda sheet: SqlPaymentBooks(sheet).orders())
        return [order_view(each, city) for each in found]

    show(city, read, data, ("id", "execute_on", "total"), as_json=as_json)


@finance.command("pay-dealers", epilog=EXIT_CODES)
@city_option
@click.option("--on", "execute_on", type=DAY, required=True, help="When the bank is to pay.")
@into_option
@data_option
@json_option
def pay_dealers(*, city: City, execute_on: datetime, into: Path, data: Path | None, as_json: bool) -> None:
    """Order all that dealers are owed whose accounts are known, and write the order for the bank (pain.001).

    What was ordered is owed no more: where the file is lost, `lease-payments-file` writes it again.
    """
    command = OrderPayments(OrderId(new_id()), execute_on.date())

    async def order(sheet: Sheet) -> Any:
        books = SqlPaymentBooks(sheet)
        made = await order_payments(command, books=books, now=sheet.now)
        return made if isinstance(made, Refusal) else await order_of(made.id, books=books)

    filed = _worked(city, order, data)
    file = _write(filed, into)
    if as_json:
        print_json({"order": order_view(filed.order, city), "file": str(file)})
    else:
        click.echo(f"{filed.order.id}  {file}")


@finance.command("lease-payments-file", epilog=EXIT_CODES)
@click.argument("order_id", type=click.UUID)
@city_option
@into_option
@data_option
def lease_payments_file(*, order_id: UUID, city: City, into: Path, data: Path | None) -> None:
    """Write an order that was made as the bank takes it (pain.001.001.09), the same each time."""
    filed = _worked(city, lambda sheet: order_of(OrderId(order_id), books=SqlPaymentBooks(sheet)), data)
    click.echo(_write(filed, into))


def _write(filed: Filed, into: Path) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    file = into / f"pain001-{filed.order.id}.xml"
    write(file, pain001(filed))
    return file


def _worked(city: City, do: Callable[[Sheet], Awaitable[Any]], data: Path | None) -> Any:
    """What came of it; a refusal ends the command."""
    in_city(data, city, settings_of)
    with installation(data) as settings:
        outcome = with_transactions(addresses(settings).app, lambda transactions: _at_desk(transactions, city, do))
    if isinstance(outcome, Refusal):
        fail(WORDS[outcome.reason.value])
    return outcome


async def _at_desk(transactions: Transactions, city: City, do: Callable[[Sheet], Awaitable[T]]) -> T:
    return await SqlSheets(transactions, now, new_id).work(city, SYSTEM, "", do)
