"""People in PostgreSQL."""

from sqlalchemy import exists, select

from adapters.database.connections import Transactions
from adapters.database.tables import persons
from domain.identity import City, PersonId


class SqlPeople:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def knows(self, city: City, person: PersonId) -> bool:
        found = select(exists().where(persons.c.city == city, persons.c.id == person))
        async with self._transactions.city(city) as connection:
            return bool(await connection.scalar(found))
