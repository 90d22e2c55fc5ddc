"""`kommobil document`."""

from pathlib import Path

import click

from domain.documents import LANGUAGES, Edition, content_faults
from domain.identity import City
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, print_json, settings_of
from infra.cli.options import EXIT_CODES, city_option, data_before, data_option, json_option
from infra.operating import Desk
from services.documents.ports import Entry
from services.documents.publishing import PublishDocument, Publishing, publish_document


@click.group("document", epilog=EXIT_CODES)
@data_before
def document() -> None:
    """Publish terms, privacy and withdrawal texts, or list them."""


@document.command("publish", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--document", "name", required=True, help="general, privacy, withdrawal, or a name of your own.")
@click.option("--version", required=True, help="Such as 2026-01.")
@click.option("--language", required=True, type=click.Choice(LANGUAGES), help="Of the text.")
@city_option
@data_option
def publish(  # noqa: PLR0917 - click hands every option over by name
    file: Path,
    name: str,
    version: str,
    language: str,
    city: City,
    data: Path | None,
) -> None:
    """Publish the text of FILE (UTF-8). What is published stays as it is; other words need another version.

    A version is in force once the city's settings name it under `terms`.
    """
    try:
        content = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as problem:
        fail(f"{file} cannot be read as UTF-8", cause=problem)
    edition = Edition(name, version, language)
    if faults := (*edition.faults(), *content_faults(content)):
        fail("\n  ".join((f"{file} is not published:", *faults)))

    async def work(desk: Desk) -> Publishing:
        await settings_of(desk)
        outcome = await publish_document(PublishDocument(edition, content), books=desk.documents, now=desk.now)
        if isinstance(outcome, Refusal):
            fail(f"{name} {version} ({language}) was published with other words; give it another version")
        return outcome

    outcome = in_city(data, city, work)
    click.echo(
        f"{name} {version} ({language}) {'published' if outcome.new else 'unchanged'}, {outcome.document.digest}"
    )


@document.command("list", epilog=EXIT_CODES)
@city_option
@data_option
@json_option
def list_(city: City, data: Path | None, as_json: bool) -> None:
    """List every text with its digest (SHA-256), and which versions are in force."""

    async def work(desk: Desk) -> tuple[Entry, ...]:
        await settings_of(desk)
        return tuple(await desk.documents.entries() or ())

    entries = in_city(data, city, work)
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        e = entry.edition
        click.echo(f"{e.document} {e.version} ({e.language}) {entry.digest}{' in force' if entry.in_force else ''}")
