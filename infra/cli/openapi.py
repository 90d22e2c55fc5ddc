"""`kommobil openapi`: the document of the public API."""

from pathlib import Path

import click

from infra.cli.desk import fail
from infra.cli.options import EXIT_CODES


@click.command("openapi", epilog=EXIT_CODES)
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with a copy; 1 if it differs.",
)
@click.option("--matrix", is_flag=True, help="Print who may call which operation, as a table.")
def openapi(check: Path | None, matrix: bool) -> None:
    """Print the OpenAPI 3.1 document that this version serves at /openapi.json."""
    from infra.bootstrap import authorisation_matrix, openapi_document  # noqa: PLC0415 - so that --help stays quick

    if matrix:
        click.echo(authorisation_matrix(), nl=False)
        return
    content = openapi_document()
    if check is None:
        click.echo(content.decode(), nl=False)
    elif check.read_bytes() != content:
        fail(f"{check} differs from what this version serves; renew it with: kommobil openapi > {check}")
