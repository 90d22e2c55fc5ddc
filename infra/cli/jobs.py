"""`kommobil jobs`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from adapters.database.connections import Session, Statements
from adapters.database.outbox import backlog, city_of, replay
from adapters.database.reaching import in_words
from infra.cli.desk import fail, in_city, installation, print_json
from infra.cli.options import EXIT_CODES, Reason, data_option, json_option
from infra.clock import now
from infra.database import addresses
from services.jobs.ports import Backlog

T = TypeVar("T")


@click.group("jobs", epilog=EXIT_CODES, invoke_without_command=True)
@data_option
@json_option
@click.pass_context
def jobs(context: click.Context, data: Path | None, as_json: bool) -> None:
    """Show the background work that is not done yet, and the dead letters: work that was given up after many tries."""
    if context.invoked_subcommand is not None:
        return
    found = _as_relay(data, lambda session: backlog(session, now()))
    if as_json:
        print_json(found)
    else:
        _print(found)


@jobs.command("replay", epilog=EXIT_CODES)
@click.argument("letter", metavar="[ID]", type=click.UUID, required=False)
@click.option("--all", "all_of_them", is_flag=True, help="Every dead letter.")
@data_option
def replay_command(letter: UUID | None, all_of_them: bool, data: Path | None) -> None:
    """Try the dead letter ID again, or all of them. An effect that took place before does not take place twice."""
    if (letter is None) != all_of_them:
        raise click.UsageError("name one dead letter by its ID, or all of them with --all")
    count = _as_relay(data, lambda session: replay(session, now(), letter))
    if letter is not None and not count:
        fail(f"there is no dead letter {letter}")
    click.echo(f"{count} dead letter{'' if count == 1 else 's'} tried again")


@jobs.command("drop", epilog=EXIT_CODES)
@click.argument("letter", metavar="ID", type=click.UUID)
@click.option("--reason", type=Reason(), required=True, help="Why; stays in the audit trail, so it names no person.")
@data_option
def drop_command(letter: UUID, reason: str, data: Path | None) -> None:
    """Give the dead letter ID up for good: what it should have brought about is left undone."""
    city = _as_relay(data, lambda session: city_of(session, letter))
    if city is None or not in_city(data, city, lambda desk: desk.dead_letters.drop(letter, reason)):
        fail(f"there is no dead letter {letter}")
    click.echo(f"dead letter {letter} of {city} is dropped")


def _as_relay(data: Path | None, work: Callable[[Session], Awaitable[T]]) -> T:
    """Work across cities, in one statement or several."""
    with installation(data) as settings:
        address = addresses(settings).relay

        async def run() -> T:
            statements = Statements(address, 1)
            try:
                async with statements.session() as session:
                    return await work(session)
            finally:
                await statements.close()

        with in_words():
            return asyncio.run(run())


def _print(found: Backlog) -> None:
    if not found.waiting and not found.dead:
        click.echo("nothing is waiting, nothing was given up")
    for waiting in found.waiting:
        click.echo(
            f"waiting  {waiting.kind:<34} {waiting.count:>6}  overdue {waiting.overdue}, failed before {waiting.failed},"
            f" the oldest since {waiting.oldest.isoformat(timespec='seconds')}"
        )
    for dead in found.dead:
        click.echo(
            f"dead     {dead.kind:<34} {dead.id}  {dead.city}, {dead.attempts} tries until"
            f" {dead.since.isoformat(timespec='seconds')}: {dead.failure}"
        )
