"""Documents that people write, TOML or JSON, read by their type with every fault named at once."""

import tomllib
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)
_json = msgspec.json.Decoder(float_hook=Decimal)


class FaultyDocument(Exception):
    """`faults` says, in words, everything that is wrong."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def parsed(content: bytes, suffix: str) -> dict[str, Any]:
    """The document as it stands: TOML for the suffix `.toml`, else JSON. Decimal fractions stay exact.

    A bare list is one of tariffs, as `kommobil tariff show --json` prints it. Raises FaultyDocument.
    """
    try:
        if suffix == ".toml":
            return tomllib.loads(content.decode(), parse_float=Decimal)
        document = _json.decode(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.DecodeError) as problem:
        raise FaultyDocument((f"it is no {'TOML' if suffix == '.toml' else 'JSON'}: {problem}",)) from problem
    if isinstance(document, list):
        return {"tariffs": document}
    if not isinstance(document, dict):
        raise FaultyDocument(("it is not an object with fields",))
    return document


def read_document(path: Path) -> dict[str, Any]:
    """`parsed`, from a file. Raises FaultyDocument, also for a file that cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise FaultyDocument((f"it cannot be read: {problem.strerror}",)) from problem
    return parsed(content, path.suffix.lower())


def shaped(document: object, shape: type[T], path: str = "") -> T:
    """The document as a value of that type, whatever the type says about unknown fields. Raises FaultyDocument."""
    faults = tuple(_faults(document, shape, path))
    if faults:
        raise FaultyDocument(faults)
    return msgspec.convert(document, shape)


def _faults(value: object, shape: Any, path: str) -> list[str]:
    shape = _present(value, shape)
    if isinstance(value, dict) and isinstance(shape, type) and issubclass(shape, Struct):
        return _of_fields(value, shape, path)
    if isinstance(value, list) and get_origin(shape) is tuple:
        return [f for i, item in enumerate(value) for f in _faults(item, get_args(shape)[0], f"{path}[{i}]")]
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as problem:
        said = str(problem).partition(" - at ")[0]
        return [f"{path or 'it'}: {said[0].lower()}{said[1:]}"]
    return []


def _of_fields(value: dict[str, object], shape: type[Struct], path: str) -> list[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    prefix = f"{path}." if path else ""
    faults = [f"{prefix}{name} is not known" for name in value if name not in fields]
    for name, field in fields.items():
        if name in value:
            faults += _faults(value[name], field.type, prefix + name)
        elif field.required:
            faults.append(f"{prefix}{name} is missing")
    return faults


def _present(value: object, shape: Any) -> Any:
    """Of `X | None`, the X if there is a value."""
    if value is not None and get_origin(shape) in (Union, UnionType):
        kinds = [kind for kind in get_args(shape) if kind is not type(None)]
        if len(kinds) == 1:
            return kinds[0]
    return shape
