"""Where the verbs work: a transaction in one city, on the database of the installation."""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from adapters.database.connections import Transactions
from adapters.database.reaching import Unusable
from domain.cities.settings import CitySettings
from domain.identity import City
from infra.database import addresses, found, with_transactions
from infra.documents import FaultyDocument
from infra.embedded import EmbeddedError
from infra.operating import Desk, open_desk
from infra.secrets import SecretMissing
from infra.settings import Settings, SettingsFault, read_settings
from infra.tokens import SigningKey, signing_key
from services.calls import Unavailable

T = TypeVar("T")


def in_city(data: Path | None, city: City, work: Callable[[Desk], Awaitable[T]]) -> T:
    """Do the work in one transaction; `fail` inside of it rolls it back."""

    async def run(transactions: Transactions) -> T:
        async with open_desk(transactions, city) as desk:
            return await work(desk)

    with installation(data) as settings:
        return with_transactions(addresses(settings).app, run)


async def settings_of(desk: Desk) -> CitySettings:
    """The city's settings; ends the command where there is no such city."""
    settings = await desk.cities.settings()
    return settings if settings is not None else fail(f"there is no city {desk.city!r}")


@contextmanager
def installation(data: Path | None, *, make: bool = False) -> Iterator[Settings]:
    """The settings, with a database in them that serves; what cannot be used ends the command with exit code 1."""
    try:
        with found(told(data), say=note, make=make) as settings:
            yield settings
    except (EmbeddedError, Unavailable, Unusable) as problem:
        fail(str(problem), cause=problem)


def told(data: Path | None) -> Settings:
    """The settings as the environment says."""
    try:
        return read_settings(os.environ, data)
    except SettingsFault as fault:
        fail(str(fault), cause=fault)


def key_of(data: Path | None) -> SigningKey:
    """The installation's signing key."""
    try:
        return signing_key(told(data))
    except SecretMissing as problem:
        fail(str(problem), cause=problem)


def fail(message: str, *, cause: Exception | None = None) -> NoReturn:
    """End the command with a message on stderr and exit code 1."""
    raise click.ClickException(message) from cause


def write(file: Path, content: bytes) -> None:
    """Write the file; ends the command where that cannot be done."""
    try:
        file.write_bytes(content)
    except OSError as problem:
        fail(f"{file} cannot be written: {problem.strerror}", cause=problem)


def fail_for(path: Path, fault: FaultyDocument) -> NoReturn:
    """End the command with everything that is wrong with the file."""
    fail("\n  ".join((f"{path} is not used; nothing was changed:", *fault.faults)), cause=fault)


def note(message: str) -> None:
    """A word to the person at the terminal; stdout belongs to the answer."""
    click.echo(message, err=True)


def print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
