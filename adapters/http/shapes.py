"""Whole documents of the domain as bodies: nothing in them is passed over, and every fault is told at once."""

from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from adapters.http import reading
from adapters.http.problems import Fault, Rejected

T = TypeVar("T", bound=Struct)


def shaped(given: dict[str, Any], shape: type[T]) -> T:
    """The object as a value of that type. Raises Rejected("invalid_input")."""
    if faults := tuple(_faults(given, shape, "")):
        raise Rejected("invalid_input", errors=faults)
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        raise Rejected("invalid_input", errors=(reading.fault(str(error)),)) from error


def _faults(value: object, shape: Any, pointer: str) -> list[Fault]:
    shape = _present(value, shape)
    if isinstance(value, dict) and isinstance(shape, type) and issubclass(shape, Struct):
        return _of_fields(value, shape, pointer)
    if isinstance(value, list) and get_origin(shape) is tuple:
        items = get_args(shape)[0]
        return [fault for index, item in enumerate(value) for fault in _faults(item, items, f"{pointer}/{index}")]
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        return [reading.fault(str(error), under=pointer)]
    return []


def _of_fields(value: dict[str, object], shape: type[Struct], pointer: str) -> list[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    faults = [
        Fault("unknown field", pointer=f"{pointer}/{reading.escaped(name)}") for name in value if name not in fields
    ]
    for name, field in fields.items():
        if name in value:
            faults += _faults(value[name], field.type, f"{pointer}/{name}")
        elif field.required:
            faults.append(Fault("required", pointer=f"{pointer}/{name}"))
    return faults


def _present(value: object, shape: Any) -> Any:
    """Of `X | None`, the X if there is a value."""
    if value is not None and get_origin(shape) in {Union, UnionType}:
        kinds = [kind for kind in get_args(shape) if kind is not type(None)]
        if len(kinds) == 1:
            return kinds[0]
    return shape
