"""`kommobil leasing`."""

import re
from datetime import datetime
from pathlib import Path

import click
from msgspec.structs import replace

from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlRunBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet, SqlSheets
from adapters.documents.lease_chart import WORDS, lease_chart
from domain.bike_leasing.contracts.suspensions import Pause
from domain.bike_leasing.simulation.flows import Simulation, simulate
from domain.bike_leasing.simulation.scenarios import PlannedPause, Scenario
from domain.cities.identifiers import STATES
from domain.identity import SYSTEM, City
from domain.refusals import Refusal
from infra.cli.desk import fail, fail_for, in_city, installation, print_json, settings_of, write
from infra.cli.options import EXIT_CODES, MONTH, city_option, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.documents import FaultyDocument, read_document, shaped
from infra.ids import new_id
from services.bike_leasing.money.ports import Run
from services.bike_leasing.money.running import begin_run, charge_batch, runs_of_city


class Months(click.ParamType[tuple[int, int]]):
    """The first month and how many, as in 13:12."""

    name = "FIRST:MONTHS"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{1,3}):(\d{1,3})", value)
        if found is None:
            self.fail("the first month and how many, as in 13:12", param, ctx)
        return int(found[1]), int(found[2])


@click.group("leasing", epilog=EXIT_CODES)
def leasing() -> None:
    """Calculate bike leases, and charge them."""


@leasing.command("simulate", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--parental-leave", type=Months(), help="Without pay from the lease's month FIRST on, for so many.")
@click.option("--leaves-after", type=click.IntRange(1), help="The lease's last month before the employee leaves.")
@click.option(
    "--state", type=click.Choice(sorted(STATES)), default="NI", show_default=True, help="Whose holidays count."
)
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into this file, SVG.")
@click.option("--language", type=click.Choice(sorted(WORDS)), default="en", show_default=True, help="Of the chart.")
@json_option
def simulate_(
    *,
    file: Path,
    parental_leave: tuple[int, int] | None,
    leaves_after: int | None,
    state: str,
    chart: Path | None,
    language: str,
    as_json: bool,
) -> None:
    """Print what the lease of FILE (JSON or TOML) costs employee and employer, month by month.

    FILE is the body of `POST /v1/{city}/leasing/simulations`. What the options say counts before what it says.
    """
    try:
        scenario = shaped(read_document(file), Scenario)
    except FaultyDocument as fault:
        fail_for(file, fault)
    if parental_leave is not None:
        scenario = replace(scenario, pauses=(PlannedPause(Pause.PARENTAL_LEAVE, *parental_leave),))
    if leaves_after is not None:
        scenario = replace(scenario, leaves_after=leaves_after)
    found = simulate(scenario, state)
    if isinstance(found, Refusal):
        fail(f"{file} is no lease: {found.reason} {found.pointer}")
    if chart is not None:
        write(chart, lease_chart(found, language))
    if as_json:
        print_json(found)
    else:
        _print(found)


@leasing.command("run", epilog=EXIT_CODES)
@city_option
@click.option("--month", type=MONTH, required=True, help="Which month's instalments, as in 2026-12.")
@data_option
@json_option
def run_command(*, city: City, month: datetime, data: Path | None, as_json: bool) -> None:
    """Charge a month of all leases, post it, and queue what is debited from accounts, which the worker collects.

    What was charged before is not charged again: a run that was interrupted is run again.
    """
    in_city(data, city, settings_of)

    async def charged(transactions: Transactions) -> Run:
        desk = SqlSheets(transactions, now, new_id)
        begun = await desk.work(city, SYSTEM, "", lambda sheet: begin_run(month.date(), books=SqlRunBooks(sheet)))
        if isinstance(begun, Refusal):
            fail(f"{month:%Y-%m} has not begun in {city}")

        async def batch(sheet: Sheet) -> int | None:
            return await charge_batch(
                begun.month, books=SqlRunBooks(sheet), bikes=SqlBikeBooks(sheet), new_id=new_id, now=sheet.now
            )

        while await desk.work(city, SYSTEM, "", batch) is not None:
            pass
        runs = await desk.work(city, SYSTEM, "", lambda sheet: runs_of_city(books=SqlRunBooks(sheet)))
        return next(run for run in runs if run.month == begun.month)

    with installation(data) as settings:
        found = with_transactions(addresses(settings).app, charged)
    if as_json:
        print_json(found)
    else:
        ended = "" if found.ended_at is not None else "; a worker is at the rest"
        click.echo(
            f"{found.charges} charges of {found.amount / 100:.2f} EUR, {found.collections} of them queued to be collected{ended}"
        )


def _print(found: Simulation) -> None:
    click.echo(f"{'month':<10} {'':<9} {'employee':>10} {'employer':>10}")
    for month in found.months:
        employee, employer = month.sums
        click.echo(f"{month.month:%Y-%m}    {month.phase:<9} {employee / 100:>10.2f} {employer / 100:>10.2f}")
    click.echo(f"{'total':<20} {found.employee.amount / 100:>10.2f} {found.employer.amount / 100:>10.2f}")
    if found.against_buying is not None:
        click.echo(f"against buying at once: {found.against_buying.amount / 100:.2f}")
    click.echo(f"to be told with it: {', '.join(found.notes)}")
