"""What keeps two from having one thing at one time, when everything else has failed."""

from datetime import datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from adapters.database import tables
from tests.database import Databases, SeededCity
from tests.examples import NOON, hours, minutes

pytestmark = pytest.mark.database


@pytest.fixture
async def city(database: Databases) -> SeededCity:
    return await database.new_city()


async def maintain(database: Databases, city: SeededCity, start: datetime, end: datetime) -> None:
    """Claim the first charge point without a booking, as plainly as SQL can."""
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(
            insert(tables.claims).values(
                city=city.city,
                resource_id=city.charge_points[0].id,
                claimed_from=start,
                claimed_until=end,
                kind="maintenance",
            )
        )


async def test_the_database_itself_refuses_overlapping_claims(database: Databases, city: SeededCity) -> None:
    await maintain(database, city, NOON, NOON + hours(1))
    with pytest.raises(IntegrityError, match="one_claim_at_a_time"):
        await maintain(database, city, NOON + minutes(59), NOON + hours(2))
