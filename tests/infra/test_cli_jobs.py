"""`kommobil jobs`."""

from uuid import UUID

import pytest

from domain.identity import City
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database

OPEN = "SELECT attempts, dead_at IS NULL FROM outbox WHERE city = :city"


async def letter(database: Databases, city: City, kind: str, *, dead: bool) -> UUID:
    """An entry of the outbox that has failed: still waiting, or given up."""
    entry = new_id()
    async with database.app.transactions.city(city) as connection:
        await connection.exec_driver_sql(
            "INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at, attempts, failure, dead_at)"
            " VALUES ($1, $2, $3, $2, now(), now() + interval '1 hour', 7, 'no mail server', CASE WHEN $4 THEN now() END)",
            (city, entry, kind, dead),
        )
    return entry


async def test_what_waits_and_what_was_given_up_is_shown(kommobil: CommandLine, database: Databases) -> None:
    city, kind = (await database.new_city()).city, f"test.{new_id().hex}"
    await letter(database, city, kind, dead=False)
    dead = await letter(database, city, kind, dead=True)
    shown = (await kommobil.aside("jobs", "--json")).json
    (waiting,) = [one for one in shown["waiting"] if one["kind"] == kind]
    (given_up,) = [one for one in shown["dead"] if one["kind"] == kind]
    assert (waiting["count"], waiting["overdue"], waiting["failed"]) == (1, 0, 1)
    assert (given_up["id"], given_up["city"], given_up["attempts"], given_up["failure"]) == (
        *(str(dead), city),
        *(7, "no mail server"),
    )
    lines = (await kommobil.aside("jobs")).out.splitlines()
    assert [line.split()[0] for line in lines if kind in line] == ["waiting", "dead"]


async def test_a_dead_letter_is_tried_again_once_somebody_says_so(kommobil: CommandLine, database: Databases) -> None:
    city = (await database.new_city()).city
    dead = await letter(database, city, f"test.{new_id().hex}", dead=True)
    assert await kommobil.aside("jobs", "replay", dead) == Said(0, "1 dead letter tried again\n", "")
    assert await database.rows(city, OPEN) == [(0, True)]
    again = await kommobil.aside("jobs", "replay", dead)
    assert again == Said(1, "", f"Error: there is no dead letter {dead}\n")


async def test_all_dead_letters_are_tried_again_only_if_all_are_asked_for(
    kommobil: CommandLine, database: Databases
) -> None:
    city = (await database.new_city()).city
    for _ in range(2):
        await letter(database, city, f"test.{new_id().hex}", dead=True)
    assert (await kommobil.aside("jobs", "replay")).exit_code == 2
    assert await database.rows(city, OPEN) == [(7, False), (7, False)]
    assert (await kommobil.aside("jobs", "replay", "--all")).exit_code == 0
    assert await database.rows(city, OPEN) == [(0, True), (0, True)]


async def test_a_dead_letter_is_dropped_with_a_reason_that_stays(kommobil: CommandLine, database: Databases) -> None:
    city = (await database.new_city()).city
    dead = await letter(database, city, f"test.{new_id().hex}", dead=True)
    waiting = await letter(database, city, f"test.{new_id().hex}", dead=False)
    assert (await kommobil.aside("jobs", "drop", dead)).exit_code == 2
    assert (await kommobil.aside("jobs", "drop", dead, "--reason", "two\nlines")).exit_code == 2
    because = ("--reason", "the address is closed")
    assert await kommobil.aside("jobs", "drop", dead, *because) == Said(
        0, f"dead letter {dead} of {city} is dropped\n", ""
    )
    for one in (dead, waiting, new_id()):
        assert await kommobil.aside("jobs", "drop", one, *because) == Said(
            1, "", f"Error: there is no dead letter {one}\n"
        )
    state = "SELECT done_at IS NOT NULL, dead_at IS NULL, failure FROM outbox WHERE city = :city AND id = :id"
    assert await database.rows(city, state, id=dead) == [(True, True, "dropped: the address is closed")]
    noted = "SELECT action FROM audit WHERE city = :city AND subject_id = :id"
    assert await database.rows(city, noted, id=dead) == [("operator.job_dropped:the address is closed",)]
