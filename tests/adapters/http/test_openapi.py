"""The document of the public API tells the truth about what is served."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.http.finance.bank_statements import TAKES
from adapters.http.finance.exports import XLSX
from adapters.http.openapi.names import told_apart
from adapters.http.problem_codes import CODES
from domain.booking.events import NotPossible
from domain.booking.holds import NotBookable
from domain.booking.quoting import NotQuotable
from domain.reconciliation.exceptions import NotHandled
from domain.reconciliation.matching import NotMatchable
from infra.bootstrap import openapi_document
from services.accounting import NotExported
from services.calls import NotAnswerable
from services.reconciliation.handling import NotSeen

COPY = Path(__file__).resolve().parents[3] / "adapters" / "http" / "openapi.json"
BINARY = {
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/webp",
    "application/pdf",
    "application/xml",
    "text/csv",
    "application/geo+json",
    XLSX,
    *TAKES,
}  # files that are better fetched than shown
pytestmark = pytest.mark.database


def operations() -> list[dict[str, Any]]:
    document = msgspec.json.decode(openapi_document())
    return [operation for path in document["paths"].values() for operation in path.values()]


def without_example(operation: dict[str, Any]) -> Iterator[str]:
    """What of an operation shows none: parameters, bodies, answers. An answer without a body needs none."""
    name = operation["operationId"]
    yield from (f"{name} {each['name']}" for each in operation["parameters"] if "example" not in each)
    bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
    for where, body in bodies.items():
        for media, content in body.get("content", {}).items():
            if media not in BINARY and "example" not in content:
                yield f"{name} {where}"


def shown(operation: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The schema of each example, and the example."""
    yield from ((each["schema"], each["example"]) for each in operation["parameters"])
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in body.get("content", {}).values():
            if "example" in content:
                yield content["schema"], content["example"]


def reached(schemas: Any, components: dict[str, Any]) -> set[str]:
    """The names of the components that these name, and that those name in turn."""
    found: set[str] = set()
    ahead = [json.dumps(schemas)]
    while ahead:
        new = set(re.findall(r'"#/components/schemas/([^"]+)"', ahead.pop())) - found
        found |= new
        ahead += [json.dumps(components[name]) for name in new]
    return found


def test_the_committed_copy_is_what_is_served() -> None:
    assert COPY.read_bytes() == openapi_document(), "renew it: kommobil openapi > adapters/http/openapi.json"


async def test_the_served_document_is_valid_openapi_31(http: httpx.AsyncClient) -> None:
    served = await http.get("/openapi.json")

    assert served.content == openapi_document()
    OpenAPIV31SpecValidator(msgspec.json.decode(served.content)).validate()


def test_every_operation_has_an_id_of_its_own_and_says_what_goes_wrong() -> None:
    ids = [operation["operationId"] for operation in operations()]

    assert len(set(ids)) == len(ids)
    for operation in operations():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], operation["operationId"]


def test_schemas_have_names_that_a_client_makes_types_of() -> None:
    named = msgspec.json.decode(openapi_document())["components"]["schemas"]

    assert [name for name in named if not name.isidentifier()] == []
    assert [name for name, schema in named.items() if schema.get("title", name) != name] == []


def test_names_of_schemas_that_are_alike_are_told_apart_by_where_they_belong() -> None:
    files = ("charging.cards", "charging.sessions", "fleet.cards", "blocks")
    told = told_apart(["Problem", *(f"adapters.http.{file}.BlockRequest" for file in files)])

    assert list(told.values()) == [
        "Problem",
        "ChargingCardsBlockRequest",
        "ChargingSessionsBlockRequest",
        "FleetBlockRequest",
        "BlockRequest",
    ]
    with pytest.raises(ValueError, match="several shapes are called ChargingCardsLimit"):
        told_apart(["domain.charging.a.cards.Limit", "domain.charging.b.cards.Limit"])


def test_whatever_is_asked_or_told_has_an_example() -> None:
    assert [fault for operation in operations() for fault in without_example(operation)] == []


def test_examples_are_missed_where_there_are_none() -> None:
    bare: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    operation = {"operationId": "x", "parameters": [{"name": "limit"}], "requestBody": bare, "responses": {"200": bare}}

    assert list(without_example(operation)) == ["x limit", "x body", "x 200"]


def test_every_example_is_one_of_what_it_shows() -> None:
    document = msgspec.json.decode(openapi_document())
    faults = [
        f"{operation['operationId']}: {error.message}"
        for operation in operations()
        for schema, example in shown(operation)
        for error in Draft202012Validator(schema | {"components": document["components"]}).iter_errors(example)
    ]

    assert faults == []


def test_answers_may_name_what_a_client_does_not_know_yet_and_questions_may_not() -> None:
    document = msgspec.json.decode(openapi_document())
    told = [answer for operation in operations() for answer in operation["responses"].values()]
    asked = [operation["requestBody"] for operation in operations() if "requestBody" in operation]
    schemas = document["components"]["schemas"]
    closed = {"Problem"}  # its codes are a closed list

    assert [name for name in reached(told, schemas) - closed if '"enum"' in json.dumps(schemas[name])] == []
    assert [name for name in reached(asked, schemas) if "x-extensible-enum" in json.dumps(schemas[name])] == []
    assert schemas["Service"]["x-extensible-enum"] == ["bike_leasing", "charging", "fleet"]
    assert schemas["ServiceAsked"]["enum"] == ["bike_leasing", "charging", "fleet"]


def test_headers_are_told_wherever_they_count() -> None:
    by_id = {operation["operationId"]: operation for operation in operations()}
    parameters = {
        name: {p["name"] for p in operation["parameters"] if p["in"] == "header"} for name, operation in by_id.items()
    }
    answers = {
        name: {status: set(answer["headers"]) for status, answer in operation["responses"].items()}
        for name, operation in by_id.items()
    }
    always = {"X-Request-Id", "RateLimit", "RateLimit-Policy"}

    assert parameters["cancelBooking"] == {"Idempotency-Key", "If-Match"}
    assert parameters["getBooking"] == {"If-None-Match"}
    assert parameters["followEvents"] == {"Last-Event-ID"}
    assert answers["getBooking"]["200"] == answers["getBooking"]["304"] == always | {"ETag"}
    assert answers["createBooking"]["201"] == always | {"Idempotency-Replayed"}
    assert answers["listStations"]["429"] == answers["listStations"]["503"] == always | {"Retry-After"}
    assert answers["getMe"]["401"] == always | {"WWW-Authenticate"}


@pytest.mark.parametrize(
    "reasons", [NotBookable, NotPossible, NotQuotable, NotAnswerable, NotMatchable, NotHandled, NotSeen, NotExported]
)
def test_every_refusal_is_in_the_closed_list_of_codes(reasons: type[NotBookable]) -> None:
    assert {reason.value for reason in reasons} <= CODES.keys()


async def test_whoever_opens_the_bare_address_is_led_to_the_docs_page(http: httpx.AsyncClient) -> None:
    led = await http.get("/", follow_redirects=True)

    assert ([each.status_code for each in led.history], led.status_code, led.url.path) == ([307], 200, "/docs")


async def test_the_docs_page_reaches_for_nothing_outside(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")

    assert page.status_code == 200
    assert "createBooking" in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    assert "<script" not in page.text
