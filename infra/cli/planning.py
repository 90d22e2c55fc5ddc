"""`kommobil plan`."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from domain.charging.planning.assuming import Stated
from domain.charging.planning.districts import ExistingSite
from domain.charging.planning.names import Name
from domain.charging.planning.plan import Wanted
from domain.charging.planning.plan import plan as made
from domain.identity import City
from infra.charging.plans import (
    WRITERS,
    assumptions_in,
    demo_districts,
    districts_in,
    stated,
    stations_in,
)
from infra.cli.desk import fail, fail_for, in_city, note, print_json, settings_of, write
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.cli.plan_words import report
from infra.clock import now
from infra.documents import FaultyDocument
from infra.operating import Desk
from services.charging.plan_views import plan_view
from services.charging.planning import PlanFormat

T = TypeVar("T")
TEXT = "text"
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Share(click.ParamType[Decimal]):
    name = "share"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        digits = value.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9) or not 0 <= Decimal(value) <= 1:
            self.fail("a share from 0 to 1, such as 0.5", param, ctx)
        return Decimal(value)


@click.group("plan", epilog=EXIT_CODES)
@data_before
def plan() -> None:
    """Plan ahead for a city."""


@plan.command("charging", epilog=EXIT_CODES)
@city_option
@click.option(
    "--ev-share", type=Share(), required=True, help="The share of electric cars, hybrids with a plug included."
)
@click.option("--year", type=click.IntRange(2000, 2099), required=True, help="When there are so many.")
@click.option(
    "--districts", "districts_file", type=FILE, help="The city's districts; a demo city has a file of its own."
)
@click.option("--stations", "stations_file", type=FILE, help="What stands there, instead of the city's stations.")
@click.option("--assumptions", "assumptions_file", type=FILE, help="Figures in place of ours, TOML or JSON.")
@click.option("--assume", multiple=True, metavar="NAME=VALUE", help="One figure in place of ours; goes over the file.")
@click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, *(each.value for each in PlanFormat)]),
    default=TEXT,
    show_default=True,
    help="As what the plan is written.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; the report with its assumptions is printed, then, in any format.",
)
@data_option
@json_option
def charging(
    *,
    city: City,
    ev_share: Decimal,
    year: int,
    districts_file: Path | None,
    stations_file: Path | None,
    assumptions_file: Path | None,
    assume: tuple[str, ...],
    form: str,
    out: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Say how many charge points of which power are needed where, once so many cars are electric.

    Districts are a table (CSV or XLSX) with the columns id, name, lat, lon, vehicles, inhabitants, km_per_vehicle,
    no_own_parking, hub_weight, destination_weight, through_weight, existing_ac, existing_dc, existing_hpc and source, of
    which id, name, lat, lon and one of vehicles and inhabitants are needed; or GeoJSON with the same as properties and a
    point or polygons, which tell what lies in a district. Lines that begin with # are notes, and stand in the plan.

    Stations in a file have the columns id, name, lat, lon, power_kw and points. What is assumed is printed with its source, and
    each figure can be stated instead: as NAME = 18, or with value, low, high and source.
    """
    file = districts_file or demo_districts(city)
    if file is None:
        raise click.UsageError("--districts FILE is needed: nobody knows the districts of this city")
    districts, notes = _read(file, districts_in)
    figures: dict[Name, Stated] = _read(assumptions_file, assumptions_in) if assumptions_file is not None else {}
    wanted = Wanted(ev_share, year, districts, figures | _assumed(assume), notes)
    if faults := wanted.faults():
        fail("\n  ".join(("this cannot be planned:", *(f"{_path(path)}: {said}" for path, said in faults))))
    sites = _read(stations_file, stations_in) if stations_file is not None else _of_the_city(data, city)
    found = made(wanted, sites, now().date())
    words = "".join(f"{line}\n" for line in report(found, city)).encode()
    content = words if form == TEXT else WRITERS[PlanFormat(form)][1](found)
    if out is not None:
        write(out, content)
        note(f"written: {out}")
    if as_json:
        print_json(plan_view(found))
    else:
        click.echo(content if out is None else words, nl=False)


def _of_the_city(data: Path | None, city: City) -> Sequence[ExistingSite]:
    async def work(desk: Desk) -> Sequence[ExistingSite]:
        await settings_of(desk)
        return await desk.charging_sites.sites()

    return in_city(data, city, work)


def _assumed(pairs: Sequence[str]) -> dict[Name, Stated]:
    try:
        return stated({name.strip(): value.strip() for name, _, value in (pair.partition("=") for pair in pairs)})
    except FaultyDocument as fault:
        raise click.UsageError(f"--assume: {'; '.join(fault.faults)}") from fault


def _path(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def _read(path: Path, read: Callable[[Path], T]) -> T:
    try:
        return read(path)
    except FaultyDocument as fault:
        fail_for(path, fault)
