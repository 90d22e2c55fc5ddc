"""`kommobil role` and `kommobil token`."""

import asyncio
from datetime import timedelta

import jwt
import msgspec
import pytest

from adapters.http.auth import Tokens
from domain.cities.settings import CitySettings
from domain.identity import Actor, City, PersonId, PoolId, Role
from infra.clock import now
from infra.operating import open_desk
from infra.settings import Settings
from infra.tokens import signing_key
from services.sign_in.ports import Caller
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL
from tests.infra.command_line import CITY, CommandLine, Said

pytestmark = pytest.mark.database

PERSONS = "SELECT id, email, language FROM persons WHERE city = :city ORDER BY email"
ACCEPTANCES = "SELECT document, version FROM acceptances WHERE city = :city ORDER BY document"
GRANTS = "SELECT count(*) FROM role_grants WHERE city = :city"


async def verified(kommobil: CommandLine, token: str, city: City) -> Actor:
    """Who the API takes the bearer of the token for."""
    key = signing_key(Settings(data=kommobil.data))
    tokens = Tokens({key.id: key.public})
    found = await tokens.bearer(f"Bearer {token.strip()}", city, now(), lambda: Caller("test", ""))
    return found.actor


@pytest.fixture
async def town(database: Databases) -> SeededCity:
    """A city with settings and with the pool of its town hall."""
    seeded = await database.new_city()
    async with open_desk(database.app.transactions, seeded.city) as desk:
        await desk.cities.change(msgspec.convert(CITY, CitySettings))
    return seeded


async def test_a_token_says_who_and_what_its_bearer_is(kommobil: CommandLine, database: Databases) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    said = await kommobil.aside("token", "--city", city, "--email", "Ada@Example.org", "--role", "resident")
    assert (said.exit_code, said.err, said.out.count("\n"), said.out.count(".")) == (0, "", 1, 2)
    ((person, email, language),) = await database.rows(city, PERSONS)
    assert (email, language) == ("ada@example.org", "de")
    assert await verified(kommobil, said.out, city) == Actor(PersonId(person), city, frozenset({Role.RESIDENT}))


async def test_an_unknown_person_is_entered_with_the_current_terms_and_a_known_one_left_alone(
    kommobil: CommandLine, database: Databases
) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    ask = ("token", "--city", city, "--email", "ada@example.org", "--role")
    await kommobil.aside(*ask, "resident")
    known = await database.rows(city, PERSONS)
    assert await database.rows(city, ACCEPTANCES) == [("general", "2026-01"), ("privacy", "2025-07")]
    newer = {"city": city} | CITY | {"terms": {"general": "2027-01"}}
    await kommobil.aside("city", "set", kommobil.file("city.json", newer))
    await kommobil.aside(*ask, "operator")
    assert await database.rows(city, PERSONS) == known
    assert await database.rows(city, ACCEPTANCES) == [("general", "2026-01"), ("privacy", "2025-07")]
    assert await database.rows(city, GRANTS) == [(0,)]


def test_a_token_carries_exactly_the_roles_pools_and_parties_asked_for(kommobil: CommandLine, town: SeededCity) -> None:
    where = ("--city", town.city, "--email", "ada@example.org")
    said = kommobil("token", *where, "--role", "driver", "--role", "hr", "--pool", TOWN_HALL, "--party", "stadtwerke")
    actor = asyncio.run(verified(kommobil, said.out, town.city))
    assert actor == Actor(
        actor.id,
        town.city,
        frozenset({Role.DRIVER, Role.HR}),
        frozenset({PoolId(TOWN_HALL)}),
        frozenset({(Role.HR, "stadtwerke")}),
    )


