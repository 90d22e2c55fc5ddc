"""`kommobil migrate`."""

from pathlib import Path

import click

from adapters.database.preparing import NotPrepared
from infra.cli.desk import fail, installation, print_json
from infra.cli.options import EXIT_CODES, data_option, json_option
from infra.database import migrated


@click.command("migrate", epilog=EXIT_CODES)
@data_option
@json_option
def migrate_command(data: Path | None, as_json: bool) -> None:
    """Bring the database's schema up to date. Doing it again changes nothing.

    Works on the database named by KOMMOBIL_DATABASE_URL, as the owner of the schema, and makes the roles kommobil_app
    and kommobil_relay where it may; else on the embedded one.
    """
    with installation(data, make=True) as settings:
        try:
            done = migrated(settings)
        except NotPrepared as problem:
            fail("\n".join((str(problem), *(f"  {statement};" for statement in problem.remedy))), cause=problem)
    if as_json:
        print_json(done)
    else:
        click.echo(f"the schema is at {done.now}" + ("" if done.was == done.now else f" (was {done.was or 'empty'})"))
