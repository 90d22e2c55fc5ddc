"""`kommobil bench`: each starts what it needs on this machine, and prints ours beside the limit of the same run."""

import asyncio
from collections.abc import Callable
from typing import Any

import click

from infra.cli.options import EXIT_CODES, json_option


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
@click.option("--against", metavar="COMMIT", help="Measure an earlier commit in turn with this one instead of pgbench.")
@json_option
def bookings(*, requests: int, seconds: int, rounds: int, processes: int, against: str | None, as_json: bool) -> None:
    """POST /bookings over HTTP with everything on, beside pgbench writing the same rows with one prepared statement."""
    if against is not None:
        from infra.bench.against import NotComparable, compare  # noqa: PLC0415 - so that --help stays quick
        from infra.cli.desk import fail  # noqa: PLC0415 - likewise

        say = _said(as_json)
        try:
            _print(compare(against, requests=requests, rounds=rounds, processes=processes, say=say), as_json)
        except NotComparable as problem:
            fail(str(problem), cause=problem)
        return
    from infra.bench.bookings import run  # noqa: PLC0415 - so that --help stays quick

    measured = run(requests=requests, seconds=seconds, rounds=rounds, processes=processes, say=_said(as_json))
    _print(asyncio.run(measured), as_json)


@bench.command("conflicts", epilog=EXIT_CODES)
@click.option("--attempts", type=click.IntRange(100), default=4000, show_default=True, help="In each round.")
@click.option("--rounds", type=click.IntRange(1, 20), default=2, show_default=True, help="Ours and the limit in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=2, show_default=True, help="That answer the API.")
@json_option
def conflicts(*, attempts: int, rounds: int, processes: int, as_json: bool) -> None:
    """32 clients fight for 20 resources: over HTTP, with the bare statement, and with a plain INSERT."""
    from infra.bench.conflicts import run  # noqa: PLC0415 - so that --help stays quick

    measured = run(attempts=attempts, rounds=rounds, processes=processes, say=_said(as_json))
    _print(asyncio.run(measured), as_json)


@bench.command("availability", epilog=EXIT_CODES)
@click.option("--resources", type=click.IntRange(100), default=100_000, show_default=True, help="That could be found.")
@click.option("--bookings", type=click.IntRange(100), default=1_000_000, show_default=True, help="Live and past.")
@click.option("--fewer", type=click.IntRange(100), default=100_000, show_default=True, help="To compare with.")
@click.option("--queries", type=click.IntRange(20), default=2000, show_default=True, help="Put to each side in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="That answer the API.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
@json_option
def availability(
    *, resources: int, bookings: int, fewer: int, queries: int, processes: int, database: str | None, as_json: bool
) -> None:
    """GET /availability over HTTP beside its bare statement, with few bookings and with many."""
    from infra.bench.availability import run  # noqa: PLC0415 - so that --help stays quick

    sizes = (fewer, bookings)
    say = _said(as_json)
    measured = run(resources=resources, bookings=sizes, queries=queries, processes=processes, url=database, say=say)
    _print(asyncio.run(measured), as_json)


@bench.command("instalments", epilog=EXIT_CODES)
@click.option("--contracts", type=click.IntRange(100), default=20_000, show_default=True, help="Leases in the run.")
@click.option("--debited", type=click.IntRange(0), help="Of them paid by debits; half if left out.")
@click.option("--seconds", type=click.IntRange(1), default=20, show_default=True, help="Of collecting.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
@json_option
def instalments(*, contracts: int, debited: int | None, seconds: int, database: str | None, as_json: bool) -> None:
    """A month's run of many leases: charged, posted and queued; then how fast the queue is collected."""
    from infra.bench.instalments import run  # noqa: PLC0415 - so that --help stays quick

    measured = run(contracts=contracts, debited=debited, seconds=seconds, url=database, say=_said(as_json))
    _print(asyncio.run(measured), as_json)


@bench.command("lease-books", epilog=EXIT_CODES)
@click.option("--contracts", type=click.IntRange(100), default=20_000, show_default=True, help="Leases in the books.")
@click.option("--months", type=click.IntRange(1, 36), default=12, show_default=True, help="Of each, up to the last.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
@json_option
def lease_books(*, contracts: int, months: int, database: str | None, as_json: bool) -> None:
    """What is owed for many leases, what their bikes are worth, and the closing of a month that nobody has run."""
    from infra.bench.lease_books import run  # noqa: PLC0415 - so that --help stays quick

    _print(asyncio.run(run(contracts=contracts, months=months, url=database, say=_said(as_json))), as_json)


@bench.command("ledger", epilog=EXIT_CODES)
@click.option("--postings", type=click.IntRange(1100), default=1_000_000, show_default=True, help="In the journal.")
@click.option("--fewer", type=click.IntRange(1100), default=100_000, show_default=True, help="To compare with.")
@click.option("--queries", type=click.IntRange(20), default=1000, show_default=True, help="Of each kind, at each size.")
@click.option(
    "--bookings", type=click.IntRange(20), default=1000, show_default=True, help="Posted, to say what it costs."
)
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="That answer the API.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
@json_option
def ledger(
    *, postings: int, fewer: int, queries: int, bookings: int, processes: int, database: str | None, as_json: bool
) -> None:
    """Trial balance and account statements over HTTP as the journal grows, and what posting adds to a booking."""
    from infra.bench.ledger import run  # noqa: PLC0415 - so that --help stays quick

    sizes = (min(fewer, postings), postings)
    say = _said(as_json)
    measured = run(postings=sizes, queries=queries, bookings=bookings, processes=processes, url=database, say=say)
    _print(asyncio.run(measured), as_json)


@bench.command("calendar", epilog=EXIT_CODES)
@click.option("--vehicles", type=click.IntRange(1, 5000), default=300, show_default=True, help="A lane each.")
@click.option("--bookings", type=click.IntRange(2), default=10_000, show_default=True, help="Within these days.")
@click.option("--days", type=click.IntRange(2, 62), default=28, show_default=True, help="That are asked for at once.")
@click.option("--queries", type=click.IntRange(5), default=200, show_default=True, help="Put to each side in turn.")
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="That answer the API.")
@click.option("--database", help="URL of a superuser: a PostgreSQL to use instead of an embedded one.")
@json_option
def calendar(
    *, vehicles: int, bookings: int, days: int, queries: int, processes: int, database: str | None, as_json: bool
) -> None:
    """GET /fleet/calendar over HTTP, compressed and not, beside its bare statement."""
    from infra.bench.calendar import run  # noqa: PLC0415 - so that --help stays quick

    say = _said(as_json)
    measured = run(
        vehicles=vehicles, bookings=bookings, days=days, queries=queries, processes=processes, url=database, say=say
    )
    _print(asyncio.run(measured), as_json)


@bench.command("stations", epilog=EXIT_CODES)
@click.option("--stations", type=click.IntRange(1, 20_000), default=1000, show_default=True, help="At one process.")
@click.option("--seconds", type=click.IntRange(1), default=60, show_default=True, help="Of orders and bookings.")
@click.option("--bookings", type=click.IntRange(1, 1000), default=50, show_default=True, help="A second, meanwhile.")
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="That answer the API.")
@json_option
def stations(*, stations: int, seconds: int, bookings: int, processes: int, as_json: bool) -> None:
    """Charging stations at the central system: memory, round trips of orders under load, and all of them back after a kill."""
    from infra.bench.stations import run  # noqa: PLC0415 - so that --help stays quick
    from infra.bench.waiting import Stalled  # noqa: PLC0415 - likewise
    from infra.cli.desk import fail  # noqa: PLC0415 - likewise

    measured = run(stations=stations, seconds=seconds, bookings=bookings, processes=processes, say=_said(as_json))
    try:
        _print(asyncio.run(measured), as_json)
    except Stalled as problem:
        fail(str(problem), cause=problem)


@bench.command("assignment", epilog=EXIT_CODES)
@click.option("--bookings", type=click.IntRange(1, 5000), default=500, show_default=True, help="That need a vehicle.")
@click.option("--vehicles", type=click.IntRange(1, 1000), default=120, show_default=True, help="Of a mixed pool.")
@click.option("--days", type=click.IntRange(1, 60), default=2, show_default=True, help="Over which they are spread.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which city is made up.")
@json_option
def assignment(*, bookings: int, vehicles: int, days: int, seed: int, as_json: bool) -> None:
    """Assign bookings to vehicles one after the other, and as a solver finds best (`pip install kommobil[assignment]`)."""
    from infra.bench.assignment import run  # noqa: PLC0415 - so that --help stays quick

    _print(run(bookings, vehicles, days, seed, _said(as_json)), as_json)


def _said(as_json: bool) -> Callable[[str], None]:
    """Where the words go: stdout belongs to the figures where they are JSON."""
    return lambda words: click.echo(words, err=as_json)


def _print(figures: Any, as_json: bool) -> None:
    """They have been said in words already."""
    from infra.cli.desk import print_json  # noqa: PLC0415 - so that --help stays quick

    if as_json:
        print_json(figures)
