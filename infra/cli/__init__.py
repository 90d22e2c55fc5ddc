"""The command line, `kommobil`: one module per group of verbs, loaded when the verb is used.

So `kommobil --help` takes no time: the libraries behind the verbs come in with their module.
"""

from importlib import import_module
from typing import NamedTuple

import click

from infra.cli.options import EXIT_CODES, data_before


class Verb(NamedTuple):
    """Where a verb is, as `module:command`, and what it does, in a line."""

    place: str
    does: str


VERBS = {
    "up": Verb("infra.cli.starting:up", "Start everything on this machine."),
    "serve": Verb("infra.cli.starting:serve", "Answer the API, on a database that is there."),
    "worker": Verb("infra.cli.working:worker", "Do the background work, on a database that is there."),
    "ocpp": Verb("infra.cli.ocpp:ocpp", "Speak with charging stations, on a database that is there."),
    "migrate": Verb("infra.cli.migrating:migrate_command", "Bring the database's schema up to date."),
    "doctor": Verb("infra.cli.doctor:doctor", "Look whether everything stands firm, and say what to do."),
    "city": Verb("infra.cli.cities:city", "Open a city, show or change what it says of itself."),
    "tariff": Verb("infra.cli.tariffs:tariff", "Publish tariffs with their terms, or show them."),
    "document": Verb("infra.cli.documents:document", "Publish terms, privacy and withdrawal texts, or list them."),
    "role": Verb("infra.cli.people:role", "Grant, revoke and list the roles of people in a city."),
    "pool": Verb("infra.cli.pools:pool", "Make and change pools, and say whether their bookings are approved."),
    "fleet": Verb("infra.cli.fleet:fleet", "Look at vehicles and drivers, and give vehicles away and take them in."),
    "leasing": Verb("infra.cli.leasing:leasing", "Simulate a bike lease, and charge a month of all."),
    "plan": Verb("infra.cli.planning:plan", "Plan charge points for a share of electric cars."),
    "proof": Verb("infra.cli.proofs:proof", "Enter what people have shown: a licence, who they are, how old."),
    "metering": Verb("infra.cli.metering:metering", "Check what meters of charging stations signed."),
    "charging": Verb("infra.cli.charging:charging", "Let charging stations connect, list them, change their keys."),
    "import": Verb("infra.cli.importing:import_", "Import the charging register, and bank statements."),
    "export": Verb("infra.cli.exporting:export", "Write all that is held of a city into files."),
    "openapi": Verb("infra.cli.openapi:openapi", "Print the document of the public API."),
    "bench": Verb("infra.cli.benching:bench", "Measure, ours beside the limit."),
    "token": Verb("infra.cli.people:token", "Print an access token."),
    "backup": Verb("infra.cli.backups:backup", "Copy the whole installation into one file, while it serves."),
    "restore": Verb(
        "infra.cli.backups:restore", "Make an installation from a backup, or check that one could be made."
    ),
    "invoice": Verb("infra.cli.invoices:invoice", "Cancel a wrong invoice and issue the right one."),
    "retention": Verb(
        "infra.cli.retention:retention", "Show what the law keeps no longer and let it go; hold what must stay."
    ),
    "finance": Verb(
        "infra.cli.lease_finance:finance",
        "Show the books, pay dealers, close months, give them to DATEV or to the treasury.",
    ),
    "ledger": Verb("infra.cli.ledger:ledger", "Look whether the ledger is what it was when it was sealed."),
    "simulate": Verb("infra.cli.simulating:simulate", "Play the part of a charging station."),
    "jobs": Verb("infra.cli.jobs:jobs", "Show background work that waits or was given up, and try it again."),
}


class Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].place.partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.does) for name, verb in VERBS.items()])


@click.command("kommobil", cls=Verbs, epilog=EXIT_CODES)
@data_before
def main() -> None:
    """The booking backend of a model city."""
