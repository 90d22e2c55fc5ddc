"""`kommobil import bank-statement`."""

from pathlib import Path

import click

from adapters.banking.folder import LARGEST, reasons
from adapters.database.connections import Transactions
from domain.identity import City, PersonId
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.finance.banking import reconciliation
from infra.ids import new_id
from infra.operating import COMMAND_LINE
from services.reconciliation.importing import Imported, ImportFile, Importing


@click.command("bank-statement", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
@data_option
@json_option
def bank_statement(*, file: Path, city: City, data: Path | None, as_json: bool) -> None:
    """Import FILE, statements of the city's bank account: camt.053.001.08 or .02, as XML or several in a ZIP archive.

    Each statement is checked: its lines lead from the opening to the closing balance, and it is of the city's account. All
    of a file is imported, or nothing; what is known already changes nothing. A statement that does not join the one before
    is imported, and the gap becomes an exception. A worker matches the lines with what is expected.
    """
    in_city(data, city, settings_of)
    try:
        if file.stat().st_size > LARGEST:
            fail(f"{file} has more than {LARGEST:,} bytes; nothing was imported")
        raw = file.read_bytes()
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror}", cause=problem)

    async def work(transactions: Transactions) -> Importing:
        books = reconciliation(transactions, now, new_id, _nobody_to_wake)
        return await books.take_in(city, PersonId(COMMAND_LINE), ImportFile(file.name, raw))

    with installation(data) as settings:
        outcome = with_transactions(addresses(settings).app, work)
    if not isinstance(outcome, Imported):
        fail("\n  ".join((f"{file} is not imported; nothing was changed:", *reasons(outcome))))
    _print(outcome, as_json=as_json)


def _print(outcome: Imported, *, as_json: bool) -> None:
    if as_json:
        print_json(outcome)
        return
    for receipt in outcome.statements:
        number = receipt.named if receipt.sequence is None else receipt.sequence
        how = "imported" if receipt.imported else "known already"
        click.echo(f"{receipt.iban}  statement {number}  {receipt.lines} lines  {how}")


def _nobody_to_wake() -> None:
    """The relay looks by itself."""
