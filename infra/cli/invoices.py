"""`kommobil invoice`."""

from pathlib import Path

import click
from msgspec import Struct

from adapters.database.connections import Transactions
from adapters.database.invoicing.invoices import SqlInvoiceBooks, invoice_named
from domain.booking.invoicing import NotReplaceable
from domain.identity import City
from domain.invoicing.invoices import Invoice
from domain.money import Money
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.ids import new_id
from services.invoicing.issuing import replace_invoice

REFUSALS = {
    NotReplaceable.UNKNOWN_INVOICE: "there is no such invoice",
    NotReplaceable.IS_CREDIT_NOTE: "that is a credit note; name the invoice",
    NotReplaceable.NOTHING_LEFT: "credit notes have taken all of it back already",
    NotReplaceable.NO_LONGER_OWED: "what it is about is owed no longer; it is credited by itself",
}


class Replaced(Struct, frozen=True):
    """The numbers of both documents."""

    credit_note: str
    invoice: str
    gross: Money


@click.group("invoice", epilog=EXIT_CODES)
@data_before
def invoice() -> None:
    """Cancel a wrong invoice and issue the right one."""


@invoice.command("replace", epilog=EXIT_CODES)
@click.argument("number")
@city_option
@data_option
@json_option
def replace(*, number: str, city: City, data: Path | None, as_json: bool) -> None:
    """Cancel the invoice NUMBER as a whole (Stornorechnung) and issue another one about the same booking, with the name,
    address and settings that are right today. Both are sent to whom they are for.
    """
    in_city(data, city, settings_of)

    async def work(transactions: Transactions) -> tuple[Invoice, Invoice] | Refusal[NotReplaceable]:
        found = await invoice_named(transactions, city, number)
        if found is None:
            return Refusal(NotReplaceable.UNKNOWN_INVOICE)
        invoice_id, booking_id = found
        books = SqlInvoiceBooks(transactions, new_id, _nobody_to_wake)
        return await replace_invoice(city, booking_id, invoice_id, books=books, clock=now, new_id=new_id)

    with installation(data) as settings:
        outcome = with_transactions(addresses(settings).app, work)
    if isinstance(outcome, Refusal):
        fail(f"{number}: {REFUSALS[outcome.reason]}")
    cancelled, again = outcome
    if as_json:
        print_json(Replaced(cancelled.number, again.number, again.gross))
    else:
        click.echo(f"{number} is cancelled by {cancelled.number}; {again.number} takes its place")


def _nobody_to_wake() -> None:
    """The relay looks by itself."""
