"""Where the verbs work: a transaction in one city, on the database of the installation."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import click
import msgspec

from adapters.database.connections import Address, Transactions
from adapters.database.operator import Sheet, SqlCityBooks, SqlPeopleBooks, SqlStaffBooks, SqlTariffBooks
from adapters.database.reaching import Unusable, in_words
from domain.cities import CitySettings
from domain.identity import City
from infra.clock import now
from infra.database import addresses, found
from infra.documents import FaultyDocument
from infra.embedded import EmbeddedError
from infra.ids import new_id
from infra.secrets import SecretMissing
from infra.settings import Settings, SettingsFault, read_settings
from infra.tokens import SigningKey, signing_key

COMMAND_LINE = UUID("0197e5a0-0000-7000-8000-000000000001")
"""The actor in the audit trail; no person has this id. The line also tells the system's account, as `cli:uid N`."""

T = TypeVar("T")


class Desk:
    """The operator's books, open in one transaction in one city."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.now = sheet.now
        self.cities = SqlCityBooks(sheet)
        self.tariffs = SqlTariffBooks(sheet)
        self.people = SqlPeopleBooks(sheet)
        self.staff = SqlStaffBooks(sheet)

    async def settings(self) -> CitySettings:
        """The city's settings; fails where there is no such city."""
        settings = await self.cities.settings()
        return settings if settings is not None else fail(f"there is no city {self.sheet.city!r}")


def in_city(data: Path | None, city: City, work: Callable[[Desk], Awaitable[T]]) -> T:
    """Do the work in one transaction; `fail` inside of it rolls it back."""

    async def run(transactions: Transactions) -> T:
        async with transactions.city(city) as connection:
            sheet = Sheet(connection, city, COMMAND_LINE, f"cli:uid {os.getuid()}", now(), new_id)
            return await work(Desk(sheet))

    with installation(data) as settings:
        return with_transactions(addresses(settings).app, run)


def with_transactions(address: Address, work: Callable[[Transactions], Awaitable[T]]) -> T:
    """Run the work with a connection to the database as one role."""

    async def run() -> T:
        transactions = Transactions(address, 1)
        try:
            return await work(transactions)
        finally:
            await transactions.close()

    with in_words():
        return asyncio.run(run())


@contextmanager
def installation(data: Path | None, *, make: bool = False) -> Iterator[Settings]:
    """The settings, with a database in them that serves; what cannot be used ends the command with exit code 1."""
    try:
        with found(told(data), say=note, make=make) as settings:
            yield settings
    except (EmbeddedError, Unusable) as problem:
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


def fail_for(path: Path, fault: FaultyDocument) -> NoReturn:
    """End the command with everything that is wrong with the file."""
    fail("\n  ".join((f"{path} is not used; nothing was changed:", *fault.faults)), cause=fault)


def note(message: str) -> None:
    """A word to the person at the terminal; stdout belongs to the answer."""
    click.echo(message, err=True)


def print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
