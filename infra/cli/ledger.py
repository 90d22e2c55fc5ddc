"""`kommobil ledger`."""

import re
from pathlib import Path

import click

from adapters.database.connections import Statements, Transactions
from adapters.database.ledger.gaps import SqlGaps
from adapters.database.ledger.journal import SqlLedgers
from adapters.database.ledger.seals import SqlSeals
from adapters.database.operator import every_city
from domain.identity import City
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.options import EXIT_CODES, CityName, city_option, data_before, data_option, json_option
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.ids import new_id
from services.ledger.catching_up import catch_up
from services.ledger.verifying import Verdict, verify


class Digest(click.ParamType[str]):
    name = "digest"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if re.fullmatch(r"[0-9a-fA-F]{64}", value) is None:
            self.fail("64 hexadecimal digits, as `verify` prints them", param, ctx)
        return value.lower()


@click.group("ledger", epilog=EXIT_CODES)
@data_before
def ledger() -> None:
    """Look whether the ledger is what it was, and post what is missing."""


@ledger.command("verify", epilog=EXIT_CODES)
@click.option("--city", "city", type=CityName(), help="One city; all of them otherwise.")
@click.option("--head", "head", type=Digest(), help="A head that was noted before: is it still in the city's chain?")
@data_option
@json_option
def verify_command(city: City | None, head: str | None, data: Path | None, *, as_json: bool) -> None:
    """Make the chain over each city's entries again, and compare: a bit that anybody flipped is found.

    Sums by month are added up anew, and no entry may be out of balance or beside the chain. Note the head that is printed
    somewhere else: with it, also an end that was cut off is found. Ends with exit code 1 where
    one city's ledger does not hold.
    """
    if head is not None and city is None:
        raise click.UsageError("a head is of one city: name it with --city")
    if city is not None:
        in_city(data, city, settings_of)

    async def run(transactions: Transactions) -> dict[City, Verdict]:
        seals = SqlSeals(transactions)
        found = await every_city(transactions) if city is None else None
        wanted = [city] if city is not None else sorted([*found.settings, *found.unreadable]) if found else []
        return {each: await verify(each, seals=seals, noted=head) for each in wanted}

    with installation(data) as settings:
        verdicts = with_transactions(addresses(settings).app, run)
    if as_json:
        print_json({name: {"holds": verdict.holds, "verdict": verdict} for name, verdict in verdicts.items()})
    else:
        for name, verdict in verdicts.items():
            click.echo(f"{name}: {in_words(verdict)}")
    if wrong := [name for name, verdict in verdicts.items() if not verdict.holds]:
        fail(f"the ledger does not hold in {', '.join(wrong)}")


@ledger.command("post", epilog=EXIT_CODES)
@city_option
@data_option
def post_command(city: City, data: Path | None) -> None:
    """Post what nobody told of: from before there was a ledger, or where work was given up. What is there stays as it is."""
    in_city(data, city, settings_of)
    with installation(data) as settings:
        app = addresses(settings).app

        async def run(transactions: Transactions) -> int:
            statements = Statements(app, 1)
            try:
                ledgers = SqlLedgers(statements, now, new_id)
                return await catch_up(city, gaps=SqlGaps(transactions), ledgers=ledgers)
            finally:
                await statements.close()

        click.echo(f"{with_transactions(app, run)} entries posted")


def in_words(verdict: Verdict) -> str:
    counted = verdict.standing
    said = [f"{counted.sealed} entries sealed, {counted.waiting} wait to be"]
    if verdict.broken:
        shown = ", ".join(map(str, verdict.broken[:10]))
        said.append(f"NOT what was sealed at position {shown}{' and more' if len(verdict.broken) > 10 else ''}")
    if verdict.missing:
        said.append(f"{verdict.missing} entries NOT in the chain")
    if verdict.cut_off:
        said.append("the head that was noted is NOT in the chain")
    if counted.wrong_sums:
        said.append(f"{counted.wrong_sums} sums by month are NOT those of their legs")
    if counted.unbalanced:
        said.append(f"{counted.unbalanced} entries do NOT balance")
    return "; ".join((*said, f"head {verdict.head}"))
