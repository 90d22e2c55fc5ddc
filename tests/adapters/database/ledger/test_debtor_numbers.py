"""Debtors are counted once and for all."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from adapters.database.ledger.debtor_numbers import SqlDebtorNumbers
from adapters.database.sheets import Sheet
from domain.identity import City, PersonId
from infra.ids import new_id
from tests.database import Databases

pytestmark = pytest.mark.database


async def persons(database: Databases, city: City, count: int) -> list[PersonId]:
    made = sorted(PersonId(new_id()) for _ in range(count))
    async with database.app.transactions.city(city) as connection:
        for person in made:
            await connection.execute(
                text("INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now())"),
                {"city": city, "id": person, "email": f"{person}@example.org"},
            )
    return made


async def numbers(database: Databases, city: City, wanted: Sequence[PersonId]) -> Mapping[PersonId, int]:
    async with database.app.transactions.city(city) as connection:
        sheet = Sheet(connection, city, new_id(), "test", datetime.now(UTC), new_id)  # noqa: TID251 - nobody reads it
        return await SqlDebtorNumbers(sheet).numbers(wanted)


async def test_debtors_are_counted_from_one_and_keep_their_numbers(database: Databases) -> None:
    city = (await database.new_city()).city
    ada, ben, eve = await persons(database, city, 3)
    assert await numbers(database, city, [ben]) == {ben: 1}
    assert await numbers(database, city, [ada, ben, eve, ada]) == {ben: 1, ada: 2, eve: 3}


async def test_all_whom_the_city_does_not_know_share_a_number(database: Databases) -> None:
    city = (await database.new_city()).city
    (ada,) = await persons(database, city, 1)
    strangers = [PersonId(new_id()), PersonId(new_id())]
    assert await numbers(database, city, [*strangers, ada]) == {ada: 1} | dict.fromkeys(strangers, 0)


async def test_many_at_once_leave_no_number_out(database: Databases) -> None:
    city = (await database.new_city()).city
    everybody = await persons(database, city, 6)
    await asyncio.gather(*(numbers(database, city, [person]) for person in everybody))
    assert sorted((await numbers(database, city, everybody)).values()) == [1, 2, 3, 4, 5, 6]
