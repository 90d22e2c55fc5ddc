"""What a simulated lease has to know of its city."""

from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from domain.identity import City
from services.bike_leasing.simulating import Place

STATE = text("SELECT settings ->> 'state' AS state FROM cities WHERE city = :city")


class SqlPlaces:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def place(self, city: City) -> Place | None:
        async def once() -> Place | None:
            async with self._transactions.city(city) as connection:
                found = (await connection.execute(STATE, {"city": city})).one_or_none()
                return Place(found.state) if found is not None else None

        return await through(once)
