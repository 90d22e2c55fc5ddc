"""What ends sessions, in the transaction of whoever ends them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from adapters.database import tables
from adapters.database.operator import SqlStaffBooks
from adapters.database.sessions import SqlSessions
from adapters.database.sheets import Sheet
from domain.grants import Grant
from domain.identity import City, PersonId, Role
from domain.sign_in.sessions import SessionId
from infra.ids import new_id
from tests.database import Databases

pytestmark = pytest.mark.database

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE = NOON - timedelta(days=1)
LATER = NOON + timedelta(days=20)


async def a_person(database: Databases, city: City) -> tuple[PersonId, SessionId]:
    """Signed in once, by mail and at an issuer, with a code on the way."""
    person, session = new_id(), new_id()
    email = f"{person}@example.org"
    rows: tuple[tuple[Any, dict[str, Any]], ...] = (
        (tables.persons, {"id": person, "email": email, "language": "de", "made_at": BEFORE}),
        (
            tables.sessions,
            {
                "id": session,
                "person_id": person,
                "generation": 1,
                "made_at": BEFORE,
                "rotated_at": BEFORE,
                "expires_at": LATER,
            },
        ),
        (
            tables.identities,
            {"issuer": "https://id.example", "subject": str(person), "person_id": person, "linked_at": BEFORE},
        ),
        (
            tables.sign_in_codes,
            {"id": new_id(), "email": email, "language": "de", "made_at": NOON, "expires_at": LATER, "tries": 0},
        ),
    )
    async with database.app.transactions.city(city) as connection:
        for table, row in rows:
            await connection.execute(insert(table).values(city=city, **row))
    return PersonId(person), SessionId(session)


async def revoked(database: Databases, city: City) -> list[tuple[UUID, datetime, datetime]]:
    rows = await database.rows(
        city, "SELECT subject, before, until FROM revocations WHERE city = :city ORDER BY subject"
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def test_all_sessions_of_a_person_end_and_nobody_elses(database: Databases) -> None:
    city = (await database.new_city()).city
    person, session = await a_person(database, city)
    _, another = await a_person(database, city)

    async with database.app.transactions.city(city) as connection:
        await SqlSessions(connection, city, NOON).end_all(person)

    assert set(await database.rows(city, "SELECT id, ended_at, expires_at FROM sessions")) == {
        (session, NOON, NOON),
        (another, None, LATER),
    }
    assert await revoked(database, city) == [(person, NOON, NOON + timedelta(days=1))]


async def test_whoever_is_forgotten_leaves_no_trace_of_signing_in_but_dead_tokens(database: Databases) -> None:
    city = (await database.new_city()).city
    person, _ = await a_person(database, city)
    other, session = await a_person(database, city)

    async with database.app.transactions.city(city) as connection:
        await SqlSessions(connection, city, NOON).forget(person)

    assert await database.rows(city, "SELECT id FROM sessions") == [(session,)]
    assert await database.rows(city, "SELECT person_id FROM identities") == [(other,)]
    assert await database.rows(city, "SELECT email FROM sign_in_codes") == [(f"{other}@example.org",)]
    assert await revoked(database, city) == [(person, NOON, NOON + timedelta(days=1))]


async def test_a_session_that_ends_twice_ended_the_first_time_and_its_tokens_the_second(database: Databases) -> None:
    city = (await database.new_city()).city
    _, session = await a_person(database, city)

    async with database.app.transactions.city(city) as connection:
        await SqlSessions(connection, city, NOON).end(session, NOON + timedelta(hours=2))
        await SqlSessions(connection, city, NOON + timedelta(hours=1)).end(session, NOON + timedelta(minutes=70))

    assert await database.rows(city, "SELECT ended_at FROM sessions") == [(NOON,)]
    assert await revoked(database, city) == [(session, NOON + timedelta(hours=1), NOON + timedelta(hours=2))]


async def test_tokens_with_a_role_that_was_taken_back_stop_counting(database: Databases) -> None:
    city = (await database.new_city()).city
    person, session = await a_person(database, city)
    grant = Grant(Role.FINANCE)

    async with database.app.transactions.city(city) as connection:
        staff = SqlStaffBooks(Sheet(connection, city, person, "test", NOON, new_id))
        assert not await staff.revoke(person, grant)
        assert await revoked(database, city) == []
        await staff.grant(person, grant)
        await staff.revoke(person, grant)

    assert await revoked(database, city) == [(person, NOON, NOON + timedelta(days=1))]
    assert await database.rows(city, "SELECT id, ended_at FROM sessions") == [(session, None)]


async def test_revocations_are_seen_by_all_and_made_at_home(database: Databases) -> None:
    home, abroad = (await database.new_city()).city, (await database.new_city()).city
    async with database.app.transactions.city(home) as connection:
        await SqlSessions(connection, home, NOON).outdate(PersonId(new_id()))

    assert len(await database.rows(abroad, "SELECT 1 FROM revocations WHERE city = :home", home=home)) == 1
    for sql in (
        "INSERT INTO revocations (city, subject, before, until) VALUES (:home, gen_random_uuid(), now(), now())",
        "DELETE FROM revocations WHERE city = :home",
    ):
        with pytest.raises(DBAPIError):
            async with database.app.transactions.city(abroad) as connection:
                await connection.execute(text(sql), {"home": home})
    async with database.app.transactions.city(abroad) as connection:
        moved = await connection.execute(
            text("UPDATE revocations SET before = 'epoch' WHERE city = :home"), {"home": home}
        )
    assert moved.rowcount == 0
