"""`kommobil migrate`."""

from pathlib import Path

import click

from adapters.database.migrating import Busy, Standing, head
from adapters.database.preparing import NotPrepared
from infra.cli.desk import fail, installation, note, print_json
from infra.cli.options import EXIT_CODES, data_option, json_option
from infra.database import migrated, schema_standing

SAID = {
    Standing.CURRENT: "the schema is current",
    Standing.NEWER: "the schema is newer than this version, which can go on working on it",
    Standing.BEHIND: "the schema is older than this version; run `kommobil migrate`",
    Standing.BEYOND: "the schema is newer than this version, which can no longer work on it; start the newer version",
}


@click.command("migrate", epilog=EXIT_CODES)
@click.option("--check", is_flag=True, help="Change nothing; 1 unless the schema is the one of this version.")
@data_option
@json_option
def migrate_command(*, check: bool, data: Path | None, as_json: bool) -> None:
    """Bring the database's schema up to date. Doing it again changes nothing.

    Works on the database named by KOMMOBIL_DATABASE_URL, as the owner of the schema, and makes the roles kommobil_app
    and kommobil_relay where it may; else on the embedded one. Programs of the version before go on working meanwhile and
    afterwards: where a lock is not given at once, nobody is kept waiting and it is tried again.
    """
    if check:
        _check(data, as_json)
        return
    with installation(data, make=True) as settings:
        try:
            done = migrated(settings, note)
        except Busy as problem:
            fail(str(problem), cause=problem)
        except NotPrepared as problem:
            fail("\n".join((str(problem), *(f"  {statement};" for statement in problem.remedy))), cause=problem)
    if as_json:
        print_json(done)
    else:
        click.echo(f"the schema is at {done.now}" + ("" if done.was == done.now else f" (was {done.was or 'empty'})"))


def _check(data: Path | None, as_json: bool) -> None:
    with installation(data) as settings:
        found = schema_standing(settings)
    if as_json:
        print_json({"schema": found.value, "needed": head()})
    if found is not Standing.CURRENT:
        fail(SAID[found])
    if not as_json:
        click.echo(SAID[found])
