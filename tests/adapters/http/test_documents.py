"""The texts of a city over HTTP and in the tables, and what an acceptance proves."""

from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from domain.identity import City, Role
from infra.ids import new_id
from tests.api import a_token
from tests.database import Databases

pytestmark = pytest.mark.database

GERMAN = {"document": "general", "version": "2026-01", "language": "de", "content": "Wer bucht, zahlt.\n"}
ENGLISH = GERMAN | {"language": "en", "content": "Whoever books pays.\n"}


def digest(text: dict[str, str]) -> str:
    return sha256(text["content"].encode()).hexdigest()


async def publish(http: httpx.AsyncClient, city: City, text: dict[str, Any], *roles: Role) -> httpx.Response:
    token = a_token(city, *(roles or (Role.OPERATOR,)))
    return await http.post(f"/v1/{city}/admin/documents", json=text, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
async def city(database: Databases) -> City:
    return (await database.new_city()).city


async def test_a_published_text_is_public_in_the_readers_language(http: httpx.AsyncClient, city: City) -> None:
    made = [(await publish(http, city, text)).status_code for text in (GERMAN, ENGLISH, GERMAN)]
    url = f"/v1/{city}/documents/general/2026-01"

    german = await http.get(url, headers={"accept-language": "de"})
    english = await http.get(f"{url}?language=en", headers={"accept-language": "de"})
    same = await http.get(url, headers={"accept-language": "de", "if-none-match": german.headers["etag"]})

    assert made == [201, 201, 200]
    assert german.json() | {"published_at": ""} == GERMAN | {"digest": digest(GERMAN), "published_at": ""}
    assert (german.headers["content-language"], english.json()["content"]) == ("de", ENGLISH["content"])
    assert (same.status_code, same.content) == (304, b"")
    for missing in ("/general/2026-02", "/privacy/2026-01"):
        answer = await http.get(f"/v1/{city}/documents{missing}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_document")


async def test_the_list_says_which_version_is_in_force(
    http: httpx.AsyncClient, database: Databases, city: City
) -> None:
    for version in ("2025-07", "2026-01"):
        await publish(http, city, GERMAN | {"version": version})
        await publish(http, city, GERMAN | {"document": "withdrawal", "version": version})
    await database.rows(
        city,
        """UPDATE cities SET settings = settings || '{"terms": {"general": "2025-07"}}' WHERE city = :city RETURNING city""",
    )

    listed = (await http.get(f"/v1/{city}/documents")).json()

    assert [(d["document"], d["version"], d["in_force"], d["digest"]) for d in listed["items"]] == [
        ("general", "2026-01", False, digest(GERMAN)),
        ("general", "2025-07", True, digest(GERMAN)),
        ("withdrawal", "2026-01", True, digest(GERMAN)),
        ("withdrawal", "2025-07", False, digest(GERMAN)),
    ]
    assert (await http.get(listed["items"][0]["href"])).json()["version"] == "2026-01"
    assert (await http.get("/v1/atlantis/documents")).json()["code"] == "unknown_city"


async def test_words_that_were_published_stay(http: httpx.AsyncClient, database: Databases, city: City) -> None:
    await publish(http, city, GERMAN)

    other = await publish(http, city, GERMAN | {"content": "Wer bucht, zahlt doppelt.\n"})

    assert (other.status_code, other.json()["code"]) == (409, "document_differs")
    for statement in ("UPDATE documents SET content = ''", "DELETE FROM documents"):
        with pytest.raises(DBAPIError):
            await database.rows(city, f"{statement} WHERE city = :city RETURNING city")
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.owner.transactions.city(city) as connection:
                await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_only_the_operator_publishes(http: httpx.AsyncClient, city: City, role: Role) -> None:
    assert (await publish(http, city, GERMAN, role)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "fr"},
        {"document": "General"},
        {"version": ""},
        {"content": " "},
        {"content": "a\u0007"},
        {"more": 1},
    ],
)
async def test_what_is_no_text_is_not_published(http: httpx.AsyncClient, city: City, wrong: dict[str, Any]) -> None:
    assert (await publish(http, city, GERMAN | wrong)).status_code == 422


async def test_an_acceptance_names_the_text_that_was_accepted(
    http: httpx.AsyncClient, database: Databases, city: City
) -> None:
    await publish(http, city, GERMAN)
    await publish(http, city, ENGLISH)
    await publish(http, city, GERMAN | {"version": "2026-02"})
    for language, email in (("de", "ada@example.org"), ("en", "bob@example.org")):
        person = new_id()
        await database.rows(
            city,
            "INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :id, :email, :language, now()) RETURNING id",
            id=person,
            email=email,
            language=language,
        )
        for version in ("2026-02", "2026-01", "2019-01"):
            await database.rows(
                city,
                "INSERT INTO acceptances (city, person_id, document, version, accepted_at)"
                " VALUES (:city, :person, 'general', :version, now()) RETURNING version",
                person=person,
                version=version,
            )

    proven = await database.rows(
        city,
        "SELECT p.email, a.version, a.language, a.digest FROM acceptances a JOIN persons p ON p.city = a.city"
        " AND p.id = a.person_id WHERE a.city = :city ORDER BY 1, 2 DESC",
    )

    assert proven == [
        ("ada@example.org", "2026-02", "de", digest(GERMAN)),
        ("ada@example.org", "2026-01", "de", digest(GERMAN)),
        ("ada@example.org", "2019-01", "de", None),
        ("bob@example.org", "2026-02", "de", digest(GERMAN)),
        ("bob@example.org", "2026-01", "en", digest(ENGLISH)),
        ("bob@example.org", "2019-01", "en", None),
    ]


async def test_a_text_is_as_long_as_law_makes_it(http: httpx.AsyncClient, database: Databases) -> None:
    city = (await database.new_city()).city
    long = GERMAN | {"content": "Wer bucht, zahlt.\n" * 5_000}
    too_long = ENGLISH | {"content": "Whoever books pays.\n" * 5_001}
    answers = [await publish(http, city, text, Role.OPERATOR) for text in (long, too_long)]
    assert [answer.status_code for answer in answers] == [201, 422]
