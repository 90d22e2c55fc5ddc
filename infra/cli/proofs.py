"""`kommobil proof`."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from domain.identity import City
from domain.proofs import Proof, ProofKind
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, print_json, settings_of
from infra.cli.options import (
    DAY,
    EXIT_CODES,
    Email,
    Reason,
    VehicleClass,
    city_option,
    data_before,
    data_option,
    json_option,
)
from infra.operating import COMMAND_LINE, Desk
from services.operator.proofs import Checked, Seen, drop_proof, keep_proof, proofs_of

REFUSALS = {
    "unknown_person": "nobody is known by that address",
    "not_valid_any_more": "that day is over",
    "years_of_age_only": "an age says --years, and nothing else does",
    "licence_without_end": "a licence is seen again some day; say by which with --until",
    "checked_as_driver": "she drives for the city: whoever runs her pool enters it with the drivers (/fleet/drivers)",
}

kind_argument = click.argument("kind", type=click.Choice([kind.value for kind in ProofKind]))
email_argument = click.argument("email", type=Email())


@click.group("proof", epilog=EXIT_CODES)
@data_before
def proof() -> None:
    """Enter what people have shown: a driving licence, who they are, how old. It is noted, and no copy is kept."""


@proof.command("keep", epilog=EXIT_CODES)
@email_argument
@kind_argument
@city_option
@click.option(
    "--until",
    type=DAY,
    help="The last day on which it counts; a licence has one, and counts for half a year at most.",
)
@click.option("--method", type=Reason(), required=True, help="How it was seen, such as 'at the counter'.")
@click.option(
    "--class", "classes", type=VehicleClass(), multiple=True, help="A class of the licence, such as B. May repeat."
)
@click.option(
    "--years",
    type=click.IntRange(16, 99),
    help="Of an age: so many years old they were seen to be, or older; no birthday.",
)
@data_option
@json_option
def keep(
    *,
    email: str,
    kind: str,
    city: City,
    until: datetime | None,
    method: str,
    classes: tuple[str, ...],
    years: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Enter that the person with the address EMAIL has shown it."""
    seen = Seen(Proof(ProofKind(kind), until.date() if until is not None else None, years), method, classes)

    async def work(desk: Desk) -> Checked:
        await settings_of(desk)
        done = await keep_proof(email, seen, by=COMMAND_LINE, people=desk.people, proofs=desk.proofs)
        return fail(REFUSALS[done.reason]) if isinstance(done, Refusal) else done

    done = in_city(data, city, work)
    print_json(done) if as_json else click.echo(f"{email}: {_words(done)}")


@proof.command("drop", epilog=EXIT_CODES)
@email_argument
@kind_argument
@city_option
@data_option
def drop(*, email: str, kind: str, city: City, data: Path | None) -> None:
    """It counts no longer, for bookings from now on."""

    async def work(desk: Desk) -> bool:
        await settings_of(desk)
        done = await drop_proof(email, ProofKind(kind), by=COMMAND_LINE, people=desk.people, proofs=desk.proofs)
        return fail(REFUSALS[done.reason]) if isinstance(done, Refusal) else done

    held = in_city(data, city, work)
    click.echo(f"{email}: {kind} {'counts no longer' if held else 'was not there'}")


@proof.command("list", epilog=EXIT_CODES)
@email_argument
@city_option
@data_option
@json_option
def list_(*, email: str, city: City, data: Path | None, as_json: bool) -> None:
    """Print what the person with the address EMAIL has shown."""

    async def work(desk: Desk) -> Sequence[Checked]:
        await settings_of(desk)
        found = await proofs_of(email, everybody=True, people=desk.people, proofs=desk.proofs)
        return fail(REFUSALS[found.reason]) if isinstance(found, Refusal) else found

    found = in_city(data, city, work)
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(_words(each))


def _words(checked: Checked) -> str:
    seen = checked.seen
    until: date | None = seen.proof.valid_until
    counts = f"until {until.isoformat()}" if until is not None else "for good"
    classes = f" {'/'.join(seen.classes)}" if seen.classes else ""
    years = f" {seen.proof.years} or older" if seen.proof.years is not None else ""
    return f"{seen.proof.kind}{classes}{years} {counts}, {seen.method}, checked {checked.checked_at.isoformat()}"
