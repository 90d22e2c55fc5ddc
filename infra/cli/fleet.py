"""`kommobil fleet`."""

from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from adapters.http.fleet.damage_views import damage_view
from adapters.registers.fleet_file import read_fleet
from domain.booking.resources import ResourceId
from domain.fleet.damages import SETTLED, DamageState
from domain.fleet.drivers import lacking
from domain.fleet.keeping import Vehicle, why_not
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, note, print_json, settings_of, write
from infra.cli.options import DAY, EXIT_CODES, PoolName, city_option, data_before, data_option, json_option
from infra.fleet.files import WRITERS
from infra.fleet.logbook import WRITERS as LOGBOOK_WRITERS
from infra.ids import new_id
from infra.operating import COMMAND_LINE, Desk
from services.fleet.damages import DamagesWanted, KnownDamage
from services.fleet.driving import DriversWanted, KnownDriver
from services.fleet.exporting import Format
from services.fleet.files import Outcome, Report, Unreadable, import_vehicles
from services.fleet.keeping import Kept, Today, Wanted
from services.fleet.listing import PAGE, every_damage, every_driver, every_vehicle
from services.fleet.logbook import MOST_TRIPS, KnownTrip, NoSpan, Span, logbook
from services.fleet.views import vehicle_view

LARGEST = 2**22
pool_option = click.option("--pool", type=PoolName(), help="Those of this pool only.")
due_option = click.option("--due-before", type=DAY, help="Those alone for whom something ends before that day.")


@click.group("fleet", epilog=EXIT_CODES)
@data_before
def fleet() -> None:
    """Look at a city's vehicles, their damages, drivers and logbooks; give the vehicles away as a table and take them in again."""


@fleet.command("vehicles", epilog=EXIT_CODES)
@city_option
@pool_option
@due_option
@data_option
@json_option
def vehicles(*, city: City, pool: str | None, due_before: datetime | None, data: Path | None, as_json: bool) -> None:
    """Print the city's vehicles, and what keeps them from being booked."""

    async def work(desk: Desk) -> list[Kept]:
        await settings_of(desk)
        wanted = Wanted(PAGE, pool_id=_pool(pool), due_before=due_before.date() if due_before else None)
        return await every_vehicle(desk.vehicles, _operator(city), wanted)

    found = in_city(data, city, work)
    if as_json:
        print_json([vehicle_view(each) for each in found])
        return
    for each in found:
        click.echo(_words(each.vehicle, each.today))


@fleet.command("drivers", epilog=EXIT_CODES)
@city_option
@pool_option
@due_option
@data_option
@json_option
def drivers(*, city: City, pool: str | None, due_before: datetime | None, data: Path | None, as_json: bool) -> None:
    """Print the city's drivers, and what they lack to be given a key."""

    async def work(desk: Desk) -> list[KnownDriver]:
        await settings_of(desk)
        wanted = DriversWanted(PAGE, pool_id=_pool(pool), due_before=due_before.date() if due_before else None)
        return await every_driver(desk.drivers, _operator(city), wanted)

    found = in_city(data, city, work)
    if as_json:
        print_json([each.driver for each in found])
        return
    for each in found:
        missing = ", ".join(lacking(each.driver, each.today.day))
        click.echo(f"{each.driver.email}  {f'lacks {missing}' if missing else 'may drive'}")


@fleet.command("damages", epilog=EXIT_CODES)
@city_option
@pool_option
@click.option("--all", "everything", is_flag=True, help="Those too that were settled.")
@click.option("--withdrawing", is_flag=True, help="Those alone that keep a vehicle out of booking.")
@data_option
@json_option
def damages(
    *, city: City, pool: str | None, everything: bool, withdrawing: bool, data: Path | None, as_json: bool
) -> None:
    """Print what is wrong with the city's vehicles, the newest first."""
    states = frozenset() if everything else frozenset(DamageState) - SETTLED

    async def work(desk: Desk) -> list[KnownDamage]:
        await settings_of(desk)
        wanted = DamagesWanted(PAGE, pool_id=_pool(pool), states=states, withdrawing=withdrawing or None)
        return await every_damage(desk.damages, _operator(city), wanted)

    found = in_city(data, city, work)
    if as_json:
        print_json([damage_view(each, city) for each in found])
        return
    for each in found:
        damage = each.damage
        day = damage.reported_at.astimezone(ZoneInfo(each.time_zone)).date()
        drives = "out of booking" if damage.withdraws else "drivable"
        click.echo(
            f"{damage.id}  {day}  {each.vehicle}  {damage.kind}, {damage.place}, {damage.severity}  {damage.state}  {drives}"
        )


