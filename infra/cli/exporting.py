"""`kommobil export`."""

import asyncio
from pathlib import Path
from typing import get_args

import click

from adapters.database.moving_away import Form, city_export
from adapters.database.reaching import in_words
from domain.identity import City
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_option, json_option
from infra.database import addresses


@click.command("export", epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@city_option
@click.option(
    "--format", "form", type=click.Choice(get_args(Form)), default="csv", show_default=True, help="Of each file."
)
@data_option
@json_option
def export(*, folder: Path, city: City, form: Form, data: Path | None, as_json: bool) -> None:
    """Write all that the installation holds of a city into DIR, one file per table, for moving away or for looking into.

    DIR is made, and must be empty. All files show the same moment, whatever is written meanwhile; times are UTC, amounts
    are minor units. They hold persons, so they are readable by their owner only.
    """
    in_city(data, city, settings_of)
    _make(folder)
    rows: dict[str, int] = {}
    with installation(data) as settings, in_words():

        async def write() -> None:
            async with city_export(addresses(settings).app, city) as source:
                for table in await source.tables():
                    file = folder / f"{table}.{form}"
                    file.touch(mode=0o600)
                    rows[table] = await source.write(table, file, form)

        asyncio.run(write())
    if as_json:
        print_json({"city": city, "format": form, "rows": rows})
        return
    for table, count in rows.items():
        click.echo(f"{count:>9}  {folder / table}.{form}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            fail(f"{folder} is not empty and is left as it is")
    except OSError as problem:
        fail(f"{folder} cannot be made: {problem.strerror}", cause=problem)
