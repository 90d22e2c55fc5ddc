"""Each test has a provider of its own, so that all that moved there was moved by it."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.adapters.payments.sandbox.running import Shop, high_street, running
from tests.database import Databases
from tests.services.settlement.cashier import Cashier
from tests.services.settlement.debtors import POLICIES
from tests.services.settlement.treasury import Treasury, treasury


@pytest.fixture(scope="module")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


@pytest.fixture
async def town(database: Databases, tmp_path: Path, street: Callable[[], Shop]) -> AsyncIterator[Treasury]:
    async with running(tmp_path / "stripe", street()) as sandbox, treasury(database, sandbox) as found:
        yield found


@pytest.fixture
async def lent(town: Treasury) -> Treasury:
    await town.rows(
        "UPDATE cities SET settings = settings || jsonb_build_object('dunning', CAST(:policies AS jsonb))"
        " WHERE city = :city RETURNING city",
        policies=json.dumps(POLICIES),
    )
    return town


@pytest.fixture
async def cashier(town: Treasury) -> Cashier:
    found = Cashier(town)
    await found.opens()
    return found
