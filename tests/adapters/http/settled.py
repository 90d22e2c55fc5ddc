"""Cities that say everything of themselves, as those do that an operator opens."""

import msgspec

from adapters.http.administration_examples import CITY
from domain.identity import City
from tests.database import Databases


async def settled(database: Databases, city: City) -> None:
    """Give the city complete settings; it takes no money."""
    await database.rows(
        city,
        "UPDATE cities SET settings = CAST(:settings AS jsonb), stripe_account = NULL WHERE city = :city RETURNING city",
        settings=msgspec.json.encode({name: value for name, value in CITY.items() if name != "city"}).decode(),
    )
