"""The cities' accounts, out of their settings."""

import json

import pytest

from adapters.database.payments.accounts import SqlAccounts
from domain.identity import City
from infra.ids import new_id
from services.payments.ports import Account
from tests.database import Databases

pytestmark = pytest.mark.database


async def opened(database: Databases, account: str) -> City:
    """A city with that account in its settings."""
    city = (await database.new_city()).city
    stripe = {
        "account": account,
        "publishable_key": "pk_test_1",
        "secret_key": "env:KEY",
        "webhook_secret": "file:secrets/hook",
    }
    await database.rows(
        city,
        "UPDATE cities SET settings = CAST(:settings AS jsonb), stripe_account = :account WHERE city = :city RETURNING city",
        settings=json.dumps({"stripe": stripe}),
        account=account,
    )
    return city


async def test_an_account_is_found_by_its_city_and_by_its_id(database: Databases) -> None:
    accounts = SqlAccounts(database.app.transactions)
    name = f"acct_{new_id().hex}"
    city = await opened(database, name)
    account = Account(city, name, "pk_test_1", "env:KEY", "file:secrets/hook")
    assert await accounts.of(city) == account
    assert await accounts.named(name) == account
    assert account in await accounts.all()


async def test_a_city_without_an_account_takes_no_money(database: Databases) -> None:
    accounts = SqlAccounts(database.app.transactions)
    city = (await database.new_city()).city
    assert await accounts.of(city) is None
    assert await accounts.named(f"acct_{city}") is None


async def test_a_city_that_opens_later_is_known_soon(database: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.database.payments.accounts.AGAIN_S", 0.0)
    accounts = SqlAccounts(database.app.transactions)
    await accounts.all()
    name = f"acct_{new_id().hex}"
    city = await opened(database, name)
    found = await accounts.of(city)
    assert found is not None
    assert found.id == name


async def test_unknown_accounts_are_not_looked_up_each_time(database: Databases) -> None:
    accounts = SqlAccounts(database.app.transactions)
    await accounts.all()
    name = f"acct_{new_id().hex}"
    await opened(database, name)
    assert await accounts.named(name) is None
