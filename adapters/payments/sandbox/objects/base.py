"""What all of Stripe's stored objects share."""

from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Struct


class StripeObject(Struct, frozen=True, kw_only=True):
    """What every stored object has.

    `kind` is the value of its `object` field, `noun` the word that Stripe's messages use for it; `hidden` are fields that
    Stripe does not show.
    """

    kind: ClassVar[str]
    noun: ClassVar[str]
    hidden: ClassVar[frozenset[str]] = frozenset()

    id: str
    created: int


T = TypeVar("T", bound=StripeObject)


def plain(thing: Struct) -> dict[str, Any]:
    """The object's JSON value, as Stripe shows it."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(thing))
    for name in getattr(thing, "hidden", ()):
        del value[name]
    return value
