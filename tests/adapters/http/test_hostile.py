"""Whatever is sent to whatever operation, the answer is no fault of ours, and a problem of the closed list.

Not marked `database`: it tries the edge at length, which a second version of PostgreSQL would only repeat.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Struct

from adapters.http.endpoints import Endpoint
from adapters.http.problem_codes import CODES
from adapters.http.problems import PROBLEM
from domain.identity import Role
from infra.bootstrap import Outside, api, application, endpoints
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.settled import settled
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
JSON = "application/json"
OUTSIDE = Outside(now, new_id, lambda secret: secret, webhook_key=b"k" * 32)
BOOKERS = (Role.RESIDENT, Role.DRIVER, Role.FLEET_MANAGER, Role.OPERATOR, Role.FINANCE)


class Sent(Struct, frozen=True):
    """One hostile request, whichever operation it goes to."""

    content: bytes = b"{}"
    media_type: str | None = JSON
    query: bytes = b""
    headers: dict[str, str] = {}
    city: str | None = None
    id: str | None = None


def body(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


HOSTILE: dict[str, Sent] = {
    # no JSON, or not what JSON is sent as
    "nothing": Sent(b""),
    "half an object": Sent(b"{"),
    "null": Sent(b"null"),
    "a list": Sent(b"[]"),
    "a text": Sent(b'"text"'),
    "a number": Sent(b"7"),
    "not a number": Sent(b'{"a": NaN}'),
    "a number beyond all": Sent(b"1" + b"0" * 400),
    "an exponent beyond all": Sent(b'{"a": 1e999999}'),
    "a comma too many": Sent(b'{"a": 1,}'),
    "a byte order mark": Sent(b"\xef\xbb\xbf{}"),
    "UTF-16": Sent('{"a": 1}'.encode("utf-16")),
    "no UTF-8": Sent(b'{"a": "\xff\xfe"}'),
    "a NUL byte": Sent(b'{"a": "\x00"}'),
    "an escaped NUL": Sent(b'{"reason": "\\u0000", "note": "\\u0000"}'),
    "a NUL for a name": Sent(b'{"\\u0000": 1}'),
    "half a surrogate": Sent(b'{"reason": "\\ud800"}'),
    "a name twice": Sent(b'{"reason": "a", "reason": "b"}'),
    "33 lists deep": Sent(b"[" * 33 + b"]" * 33),
    "33 objects deep": Sent(b'{"a":' * 33 + b"1" + b"}" * 33),
    "5,000 deep": Sent(b"[" * 5000 + b"]" * 5000),
    "40,000 deep, open": Sent(b'{"a":' * 40_000),
    "options 5,000 deep": Sent(b'{"options": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "a text of 2,001": Sent(body(reason="x" * 2001, note="x" * 2001)),
    "a name of 2,001": Sent(body(**{"x" * 2001: 1})),
    "quotes and backslashes": Sent(b'"' + b'\\"' * 100_000),
    "as much as may be": Sent(b'{"a": "' + b"x" * (256 * 1024 - 9) + b'"}'),
    "one byte more": Sent(b'{"a": "' + b"x" * (256 * 1024 - 8) + b'"}'),
    "a megabyte": Sent(b"x" * 1_000_000),
    "100,000 lists": Sent(b'{"a": [' + b"[]," * 80_000 + b"[]]}"),
    "what only we say": Sent(body(role="operator", tenant_id="x", city="x", price=0, state="confirmed", holder_id="x")),
    "another's prototype": Sent(b'{"__proto__": {"admin": true}, "constructor": null}'),
    "SQL": Sent(body(reason="'; DROP TABLE bookings; --", code="' OR 1=1 --", quote_id="1'1")),
    "a format": Sent(body(reason="%s%n{0.__class__}${7*7}{{7*7}}", note="\r\nSet-Cookie: a=b")),
    # other content types
    "text": Sent(b"{}", "text/plain"),
    "a form": Sent(b"a=1", "application/x-www-form-urlencoded"),
    "a form in parts": Sent(b"--x--", "multipart/form-data; boundary=x"),
    "XML": Sent(b"<a/>", "application/xml"),
    "no content type": Sent(b"{}", None),
    "JSON in UTF-16": Sent(b"{}", "application/json; charset=utf-16"),
    "a content type that is none": Sent(b"{}", "/;;=,"),
    # queries
    "limit -1": Sent(query=b"limit=-1"),
    "limit 101": Sent(query=b"limit=101"),
    "limit 2^63": Sent(query=b"limit=9223372036854775808"),
    "limit 1e3": Sent(query=b"limit=1e3"),
    "limit in other digits": Sent(query=b"limit=%D9%A3"),
    "offset -1": Sent(query=b"offset=-1"),
    "NUL in the query": Sent(query=b"service=%00&state=%00&code=%00&cursor=%00"),
    "no UTF-8 in the query": Sent(query=b"service=%ff&code=%c3%28"),
    "the year 1": Sent(query=b"service=charging&from=0001-01-01T00:00:00%2B23:59&to=9999-12-31T23:59:59-23:59"),
    "the year 9999": Sent(query=b"service=charging&start=9999-12-31T23:59:59-23:59&end=9999-12-31T23:59:59-23:59"),
    "401 days": Sent(query=b"service=charging&from=2030-01-01T00:00:00Z&to=2031-02-06T00:00:00Z"),
    "the end before the start": Sent(query=b"from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z"),
    "a place that is none": Sent(query=b"service=charging&near=nan,nan&radius_m=1"),
    "beyond the poles": Sent(query=b"service=charging&near=91,181&radius_m=100000000"),
    "a cursor of somebody else": Sent(query=b"cursor=eyJhbGciOiJub25lIn0"),
    "a cursor of nonsense": Sent(query=b"cursor=%F0%9F%92%A9" + b"A" * 3000),
    "a cursor of NULs": Sent(query=b"cursor=WyIyMDMwLTAxLTAxVDAwOjAwOjAwWiIsICJcdTAwMDAiXQ"),
    "two hundred parameters": Sent(query=b"&".join(b"a%d=1" % n for n in range(200))),
    "a parameter a hundred times": Sent(query=b"state=held&" * 60),
    "signs only": Sent(query=b"&&==;;%25?"),
    # headers
    "a key too long": Sent(headers={"idempotency-key": "k" * 300}),
    "a key with a tab": Sent(headers={"idempotency-key": "a\tb"}),
    "a key of other letters": Sent(headers={"idempotency-key": "schlüssel"}),
    "a request id of markup": Sent(headers={"x-request-id": "<script>" + "x" * 500}),
    "a language that is none": Sent(headers={"accept-language": "de;q=x,;;;,*;q=-1,\xff;q=1e999"}),
    "a version that is none": Sent(headers={"if-match": '"\xff"', "if-none-match": '"' * 99}),
    "another kind of answer": Sent(headers={"accept": "image/png"}),
    "a token of bytes": Sent(headers={"authorization": "Bearer \xff\xfe.\x80"}),
    "a trace that is none": Sent(headers={"traceparent": "00-" + "g" * 32 + "-0-1", "last-event-id": "\x7f" * 99}),
    # paths
    "an id that is none": Sent(id="nobody"),
    "an id with a NUL": Sent(id="%00"),
    "an id of nought": Sent(id="00000000-0000-0000-0000-000000000000"),
    "a city that is none": Sent(city="nowhere"),
    "a city above": Sent(city="..%2f..%2fetc%2fpasswd"),
    "a city with a NUL": Sent(city="braun%00schweig"),
    "a city too long": Sent(city="x" * 300),
    "a city in other letters": Sent(city="%C3%BCberall"),
}
CASES = tuple(HOSTILE.items())
AT_LEAST = len(CASES) if FULL else 24  # for one operation; the next begins with the next
# Put in the place of each field of an operation's example, in turn.
POISON: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    -1,
    2**31,
    2**63,
    10**30,
    1e308,
    "",
    "\x00",
    "x" * 2001,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2030-01-01T10:00:00",
    "1999-12-31T23:59:59Z",
    "2101-01-01T00:00:00Z",
    "00000000-0000-0000-0000-000000000000",
)


@pytest.fixture
async def http(database: Databases) -> AsyncIterator[httpx.AsyncClient]:
    async with client(api(database.app, OUTSIDE, {KEY_ID: KEY.public_key()})) as found:
        yield found


def offered(database: Databases) -> tuple[Endpoint, ...]:
    """All operations; the one that streams would not end, so it is asked without a token by the other tests."""
    found = endpoints(application(database.app, OUTSIDE))
    return tuple(endpoint for endpoint in found if not endpoint.streams)


def poisoned(example: dict[str, Any]) -> Iterator[bytes]:
    for name, proper in example.items():
        for value in POISON:
            yield msgspec.json.encode({**example, name: value})
            if isinstance(proper, dict):
                for inner in proper:
                    yield msgspec.json.encode({**example, name: {**proper, inner: value}})


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with the answer, if something is."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code < 400:
        return None
    if answer.headers["content-type"] != PROBLEM:
        return f"{answer.status_code} as {answer.headers['content-type']}"
    found = answer.json()
    if found["code"] not in CODES or CODES[found["code"]].status != answer.status_code != found["status"]:
        return f"{answer.status_code} with {found['code']}"
    return None if re.search(r"Traceback|asyncpg|\.py\b|SELECT |INSERT ", answer.text) is None else answer.text[:200]


async def test_no_operation_breaks_by_what_is_sent_to_it(http: httpx.AsyncClient, database: Databases) -> None:
    home = await database.new_city()
    await settled(database, home.city)
    allowed = bearer(a_token(home.city, *BOOKERS))
    complaints = []
    for number, endpoint in enumerate(offered(database)):
        for name, sent in (CASES[number:] + CASES[:number])[:AT_LEAST]:
            path = endpoint.path.replace("{city:str}", sent.city or home.city)
            path = re.sub(r"\{\w+:\w+\}", sent.id or str(new_id()), path)
            headers = httpx.Headers({**allowed, "idempotency-key": new_id().hex}, encoding="latin-1")
            for header, value in sent.headers.items():
                headers[header] = value
            if sent.media_type:
                headers["content-type"] = sent.media_type
            url = httpx.URL(f"http://kommobil.test{path}", query=sent.query)
            answer = await http.request(endpoint.method.value, url, content=sent.content, headers=headers)
            if said := complaint(answer):
                complaints.append(f"{endpoint.operation_id}, {name}: {said}")

    assert complaints == []


async def test_no_field_of_a_body_breaks_its_operation(http: httpx.AsyncClient, database: Databases) -> None:
    home = await database.new_city()
    await settled(database, home.city)
    complaints, sent = [], 0
    for endpoint in offered(database):
        if not isinstance(endpoint.example, dict):
            continue
        path = re.sub(r"\{\w+:uuid\}", str(new_id()), endpoint.path.replace("{city:str}", home.city))
        for content in islice(poisoned(endpoint.example), 0, None, 1 if FULL else 5):
            headers = bearer(a_token(home.city, *BOOKERS)) | {"content-type": JSON}
            answer = await http.request(endpoint.method.value, path, content=content, headers=headers)
            sent += 1
            if said := complaint(answer):
                complaints.append(f"{endpoint.operation_id}, {content[:200]!r}: {said}")

    assert sent > 100
    assert complaints == []


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (HOSTILE["33 lists deep"], 400, "malformed"),
        (Sent(b'{"service":' + b"[" * 31 + b"]" * 31 + b"}"), 422, "invalid_input"),
        (HOSTILE["5,000 deep"], 400, "malformed"),
        (HOSTILE["a text of 2,001"], 422, "invalid_input"),
        (HOSTILE["as much as may be"], 422, "invalid_input"),
        (HOSTILE["one byte more"], 413, "too_large"),
        (HOSTILE["text"], 415, "unsupported_media_type"),
    ],
)
async def test_the_limits_of_a_body_lie_where_they_are_said_to_lie(
    http: httpx.AsyncClient, database: Databases, sent: Sent, status: int, code: str
) -> None:
    city = await database.new_city()
    headers = {**bearer(a_token(city.city)), "content-type": sent.media_type or ""}

    answer = await http.post(f"/v1/{city.city}/quotes", content=sent.content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
