"""`kommobil city`."""

from pathlib import Path

import click
import msgspec

from domain.cities.settings import CitySettings
from domain.identity import City
from domain.refusals import Refusal
from infra.cli.desk import fail, fail_for, in_city, print_json, settings_of
from infra.cli.options import EXIT_CODES, CityName, data_before, data_option, json_option
from infra.documents import FaultyDocument, read_document
from infra.publications import city_in
from services.operator.cities import open_city, set_city

REFUSALS = {
    "already_open": "{city} is open already; change it with `kommobil city set`",
    "unknown_city": "there is no city {city}; open it with `kommobil city add`",
    "account_of_another_city": "another city takes its money through this Stripe account; each city is its own merchant",
    "account_has_payments": "{city} has taken money through its Stripe account, from which alone it can be refunded",
}

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group("city", epilog=EXIT_CODES)
@data_before
def city() -> None:
    """Open a city, show or change what it says of itself."""


@city.command("add", epilog=EXIT_CODES)
@file_argument
@data_option
def add(file: Path, data: Path | None) -> None:
    """Open the city that FILE (TOML or JSON) describes; `city show` prints what such a file says."""
    name, settings = _read(file)
    outcome = in_city(data, name, lambda desk: open_city(settings, books=desk.cities))
    if isinstance(outcome, Refusal):
        fail(REFUSALS[outcome.reason].format(city=name))
    click.echo(f"{name} is open")


@city.command("set", epilog=EXIT_CODES)
@file_argument
@data_option
def set_(file: Path, data: Path | None) -> None:
    """Put what FILE (TOML or JSON) says in place of the city's present settings."""
    name, settings = _read(file)
    outcome = in_city(data, name, lambda desk: set_city(settings, books=desk.cities))
    if isinstance(outcome, Refusal):
        fail(REFUSALS[outcome.reason].format(city=name))
    click.echo(f"{name} is as the file says")


@city.command("show", epilog=EXIT_CODES)
@click.argument("city_name", metavar="CITY", type=CityName())
@data_option
@json_option
def show(city_name: City, data: Path | None, as_json: bool) -> None:
    """Print the city's settings; with --json as a file that `city set` takes."""
    settings = in_city(data, city_name, settings_of)
    facts = {"city": city_name, **msgspec.to_builtins(settings)}
    if as_json:
        print_json(facts)
        return
    for field, value in facts.items():
        words = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        click.echo(f"{field:<14} {words}")


def _read(file: Path) -> tuple[City, CitySettings]:
    try:
        return city_in(read_document(file))
    except FaultyDocument as fault:
        fail_for(file, fault)
