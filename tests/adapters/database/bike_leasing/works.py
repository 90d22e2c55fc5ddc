"""Leases in a city that writes invoices, for tests of what is written: two of six by an employer each, four by their holders."""

import pytest
from msgspec.json import encode

from adapters.database.bike_leasing.invoices import SqlLeaseInvoices
from infra.ids import new_id
from tests.adapters.database.bike_leasing.test_runs import Lessor, lessor
from tests.invoices import CITY

__all__ = ["Killed", "books_of", "lessor", "works"]
SETTINGS = encode(CITY).decode().replace(":", r"\:")


class Killed(Exception):
    pass


@pytest.fixture
async def works(lessor: Lessor) -> Lessor:
    await lessor.write(f"UPDATE cities SET settings = CAST('{SETTINGS}' AS jsonb) WHERE city = :city")
    return lessor


def books_of(lessor: Lessor) -> SqlLeaseInvoices:
    return SqlLeaseInvoices(lessor.database.app.transactions, lessor.clock, new_id, lambda: None)
