"""`kommobil up` and `kommobil serve`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from adapters.database.migrating import Busy
from adapters.database.preparing import NotPrepared
from adapters.database.reaching import Unusable
from infra.cli.desk import fail, installation, told
from infra.cli.options import EXIT_CODES, data_option
from infra.embedded import EmbeddedError
from infra.secrets import SecretMissing
from infra.starting import NotReady, Plan, serve_only, start
from infra.supervision import STOPPING, PortTakenError

PROCESSES = min(4, os.cpu_count() or 1)

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 64), default=PROCESSES, show_default=True, help="Processes that answer the API."
)


@contextmanager
def stopped_in_words() -> Iterator[None]:
    """A stop by a signal is what was asked for: exit code 0. What cannot be run ends with a message and 1."""
    try:
        yield
    except SystemExit as end:
        if end.code not in {128 + number for number in STOPPING}:
            raise
    except NotPrepared as problem:
        fail("\n".join((str(problem), *(f"  {statement};" for statement in problem.remedy))), cause=problem)
    except (Busy, EmbeddedError, NotReady, PortTakenError, SecretMissing, Unusable) as problem:
        fail(str(problem), cause=problem)


@click.command("up", epilog=EXIT_CODES)
@port_option
@host_option
@data_option
@click.option("--demo/--no-demo", default=True, show_default=True, help="Load the demo cities, if they are not there.")
@workers_option
def up(*, port: int, host: str, data: Path | None, demo: bool, workers: int) -> None:
    """Start everything on this machine, and stop it on Ctrl-C or SIGTERM.

    PostgreSQL and Redis run embedded, with their data under --data, unless KOMMOBIL_DATABASE_URL and KOMMOBIL_REDIS_URL
    name others. Payments go to a local sandbox of Stripe unless KOMMOBIL_STRIPE_URL names https://api.stripe.com.
    """
    with stopped_in_words():
        start(told(data), Plan(host, port, workers, demo), click.echo)


@click.command("serve", epilog=EXIT_CODES)
@port_option
@host_option
@data_option
@workers_option
def serve(*, port: int, host: str, data: Path | None, workers: int) -> None:
    """Answer the API until Ctrl-C or SIGTERM, on a database that is there and migrated. `up` does this and the rest.

    KOMMOBIL_STRIPE_URL names where payments go; without it, to Stripe itself.
    """
    with stopped_in_words(), installation(data) as settings:
        serve_only(settings, Plan(host, port, workers, demo=False), click.echo)
