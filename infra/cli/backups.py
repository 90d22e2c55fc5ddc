"""`kommobil backup` and `kommobil restore`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from adapters.database.migrating import Busy
from adapters.database.preparing import NotPrepared
from adapters.database.reaching import Unusable
from infra.backup.archive import NotABackup
from infra.backup.programs import ProgramFailed
from infra.backup.restoring import Comparison, DoesNotAgree
from infra.backup.restoring import check as check_backup
from infra.backup.restoring import restore as restore_backup
from infra.backup.taking import NotAbleTo, take
from infra.bootstrap import VERSION
from infra.cli.desk import fail, note, print_json, told
from infra.cli.options import EXIT_CODES, data_option, json_option
from infra.clock import now
from infra.embedded import EmbeddedError
from infra.settings import Settings


@contextmanager
def failing_in_words() -> Iterator[None]:
    try:
        yield
    except NotPrepared as problem:
        fail("\n".join((str(problem), *(f"  {statement};" for statement in problem.remedy))), cause=problem)
    except (Busy, EmbeddedError, NotABackup, NotAbleTo, ProgramFailed, Unusable) as problem:
        fail(str(problem), cause=problem)


@click.command("backup", epilog=EXIT_CODES)
@click.argument("target", metavar="DIR|FILE", type=click.Path(path_type=Path))
@click.option(
    "--without-secrets", is_flag=True, help="Leave out the signing key and the other secrets in the data folder."
)
@data_option
@json_option
def backup(*, target: Path, without_secrets: bool, data: Path | None, as_json: bool) -> None:
    """Copy all data, and the secrets under --data, into FILE, or a new file in DIR, while everybody goes on working.

    The file is one snapshot of the database, with the figures to compare a restored one by. It is readable by its owner
    only and not encrypted: it holds persons and secrets, so encrypt it before it leaves the machine. Not in it: letters
    laid down as files, the Stripe sandbox, and secrets that stand in variables or outside of --data.
    """
    settings, made_at = told(data), now()
    file = target / f"kommobil-{made_at:%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
    with failing_in_words():
        manifest = take(settings, file.absolute(), made_at, VERSION, secrets=not without_secrets, say=note)
    if as_json:
        print_json({"file": str(file), "manifest": manifest})
        return
    tables = manifest.figures.tables
    click.echo(
        f"{file}: {sum(table.rows for table in tables.values())} rows of {len(tables)} tables, schema {manifest.figures.schema}"
    )
    for table, sums in manifest.figures.sums.items():
        for what, amounts in sums.items():
            click.echo(f"  {table:<9} {what:<28} {', '.join(f'{name} {amount}' for name, amount in amounts.items())}")
    for secret in manifest.elsewhere:
        click.echo(f"  not in it: the secret {secret}")
    note("it is not encrypted; whether it can be restored tells: kommobil restore --check")


@click.command("restore", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Restore into a server of its own, compare, and leave nothing behind.")
@click.option("--replace-all-there-is", "replace", is_flag=True, help="Give up what the embedded database holds now.")
@data_option
@json_option
def restore(*, file: Path, check: bool, replace: bool, data: Path | None, as_json: bool) -> None:
    """Make the installation under --data from FILE, which `backup` made. Nothing may run on it meanwhile.

    Counts, sums, a checksum of every table and what must always be true are compared first; an installation that is
    there is refused, or with --replace-all-there-is given up once all of it agrees. With KOMMOBIL_DATABASE_URL that
    database is filled, and has to be empty; then run `kommobil migrate`.
    """
    with failing_in_words():
        comparison = check_backup(file, note) if check else _restored(told(data), file, replace=replace)
    _tell(comparison, as_json)
    if comparison is not None and not comparison.agrees:
        fail("what was restored is not what was backed up" + ("" if check else "; nothing was put in its place"))
    if not as_json and not check:
        click.echo(
            "restored; " + ("start it with infra/up" if comparison else "it was not compared: see restore --check")
        )


def _restored(settings: Settings, file: Path, *, replace: bool) -> Comparison | None:
    try:
        return restore_backup(settings, file, replace=replace, say=note)
    except DoesNotAgree as problem:
        return problem.comparison


def _tell(comparison: Comparison | None, as_json: bool) -> None:
    lines = comparison.lines if comparison else ()
    if as_json:
        print_json({"agrees": comparison.agrees if comparison else None, "compared": lines})
        return
    for line in lines:
        if line.agrees:
            click.echo(f"ok    {line.what:<48} {line.found}")
        else:
            click.echo(f"FAIL  {line.what:<48} {line.found}, expected {line.expected}")
