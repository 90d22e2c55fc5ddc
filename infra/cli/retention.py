"""`kommobil retention`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from adapters.database.connections import Transactions
from adapters.database.retention.deleting import SqlRetention
from adapters.mail.files import FileMailer
from domain.identity import City, PersonId
from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, HoldOn, NotHeld, PlaceHold
from infra.cli.desk import fail, in_city, installation, print_json, settings_of, told
from infra.cli.options import EXIT_CODES, CityName, Email, Reason, city_option, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.ids import new_id
from infra.operating import COMMAND_LINE, Desk
from services.retention.holding import lift_hold, place_hold
from services.retention.running import Standing, review

T = TypeVar("T")
BY = PersonId(COMMAND_LINE)
REFUSALS = {
    "unknown_subject": "the city has no such {on}",
    "unknown_hold": "there is no such hold",
    "already_lifted": "that hold is lifted already",
}


@click.group("retention", epilog=EXIT_CODES, invoke_without_command=True)
@click.option("--city", "city", type=CityName(), help="The city, as in its addresses.")
@click.option("--apply", "apply", is_flag=True, help="Delete what is due, with a proof of each batch.")
@data_option
@json_option
@click.pass_context
def retention(context: click.Context, city: City | None, apply: bool, data: Path | None, as_json: bool) -> None:
    """Show what the law does not keep any longer, by record; with --apply, let it go.

    Vouchers (a booking with its payments and invoices) are kept for 8 years, letters for 6, books for 10, each from the end
    of the calendar year. Nothing goes that a legal hold keeps.
    """
    if context.invoked_subcommand is not None:
        return
    if city is None:
        raise click.UsageError("name the city with --city")
    letters = FileMailer(told(data).mail)  # what a server sent is kept by whoever got it
    standings = _with_books(
        data, lambda books: review(city, BY, apply=apply, books=books, letters=letters, clock=now, new_id=new_id)
    )
    if standings is None:
        fail(f"there is no city {city!r}")
    if as_json:
        print_json(standings)
        return
    for standing in standings:
        click.echo(_line(standing, applied=apply))


@retention.command("hold", epilog=EXIT_CODES)
@city_option
@click.option("--person", type=Email(), help="Her file and all her bookings, by her address.")
@click.option("--person-id", type=click.UUID, help="The same, of somebody who was erased.")
@click.option("--booking", type=click.UUID, help="A booking with its payments and invoices.")
@click.option(
    "--document",
    type=click.UUID,
    help="An invoice, with the booking it belongs to, a lease, an order to pay dealers, a reminder of a lease, a withdrawal, a bank statement or a line of it.",
)
@click.option("--everything", is_flag=True, help="All of the city's records, as while a tax audit runs.")
@click.option("--reason", type=Reason(), required=True, help="Why; it stays.")
@data_option
def hold_command(
    *,
    city: City,
    person: str | None,
    person_id: UUID | None,
    booking: UUID | None,
    document: UUID | None,
    everything: bool,
    reason: str,
    data: Path | None,
) -> None:
    """Keep something, whatever its age, until the hold is lifted. Prints the hold's id."""
    in_city(data, city, settings_of)
    named = {HoldOn.PERSON: person or person_id, HoldOn.BOOKING: booking, HoldOn.DOCUMENT: document}
    given = [(on, subject) for on, subject in named.items() if subject is not None]
    if len(given) + everything != 1 or (person and person_id):
        raise click.UsageError("name one person, booking or document, or --everything")
    on, subject = given[0] if given else (HoldOn.CITY, None)
    if isinstance(subject, str):
        subject = in_city(data, city, lambda desk: _known(desk, person or ""))
    command = PlaceHold(HoldId(new_id()), on, subject, reason)
    outcome = _with_books(data, lambda books: place_hold(command, city, BY, books=books, clock=now))
    click.echo(_held(outcome, on).id)


@retention.command("lift", epilog=EXIT_CODES)
@click.argument("hold", metavar="ID", type=click.UUID)
@city_option
@click.option("--reason", type=Reason(), required=True, help="Why; it stays.")
@data_option
def lift_command(hold: UUID, city: City, reason: str, data: Path | None) -> None:
    """Lift the hold ID: what it kept goes by its age again."""
    outcome = _with_books(data, lambda books: lift_hold(HoldId(hold), reason, city, BY, books=books, clock=now))
    click.echo(f"hold {_held(outcome).id} is lifted")


@retention.command("list", epilog=EXIT_CODES)
@city_option
@click.option("--all", "lifted", is_flag=True, help="Those that were lifted too.")
@data_option
@json_option
def list_command(city: City, lifted: bool, data: Path | None, as_json: bool) -> None:
    """List the legal holds of a city."""
    holds = _with_books(data, lambda books: books.holds(city, lifted=lifted))
    if as_json:
        print_json(holds)
        return
    for hold in holds:
        until = "" if hold.lifted_at is None else f", lifted {_day(hold.lifted_at)}: {hold.lifted_because}"
        click.echo(f"{hold.id}  {hold.on} {hold.subject_id or ''}  since {_day(hold.placed_at)}: {hold.reason}{until}")


@retention.command("proofs", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def proofs_command(city: City, data: Path | None, as_json: bool) -> None:
    """List what was deleted: of what how much, by which rule, by whom and when, with the digest of the keys."""
    proofs = _with_books(data, lambda books: books.proofs(city))
    if as_json:
        print_json(proofs)
        return
    for proof in proofs:
        click.echo(f"{_day(proof.at)}  {proof.count:>6} of {proof.relation:<20} {proof.rule}  {proof.digest}")


def _with_books(data: Path | None, work: Callable[[SqlRetention], Awaitable[T]]) -> T:
    async def run(transactions: Transactions) -> T:
        return await work(SqlRetention(transactions, now, new_id, "cli"))

    with installation(data) as settings:
        return with_transactions(addresses(settings).app, run)


async def _known(desk: Desk, email: str) -> UUID:
    return await desk.people.find(email) or fail("nobody is known by that address")


def _held(outcome: Hold | Refusal[NotHeld], on: HoldOn = HoldOn.CITY) -> Hold:
    return fail(REFUSALS[outcome.reason].format(on=on)) if isinstance(outcome, Refusal) else outcome


def _line(standing: Standing, *, applied: bool) -> str:
    counted = standing.counted
    what = f"{standing.gone} gone" if applied else f"{counted.count} due"
    oldest = f", the oldest of {_day(counted.oldest)}" if counted.oldest is not None else ""
    return (
        f"{standing.due.record:<14} {what}, {counted.held} held{oldest}  "
        f"(last touched by {standing.due.touched_by}: {standing.due.rule.words})"
    )


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
