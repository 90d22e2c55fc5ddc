"""The OpenAPI 3.1 document, assembled from the endpoints' own declarations.

Litestar's generator would document its own error format and validate bodies a second time; msgspec gives the schemas.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from adapters.http.endpoints import Access, Endpoint
from adapters.http.openapi.enums import open_to_answers
from adapters.http.openapi.headers import HEADERS, asked_headers, told_headers
from adapters.http.openapi.names import SCHEMAS, renamed, told_apart
from adapters.http.openapi.parameters import EXAMPLE_ID, PARAMETER, parameters
from adapters.http.problem_codes import CODES
from adapters.http.problems import PROBLEM, Problem, problem

REF = f"{SCHEMAS}{{name}}"


def document(endpoints: Iterable[Endpoint], version: str) -> bytes:
    """The document as JSON, keys in a stable order."""
    offered = sorted(endpoints, key=lambda e: (e.path, e.method.value))
    shapes = [s for e in offered for shape in (e.body, *e.answers.values()) for s in _either(shape) if s is not None]
    schemas, found = msgspec.json.schema_components([*shapes, Problem], ref_template=REF)
    names = told_apart(found)
    known = dict(zip(map(_identity, [*shapes, Problem]), renamed(list(schemas), names), strict=True))
    components = {names[name]: renamed(schema, names) for name, schema in found.items()}
    for name in set(names) - set(names.values()):
        components[names[name]]["title"] = names[name]
    _without_defaults(components)
    bodies = {_identity(e.body) for e in offered if e.body is not None}
    asked = open_to_answers(components, {name: known[name] for name in bodies}, _told(known, offered))
    components["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(CODES)}  # closed, says the contract
    paths: dict[str, Any] = {}
    for endpoint in offered:
        path = PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.value.lower()] = _operation(endpoint, known, asked)
    content = {
        "openapi": "3.1.0",
        "info": {"title": "kommobil", "version": version, "description": "The booking backend of a model city."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": HEADERS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _without_defaults(components: dict[str, Any]) -> None:
    """Generators of clients take a property with a default for one that is always there; ours may all be left out."""
    for component in components.values():
        for schema in component.get("properties", {}).values():
            schema.pop("default", None)


def _either(shape: Any) -> tuple[Any, ...]:
    """An answer may have one of several shapes."""
    return shape if isinstance(shape, tuple) else (shape,)


def _told(known: dict[str, Any], endpoints: Iterable[Endpoint]) -> list[Any]:
    """The schemas of all answers."""
    return [
        known[_identity(each)]
        for endpoint in endpoints
        for shape in endpoint.answers.values()
        if shape is not None
        for each in _either(shape)
    ]


def _identity(shape: Any) -> str:
    return str(shape)


def _operation(endpoint: Endpoint, known: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": [*parameters(endpoint), *asked_headers(endpoint)],
        "responses": {
            **{str(status): _answer(endpoint, status, shape, known) for status, shape in endpoint.answers.items()},
            **_problems(endpoint),
        },
    }
    if endpoint.rule.access in {Access.SIGNED_IN, Access.ROLES}:
        operation["security"] = [{"bearer": []}]
    if endpoint.rule.access is Access.ANYONE:
        operation["security"] = [{}, {"bearer": []}]
    if endpoint.rule.roles:
        operation["x-roles"] = sorted(endpoint.rule.roles)
    if endpoint.body is not None:
        content: dict[str, Any] = {"schema": asked[_identity(endpoint.body)]}
        if endpoint.example is not None:
            content["example"] = endpoint.example
        operation["requestBody"] = {"content": {"application/json": content}}
    if endpoint.takes:
        file = {"schema": {"type": "string", "format": "binary", "maxLength": endpoint.largest}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(endpoint.takes, file)}
    return operation


def _answer(endpoint: Endpoint, status: int, shape: Any, known: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": "As asked" if status < 300 else "Nothing new",
        "headers": told_headers(endpoint, status),
    }
    if shape is not None:
        either = [known[_identity(each)] for each in _either(shape)]
        content: dict[str, Any] = {"schema": either[0] if len(either) == 1 else {"oneOf": either}}
        if status in endpoint.examples:
            content["example"] = endpoint.examples[status]
        beside = endpoint.more_media if status == 200 else ()
        found["content"] = {"application/json": content} | {media: {"schema": {}} for media in beside}
    elif endpoint.media is not None and status == 200:
        content = {"schema": {}}
        if status in endpoint.examples:
            content["example"] = endpoint.examples[status]
        found["content"] = {endpoint.media: content} | {media: {"schema": {}} for media in endpoint.more_media}
    return found


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in sorted({*endpoint.codes, *_common(endpoint)}):
        by_status.setdefault(CODES[code].status, []).append(code)
    found: dict[str, Any] = {}
    for status, codes in sorted(by_status.items()):
        _, example = problem(codes[0], EXAMPLE_ID, "en")
        content = {"schema": {"$ref": REF.format(name="Problem")}, "example": msgspec.json.decode(example)}
        found[str(status)] = {
            "description": ", ".join(codes),
            "headers": told_headers(endpoint, status),
            "content": {PROBLEM: content},
        }
    return found


def _common(endpoint: Endpoint) -> Sequence[str]:
    codes = ["internal", "unavailable", "rate_limited"]
    if endpoint.rule.access is not Access.PUBLIC:
        codes += ["unauthorised", "wrong_city"]
    if endpoint.rule.access is Access.ROLES:
        codes.append("forbidden")
    if endpoint.body is not None or endpoint.takes:
        media_type = "unsupported_file_type" if endpoint.takes else "unsupported_media_type"
        codes += ["malformed", "too_large", media_type, "invalid_input"]
    if endpoint.query is not None or PARAMETER.search(endpoint.path):
        codes += ["malformed", "invalid_input", "not_found", "target_too_long"]
    if endpoint.keyed:
        codes += ["key_missing", "key_invalid", "key_reused", "in_flight"]
    return codes
