"""`kommobil tariff`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from domain.booking.publishing import Published
from domain.identity import City
from domain.pricing.charging.prices import Amount, price_session
from domain.refusals import Refusal
from infra.cli.charging_prices import charging_session_in, charging_tariff_in, shown
from infra.cli.desk import fail, fail_for, in_city, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.documents import FaultyDocument, read_document
from infra.operating import Desk
from infra.publications import tariffs_in
from services.operator.tariffs import TariffOutcome, publish_tariffs

T = TypeVar("T")


@click.group("tariff", epilog=EXIT_CODES)
@data_before
def tariff() -> None:
    """Publish tariffs with their terms, show them, or price a charging session under one of OCPI."""


@tariff.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
@data_option
@json_option
def import_(file: Path, city: City, data: Path | None, as_json: bool) -> None:
    """Publish the tariff of FILE (TOML or JSON), or every one under its `tariffs`.

    What changed becomes a new version; what did not is left alone. Bookings keep the version they were made with.
    """
    drafts = _written(file, lambda document: tariffs_in(document, now()))

    async def work(desk: Desk) -> tuple[TariffOutcome, ...]:
        await settings_of(desk)
        return await publish_tariffs(drafts, books=desk.tariffs, now=desk.now)

    outcomes = in_city(data, city, work)
    if as_json:
        print_json(outcomes)
        return
    for outcome in outcomes:
        click.echo(f"{outcome.id} version {outcome.version} {'published' if outcome.published else 'unchanged'}")


@tariff.command("show", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def show(city: City, data: Path | None, as_json: bool) -> None:
    """Print every version of every tariff."""

    async def work(desk: Desk) -> list[Published]:
        await settings_of(desk)
        return list(await desk.tariffs.versions())

    versions = in_city(data, city, work)
    if as_json:
        print_json(versions)
        return
    for version in versions:
        t = version.tariff
        click.echo(f"{t.id} version {t.version}, valid from {t.valid_from.isoformat()}: {t.name}")
        prices = {"flat": t.flat, "time": t.time, "energy": t.energy, "distance": t.distance, "charging": t.charging}
        for what, amount in prices.items():
            if amount is not None:
                click.echo(f"  {what:<9} {msgspec.json.encode(amount).decode()} {t.currency}")
        click.echo(f"  terms     {msgspec.json.encode(version.policy).decode()}")


@tariff.command("price", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("session", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def price(file: Path, session: Path, as_json: bool) -> None:
    """Price the charging session of SESSION under the OCPI 2.3.0 tariff of FILE (JSON or TOML).

    SESSION has a `time_zone`, `periods` of one `activity` each (charging, parked, withheld: the site gives no power), with
    `period`, `energy_kwh` and where it is known `current_a`, and maybe a `reservation`: its `period`, and whether it `expired`.
    """
    tariff, used = _written(file, charging_tariff_in), _written(session, charging_session_in)
    priced = price_session(tariff, used)
    if isinstance(priced, Refusal):
        fail(f"{session} has no price: {priced.reason} {priced.pointer}".rstrip())
    view = shown(priced)
    if as_json:
        print_json(view)
        return
    for item in view.items:
        what = f"{item.reservation}, {item.type}" if item.reservation else item.type
        click.echo(f"{what:<26} {item.quantity:>10} {item.unit:<3} at {item.price}: {item.sums.after_taxes:>10}")
    if priced.limits != Amount():
        click.echo(f"{'to the limit of the tariff':<26} {view.limits.after_taxes}")
    click.echo(f"{view.gross.amount / 100:.2f} {view.gross.currency}, of which {view.vat.amount / 100:.2f} tax")


def _written(path: Path, read: Callable[[dict[str, Any]], T]) -> T:
    try:
        return read(read_document(path))
    except FaultyDocument as fault:
        fail_for(path, fault)