def test_a_token_lasts_ten_minutes_or_as_asked(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    ask = ("token", "--city", city, "--email", "ada@example.org", "--role", "resident")
    lives = []
    for words in (ask, (*ask, "--expires-in", "30")):
        claims = jwt.decode(kommobil(*words).out.strip(), options={"verify_signature": False})
        lives.append(timedelta(seconds=claims["exp"] - claims["iat"]))
    assert lives == [timedelta(minutes=10), timedelta(seconds=30)]


def test_every_start_of_an_installation_signs_with_the_same_key(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    ask = ("token", "--city", city, "--email", "ada@example.org", "--role", "resident")
    first, second = kommobil(*ask), kommobil(*ask)
    actors = [asyncio.run(verified(kommobil, said.out, City(city))) for said in (first, second)]
    assert actors[0] == actors[1]
    key = kommobil.data / "secrets" / "jwt.pem"
    assert key.stat().st_mode & 0o777 == 0o600


def test_no_token_for_a_pool_or_a_city_that_is_not_there(kommobil: CommandLine, town: SeededCity) -> None:
    who = ("--email", "ada@example.org", "--role", "driver")
    assert kommobil("token", "--city", town.city, *who, "--pool", "moon") == Said(
        1, "", f"Error: there is no pool moon in {town.city}\n"
    )
    assert kommobil("token", "--city", "atlantis", *who) == Said(1, "", "Error: there is no city 'atlantis'\n")


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.org", "a b@example.org", "a@b@c", "x" * 250 + "@b.de"])
def test_no_token_for_what_is_no_address(kommobil: CommandLine, email: str) -> None:
    said = kommobil("token", "--city", "okerstadt", "--email", email, "--role", "resident")
    assert (said.exit_code, said.out) == (2, "")


async def test_a_role_is_granted_before_the_first_sign_in_and_terms_wait_for_it(
    kommobil: CommandLine, database: Databases
) -> None:
    city = City(await asyncio.to_thread(kommobil.new_city))
    grant = ("role", "grant", "Ada@example.org", "operator", "--city", city)
    said = [(await kommobil.aside(*grant)).out for _ in range(2)]
    assert said == [f"ada@example.org is now operator in {city}\n", f"ada@example.org was already operator in {city}\n"]
    assert [row[1:] for row in await database.rows(city, PERSONS)] == [("ada@example.org", "de")]
    assert await database.rows(city, ACCEPTANCES) == []


def test_roles_are_listed_and_revoked_exactly_as_they_were_granted(kommobil: CommandLine, town: SeededCity) -> None:
    where = ("--city", town.city)
    kommobil("role", "grant", "ada@example.org", "driver", *where)
    kommobil("role", "grant", "ada@example.org", "driver", *where, "--pool", TOWN_HALL)
    kommobil("role", "grant", "bob@example.org", "dealer", *where, "--party", "radhaus")
    said = kommobil("role", "revoke", "ada@example.org", "driver", *where)
    assert said.out == f"ada@example.org is no longer driver in {town.city}\n"
    again = kommobil("role", "revoke", "ada@example.org", "driver", *where)
    assert again.out == f"ada@example.org was not driver in {town.city}\n"
    held = [(one["email"], one["grant"]) for one in kommobil("role", "list", *where, "--json").json]
    assert held == [
        ("ada@example.org", {"role": "driver", "pool": TOWN_HALL, "party": None}),
        ("bob@example.org", {"role": "dealer", "pool": None, "party": "radhaus"}),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("resident", "--pool", TOWN_HALL), "only driver and fleet_manager belong to a pool"),
        (("driver", "--pool", "moon"), "there is no such pool in the city"),
        (("operator", "--party", "radhaus"), "only dealer, hr and lessor act for a party"),
        (("lessor",), "dealer, hr and lessor act for a party; name it with --party"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    kommobil: CommandLine, town: SeededCity, words: tuple[str, ...], why: str
) -> None:
    said = kommobil("role", "grant", "ada@example.org", *words, "--city", town.city)
    assert said == Said(1, "", f"Error: {why}\n")
    assert kommobil("role", "list", "--city", town.city, "--json").json == []


def test_nobody_loses_a_role_who_is_not_known(kommobil: CommandLine, town: SeededCity) -> None:
    said = kommobil("role", "revoke", "nobody@example.org", "driver", "--city", town.city)
    assert said == Said(1, "", "Error: nobody is known by that address\n")
