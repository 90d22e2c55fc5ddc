"""`kommobil bench`: each starts what it needs on this machine, and prints ours beside the limit of the same run."""

import asyncio

import click

from infra.cli.options import EXIT_CODES


@click.group(epilog=EXIT_CODES)
def bench() -> None:
    """Measure, on loopback and on a database of its own that is gone afterwards.

    A shared machine gives uncertain figures: compare only within one run, and prefer CPU per request to throughput.
    """


@bench.command("bookings", epilog=EXIT_CODES)
@click.option("--requests", type=click.IntRange(100), default=6000, show_default=True, help="In each round.")
@click.option("--seconds", type=click.IntRange(1), default=6, show_default=True, help="Of pgbench, in each round.")
@click.option("--rounds", type=click.IntRange(1, 20), default=2, show_default=True, help="Ours and pgbench in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=2, show_default=True, help="That answer the API.")
def bookings(*, requests: int, seconds: int, rounds: int, processes: int) -> None:
    """POST /bookings over HTTP with everything on, beside pgbench writing the same rows with one prepared statement."""
    from infra.bench.bookings import run  # noqa: PLC0415 - so that --help stays quick

    asyncio.run(run(requests=requests, seconds=seconds, rounds=rounds, processes=processes, say=click.echo))


@bench.command("conflicts", epilog=EXIT_CODES)
@click.option("--attempts", type=click.IntRange(100), default=4000, show_default=True, help="In each round.")
@click.option("--rounds", type=click.IntRange(1, 20), default=2, show_default=True, help="Ours and the limit in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=2, show_default=True, help="That answer the API.")
def conflicts(*, attempts: int, rounds: int, processes: int) -> None:
    """32 clients fight for 20 resources: over HTTP, with the bare statement, and with a plain INSERT."""
    from infra.bench.conflicts import run  # noqa: PLC0415 - so that --help stays quick

    asyncio.run(run(attempts=attempts, rounds=rounds, processes=processes, say=click.echo))


@bench.command("availability", epilog=EXIT_CODES)
@click.option("--resources", type=click.IntRange(100), default=100_000, show_default=True, help="That could be found.")
@click.option("--bookings", type=click.IntRange(100), default=1_000_000, show_default=True, help="Live and past.")
@click.option("--fewer", type=click.IntRange(100), default=100_000, show_default=True, help="To compare with.")
@click.option("--queries", type=click.IntRange(20), default=2000, show_default=True, help="Put to each side in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="That answer the API.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
def availability(
    *, resources: int, bookings: int, fewer: int, queries: int, processes: int, database: str | None
) -> None:
    """GET /availability over HTTP beside its bare statement, with few bookings and with many."""
    from infra.bench.availability import run  # noqa: PLC0415 - so that --help stays quick

    sizes = (fewer, bookings)
    asyncio.run(
        run(resources=resources, bookings=sizes, queries=queries, processes=processes, url=database, say=click.echo)
    )
