"""What holds for every answer: headers, hosts, origins, and what is told of it."""

from collections.abc import Callable

import httpx
import pytest
from msgspec.structs import replace

from adapters.http.gate import Gate, Policy, Seen
from adapters.http.metrics import metrics
from adapters.metrics.folder import MEDIA_TYPE
from adapters.metrics.prometheus import Metrics
from infra.bootstrap import Front, Outside, api
from infra.clock import now
from infra.ids import new_id
from tests.api import KEY, KEY_ID, client
from tests.database import Databases

pytestmark = pytest.mark.database
TOKEN = "t" * 32
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def gate(database: Databases, policy: Policy | None = None, watch: Callable[[Seen], None] | None = None) -> Gate:
    front = Front(policy=policy or Policy(), watch=watch)
    return api(database.app, Outside(now, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()}, front)


@pytest.mark.parametrize("path", ["/v1/cities", "/nowhere", "/v1/braunschweig/bookings", "/openapi.json", "/docs"])
async def test_every_answer_tells_browsers_what_not_to_do(database: Databases, path: str) -> None:
    async with client(gate(database)) as http:
        headers = (await http.get(path)).headers

    assert {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-site",
        "cache-control": "no-store",
    }.items() <= dict(headers).items()
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
    assert {"server", "x-powered-by", "strict-transport-security", "access-control-allow-origin"}.isdisjoint(headers)


async def test_where_the_outside_is_tls_browsers_are_told_to_keep_to_it(database: Databases) -> None:
    async with client(gate(database, Policy(tls=True))) as http:
        assert (await http.get("/healthz")).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["api.example"], 200),
        (["API.example:8443"], 200),
        (["exampleXcom"], 421),
        (["evil.example"], 421),
        (["api.example.evil.example"], 421),
        (["api.example", "evil.example"], 421),
    ],
)
async def test_only_the_hosts_that_are_named_are_served(database: Databases, hosts: list[str], status: int) -> None:
    async with client(gate(database, Policy(hosts=frozenset({"api.example"})))) as http:
        answer = await http.get("/healthz", headers=[("host", host) for host in hosts])

    assert answer.status_code == status
    if status != 200:
        assert (answer.json()["code"], answer.headers["content-type"]) == ("wrong_host", "application/problem+json")


PREFLIGHT = {"access-control-request-method": "POST"}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example", True),
        ("https://appXexample", False),
        ("http://app.example", False),
        ("https://app.example.evil.example", False),
        ("https://evil.example/https://app.example", False),
        ("null", False),
    ],
)
async def test_only_pages_of_an_origin_that_is_named_may_ask(database: Databases, origin: str, allowed: bool) -> None:
    policy = Policy(origins=frozenset({"https://app.example"}))
    async with client(gate(database, policy)) as http:
        asked = await http.options("/v1/braunschweig/bookings", headers={"origin": origin, **PREFLIGHT})
        got = await http.get("/v1/cities", headers={"origin": origin})

    for answer in (asked, got):
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert answer.headers["vary"] == "origin"
        assert "access-control-allow-credentials" not in answer.headers
    if allowed:
        assert "idempotency-key" in asked.headers["access-control-allow-headers"]
        assert "ratelimit" in got.headers["access-control-expose-headers"]


async def test_what_is_told_of_a_request_names_the_operation_and_nothing_that_was_sent(database: Databases) -> None:
    seen: list[Seen] = []
    sent = {"x-request-id": "mine", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "authorization": "Bearer secret"}
    async with client(gate(database, watch=seen.append)) as http:
        await http.get("/v1/braunschweig/bookings?limit=5", headers=sent)
        await http.get("/canary-path", headers={"x-request-id": "other", "traceparent": f"00-{'0' * 32}-1-1"})

    assert [replace(each, seconds=0) for each in seen] == [
        Seen("listBookings", "GET", 401, 0, "mine", TRACE, "00f067aa0ba902b7-01"),
        Seen("none", "GET", 404, 0, "other"),
    ]
    assert all(0 < each.seconds < 5 for each in seen)


async def test_a_process_that_leaves_is_not_ready_and_lets_its_connections_go(database: Databases) -> None:
    app = gate(database)
    async with client(app) as http:
        before = await http.get("/readyz")
        app.leave()
        after, served = await http.get("/readyz"), await http.get("/v1/cities")

    assert (before.status_code, "connection" in before.headers) == (200, False)
    assert (after.status_code, after.json()["code"], after.headers["retry-after"]) == (503, "unavailable", "2")
    assert (served.status_code, served.headers["connection"]) == (200, "close")


async def test_what_is_missing_but_not_needed_is_said(database: Databases) -> None:
    async def without() -> tuple[str, ...]:
        return ("redis",)

    app = api(database.app, Outside(now, new_id, lambda s: s), {KEY_ID: KEY.public_key()}, Front(without=without))
    async with client(app) as http:
        answer = await http.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "degraded": ["redis"]})


def measuring(database: Databases) -> Gate:
    figures = Metrics()

    def watch(seen: Seen) -> None:
        figures.answered(seen.operation, seen.method, seen.status, seen.seconds)

    front = Front(watch=watch, undocumented=(metrics(figures.exposition, MEDIA_TYPE, TOKEN),), docs=False)
    return api(database.app, Outside(now, new_id, lambda s: s), {KEY_ID: KEY.public_key()}, front)


async def test_figures_are_for_whoever_knows_the_token(database: Databases) -> None:
    async with client(measuring(database)) as http:
        for path in ("/healthz", "/healthz", "/canary?who=ada@example.org"):
            await http.get(path)
        refused = [await http.get("/metrics", headers=each) for each in ({}, {"authorization": "Bearer x"})]
        shown = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(401, "unauthorised")] * 2
    assert shown.headers["content-type"] == f"{MEDIA_TYPE}; charset=utf-8"
    assert 'kommobil_requests_total{method="GET",operation="getHealth",status="200"} 2.0' in shown.text
    assert 'kommobil_requests_total{method="GET",operation="none",status="404"} 1.0' in shown.text
    assert 'kommobil_request_seconds_count{operation="getHealth"} 2.0' in shown.text
    assert "canary" not in shown.text
    assert "ada@" not in shown.text


async def test_the_page_to_read_is_shown_where_it_is_wanted_only(database: Databases) -> None:
    async with client(measuring(database)) as http:
        answers: list[httpx.Response] = [await http.get(path) for path in ("/", "/docs", "/openapi.json")]

    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert "/metrics" not in answers[2].text
