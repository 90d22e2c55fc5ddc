"""The parameters of an operation's path and query in the OpenAPI document, each with an example."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from adapters.http.endpoints import Endpoint

PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
FORMATS: dict[str, dict[str, str]] = {
    "str": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer"},
}
EXAMPLE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
IN_PATHS = {
    "account": "braunschweig",
    "account_key": "receivables",
    "city": "braunschweig",
    "employer": "stadtwerke",
    "dealer": "radhaus",
    "lessor": "leasing-ag",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "document": "general",
    "file": "AaIKh0gkeVW61yxa4P6b2o3v0Jx7mXq1tC9lYdKfRzEaQ2w8uP5sKb7nVd4hGjL0.ics",
    "paper": "conversion",
    "party": "stadtwerke",
    "period": "2026-11",
    "link": "AZKPTnwaflOdUmpvWwydEfE0cV7xT2mQ9aLrY3uHkZbN6sJpD8wGvC1eXoR5iMtK",
    "payment_method_id": "pm_1Q0PsIJvEtkwdCNY",
    "group_id": "depot-north",
    "tariff_id": "charging-city",
    "pool_id": "town-hall",
    "token": "04A1B2C3D4E5F6",
    "version": "2026-01",
}
IN_QUERIES: dict[str, Any] = {
    "bike_type": "cargo",
    "booking_id": EXAMPLE_ID,
    "energy_kwh": "20.5",
    "exception_id": EXAMPLE_ID,
    "class": "compact",
    "code": "DE*BSE*E00001*1",
    "connector": "IEC_62196_T2",
    "cursor": "WyIwMTg5MGE1ZC1hYzk2Il0",
    "debtor_id": EXAMPLE_ID,
    "drive": "electric",
    "driver_id": EXAMPLE_ID,
    "dry_run": True,
    "email": "ada@example.org",
    "end": "2026-12-01T20:00:00+01:00",
    "from": "2026-12-01T00:00:00+01:00",
    "language": "de",
    "kind": "licence",
    "limit": 20,
    "min_power_kw": "11",
    "near": "52.2646,10.5236",
    "party": "lessor-north",
    "payer": "self",
    "person_id": EXAMPLE_ID,
    "plan": "monthly",
    "pool": "town-hall",
    "radius_m": 2000,
    "range_km": 150,
    "resource_id": EXAMPLE_ID,
    "role": "driver",
    "seats": 4,
    "service": "charging",
    "start": "2026-12-01T18:00:00+01:00",
    "state": ["held", "confirmed"],
    "vehicle_id": EXAMPLE_ID,
    "token": "04A1B2C3D4E5F6",
    "to": "2026-12-08T00:00:00+01:00",
}
REF = "#/components/schemas/{name}"


def parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Those of the path, then those of the query."""
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": FORMATS[kind], **_example(name, kind)}
        for name, kind in PARAMETER.findall(endpoint.path)
    ]
    return found + (_query(endpoint.query) if endpoint.query is not None else [])


def _example(name: str, kind: str) -> dict[str, Any]:
    example = EXAMPLE_ID if kind == "uuid" else IN_PATHS.get(name)
    return {} if example is None else {"example": example}


def _query(shape: type[Struct]) -> list[dict[str, Any]]:
    (_reference,), components = msgspec.json.schema_components([shape], ref_template=REF)
    schema = components[shape.__name__]
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _inlined(value, components)}
        | _query_example(name, value)
        for name, value in schema["properties"].items()
    ]


def _query_example(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The one that its type brings along, else the usual one of its name."""
    for each in (schema, *schema.get("anyOf", ())):
        if "examples" in each:
            return {"example": each["examples"][0]}
    return {"example": IN_QUERIES[name]} if name in IN_QUERIES else {}


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    """A query parameter's schema without references: enums and the like stand where they are used."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(components[schema["$ref"].rsplit("/", 1)[1]], components)
        return {key: _inlined(value, components) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, components) for value in schema]
    return schema
