"""A call from outside: for which city, by whom, and how it is answered once and for all.

The port between whoever asks (HTTP, a job) and whoever remembers (the database): neither knows the other.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from domain.identity import Actor, City
from domain.refusals import Refusal

Command_contra = TypeVar("Command_contra", contravariant=True)
Outcome = TypeVar("Outcome")

# By HTTP's names: unauthorised, forbidden, precondition failed, too many requests.
NEVER_KEPT = frozenset({401, 403, 412, 429})


class Answer(Struct, frozen=True):
    """What the asker was told, to the byte."""

    status: int
    media_type: str
    body: str
    replayed: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether its key may be answered so for good: not where another token, role, version or moment may change it."""
        return self.status < 500 and self.status not in NEVER_KEPT


class NotAnswerable(StrEnum):
    KEY_REUSED = "key_reused"
    IN_FLIGHT = "in_flight"


class Call(Struct, Generic[Outcome], frozen=True):
    """`answer` is pure: it turns an outcome into the answer before the outcome is recorded.

    `route`, with city and actor, is the scope of the key; `fingerprint` tells whether the same was asked before;
    `address` is the caller's network address, which is kept apart from the audit trail and forgotten.
    """

    city: City
    actor: Actor
    route: str
    key: str
    fingerprint: str
    request_id: str
    address: str
    answer: Callable[[Outcome | Refusal[Any]], Answer]


UseCase: TypeAlias = Callable[[Call[Outcome], Command_contra], Awaitable[Answer]]


class Unavailable(Exception):
    """The books cannot be opened or closed right now, or too many wait for the same; nothing was recorded, and the same call may
    come again."""
