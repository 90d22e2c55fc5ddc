"""Lists that a verb reads from the books and shows, a line for each or as JSON."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import click

from adapters.database.connections import Transactions
from domain.identity import City
from domain.money import Money
from domain.reconciliation.statements import written
from infra.cli.desk import in_city, installation, note, print_json, settings_of
from infra.database import addresses, with_transactions

Read: TypeAlias = Callable[[Transactions], Awaitable[Sequence[Any]]]
AMOUNTS = {
    *("opening", "debit", "credit", "closing", "amount", "balance", "open", "total", "gross"),
    *("book_value", "residual", "depreciation", "open_payables"),
}
limit_option = click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most."
)


def show(city: City, read: Read, data: Path | None, columns: Sequence[str], *, as_json: bool) -> None:
    """What was read as JSON, or of each view its columns, as in `account.key`, under their names."""
    in_city(data, city, settings_of)
    with installation(data) as settings:
        found = with_transactions(addresses(settings).app, read)
    if as_json:
        print_json(list(found))
        return
    if not found:
        note("there is nothing to show")
        return
    rows = [[_said(each, column) for column in columns] for each in found]
    heads = [column.split(".")[0].replace("_", " ") for column in columns]
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
    note(_line(heads, columns, widths))
    for row in rows:
        click.echo(_line(row, columns, widths))


def _line(cells: Sequence[str], columns: Sequence[str], widths: Sequence[int]) -> str:
    """The cells under each other, amounts by their right ends."""
    told = zip(cells, columns, widths, strict=True)
    return "  ".join(cell.rjust(width) if name in AMOUNTS else cell.ljust(width) for cell, name, width in told).rstrip()


def _said(view: Any, column: str) -> str:
    value = view
    for name in column.split("."):
        value = getattr(value, name)
    if isinstance(value, Money):
        return f"{written(value.amount)} {value.currency}"
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
