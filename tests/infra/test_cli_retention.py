"""`kommobil retention`."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.identity import City
from infra.clock import now
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database
NOTE = """INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :id, '2014-05-05', :id, 'a', :subject, 'r') RETURNING id"""


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    return City(await asyncio.to_thread(kommobil.new_city))


async def noted(database: Databases, city: City, subject: UUID) -> None:
    await database.rows(city, NOTE, id=new_id(), subject=subject)


async def the_trail(kommobil: CommandLine, city: City, *words: str) -> Any:
    said = await kommobil.aside("retention", "--city", city, "--json", *words)
    assert said.exit_code == 0, said.err
    (found,) = [each for each in said.json if each["due"]["record"] == "audit"]
    return found["counted"]["count"], found["counted"]["held"], found["gone"]


async def test_what_is_due_is_shown_and_goes_only_when_that_is_wanted(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    await noted(database, city, new_id())
    said = await kommobil.aside("retention", "--city", city)
    assert [line.split()[:3] for line in said.out.splitlines()] == [
        ["use_photos", "0", "due,"],
        ["bookings", "0", "due,"],
        ["statements", "0", "due,"],
        ["declarations", "0", "due,"],
        ["letters", "0", "due,"],
        ["damages", "0", "due,"],
        ["leases", "0", "due,"],
        ["payment_orders", "0", "due,"],
        ["employers_reminders", "0", "due,"],
        ["party_accounts", "0", "due,"],
        ["personnel_numbers", "0", "due,"],
        ["frameworks", "0", "due,"],
        ["consumer_terms", "0", "due,"],
        ["accreditations", "0", "due,"],
        ["payroll_layouts", "0", "due,"],
        ["party_names", "0", "due,"],
        ["audit", "1", "due,"],
        ["persons", "0", "due,"],
    ]
    assert "the oldest of 2014-05-05" in said.out
    assert f"(last touched by {now().year - 11}-12-31: 10 years, § 147 Abs. 1 Nr. 1, Abs. 3 AO)" in said.out
    assert await the_trail(kommobil, city, "--apply") == (1, 0, 1)
    assert await the_trail(kommobil, city) == (0, 0, 0)
    (proof,) = (await kommobil.aside("retention", "proofs", "--city", city, "--json")).json
    assert (proof["relation"], proof["count"], proof["rule"]) == ("audit", 1, "10 years, § 147 Abs. 1 Nr. 1, Abs. 3 AO")
    assert len((await kommobil.aside("retention", "proofs", "--city", city)).out.splitlines()) == 1


async def test_what_is_held_stays_until_it_is_lifted(kommobil: CommandLine, database: Databases, city: City) -> None:
    person = new_id()
    await database.rows(
        city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', now()) RETURNING id",
        id=person,
    )
    await noted(database, city, person)
    words = ("--city", city, "--reason", "court case 7 C 12/26")
    held = await kommobil.aside("retention", "hold", "--person", "ada@example.org", *words)
    hold = held.out.strip()
    assert await the_trail(kommobil, city, "--apply") == (0, 1, 0)
    listed = await kommobil.aside("retention", "list", "--city", city)
    assert listed.out.startswith(f"{hold}  person {person}  since ")
    lifted = await kommobil.aside("retention", "lift", hold, "--city", city, "--reason", "settled")
    assert lifted == Said(0, f"hold {hold} is lifted\n", "")
    again = await kommobil.aside("retention", "lift", hold, "--city", city, "--reason", "settled")
    assert again == Said(1, "", "Error: that hold is lifted already\n")
    assert (await kommobil.aside("retention", "list", "--city", city)).out == ""
    (row,) = (await kommobil.aside("retention", "list", "--city", city, "--all", "--json")).json
    assert (row["id"], row["on"], row["lifted_because"]) == (hold, "person", "settled")
    assert await the_trail(kommobil, city, "--apply") == (1, 0, 1)


async def test_nothing_is_held_that_is_not_there(kommobil: CommandLine, city: City) -> None:
    words = ("--city", city, "--reason", "why not")
    unknown = await kommobil.aside("retention", "hold", "--booking", new_id(), *words)
    assert unknown == Said(1, "", "Error: the city has no such booking\n")
    nobody = await kommobil.aside("retention", "hold", "--person", "nobody@example.org", *words)
    assert nobody == Said(1, "", "Error: nobody is known by that address\n")


@pytest.mark.parametrize("words", [(), ("--everything", "--booking", "0197e5a0-0000-7000-8000-000000000001")])
async def test_one_thing_is_held_at_a_time(kommobil: CommandLine, city: City, words: tuple[str, ...]) -> None:
    said = await kommobil.aside("retention", "hold", "--city", city, "--reason", "why not", *words)
    assert said.exit_code == 2
    assert "name one person, booking or document, or --everything" in said.err


async def test_a_city_is_named_and_known(kommobil: CommandLine) -> None:
    assert (await kommobil.aside("retention")).exit_code == 2
    assert (await kommobil.aside("retention", "--city", "nowhere")).exit_code == 1
