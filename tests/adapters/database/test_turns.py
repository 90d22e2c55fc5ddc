"""Connections are few, and given to those who wait in the order in which they came."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest

from adapters.database.connections import Address, Statements, Transactions
from infra.embedded import DatabaseUrls

Opening: TypeAlias = Callable[[], AbstractAsyncContextManager[object]]


@asynccontextmanager
async def one_connection(kind: str, url: str) -> AsyncIterator[Opening]:
    """The only connection of a kind."""
    opened = Statements(Address(url), 1) if kind == "statements" else Transactions(Address(url), 1)
    try:
        yield opened.session if isinstance(opened, Statements) else opened.everywhere
    finally:
        await opened.close()


@pytest.mark.parametrize("kind", ["statements", "transactions"])
async def test_whoever_waits_for_a_connection_has_it_before_whoever_comes_when_it_is_free(
    postgres: DatabaseUrls, kind: str
) -> None:
    served = []
    async with one_connection(kind, postgres.app) as opening:

        async def work(name: str) -> None:
            async with opening():
                served.append(name)

        async with opening():
            waiting = asyncio.create_task(work("who waited"))
            await asyncio.sleep(0)  # now she waits
        await work("who came")
        await waiting
    assert served == ["who waited", "who came"]
