"""Names of schemas in the OpenAPI document: each is one word, and does not tell in which file a shape stands.

Where two shapes have the same name, msgspec calls both by their modules. A client's generator makes types of these names, which
must not change because a file moved: the room's folder (`charging`, `fleet`) tells them apart, and within one folder the file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

ROOMS = ("adapters.http.", "services.", "domain.")
SCHEMAS = "#/components/schemas/"


def told_apart(names: Iterable[str]) -> dict[str, str]:
    """What each of these is called: `charging.cards.BlockRequest` is `ChargingBlockRequest`. Raises ValueError where that leaves two
    alike."""
    given = tuple(names)
    apart = {name: _by_folder(name) for name in given}
    counted = Counter(apart.values())
    apart |= {name: _by_file(name) for name in given if counted[apart[name]] > 1}
    alike = [word for word, often in Counter(apart.values()).items() if often > 1]
    if alike:
        raise ValueError(f"several shapes are called {', '.join(sorted(alike))}")
    return apart


def renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """The schema with its references by these names."""
    if isinstance(schema, list):
        return [renamed(value, names) for value in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(named := schema.get("$ref"), str):
        name = named.removeprefix(SCHEMAS)
        return schema | {"$ref": f"{SCHEMAS}{names.get(name, name)}"}
    return {key: renamed(value, names) for key, value in schema.items()}


def _by_folder(name: str) -> str:
    module, _, shape = name.rpartition(".")
    if not module:
        return shape
    folder = _inside(module)[0]
    return shape if shape.startswith(_word(folder).removesuffix("s")) else _word(folder) + shape


def _by_file(name: str) -> str:
    module, _, shape = name.rpartition(".")
    if not module:
        return shape
    folder, *files = _inside(module)
    return "".join(map(_word, (folder, *files[-1:]))) + shape


def _inside(module: str) -> list[str]:
    """Where it stands inside its room."""
    for room in ROOMS:
        module = module.removeprefix(room)
    return module.split(".")


def _word(part: str) -> str:
    return "".join(map(str.capitalize, part.split("_")))
