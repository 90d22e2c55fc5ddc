"""Parameters are checked against the SDK's own TypedDicts, so the sandbox knows exactly what the SDK knows."""

import sys
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ForwardRef, Literal, NotRequired, Required, TypeAlias, Union, get_args, get_origin

from stripe import RequestOptions
from typing_extensions import is_typeddict

from adapters.payments.sandbox.errors import invalid
from adapters.payments.sandbox.forms import Node, Tree

Reader: TypeAlias = Callable[[Node, str], Any]
"""Turns the node under a name into a value, or raises ApiError 400 with that name as `param`."""

# In the SDK's classes these name options of the call itself; they never travel as parameters.
OPTIONS = frozenset(RequestOptions.__annotations__)

# Until 2026-08 this was how cards were asked for, so examples are full of it; Stripe has a code of its own for it:
# https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents
REMOVED = {"payment_method_types": "payment_method_types_no_longer_supported"}


def read(shape: type[Mapping[str, Any]], tree: Tree) -> dict[str, Any]:
    """The tree as typed values of the TypedDict `shape`; ApiError 400 names the first parameter that does not fit."""
    value = _object(shape)(tree, "")
    assert isinstance(value, dict)  # noqa: S101 - _object always reads a dict; this only tells the type checker
    _check_metadata(value.get("metadata"))
    return value


@cache
def _object(shape: type[Mapping[str, Any]]) -> Reader:
    namespace = vars(sys.modules[shape.__module__])
    fields = {name: _unwrap(hint, namespace) for name, hint in shape.__annotations__.items() if name not in OPTIONS}
    required = sorted(shape.__required_keys__ - OPTIONS)  # type: ignore[attr-defined]  # TypedDicts have it

    def reader(node: Node, name: str) -> dict[str, Any]:
        if isinstance(node, str):
            raise invalid("Invalid object", param=name)
        for key in node:
            if key not in fields:
                where = _inside(name, key)
                code = REMOVED.get(where, "parameter_unknown")
                raise invalid(f"Received unknown parameter: {where}", param=where, code=code)
        for key in required:
            if key not in node:
                where = _inside(name, key)
                raise invalid(f"Missing required param: {where}.", param=where, code="parameter_missing")
        return {key: _reader(fields[key], shape.__module__)(child, _inside(name, key)) for key, child in node.items()}

    return reader


def _inside(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def _unwrap(hint: Any, namespace: dict[str, Any]) -> Any:
    """The bare type behind Required, NotRequired and forward references, which name classes of the same module."""
    while True:
        if isinstance(hint, str):
            hint = ForwardRef(hint)
        if isinstance(hint, ForwardRef):
            hint = eval(hint.__forward_code__, namespace)  # noqa: S307 - annotations of the installed SDK, no input
        elif get_origin(hint) in {NotRequired, Required}:
            (hint,) = get_args(hint)
        else:
            return hint


@cache
def _reader(hint: Any, module: str) -> Reader:
    hint = _unwrap(hint, vars(sys.modules[module]))
    origin = get_origin(hint)
    if is_typeddict(hint):
        return _object(hint)
    if origin is Literal:
        return _one_of(get_args(hint))
    if origin in {Union, types.UnionType}:
        return _union(tuple(_unwrap(each, vars(sys.modules[module])) for each in get_args(hint)), module)
    if origin is list:
        return _list(_reader(get_args(hint)[0], module))
    if origin is dict:
        return _mapping
    return {int: _integer, bool: _boolean}.get(hint, _text)


def _union(hints: tuple[Any, ...], module: str) -> Reader:
    """One reader for trees and one per way to read a text, tried from the narrowest to the widest."""
    choices = tuple(choice for hint in hints if get_origin(hint) is Literal for choice in get_args(hint))
    trees = [hint for hint in hints if is_typeddict(hint) or get_origin(hint) in {dict, list}]
    texts = [hint for hint in hints if hint in {int, bool, str, float}]
    if any(choice for choice in choices):
        # "Literal[…]|str" is how the SDK writes an enum that may grow; Stripe itself refuses what is not listed.
        texts = [hint for hint in texts if hint is not str]

    def reader(node: Node, name: str) -> Any:
        if isinstance(node, dict) and trees:
            return _reader(trees[0], module)(node, name)
        if isinstance(node, str) and node in choices:
            return node
        if isinstance(node, str) and texts:
            return _reader(texts[0], module)(node, name)
        return _one_of(choices)(node, name)

    return reader


def _one_of(choices: tuple[Any, ...]) -> Reader:
    listed = ", ".join(str(choice) for choice in choices if choice)

    def reader(node: Node, name: str) -> Any:
        if isinstance(node, str) and node in choices:
            return node
        raise invalid(f"Invalid {name}: must be one of {listed}", param=name)

    return reader


def _list(item: Reader) -> Reader:
    def reader(node: Node, name: str) -> list[Any]:
        if isinstance(node, str) or sorted(node) != sorted(str(index) for index in range(len(node))):
            raise invalid("Invalid array", param=name)
        return [item(node[str(index)], _inside(name, str(index))) for index in range(len(node))]

    return reader


def _mapping(node: Node, name: str) -> dict[str, str]:
    if isinstance(node, str):
        raise invalid("Invalid hash", param=name)
    return {key: _any_text(child, _inside(name, key)) for key, child in node.items()}


def _any_text(node: Node, name: str) -> str:
    if not isinstance(node, str):
        raise invalid("Invalid string", param=name)
    return node


def _text(node: Node, name: str) -> str:
    text = _any_text(node, name)
    if not text:
        raise invalid(f"You passed an empty string for '{name}'.", param=name, code="parameter_invalid_empty")
    return text


def _integer(node: Node, name: str) -> int:
    text = _any_text(node, name)
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 18:
        raise invalid(f"Invalid integer: {text}", param=name, code="parameter_invalid_integer")
    return int(text)


def _boolean(node: Node, name: str) -> bool:
    text = _any_text(node, name)
    if text not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {text}", param=name)
    return text == "true"


def _check_metadata(metadata: object) -> None:
    """Stripe's documented bounds: 50 keys of 40 characters with values of 500, no square brackets in a key."""
    if not isinstance(metadata, dict):
        return
    if len(metadata) > 50:
        raise invalid("Metadata can hold at most 50 keys.", param="metadata")
    for key, value in metadata.items():
        if len(key) > 40 or len(value) > 500:
            raise invalid("Metadata keys have at most 40 and values at most 500 characters.", param=f"metadata[{key}]")
