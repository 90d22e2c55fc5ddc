"""What holds for every operation: a rule, a problem for whatever goes wrong, and who may call."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar
from litestar.enums import HttpMethod

from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.endpoints import PUBLIC, Ask, Edge, Endpoint, Reply
from adapters.http.problem_codes import CODES, ROOMS
from domain.identity import City, Role
from infra.bootstrap import Outside, application, endpoints
from infra.clock import now
from infra.ids import new_id
from services.calls import Unavailable
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases

pytestmark = pytest.mark.database
OUTSIDE = Outside(now, new_id, lambda secret: secret)


def an_app(database: Databases, *more: Endpoint) -> Litestar:
    async def ready() -> dict[str, Any]:
        return {"status": "the database does not answer"}

    offered = application(database.app, OUTSIDE)
    edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, ready, "0")
    return create_app(edge, (*endpoints(offered), *more))


def failing(error: Exception) -> Endpoint:
    async def fail(_ask: Ask) -> Reply:
        raise error

    return Endpoint(HttpMethod.GET, PUBLIC, "/fail", "fail", "test", "Fails", fail, {200: None})


async def test_a_fault_of_ours_is_a_problem_with_a_log_line_and_tells_nothing(
    database: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    async with client(an_app(database, failing(ZeroDivisionError("secret")))) as http:
        with caplog.at_level(logging.ERROR):
            answer = await http.get("/fail", headers={"x-request-id": "mine"})

    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "internal", "mine")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "mine" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_busy_database_is_said_with_a_time_to_come_again(database: Databases) -> None:
    async with client(an_app(database, failing(Unavailable("busy")))) as http:
        answer = await http.get("/fail")
        ready = await http.get("/readyz")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "2")
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("GET", "/v1/braunschweig/bookings/no-uuid", 404, "not_found"),
        ("GET", "/v1/braunschweig/bookings", 401, "unauthorised"),
    ],
)
async def test_what_is_not_there_is_a_problem(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_asks_in_a_wrong_way_is_told_the_right_ones(http: httpx.AsyncClient) -> None:
    answer = await http.delete("/v1/braunschweig/bookings")

    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_what_answers_get_answers_head_with_the_same_head(http: httpx.AsyncClient) -> None:
    told, silent = await http.get("/v1/cities"), await http.head("/v1/cities")

    assert (silent.status_code, silent.content) == (200, b"")
    assert silent.headers["content-type"] == told.headers["content-type"]
    assert (await http.head("/v1/braunschweig/bookings")).status_code == 401
    assert (await http.head("/v1/braunschweig/quotes")).status_code == 405


@pytest.mark.parametrize("start", ["1795481627", "1795481627.5", "2030-01-01T10:00:00", "-1"])
async def test_a_time_is_never_a_number_of_seconds(http: httpx.AsyncClient, database: Databases, start: str) -> None:
    city = await database.new_city()

    answer = await http.get(
        f"/v1/{city.city}/availability",
        params={"service": "charging", "start": start, "end": "2030-01-01T12:00:00Z"},
        headers={"accept-language": "de"},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"][0]["parameter"] == "start"
    assert answer.json()["detail"] == "Die Eingabe ist nicht gültig."


async def test_a_partner_books_for_nobody_before_there_are_scopes(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()

    answer = await http.post(f"/v1/{city.city}/bookings", json={}, headers=bearer(a_token(city.city, Role.PARTNER)))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def forged() -> dict[str, Callable[[City], str]]:
    other = Ed25519PrivateKey.generate()
    return {
        "another key": lambda city: a_token(city, key=other),
        "expired": lambda city: a_token(city, exp=1),
        "another audience": lambda city: a_token(city, aud="others"),
        "another issuer": lambda city: a_token(city, iss="others"),
        "an unknown role": lambda city: a_token(city, roles=["king"]),
        "no person": lambda city: a_token(city, sub="nobody"),
        "tampered": lambda city: a_token(city)[:-6] + "AAAAAA",
        "no signature": lambda city: a_token(city).rsplit(".", 1)[0] + ".",
        "no token": lambda _city: "nonsense",
        "too long": lambda _city: "x" * 10_000,
    }


@pytest.mark.parametrize("forgery", forged())
async def test_a_forged_token_is_no_token(http: httpx.AsyncClient, database: Databases, forgery: str) -> None:
    city = await database.new_city()

    answer = await http.get(f"/v1/{city.city}/bookings", headers=bearer(forged()[forgery](city.city)))

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


def test_a_code_means_one_thing() -> None:
    assert sorted(code for room in ROOMS for code in room.CODES) == sorted(CODES)


def test_codes_have_titles_in_both_languages() -> None:
    assert [code for code, kind in CODES.items() if not kind.en or not kind.de or kind.en == kind.de] == []