@fleet.command("export", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@city_option
@data_option
@json_option
def export(*, file: Path, city: City, data: Path | None, as_json: bool) -> None:
    """Write the city's vehicles into FILE, a .csv or .xlsx, which `fleet import` takes in again."""
    form = _format(file)

    async def work(desk: Desk) -> tuple[list[Vehicle], str]:
        settings = await settings_of(desk)
        kept = await every_vehicle(desk.vehicles, _operator(city), Wanted(PAGE))
        return [each.vehicle for each in kept], settings.time_zone

    found, zone = in_city(data, city, work)
    write(file, WRITERS[form][1](found, ZoneInfo(zone)))
    if as_json:
        print_json({"file": str(file), "vehicles": len(found)})
    else:
        click.echo(f"{file}: {len(found)} vehicles")


@fleet.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
@data_option
@json_option
def import_(*, file: Path, city: City, data: Path | None, as_json: bool) -> None:
    """Take the vehicles in FILE in, CSV or XLSX: each row is added, changed, or rejected with its reason.

    A row is the vehicle with its id, its VIN or its plate, or a new one. A file that cannot be read changes nothing.
    """
    if file.stat().st_size > LARGEST:
        fail(f"{file} is larger than {LARGEST:,} bytes; nothing was changed")
    try:
        rows = read_fleet(file.read_bytes())
    except Unreadable as problem:
        fail(f"{file} is no table of vehicles: {problem}; nothing was changed", cause=problem)

    async def work(desk: Desk) -> Report:
        await settings_of(desk)
        return await import_vehicles(rows, books=desk.vehicles, actor=_operator(city), new_id=new_id)

    report = in_city(data, city, work)
    if as_json:
        print_json(report)
        return
    click.echo(
        f"read {report.read}, added {report.added}, changed {report.changed}, unchanged {report.unchanged},"
        f" rejected {report.rejected}"
    )
    for told in report.rows:
        if told.outcome is Outcome.REJECTED:
            note(f"line {told.row}: {told.code}{f' in {told.column}' if told.column else ''}")


@fleet.command("logbook", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@city_option
@click.option("--from", "first", required=True, type=DAY, help="The first day.")
@click.option("--to", "end", required=True, type=DAY, help="The day after the last one.")
@click.option("--vehicle", type=click.UUID, help="That of this vehicle only.")
@pool_option
@data_option
@json_option
def logbook_(
    *,
    file: Path,
    city: City,
    first: datetime,
    end: datetime,
    vehicle: UUID | None,
    pool: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Write the logbook of the city's vehicles (Fahrtenbuch) into FILE, a .csv or .xlsx, with every version; of a year at
    most."""
    form = _format(file)
    try:
        span = Span(first.date(), end.date(), ResourceId(vehicle) if vehicle is not None else None, _pool(pool))
    except NoSpan as no:
        raise click.UsageError(f"--{no.day}: {no}") from no

    async def work(desk: Desk) -> tuple[list[KnownTrip], str]:
        settings = await settings_of(desk)
        given = await logbook(span, books=desk.logbooks, actor=_operator(city))
        if isinstance(given, Refusal):
            fail(
                f"more than {MOST_TRIPS:,} trips: ask for one --vehicle or --pool, or for less time; nothing was written"
            )
        return given, settings.time_zone

    found, zone = in_city(data, city, work)
    write(file, LOGBOOK_WRITERS[form][1](found, ZoneInfo(zone)))
    if as_json:
        print_json({"file": str(file), "trips": len(found)})
    else:
        click.echo(f"{file}: {len(found)} trips")


def _operator(city: City) -> Actor:
    return Actor(PersonId(COMMAND_LINE), city, frozenset({Role.OPERATOR}))


def _pool(name: str | None) -> PoolId | None:
    return PoolId(name) if name is not None else None


def _format(file: Path) -> Format:
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in set(Format):
        raise click.UsageError("FILE ends in .csv or .xlsx")
    return Format(suffix)


def _words(vehicle: Vehicle, today: Today) -> str:
    what = vehicle.description
    named = f"{what.name} ({what.plate})" if what.plate else what.name
    reasons = ", ".join(why_not(vehicle, today.day))
    return f"{vehicle.id}  {named}  {vehicle.placement.pool_id or '-'}  {reasons or 'bookable'}"
