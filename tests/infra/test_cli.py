"""The command line as a whole."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from infra.cli import VERBS, main
from infra.cli.options import EXIT_CODES, data_before, data_option
from tests.infra.processes import ROOT

HEAVY = {"alembic", "asyncpg", "litestar", "sqlalchemy", "stripe", "uvicorn"}
HELP = """
import sys
from infra.cli import main
main(["--help"], standalone_mode=False)
print(*sorted(set(sys.modules)), file=sys.stderr)
"""


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def test_asking_for_help_loads_nothing_heavy() -> None:
    result = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=True)
    assert HEAVY & set(result.stderr.split()) == set()
    assert [name for name in VERBS if f"\n  {name} " not in result.stdout] == []


def test_every_command_says_what_it_does_and_how_it_ends() -> None:
    silent = [path for path, command in commands(main, ()) if not command.help or command.epilog != EXIT_CODES]
    assert silent == []


def test_every_option_is_explained() -> None:
    unexplained = [
        (*path, option.name)
        for path, command in commands(main, ())
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert unexplained == []


def test_what_a_command_asks_for_is_called_what_it_is() -> None:
    asked = {
        (*words, option.name or ""): option.make_metavar(click.Context(command))
        for words, command in commands(main, ())
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag
    }
    assert [path for path, shown in asked.items() if "%" in shown] == []
    assert [path for path, shown in asked.items() if shown == "CITY" and path[-1] not in {"city", "city_name"}] == []


def test_a_month_that_is_none_is_refused_in_words_that_people_know() -> None:
    refused = CliRunner().invoke(main, ["finance", "close", "2026-13", "--city", "nowhere"])
    assert (refused.exit_code, refused.stderr.splitlines()[0], refused.stderr.splitlines()[-1]) == (
        2,
        "Usage: kommobil finance close [OPTIONS] YYYY-MM",
        "Error: Invalid value for 'YYYY-MM': '2026-13' is none as in 2026-11",
    )


@pytest.mark.parametrize("verb", ["datev", "journal"])
def test_months_that_are_in_no_order_are_wrong_usage(verb: str) -> None:
    refused = CliRunner().invoke(main, ["finance", verb, "--city", "nowhere", "--from", "2026-11", "--to", "2026-10"])
    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (
        2,
        "Error: Invalid value for '--to': the last month comes before the first",
    )


def test_a_proof_counts_until_a_day_that_the_database_knows() -> None:
    asked = ["proof", "keep", "ada@example.org", "verification", "--city", "nowhere", "--method", "at the counter"]
    refused = CliRunner().invoke(main, [*asked, "--until", "9999-12-31"])
    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (
        2,
        "Error: Invalid value for '--until': '9999-12-31' is outside the years 2000 to 2099",
    )


def test_every_command_that_works_on_an_installation_takes_its_data_folder() -> None:
    without = [
        path
        for path, command in commands(main, ())
        if not isinstance(command, click.Group) and "data" not in {option.name for option in command.params}
    ]
    elsewhere = {"openapi", "bench", "simulate", "leasing"}
    assert {path for path in without if path[0] not in elsewhere} == {("tariff", "price"), ("metering", "verify")}


def test_groups_of_verbs_take_the_data_folder_too() -> None:
    groups = {path: command for path, command in commands(main, ()) if isinstance(command, click.Group)}
    told = {path for path, command in groups.items() if "data" in {option.name for option in command.params}}
    assert groups.keys() - told == {("bench",), ("simulate",), ("leasing",), ("metering",)}


@pytest.mark.parametrize(
    "words",
    [
        ("places", "show", "--data", "here"),
        ("places", "--data", "here", "show"),
        ("--data", "here", "places", "show"),
        ("--data", "there", "places", "--data", "elsewhere", "show", "--data", "here"),
    ],
)
def test_the_data_folder_is_named_before_the_verb_or_after_it(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    @click.group()
    @data_before
    def places() -> None: ...

    @places.command()
    @data_option
    def show(data: Path | None) -> None:
        click.echo(data)

    monkeypatch.setattr(main, "get_command", lambda _context, _name: places)
    assert CliRunner().invoke(main, words).stdout == "here\n"


@pytest.mark.parametrize("words", [["fly"], ["city"], ["token"], ["up", "--port", "70000"], ["city", "add", "nowhere"]])
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout) == (2, "")


def test_every_command_that_prints_facts_prints_them_as_json_too() -> None:
    """Those that do something say in words that it is done; a token, the document and a file for the bank are printed as they are, and a
    plan in any of several formats, of which JSON is one."""
    doing = {
        *(("up",), ("serve",), ("worker",), ("openapi",), ("token",), ("city", "add"), ("city", "set")),
        *(("role", "grant"), ("role", "revoke"), ("jobs", "replay"), ("jobs", "drop"), ("document", "publish")),
        *(("retention", "hold"), ("retention", "lift"), ("proof", "drop"), ("ledger", "post")),
        *(("simulate", "station"), ("ocpp",), ("finance", "lease-payments-file")),
    }
    silent = {
        path
        for path, command in commands(main, ())
        if not isinstance(command, click.Group) and "as_json" not in {option.name for option in command.params}
    }
    assert silent == doing


def test_every_command_explains_itself_and_knows_wrong_usage() -> None:
    ended = {}
    for words, _ in commands(main, ()):
        shown, wrong = (CliRunner().invoke(main, [*words, option]) for option in ("--help", "--no-such-option"))
        ended[words] = (shown.exit_code, EXIT_CODES in " ".join(shown.stdout.split()), wrong.exit_code, wrong.stdout)
    assert ended == dict.fromkeys(ended, (0, True, 2, ""))


def test_the_contracts_commands_are_all_there() -> None:
    promised = "up serve worker migrate doctor city tariff role token import export openapi jobs backup restore bench"
    assert set(promised.split()) <= set(VERBS)
