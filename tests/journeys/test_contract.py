"""Whatever is asked of any operation, the answer is one that the OpenAPI document describes, and never a 5xx."""

import asyncio
import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, HookContext
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapters.http.gate import HEADERS, UNLESS_SAID
from adapters.http.problem_codes import CODES
from adapters.http.problems import PROBLEM
from domain.identity import Role
from infra.clock import now
from infra.ids import new_id
from tests.journeys.contract import DOCUMENT
from tests.journeys.installation import Installation
from tests.journeys.towns import BRAUNSCHWEIG, Person, demo_charge_points, people

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
EXAMPLES = 300 if FULL else 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

contract = schemathesis.openapi.from_dict(DOCUMENT)
contract.config.phases.coverage.enabled = FULL  # some forty more for each operation
turns = itertools.count()
known: dict[str, list[str]] = {"city": [BRAUNSCHWEIG]}
"""Things that exist, by the name that paths and bodies have for them: chance alone would never find one."""
answered: Counter[int] = Counter()
admitted: Counter[str] = Counter()
turned_away: Counter[str] = Counter()
GENERAL = frozenset(
    {
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "vary",
    }
    | {name.decode() for name, _ in (*HEADERS, *UNLESS_SAID)}
)
"""Headers that mean the same whoever gives them; all others are told for each operation."""
ENDING = frozenset({"logOut", "eraseMe"})
"""After these the token that asked is good for nothing: each of them is asked by somebody new."""


def _something_known(values: Any) -> Any:
    """Three of four times, what is asked for exists, and times lie ahead."""
    if isinstance(values, dict) and next(turns) % 4:
        for name, things in known.items():
            if name in values:
                values[name] = things[next(turns) % len(things)]
        if {"start", "end"} <= values.keys():
            start = (now() + timedelta(hours=next(turns) % 500)).replace(minute=0, second=0, microsecond=0)
            values |= {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    return values


@contract.hook
def map_path_parameters(context: HookContext, path_parameters: Any) -> Any:
    return _something_known(path_parameters)


@contract.hook
def map_query(context: HookContext, query: Any) -> Any:
    return _something_known(query)


@contract.hook
def map_body(context: HookContext, body: Any) -> Any:
    return _something_known(body)


@pytest.fixture(scope="session")
async def everybody(installation: Installation) -> Person:
    """One person with every role, so that no question fails for want of one, and with a few bookings."""
    (person,) = await people(installation, BRAUNSCHWEIG, 1, *Role)
    points = [str(point) for point in demo_charge_points(4)]
    known["resource_id"] = points
    headers = {"authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(base_url=installation.address, headers=headers, timeout=20) as client:
        for day in range(1, 7):
            start = (now() + timedelta(days=day)).replace(minute=0, second=0, microsecond=0)
            body = {"service": "charging", "resource_id": points[day % 4], "start": start.isoformat()}
            body["end"] = (start + timedelta(hours=1)).isoformat()
            made = await client.post(person.path("bookings"), json=body, headers={"idempotency-key": new_id().hex})
            if made.status_code == 201:
                known.setdefault("booking_id", []).append(made.json()["id"])
            quote = await client.post(person.path("quotes"), json=body)
            known.setdefault("quote_id", []).append(quote.json()["id"])
        for name, path, body in _more(points[0]):
            made = await client.post(person.path(path), json=body, headers={"idempotency-key": new_id().hex})
            assert made.status_code == 201, made.text
            known[name] = [str(made.json()["id"])]
        text = {"document": "house-rules", "version": "2026-01", "language": "de", "content": "Bitte leise."}
        assert (await client.post(person.path("admin/documents"), json=text)).status_code == 201
        known["document"], known["version"] = [text["document"]], [text["version"]]
    assert known["booking_id"]
    return person


def _more(point: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What else can be made: the name of its id, where, and by what."""
    start = (now() + timedelta(days=300)).replace(minute=0, second=0, microsecond=0)
    yield "subscription_id", "admin/webhooks", {"url": "https://8.8.8.8/kommobil", "types": ["booking.cancelled"]}
    block = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    yield "block_id", f"resources/{point}/blocks", block
    booking = known["booking_id"][0]
    yield "withdrawal_id", "withdrawals", {"name": "Ada", "reference": booking, "email": "ada@example.org"}


# Files as a bank sends them are tried in tests/adapters/http/finance/test_bank_statements.py; schemathesis cannot make a ZIP.
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@contract.exclude(operation_id=["followEvents", "followFleetEvents"]).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_input_leads_beyond_the_contract(case: Case[Any], installation: Installation, everybody: Person) -> None:
    operation = case.operation.definition.raw
    asking = everybody
    if operation["operationId"] in ENDING:
        with ThreadPoolExecutor(1) as aside:
            (asking,) = aside.submit(asyncio.run, people(installation, BRAUNSCHWEIG, 1, *Role)).result()
    headers = {"authorization": f"Bearer {asking.token}"}
    answer = case.call(base_url=installation.address, headers=headers, timeout=20)
    case.validate_response(answer, checks=CHECKS)
    answered[answer.status_code] += 1
    sent = {name.lower(): value for name, value in answer.request.headers.items()}  # some cases leave the token away
    if sent.get("authorization") == headers["authorization"] and case.path_parameters.get("city") == BRAUNSCHWEIG:
        admitted[operation["operationId"]] += 1
        turned_away[operation["operationId"]] += answer.status_code == 401
        assert answer.status_code != 401 or operation["operationId"] == "makeTokens", "a good token is taken"
    if (
        answer.request.method == case.operation.method.upper()
    ):  # of other methods, which it tries too, nothing is declared
        assert {name.lower() for name in answer.headers} - GENERAL <= declared(operation, answer.status_code)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == [PROBLEM]
        assert json.loads(answer.content)["code"] in CODES


def declared(operation: dict[str, Any], status: int) -> set[str]:
    return {name.lower() for name in operation["responses"][str(status)]["headers"]}


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """How many answers of which status there were, for whoever reads the log."""
    yield
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    capture: Any = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        told: Callable[[str], None] = reporter.write_line  # type: ignore[union-attr] # pytest always has one
        told(f"test_contract: {answered.total()} answers, by status {dict(sorted(answered.items()))}")
        away = {name: times for name, times in sorted(turned_away.items()) if times}
        told(f"test_contract: {admitted.total()} with a good token, to {len(admitted)} operations of a city")
        told(f"test_contract: {turned_away.total()} of them 401, which are {away}")
