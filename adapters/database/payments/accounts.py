"""The cities' accounts with their payment provider, out of their settings."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from domain.cities.partners import Partner
from domain.cities.providers import StripeAccount
from domain.identity import City
from services.payments.ports import Account

# So long a change of settings may go unnoticed. Whoever asks for an account that is not among those known has them
# read again, but no more often than once in a while: the ids come from outside.
KNOWN_S, AGAIN_S = 30.0, 1.0

# What a city publishes carries no row policy, so one statement reads them all.
ACCOUNTS = text(
    "SELECT city, settings -> 'stripe' AS stripe, CASE WHEN (settings #>> '{debits,offered}')::boolean THEN"
    " settings ->> 'creditor_id' END AS creditor_id, settings -> 'partners' AS partners FROM cities WHERE stripe_account IS NOT NULL ORDER BY city"
)


class SqlAccounts:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._accounts: tuple[Account, ...] = ()
        self._read_at = -KNOWN_S
        self._reading = asyncio.Lock()

    async def of(self, city: City) -> Account | None:
        return await self._one(lambda account: account.city == city)

    async def named(self, account_id: str) -> Account | None:
        return await self._one(lambda account: account.id == account_id)

    async def all(self) -> tuple[Account, ...]:
        return await self._known(KNOWN_S)

    async def _one(self, wanted: Callable[[Account], bool]) -> Account | None:
        found = next(filter(wanted, await self._known(KNOWN_S)), None)
        return found or next(filter(wanted, await self._known(AGAIN_S)), None)

    async def _known(self, younger_than_s: float) -> tuple[Account, ...]:
        async with self._reading:
            if time.monotonic() - self._read_at >= younger_than_s:
                self._accounts = await self._read()
                self._read_at = time.monotonic()
        return self._accounts

    async def _read(self) -> tuple[Account, ...]:
        """Raises Unavailable."""

        async def once() -> Sequence[Any]:
            async with self._transactions.everywhere() as connection:
                return (await connection.execute(ACCOUNTS)).all()

        rows = await through(once)
        return tuple(
            _account(City(city), msgspec.convert(stripe, StripeAccount), creditor_id, partners or [])
            for city, stripe, creditor_id, partners in rows
            if stripe
        )


def _account(city: City, stripe: StripeAccount, creditor_id: str | None, partners: list[Any]) -> Account:
    return Account(
        city,
        stripe.account,
        stripe.publishable_key,
        stripe.secret_key,
        stripe.webhook_secret,
        creditor_id,
        msgspec.convert(partners, tuple[Partner, ...]),
    )
