"""What is paid for another operator's uses goes on to its account, less what the city keeps, as its settings say."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.http.tills import Till, opened
from tests.database import Databases

pytestmark = pytest.mark.database
PARTNER = {
    "name": "Stadtwerke",
    "account": "acct_stadtwerke",
    "tariffs": ["charging-standard"],
    "fees": [
        {"valid_from": "2025-01-01", "basis_points": 1000, "source": "contract of 2024"},
        {"valid_from": "2999-01-01", "basis_points": 2000, "source": "contract of 2998"},
    ],
}


@pytest.fixture
async def till(database: Databases, tmp_path: Path) -> AsyncIterator[Till]:
    async with opened(database, tmp_path / "stripe", partners=[PARTNER]) as found:
        yield found


async def test_the_fee_of_the_day_is_frozen_into_the_payment_and_asked_of_the_provider(till: Till) -> None:
    booking = await till.paid()
    rows = await till.database.rows(
        till.city.city,
        "SELECT intent_id, share_account, share_basis_points FROM payments WHERE city = :city AND booking_id = :id",
        id=booking.id,
    )
    ((intent_id, account, points),) = rows
    assert (account, points) == ("acct_stadtwerke", 1000)
    asked: Any = await till.sandbox.city.v1.payment_intents.retrieve_async(intent_id)
    assert (asked.transfer_data.destination, asked.application_fee_amount) == ("acct_stadtwerke", 24)
