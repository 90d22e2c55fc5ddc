"""`kommobil import`."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click
import msgspec

from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from adapters.registers.quarantine import rejected_path, write_rejected
from domain.charging.register import BookableOperator, ImportPlan, ReadRow, RegisterRow
from domain.identity import City
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, note, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_option, json_option
from infra.operating import Desk
from services.operator.register import NotImportable, import_charging_register


@click.group("import", epilog=EXIT_CODES)
def import_() -> None:
    """Import what others publish."""


@import_.command("charging-register", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
@click.option("--all", "take_all", is_flag=True, help="Take rows outside the city's postcodes too.")
@click.option("--bookable-operator", metavar="NAME", help="Whose points the city sells, exactly as in the register.")
@click.option("--tariff", metavar="ID", help="The tariff that they are sold at.")
@data_option
@json_option
def charging_register(
    *,
    file: Path,
    city: City,
    take_all: bool,
    bookable_operator: str | None,
    tariff: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Import FILE, the Federal Network Agency's register of charging stations as CSV.

    The city's rows are added or updated, none is removed: points are listed, and bookable only if their operator is
    named. Rejected rows go, with the reason, into FILE.rejected.csv. All of a file is imported, or nothing.
    """
    if (bookable_operator is None) != (tariff is None):
        raise click.UsageError("--bookable-operator and --tariff come together or not at all")
    bookable = BookableOperator(bookable_operator, TariffId(tariff)) if bookable_operator and tariff else None
    rows = _rows(file)

    async def work(desk: Desk) -> ImportPlan:
        outcome = await import_charging_register(
            rows,
            city,
            await settings_of(desk),
            take_all=take_all,
            bookable=bookable,
            inventory=desk.inventory,
            tariffs=desk.tariffs,
        )
        if isinstance(outcome, Refusal):
            fail(_words(outcome.reason, city, bookable, rows))
        return outcome

    plan = in_city(data, city, work)
    _print(plan, as_json)
    try:
        written = write_rejected(file, plan.rejected)
    except OSError as problem:
        fail(f"the rejected rows cannot be written to {rejected_path(file)}: {problem.strerror}", cause=problem)
    if written is not None:
        note(f"rejected rows and why: {written}")


def _rows(file: Path) -> list[ReadRow]:
    """The whole file, before a transaction waits for it."""
    try:
        return list(read_charging_register(file))
    except NotARegister as problem:
        fail(f"{file} is no charging register: {problem}", cause=problem)
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror}", cause=problem)


def _words(reason: NotImportable, city: City, bookable: BookableOperator | None, rows: Sequence[ReadRow]) -> str:
    if bookable is None:
        raise ValueError("nothing is refused where no operator is named")
    if reason is NotImportable.UNKNOWN_TARIFF:
        return f"{city} has no tariff {bookable.tariff_id!r}; publish it with `kommobil tariff import`"
    operators = sorted({row.operator for row in rows if isinstance(row, RegisterRow)})
    close = get_close_matches(bookable.operator, operators, n=3, cutoff=0.5)
    meant = f"; is it {' or '.join(map(repr, close))}?" if close else ""
    return f"no row taken for {city} is operated by {bookable.operator!r}{meant}"


def _print(plan: ImportPlan, as_json: bool) -> None:
    if as_json:
        print_json(plan.counts)
        return
    for name, count in msgspec.structs.asdict(plan.counts).items():
        click.echo(f"{name:<10}{count:>8}")
    for warned in plan.warned:
        note(f"line {warned.number} is imported although: {warned.warning.replace('_', ' ')}")
