"""The document of the public API tells the truth about what is served."""

from pathlib import Path

import httpx
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.http.problems import CODES
from domain.booking.holds import NotBookable
from domain.booking.life import NotPossible
from domain.booking.quoting import NotQuotable
from infra.bootstrap import openapi_document
from services.calls import NotAnswerable

COPY = Path(__file__).resolve().parents[3] / "adapters" / "http" / "openapi.json"
pytestmark = pytest.mark.database


def test_the_committed_copy_is_what_is_served() -> None:
    assert COPY.read_bytes() == openapi_document(), "renew it: kommobil openapi > adapters/http/openapi.json"


async def test_the_served_document_is_valid_openapi_31(http: httpx.AsyncClient) -> None:
    served = await http.get("/openapi.json")

    assert served.content == openapi_document()
    OpenAPIV31SpecValidator(msgspec.json.decode(served.content)).validate()


def test_every_operation_has_an_id_of_its_own_and_says_what_goes_wrong() -> None:
    document = msgspec.json.decode(openapi_document())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]

    assert len(set(ids)) == len(ids)
    for operation in operations:
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], operation["operationId"]


def test_every_body_has_an_example() -> None:
    document = msgspec.json.decode(openapi_document())
    bare = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation and "example" not in operation["requestBody"]["content"]["application/json"]
    ]

    assert bare == []


@pytest.mark.parametrize("reasons", [NotBookable, NotPossible, NotQuotable, NotAnswerable])
def test_every_refusal_is_in_the_closed_list_of_codes(reasons: type[NotBookable]) -> None:
    assert {reason.value for reason in reasons} <= CODES.keys()


async def test_the_docs_page_reaches_for_nothing_outside(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")

    assert page.status_code == 200
    assert "createBooking" in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    assert "<script" not in page.text
