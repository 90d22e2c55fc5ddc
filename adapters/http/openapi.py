"""The OpenAPI 3.1 document, assembled from the endpoints' own declarations, and a page to read it without any asset.

Litestar's generator would document its own error format and validate bodies a second time; msgspec gives the schemas.
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from adapters.http.endpoints import Access, Endpoint
from adapters.http.problems import CODES, PROBLEM, Problem, problem

REF = "#/components/schemas/{name}"
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
FORMATS: dict[str, dict[str, str]] = {
    "str": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer"},
}
EXAMPLE_REQUEST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def document(endpoints: Iterable[Endpoint], version: str) -> bytes:
    """The document as JSON, keys in a stable order."""
    offered = sorted(endpoints, key=lambda e: (e.path, e.method.value))
    shapes = [s for e in offered for shape in (e.body, *e.answers.values()) for s in _either(shape) if s is not None]
    schemas, components = msgspec.json.schema_components([*shapes, Problem], ref_template=REF)
    known = dict(zip(map(_identity, [*shapes, Problem]), schemas, strict=True))
    _without_defaults(components)
    components["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(CODES)}
    paths: dict[str, Any] = {}
    for endpoint in offered:
        path = PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.value.lower()] = _operation(endpoint, known)
    content = {
        "openapi": "3.1.0",
        "info": {"title": "kommobil", "version": version, "description": "The booking backend of a model city."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
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


def _identity(shape: Any) -> str:
    return str(shape)


def _operation(endpoint: Endpoint, known: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint),
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
        content: dict[str, Any] = {"schema": known[_identity(endpoint.body)]}
        if endpoint.example is not None:
            content["example"] = endpoint.example
        operation["requestBody"] = {"content": {"application/json": content}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": FORMATS[kind], "example": _path_example(name)}
        for name, kind in PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query is not None:
        found += _query(endpoint.query)
    if endpoint.keyed:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "example": "2f1c7e0a-first-try",
            }
        )
    return found


def _path_example(name: str) -> str:
    known = {"city": "braunschweig", "document": "general", "version": "2026-01"}
    return known.get(name, EXAMPLE_REQUEST_ID)


def _query(shape: type[Struct]) -> list[dict[str, Any]]:
    (_reference,), components = msgspec.json.schema_components([shape], ref_template=REF)
    schema = components[shape.__name__]
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _inlined(value, components)}
        for name, value in schema["properties"].items()
    ]


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    """A query parameter's schema without references: enums and the like stand where they are used."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(components[schema["$ref"].rsplit("/", 1)[1]], components)
        return {key: _inlined(value, components) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, components) for value in schema]
    return schema


def _answer(endpoint: Endpoint, status: int, shape: Any, known: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": "As asked" if status < 300 else "Nothing new"}
    if shape is not None:
        either = [known[_identity(each)] for each in _either(shape)]
        content: dict[str, Any] = {"schema": either[0] if len(either) == 1 else {"oneOf": either}}
        if status in endpoint.examples:
            content["example"] = endpoint.examples[status]
        found["content"] = {"application/json": content}
    elif endpoint.media is not None and status == 200:
        found["content"] = {endpoint.media: {"schema": {}}}
    return found


def _problems(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in sorted({*endpoint.codes, *_common(endpoint)}):
        by_status.setdefault(CODES[code].status, []).append(code)
    found: dict[str, Any] = {}
    for status, codes in sorted(by_status.items()):
        _, example = problem(codes[0], EXAMPLE_REQUEST_ID, "en")
        content = {"schema": {"$ref": REF.format(name="Problem")}, "example": msgspec.json.decode(example)}
        found[str(status)] = {"description": ", ".join(codes), "content": {PROBLEM: content}}
    return found


def _common(endpoint: Endpoint) -> Sequence[str]:
    codes = ["internal", "unavailable", "rate_limited"]
    if endpoint.rule.access is not Access.PUBLIC:
        codes += ["unauthorised", "wrong_city"]
    if endpoint.rule.access is Access.ROLES:
        codes.append("forbidden")
    if endpoint.body is not None:
        codes += ["malformed", "too_large", "unsupported_media_type", "invalid_input"]
    if endpoint.query is not None or PARAMETER.search(endpoint.path):
        codes += ["malformed", "invalid_input", "not_found"]
    if endpoint.keyed:
        codes += ["key_missing", "key_invalid", "key_reused", "in_flight"]
    return codes


STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}h3{margin-bottom:.2rem}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.8rem;overflow:auto;border-radius:6px}.verb{color:#0b5394;font-weight:700}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d0d7de;padding:.3rem .5rem;text-align:left;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}.verb{color:#79c0ff}}
"""


def page(content: bytes) -> bytes:
    """The document as one HTML page: no script, nothing from elsewhere."""
    found = msgspec.json.decode(content)
    by_tag: dict[str, list[str]] = {}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_section(method, path, operation))
    body = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(sections)}" for tag, sections in sorted(by_tag.items()))
    schemas = "".join(
        f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3>{_pre(schema)}'
        for name, schema in sorted(found["components"]["schemas"].items())
    )
    title = f"{found['info']['title']} {found['info']['version']}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f'<h1>{html.escape(title)}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>'
        f"{body}<h2>Schemas</h2>{schemas}</body></html>"
    ).encode()


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(p['name'])}</code></td><td>{p['in']}</td>"
        f"<td>{'required' if p['required'] else ''}</td></tr>"
        for p in operation["parameters"]
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(a['description'])}</td></tr>"
        for status, a in sorted(operation["responses"].items())
    )
    request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return (
        f'<h3 id="{operation["operationId"]}"><span class="verb">{method.upper()}</span> <code>{html.escape(path)}</code></h3>'
        f"<p>{html.escape(operation['summary'])}</p>"
        + (f"<table><tbody>{rows}</tbody></table>" if rows else "")
        + (f"<p>Body</p>{_pre(request.get('example', request['schema']))}" if request else "")
        + f"<table><tbody>{answers}</tbody></table>"
    )


def _pre(value: Any) -> str:
    shown = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return f"<pre>{html.escape(shown)}</pre>"
