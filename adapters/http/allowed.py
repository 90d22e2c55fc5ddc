"""Which words a field of the input may hold, for whoever sent another one."""

from collections.abc import Sequence
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

MANY = (tuple, list, set, frozenset)


def words_at(shape: Any, steps: Sequence[str]) -> tuple[str, ...]:
    """The words of the enumeration at the end of the path, an index or a name at each step; none where there is no such."""
    origin = get_origin(shape)
    if origin is Annotated:
        return words_at(get_args(shape)[0], steps)
    if origin in {Union, UnionType}:
        return tuple(word for each in get_args(shape) for word in words_at(each, steps))
    if not steps:
        if origin is Literal:
            return tuple(map(str, get_args(shape)))
        return tuple(each.value for each in shape) if isinstance(shape, type) and issubclass(shape, StrEnum) else ()
    if isinstance(shape, type) and issubclass(shape, Struct):
        fields = {each.encode_name: each.type for each in msgspec.structs.fields(shape)}
        return words_at(fields[steps[0]], steps[1:]) if steps[0] in fields else ()
    if origin in MANY:
        return words_at(get_args(shape)[0], steps[1:])
    return words_at(get_args(shape)[1], steps[1:]) if origin is dict else ()
