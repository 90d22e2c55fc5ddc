"""`kommobil finance`."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from adapters.database.connections import Transactions
from domain.identity import City
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.options import EXIT_CODES, MONTH, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.finance.accounting import accounting
from infra.ids import new_id
from services.accounting import Accounting, Exported
from services.accounting.ports import CannotExport, Format, ReceivablesWanted

WORDS = {
    "unknown_city": "there is no such city",
    "nothing_to_export": "there is nothing to export",
    "too_much_to_export": "there is too much for one export; ask for fewer months",
    "month_not_closed": "only closed months are locked; close it first",
}
from_option = click.option("--from", "first", type=MONTH, required=True, help="The first month, as in 2026-11.")
to_option = click.option("--to", "last", type=MONTH, help="The last month; the first alone if left out.")
into_option = click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder to write to; the current one if left out.",
)


@click.group("finance", epilog=EXIT_CODES)
@data_before
def finance() -> None:
    """Show a city's books, pay dealers of leased bikes, close months, and give the books to accountants and to the treasury."""


def _months(first: datetime, last: datetime | None) -> tuple[date, date]:
    if last is not None and last < first:
        raise click.BadParameter("the last month comes before the first", param_hint="'--to'")
    return first.date(), (last or first).date()


@finance.command("datev", epilog=EXIT_CODES)
@city_option
@from_option
@to_option
@click.option("--lock", is_flag=True, help="Have DATEV lock the postings (Festschreibung); closed months only.")
@into_option
@data_option
@json_option
def datev(*, city: City, first: Any, last: Any, lock: bool, into: Path, data: Path | None, as_json: bool) -> None:
    """Write the postings for DATEV (EXTF 700, Buchungsstapel 13), a file for each month."""
    begins, ends = _months(first, last)
    _export(lambda books: books.datev(city, begins, ends, lock=lock), city, into, data, as_json=as_json)


@finance.command("journal", epilog=EXIT_CODES)
@city_option
@from_option
@to_option
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    default="csv",
    show_default=True,
    help="What kind of table.",
)
@into_option
@data_option
@json_option
def journal(*, city: City, first: Any, last: Any, form: str, into: Path, data: Path | None, as_json: bool) -> None:
    """Write the journal as a table, a row for each leg."""
    begins, ends = _months(first, last)
    _export(lambda books: books.journal(city, begins, ends, Format(form)), city, into, data, as_json=as_json)


@finance.command("receivables", epilog=EXIT_CODES)
@city_option
@click.option("--year", type=click.IntRange(2000, 2098), required=True, help="The budget year (Haushaltsjahr).")
@click.option("--product", help="One product, as the treasury calls it.")
@click.option("--cost-centre", help="One cost centre, as the treasury calls it.")
@into_option
@data_option
@json_option
def receivables(
    *, city: City, year: int, product: str | None, cost_centre: str | None, into: Path, data: Path | None, as_json: bool
) -> None:
    """Write what is due in a budget year, and what of it was received, in the treasury's own columns."""
    wanted = ReceivablesWanted(year, product, cost_centre)
    _export(lambda books: books.receivables(city, wanted), city, into, data, as_json=as_json)


def _export(
    ask: Callable[[Accounting], Awaitable[Exported]], city: City, into: Path, data: Path | None, *, as_json: bool
) -> None:
    in_city(data, city, settings_of)

    async def work(transactions: Transactions) -> Exported:
        return await ask(accounting(transactions, now, new_id))

    with installation(data) as settings:
        try:
            files = with_transactions(addresses(settings).app, work)
        except CannotExport as problem:
            fail(str(problem), cause=problem)
    if isinstance(files, Refusal):
        fail(WORDS[files.reason.value])
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for file in files:
        place = into / file.name
        place.write_bytes(file.content)
        written.append({"file": str(place), "bytes": len(file.content)})
    if as_json:
        print_json(written)
    else:
        for each in written:
            click.echo(each["file"])
