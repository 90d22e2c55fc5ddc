"""`kommobil worker`."""

from pathlib import Path

import click

from infra.cli.desk import installation
from infra.cli.options import EXIT_CODES, data_option
from infra.serving.worker import work


@click.command("worker", epilog=EXIT_CODES)
@data_option
def worker(data: Path | None) -> None:
    """Do the background work until Ctrl-C or SIGTERM, then finish what was begun. `up` has a worker of its own.

    Any number of workers may run on one database. KOMMOBIL_REDIS_URL names the Redis that wakes them; without it they
    look every second.
    """
    with installation(data) as settings:
        work(settings)
