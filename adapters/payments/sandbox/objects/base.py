"""What all of Stripe's stored objects share."""

from typing import ClassVar, TypeVar

from msgspec import Struct


class StripeObject(Struct, frozen=True, kw_only=True):
    """What every stored object has.

    `kind` is the value of its `object` field, `noun` the word that Stripe's messages use for it.
    """

    kind: ClassVar[str]
    noun: ClassVar[str]

    id: str
    created: int


T = TypeVar("T", bound=StripeObject)
