"""The cities' identity providers, out of their settings."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from domain.cities.providers import OidcIssuer
from domain.identity import City

KNOWN_S = 15.0
"""So long a change of settings may go unnoticed."""
ISSUERS = text("SELECT city, settings -> 'oidc' AS oidc FROM cities WHERE jsonb_array_length(settings -> 'oidc') > 0")


class SqlIssuers:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._listed: Mapping[City, tuple[OidcIssuer, ...]] = {}
        self._read_at = -KNOWN_S
        self._reading = asyncio.Lock()

    async def listed(self) -> Mapping[City, tuple[OidcIssuer, ...]]:
        """Raises Unavailable."""
        if time.monotonic() - self._read_at >= KNOWN_S:
            async with self._reading:
                if time.monotonic() - self._read_at >= KNOWN_S:
                    self._listed = await self._read()
                    self._read_at = time.monotonic()
        return self._listed

    async def _read(self) -> Mapping[City, tuple[OidcIssuer, ...]]:
        async def once() -> Sequence[Any]:
            async with self._transactions.everywhere() as connection:
                return (await connection.execute(ISSUERS)).all()

        return {City(city): msgspec.convert(oidc, tuple[OidcIssuer, ...]) for city, oidc in await through(once)}
