"""`kommobil import`."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from adapters.registers.charging_register import Register, read_charging_register
from adapters.registers.errors import NotARegister
from adapters.registers.quarantine import rejected_path, write_rejected
from domain.charging.importing import BookableOperator, ImportPlan, Sifted, WarnedRow, sift
from domain.charging.register import RowWarning
from domain.identity import City
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, note, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.cli.statements import bank_statement
from infra.operating import Desk
from services.operator.register import NotImportable, import_charging_register

T = TypeVar("T")

ROWS_A_STEP = 500
LINES_SHOWN = 5

WARNINGS = {
    RowWarning.UNREADABLE_DATE: "the date of commissioning cannot be read",
    RowWarning.HOUSE_NUMBER_ZERO: "the house number is 0; the street is shown without one",
    RowWarning.FAR_FROM_ITS_POSTCODE: "the coordinates are far from all others of the postcode",
    RowWarning.TOWN_OUTSIDE_ITS_DISTRICT: "the town is not the city that the row names as its district",
    RowWarning.UNTIDY_EVSE_ID: "an EVSE id has line breaks or spaces; it is kept as published",
    RowWarning.SHARED_EVSE_ID: "several points have one EVSE id; it is kept as published, and leads to none of them",
}


@click.group("import", epilog=EXIT_CODES)
@data_before
def import_() -> None:
    """Import what others publish, and what the bank sends."""


import_.add_command(bank_statement)


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
    """Import FILE, the Federal Network Agency's register of charging stations: CSV or XLSX, in the layout of 2019 or 2026.

    The city's rows are added or updated, none is removed: points are listed, and bookable only if their operator is
    named. Stations that the file no longer lists are named and stay as they are. Rejected rows go, with the reason,
    into FILE.rejected.csv. All of a file is imported, or nothing.
    """
    if (bookable_operator is None) != (tariff is None):
        raise click.UsageError("--bookable-operator and --tariff come together or not at all")
    bookable = BookableOperator(bookable_operator, TariffId(tariff)) if bookable_operator and tariff else None
    settings = in_city(data, city, settings_of)
    register = _register(file)
    sifted = _sifted(file, register, settings.postcodes, take_all=take_all)

    async def work(desk: Desk) -> ImportPlan:
        outcome = await import_charging_register(
            sifted,
            city,
            settings,
            bookable=bookable,
            inventory=desk.inventory,
            tariffs=desk.tariffs,
        )
        if isinstance(outcome, Refusal):
            fail(_words(outcome.reason, city, bookable, sifted))
        return outcome

    plan = in_city(data, city, work)
    _print(plan, as_json)
    try:
        written = write_rejected(file, plan.rejected, register.columns)
    except OSError as problem:
        fail(f"the rejected rows cannot be written to {rejected_path(file)}: {problem.strerror}", cause=problem)
    if written is not None:
        note(f"rejected rows and why: {written}")


def _register(file: Path) -> Register:
    try:
        return read_charging_register(file)
    except NotARegister as problem:
        fail(f"{file} is no charging register: {problem}", cause=problem)
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror}", cause=problem)


def _sifted(file: Path, register: Register, postcodes: Sequence[str], *, take_all: bool) -> Sifted:
    """What the city takes, the whole file read, before a transaction waits for it."""
    try:
        return sift(counted(register), frozenset(postcodes), take_all=take_all)
    except NotARegister as problem:
        fail(f"{file} is no charging register: {problem}; nothing was imported", cause=problem)
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror}", cause=problem)


def counted(rows: Iterable[T]) -> Iterator[T]:
    """The rows, counted on stderr where somebody watches."""
    watched = sys.stderr.isatty()
    number = 0
    for number, row in enumerate(rows, 1):
        if watched and number % ROWS_A_STEP == 0:
            click.echo(f"\r{number:,} rows read", err=True, nl=False)
        yield row
    if watched:
        click.echo(f"\r{number:,} rows read; they are written now", err=True)


def _words(reason: NotImportable, city: City, bookable: BookableOperator | None, sifted: Sifted) -> str:
    if reason is NotImportable.OLDER_THAN_THE_CITYS:
        return (
            f"{city} has stations of this file with the ids of a newer register, which this one has not; "
            "import a register of the newer layout"
        )
    if bookable is None:
        raise ValueError("nothing else is refused where no operator is named")
    if reason is NotImportable.UNKNOWN_TARIFF:
        return f"{city} has no tariff {bookable.tariff_id!r}; publish it with `kommobil tariff import`"
    operators = sorted({row.operator for row in sifted.taken})
    close = get_close_matches(bookable.operator, operators, n=3, cutoff=0.5)
    meant = f"; is it {' or '.join(map(repr, close))}?" if close else ""
    return f"no row taken for {city} is operated by {bookable.operator!r}{meant}"


def _print(plan: ImportPlan, as_json: bool) -> None:
    if as_json:
        print_json(plan.counts)
    else:
        for name, count in msgspec.structs.asdict(plan.counts).items():
            click.echo(f"{name:<10}{count:>8}")
    for warning, lines in _by_warning(plan.warned).items():
        note(f"imported although {WARNINGS[warning]}: {len(lines)} rows, line {_shown([str(line) for line in lines])}")
    if plan.missing:
        note(f"missing in the file, and left as they are: {len(plan.missing)} stations, {_shown(plan.missing)}")


def _by_warning(warned: Sequence[WarnedRow]) -> Mapping[RowWarning, list[int]]:
    lines: dict[RowWarning, list[int]] = {}
    for row in warned:
        lines.setdefault(row.warning, []).append(row.number)
    return lines


def _shown(names: Sequence[str]) -> str:
    more = len(names) - LINES_SHOWN
    return ", ".join(names[:LINES_SHOWN]) + (f" and {more} more" if more > 0 else "")
