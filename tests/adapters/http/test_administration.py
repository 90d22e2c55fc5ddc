"""What the operator of a city does over HTTP: the same as on the command line, in that city alone."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from adapters.http.administration_examples import CITY, TARIFF
from domain.identity import City, Role
from infra.ids import new_id
from tests.adapters.http.settled import settled
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database


class Office(Struct, frozen=True):
    """A city with complete settings, and its operator."""

    http: httpx.AsyncClient
    database: Databases
    city: City

    async def ask(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None, **params: Any
    ) -> httpx.Response:
        said = bearer(a_token(self.city, Role.OPERATOR)) | (headers or {})
        return await self.http.request(method, f"/v1/{self.city}/admin/{path}", json=json, params=params, headers=said)

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.database.rows(self.city, sql, **values)

    @property
    def settings(self) -> dict[str, Any]:
        return CITY | {"city": self.city}


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    city = (await database.new_city()).city
    await settled(database, city)
    return Office(http, database, city)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_city_is_shown_and_set_as_a_whole(office: Office) -> None:
    assert (await office.ask("GET", "city")).json() == office.settings
    renamed = office.settings | {"name": "Brunswiek", "center": {"lat": 52.27, "lon": 10.53}}
    done = await office.ask("PUT", "city", renamed)
    assert (done.status_code, done.json()) == (200, renamed)
    assert (await office.ask("GET", "city")).json() == renamed
    assert await office.rows("SELECT name FROM cities WHERE city = :city") == [("Brunswiek",)]
    assert await office.rows("SELECT action FROM audit WHERE city = :city") == [("operator.city_set",)]


async def test_whoever_sets_a_city_from_an_old_reading_is_stopped(office: Office) -> None:
    read = (await office.ask("GET", "city")).headers["etag"]
    renamed = office.settings | {"name": "Brunswiek"}

    done = await office.ask("PUT", "city", renamed, {"if-match": read})
    late = await office.ask("PUT", "city", office.settings, {"if-match": read})
    again = await office.ask("PUT", "city", renamed, {"if-match": f"{read}, {done.headers['etag']}"})
    unchanged = await office.ask("GET", "city", headers={"if-none-match": done.headers["etag"]})

    assert done.status_code == 200
    assert problem(late) == (412, "version_mismatch")
    assert (again.status_code, again.headers["etag"]) == (200, done.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"city": "wolfsburg"}, ["/city"]),
        ({"name": " ", "iban": "DE00"}, ["", ""]),
        ({"center": {"lat": 1, "lng": 2}, "king": 1, "terms": []}, ["/king", "/terms", "/center/lng", "/center/lon"]),
        ({"time_zone": "../etc/passwd"}, [""]),
        ({"requires": {"fleet": ["age"]}}, [""]),
        (
            {"requires": {"min_age": {"fleet": 15, "charging": 100}}},
            ["/requires/min_age/charging", "/requires/min_age/fleet"],
        ),
    ],
)
async def test_what_is_wrong_with_a_city_is_told_at_once(
    office: Office, change: dict[str, Any], pointers: list[str]
) -> None:
    answer = await office.ask("PUT", "city", office.settings | change)
    assert problem(answer) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers


async def test_accounts_and_issuers_are_set_where_the_installation_runs(office: Office) -> None:
    account = {"account": "acct_1", "publishable_key": "pk_1", "secret_key": "env:OTHERS", "webhook_secret": "env:HOOK"}
    issuer = {"issuer": "https://id.example", "audience": "us"}
    for change in ({"stripe": account}, {"oidc": [issuer]}):
        refused = await office.ask("PUT", "city", office.settings | change)
        assert problem(refused) == (409, "set_on_the_machine")
    assert (await office.ask("GET", "city")).json() == office.settings


async def test_a_changed_tariff_becomes_a_new_version(office: Office) -> None:
    mine = TARIFF | {"id": "market-day"}
    outcomes = [
        (await office.ask("POST", "tariffs", {"tariffs": [tariff]})).json()["items"]
        for tariff in (mine, mine, mine | {"time": {"per": "h", "gross": "1.50"}})
    ]
    assert outcomes == [
        [{"id": "market-day", "version": 1, "published": True}],
        [{"id": "market-day", "version": 1, "published": False}],
        [{"id": "market-day", "version": 2, "published": True}],
    ]
    first = (await office.ask("GET", "tariffs", limit=4)).json()
    second = (await office.ask("GET", "tariffs", limit=4, cursor=first["next_cursor"])).json()
    shown = [(t["tariff"]["id"], t["tariff"]["version"]) for page in (first, second) for t in page["items"]]
    assert shown == [
        ("bike-standard", 1),
        ("charging-standard", 1),
        ("fleet-standard", 1),
        ("market-day", 1),
        ("market-day", 2),
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("tariffs", "pointers"),
    [
        ([TARIFF | {"vat_rate": "19"}], ["/tariffs"]),
        ([TARIFF, TARIFF], ["/tariffs"]),
        ([TARIFF | {"energie": "0.5"}], ["/tariffs/0/energie"]),
        ([{"id": "x"}], ["/tariffs/0/name", "/tariffs/0/currency", "/tariffs/0/vat_rate", "/tariffs/0/terms"]),
        ([TARIFF | {"terms": {"version": 1}}], None),
        ("all", ["/tariffs"]),
    ],
)
async def test_what_is_wrong_with_tariffs_is_told_and_none_is_published(
    office: Office, tariffs: Any, pointers: list[str] | None
) -> None:
    answer = await office.ask("POST", "tariffs", {"tariffs": tariffs})
    assert problem(answer) == (422, "invalid_input")
    if pointers is not None:
        assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert await office.rows("SELECT count(*) FROM tariffs WHERE city = :city") == [(3,)]


async def test_a_role_is_granted_listed_and_taken_back_with_its_tokens(office: Office) -> None:
    driver = {"email": "Ada@Example.org", "role": "driver", "pool": "town-hall"}
    granted = [await office.ask("POST", "roles", driver) for _ in range(2)]
    await office.ask("POST", "roles", {"email": "ada@example.org", "role": "hr", "party": "works"})
    assert [answer.status_code for answer in granted] == [201, 200]
    assert granted[0].json() == driver | {"email": "ada@example.org", "party": None}

    pages = [(await office.ask("GET", "roles", limit=1)).json()]
    pages.append((await office.ask("GET", "roles", limit=1, cursor=pages[0]["next_cursor"])).json())
    held = [item for page in pages for item in page["items"]]
    assert [(item["role"], item["pool"], item["party"]) for item in held] == [
        ("driver", "town-hall", None),
        ("hr", None, "works"),
    ]
    assert pages[1]["next_cursor"] is None

    person = held[0]["person_id"]
    assert await office.rows("SELECT subject FROM revocations WHERE city = :city") == []
    for _ in range(2):
        taken = await office.ask("DELETE", "roles", person_id=person, role="driver", pool="town-hall")
        assert taken.status_code == 204
    assert [str(row[0]) for row in await office.rows("SELECT subject FROM revocations WHERE city = :city")] == [person]
    by_address = await office.ask("DELETE", "roles", email="ADA@example.org", role="hr", party="works")
    assert by_address.status_code == 204
    assert (await office.ask("GET", "roles")).json()["items"] == []
    actions = await office.rows("SELECT action FROM audit WHERE city = :city ORDER BY id")
    assert [row[0] for row in actions] == [
        "operator.person_entered",
        "operator.role_granted:driver",
        "operator.role_granted:hr",
        "operator.role_revoked:driver",
        "operator.role_revoked:hr",
    ]


async def test_who_loses_a_role_loses_the_tokens_that_say_it(office: Office) -> None:
    await office.ask("POST", "roles", {"email": "ada@example.org", "role": "driver"})
    person = (await office.ask("GET", "roles")).json()["items"][0]["person_id"]
    theirs = bearer(a_token(office.city, Role.DRIVER, person=UUID(person)))
    before = await office.http.get(f"/v1/{office.city}/bookings", headers=theirs)
    await office.ask("DELETE", "roles", person_id=person, role="driver")
    after = await office.http.get(f"/v1/{office.city}/bookings", headers=theirs)
    assert before.status_code == 200
    assert problem(after) == (401, "unauthorised")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"role": "resident", "pool": "town-hall"}, 422, "role_has_no_pool"),
        ({"role": "driver", "pool": "nowhere"}, 404, "unknown_pool"),
        ({"role": "driver", "party": "works"}, 422, "role_has_no_party"),
        ({"role": "dealer"}, 422, "party_missing"),
        ({"role": "king"}, 422, "invalid_input"),
        ({"role": "driver", "email": "nobody"}, 422, "invalid_input"),
        ({"role": "driver", "city": "wolfsburg"}, 422, "invalid_input"),
    ],
)
async def test_a_grant_that_makes_no_sense_is_refused(
    office: Office, asked: dict[str, Any], status: int, code: str
) -> None:
    answer = await office.ask("POST", "roles", {"email": "ada@example.org"} | asked)
    assert problem(answer) == (status, code)
    assert await office.rows("SELECT count(*) FROM role_grants WHERE city = :city") == [(0,)]


async def test_whose_role_is_taken_back_is_said_once(office: Office) -> None:
    assert problem(await office.ask("DELETE", "roles", role="driver")) == (422, "invalid_input")
    twice = await office.ask("DELETE", "roles", role="driver", email="a@b", person_id=str(new_id()))
    assert problem(twice) == (422, "invalid_input")
    either: tuple[dict[str, Any], ...] = ({"email": "a@b"}, {"person_id": str(new_id())})
    for whose in either:
        assert problem(await office.ask("DELETE", "roles", role="driver", **whose)) == (404, "unknown_person")


async def test_an_operator_of_one_city_is_nobody_in_another(office: Office, database: Databases) -> None:
    elsewhere = (await database.new_city()).city
    headers = bearer(a_token(office.city, Role.OPERATOR))
    answer = await office.http.get(f"/v1/{elsewhere}/admin/roles", headers=headers)
    assert problem(answer) == (401, "wrong_city")
