"""Form-encoded parameters as Stripe's clients write them: `a[b][0]=c` is a tree."""

from typing import TypeAlias
from urllib.parse import parse_qsl

from adapters.payments.sandbox.errors import invalid

Node: TypeAlias = "str | Tree"
Tree: TypeAlias = "dict[str, Node]"

MOST_PAIRS = 1_000
DEEPEST = 10


def decode(text: str) -> Tree:
    """The tree of a query string or form body; lists stay trees whose keys are their indices.

    Raises ApiError 400 where a key is malformed, or is a value and a tree at once.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PAIRS)
    except ValueError as error:
        raise invalid("The request's parameters could not be read.") from error
    tree: Tree = {}
    for key, value in pairs:
        _put(tree, key, _segments(key), value)
    return tree


def _segments(key: str) -> list[str]:
    head, bracket, rest = key.partition("[")
    if not bracket:
        return [head]
    if not head or not rest.endswith("]"):
        raise invalid(f"Invalid parameter name: {key}", param=key)
    segments = [head, *rest[:-1].split("][")]
    if len(segments) > DEEPEST or any("[" in segment or "]" in segment for segment in segments):
        raise invalid(f"Invalid parameter name: {key}", param=key)
    return segments


def _put(tree: Tree, key: str, segments: list[str], value: str) -> None:
    for segment in segments[:-1]:
        child = tree.setdefault(segment or str(len(tree)), {})
        if isinstance(child, str):
            raise invalid(f"Invalid parameter: {key} is a value and a hash at once", param=key)
        tree = child
    last = segments[-1] or str(len(tree))
    if isinstance(tree.get(last), dict):
        raise invalid(f"Invalid parameter: {key} is a value and a hash at once", param=key)
    tree[last] = value
