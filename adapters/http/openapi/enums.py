"""Enums in the OpenAPI document: closed where a client asks, open where it is told (`x-extensible-enum`).

A newer server may answer with a value that an older client has never heard of; what it takes is what it knows.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.http.openapi.names import SCHEMAS, renamed

ASKED = "Asked"


def open_to_answers(
    components: dict[str, Any], bodies: Mapping[str, Any], answers: Iterable[Any]
) -> dict[str, dict[str, Any]]:
    """Open the enums of all that answers show, in place; the bodies' schemas, which stay closed.

    What is both asked and told, and holds an enum, stands twice: under its name as told, and with `Asked` behind it.
    """
    told = _reached(answers, components)
    twice = {name for name in _reached(bodies.values(), components) & told if _holds_enum(name, components)}
    asked = {name: f"{name}{ASKED}" for name in twice}
    closed = {asked[name]: renamed(components[name], asked) for name in twice}
    only_asked = _reached(bodies.values(), components) - told
    for name in only_asked:
        components[name] = renamed(components[name], asked)
    for name in told:
        components[name] = _opened(components[name])
    for name in sorted(closed):
        components[name] = closed[name] | {"title": name}
    return {name: renamed(schema, asked) for name, schema in bodies.items()}


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(named := schema.get("$ref"), str):
            yield named.removeprefix(SCHEMAS)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _reached(schemas: Iterable[Any], components: Mapping[str, Any]) -> set[str]:
    """The names of all components that these refer to, and that those refer to."""
    found: set[str] = set()
    ahead = list(schemas)
    while ahead:
        new = set(_references(ahead.pop())) - found
        found |= new
        ahead += [components[name] for name in new]
    return found


def _holds_enum(name: str, components: Mapping[str, Any]) -> bool:
    return any(
        _opened(components[each]) != components[each] for each in {name, *_reached([components[name]], components)}
    )


def _opened(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_opened(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("enum"), list):
        rest = {key: value for key, value in schema.items() if key != "enum"}
        return {"type": "string"} | rest | {"x-extensible-enum": schema["enum"]}
    return {key: _opened(value) for key, value in schema.items()}
