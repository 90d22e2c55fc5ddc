"""`kommobil tariff`."""

from pathlib import Path

import click
import msgspec

from domain.booking.publishing import Published, TariffDraft
from domain.identity import City
from infra.cli.desk import fail_for, in_city, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.documents import FaultyDocument, read_document
from infra.operating import Desk
from infra.publications import tariffs_in
from services.operator.tariffs import TariffOutcome, publish_tariffs


@click.group("tariff", epilog=EXIT_CODES)
@data_before
def tariff() -> None:
    """Publish tariffs with their terms, or show them."""


@tariff.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@city_option
@data_option
@json_option
def import_(file: Path, city: City, data: Path | None, as_json: bool) -> None:
    """Publish the tariff of FILE (TOML or JSON), or every one under its `tariffs`.

    What changed becomes a new version; what did not is left alone. Bookings keep the version they were made with.
    """
    drafts = _read(file)

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
        prices = {"flat": t.flat, "time": t.time, "energy": t.energy, "distance": t.distance}
        for what, amount in prices.items():
            if amount is not None:
                click.echo(f"  {what:<9} {msgspec.json.encode(amount).decode()} {t.currency}")
        click.echo(f"  terms     {msgspec.json.encode(version.policy).decode()}")


def _read(file: Path) -> tuple[TariffDraft, ...]:
    try:
        return tariffs_in(read_document(file), now())
    except FaultyDocument as fault:
        fail_for(file, fault)
