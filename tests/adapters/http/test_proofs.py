"""What people show to the city's staff, and what they may not book before."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct
from sqlalchemy import text

from domain.identity import Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.settled import settled
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity

pytestmark = pytest.mark.database
MANAGER, OPERATOR = new_id(), new_id()
NOON = (now() + timedelta(days=30)).replace(hour=11, minute=0, second=0, microsecond=0)
LICENCE = {"kind": "licence", "valid_until": NOON.date().isoformat(), "method": "at the counter", "classes": ["B"]}


class Town(Struct, frozen=True):
    """A city that lends cars to whoever has shown a licence, and Ada, who has shown nothing."""

    http: httpx.AsyncClient
    database: Databases
    seeded: SeededCity
    ada: UUID

    async def ask(self, role: Role, method: str, path: str, json: Any = None) -> httpx.Response:
        person = {Role.FLEET_MANAGER: MANAGER, Role.OPERATOR: OPERATOR}.get(role, self.ada)
        headers = bearer(a_token(self.seeded.city, role, person=person))
        return await self.http.request(method, f"/v1/{self.seeded.city}/{path}", json=json, headers=headers)

    async def drive(self, end: datetime) -> httpx.Response:
        times = {"start": (end - timedelta(hours=1)).isoformat(), "end": end.isoformat()}
        wish = {"service": "fleet", "resource_id": str(self.seeded.cars[0].id)} | times
        return await self.ask(Role.RESIDENT, "POST", "bookings", wish)

    async def missing(self) -> list[str]:
        found = (await self.ask(Role.RESIDENT, "GET", "me/eligibility?service=fleet")).json()
        assert found["eligible"] is not bool(found["missing"])
        return [each["kind"] for each in found["missing"]]


@pytest.fixture
async def town(http: httpx.AsyncClient, database: Databases) -> Town:
    seeded, ada = await database.new_city(), new_id()
    await settled(database, seeded.city)
    async with database.app.transactions.city(seeded.city) as connection:
        for statement in (
            """UPDATE cities SET settings = settings || '{"terms": {}, "requires": {"fleet": ["licence"]}}' WHERE city = :city""",
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', now())",
        ):
            values = {"city": seeded.city, "id": ada}
            await connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    return Town(http, database, seeded, ada)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_nobody_drives_whose_licence_nobody_has_seen(town: Town) -> None:
    before = await town.drive(NOON)
    assert (problem(before), before.json()["missing"]) == ((403, "not_eligible"), ["licence"])
    assert await town.missing() == ["licence"]

    seen = await town.ask(Role.FLEET_MANAGER, "POST", "proofs", LICENCE | {"email": "Ada@example.org"})
    assert seen.status_code == 200
    assert seen.json() == LICENCE | {"years": None, "checked_by": str(MANAGER), "checked_at": seen.json()["checked_at"]}
    assert await town.missing() == []
    assert (await town.drive(NOON)).status_code == 201


async def test_a_licence_has_to_count_to_the_end_of_the_use(town: Town) -> None:
    """To midnight of its last day in the city, that is."""
    await town.ask(Role.FLEET_MANAGER, "POST", "proofs", LICENCE | {"person_id": str(town.ada)})
    midnight = datetime.fromisoformat(f"{NOON.date()}T22:00:00+00:00").astimezone(UTC)  # at the latest, in summer

    beyond = await town.drive(midnight + timedelta(hours=3))
    assert (problem(beyond), beyond.json()["missing"]) == ((403, "not_eligible"), ["licence"])
    assert (await town.drive(midnight)).status_code == 201


async def test_what_is_taken_back_counts_no_longer(town: Town) -> None:
    await town.ask(Role.OPERATOR, "POST", "proofs", LICENCE | {"person_id": str(town.ada)})
    listed = (await town.ask(Role.OPERATOR, "GET", "proofs?email=ada@example.org")).json()["items"]
    gone = [
        (await town.ask(Role.FLEET_MANAGER, "DELETE", f"proofs?kind=licence&person_id={town.ada}")).status_code
        for _ in range(2)
    ]

    assert [each["kind"] for each in listed] == ["licence"]
    assert gone == [204, 204]
    assert await town.missing() == ["licence"]
    audit = "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY action"
    assert await town.database.rows(town.seeded.city, audit, id=town.ada) == [
        ("operator.proof_dropped:licence",),
        ("operator.proof_kept:licence",),
    ]


async def test_nobody_has_seen_her_own_licence(town: Town) -> None:
    token = a_token(town.seeded.city, Role.FLEET_MANAGER, person=town.ada)
    for whose in ({"person_id": str(town.ada)}, {"email": "ada@example.org"}):
        path = f"/v1/{town.seeded.city}/proofs"
        assert problem(await town.http.post(path, json=LICENCE | whose, headers=bearer(token))) == (403, "own_licence")
    assert await town.missing() == ["licence"]


async def test_who_somebody_is_the_operator_says_and_nobody_else(town: Town) -> None:
    known = {"kind": "verification", "method": "identity card", "person_id": str(town.ada)}
    assert problem(await town.ask(Role.FLEET_MANAGER, "POST", "proofs", known)) == (403, "forbidden")
    query = f"proofs?kind=verification&person_id={town.ada}"
    assert problem(await town.ask(Role.FLEET_MANAGER, "DELETE", query)) == (403, "forbidden")
    assert (await town.ask(Role.OPERATOR, "POST", "proofs", known)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"valid_until": "2020-01-01"}, 422, "not_valid_any_more"),
        ({"valid_until": None}, 422, "licence_without_end"),
        ({"valid_until": "2100-01-01"}, 422, "invalid_input"),
        ({"years": 18}, 422, "years_of_age_only"),
        ({"kind": "age"}, 422, "years_of_age_only"),
        ({"kind": "age", "years": 15}, 422, "invalid_input"),
        ({"kind": "age", "years": 100}, 422, "invalid_input"),
        ({"method": " "}, 422, "invalid_input"),
        ({"classes": ["b'"]}, 422, "invalid_input"),
        ({"email": "nobody@example.org"}, 404, "unknown_person"),
        ({"person_id": str(new_id())}, 422, "invalid_input"),
        ({"email": None}, 422, "invalid_input"),
    ],
)
async def test_what_shows_nothing_is_refused(town: Town, changed: dict[str, Any], status: int, code: str) -> None:
    asked = LICENCE | {"email": "ada@example.org"} | changed
    assert problem(await town.ask(Role.OPERATOR, "POST", "proofs", asked)) == (status, code)
    assert await town.missing() == ["licence"]


async def test_where_a_licence_is_not_wanted_for_booking_she_is_warned_that_it_takes_one_to_drive(town: Town) -> None:
    async with town.database.app.transactions.city(town.seeded.city) as connection:
        free = """UPDATE cities SET settings = settings || '{"requires": {}}' WHERE city = :city"""
        await connection.execute(text(free), {"city": town.seeded.city})

    async def asked(service: str) -> tuple[bool, list[str]]:
        found = (await town.ask(Role.RESIDENT, "GET", f"me/eligibility?service={service}")).json()
        return found["eligible"], [each["kind"] for each in found["before_start"]]

    assert [await asked("fleet"), await asked("charging")] == [(True, ["licence"]), (True, [])]
    await town.ask(Role.OPERATOR, "POST", "proofs", LICENCE | {"person_id": str(town.ada)})
    assert await asked("fleet") == (True, [])


async def test_a_residents_licence_is_looked_at_every_half_year_whenever_it_ends(town: Town) -> None:
    seen = await town.ask(
        Role.OPERATOR, "POST", "proofs", LICENCE | {"valid_until": "2099-01-01", "person_id": str(town.ada)}
    )
    half_a_year = (now() + timedelta(days=190)).date().isoformat()
    assert NOON.date().isoformat() < seen.json()["valid_until"] < half_a_year


async def test_every_look_at_a_residents_licence_stays_among_the_records(town: Town) -> None:
    for method in ("by video", "at the counter"):
        await town.ask(Role.OPERATOR, "POST", "proofs", LICENCE | {"method": method, "person_id": str(town.ada)})
    await town.ask(Role.OPERATOR, "DELETE", f"proofs?kind=licence&person_id={town.ada}")
    looks = "SELECT method, result, licence_until FROM licence_checks WHERE city = :city AND person_id = :id ORDER BY number"
    assert await town.database.rows(town.seeded.city, looks, id=town.ada) == [
        ("by video", "valid", NOON.date()),
        ("at the counter", "valid", NOON.date()),
        ("taken back", "not_valid", None),
    ]


@pytest.fixture
async def town_from_21(town: Town) -> Town:
    """It lends cars from the age of 21 on."""
    async with town.database.app.transactions.city(town.seeded.city) as connection:
        wants = (
            """UPDATE cities SET settings = settings || '{"requires": {"min_age": {"fleet": 21}}}' WHERE city = :city"""
        )
        await connection.execute(text(wants), {"city": town.seeded.city})
    return town


async def test_a_shared_car_is_driven_from_the_age_on_that_the_city_says(town_from_21: Town) -> None:
    """No birthday is kept: that she was seen to be so many years old, or older."""
    town, age = town_from_21, {"kind": "age", "method": "identity card", "person_id": str(town_from_21.ada)}
    refused = await town.drive(NOON)
    assert (problem(refused), refused.json()["missing"]) == ((403, "not_eligible"), ["age"])
    asked = [
        (await town.ask(Role.RESIDENT, "GET", f"me/eligibility?service={which}")).json()["missing"]
        for which in ("fleet", "fleet&payer=cost_centre", "charging")
    ]
    assert asked == [[{"kind": "age", "document": None, "version": None, "min_age": 21}], [], []]

    await town.ask(Role.OPERATOR, "POST", "proofs", age | {"years": 18})
    assert ((await town.drive(NOON)).status_code, await town.missing()) == (403, ["age"])
    seen = await town.ask(Role.OPERATOR, "POST", "proofs", age | {"years": 25})
    assert (seen.status_code, seen.json()["years"], seen.json()["valid_until"]) == (200, 25, None)
    assert ((await town.drive(NOON)).status_code, await town.missing()) == (201, [])


async def test_how_old_somebody_is_the_operator_says_and_it_is_in_her_copy_and_goes_with_her(
    town_from_21: Town,
) -> None:
    town, age = (
        town_from_21,
        {"kind": "age", "method": "identity card", "person_id": str(town_from_21.ada), "years": 21},
    )
    assert problem(await town.ask(Role.FLEET_MANAGER, "POST", "proofs", age)) == (403, "forbidden")
    await town.ask(Role.OPERATOR, "POST", "proofs", age)
    copied = (await town.ask(Role.RESIDENT, "POST", "me/export")).json()["proofs"]
    assert [(each["kind"], each["years"]) for each in copied] == [("age", 21)]

    version = (await town.ask(Role.RESIDENT, "GET", "me")).headers["etag"]
    headers = bearer(a_token(town.seeded.city, Role.RESIDENT, person=town.ada)) | {"if-match": version}
    assert (await town.http.delete(f"/v1/{town.seeded.city}/me", headers=headers)).status_code == 204
    assert await town.database.rows(town.seeded.city, "SELECT kind FROM proofs WHERE city = :city") == []


async def test_who_drives_for_the_city_shows_the_operator_how_old_she_is_to_share_its_cars(town_from_21: Town) -> None:
    town, age = (
        town_from_21,
        {"kind": "age", "method": "identity card", "person_id": str(town_from_21.ada), "years": 21},
    )
    async with town.database.app.transactions.city(town.seeded.city) as connection:
        granted = "INSERT INTO role_grants (city, person_id, role, granted_at) VALUES (:city, :id, 'driver', now())"
        await connection.execute(text(granted), {"city": town.seeded.city, "id": town.ada})
    assert (await town.ask(Role.OPERATOR, "POST", "proofs", age)).status_code == 200
    assert (await town.ask(Role.OPERATOR, "DELETE", f"proofs?kind=age&person_id={town.ada}")).status_code == 204
    assert await town.missing() == ["age"]
