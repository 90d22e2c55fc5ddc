"""The outbox and its doorbell, as those who write to it, empty it and look at it need them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.identity import City


class Entry(Struct, frozen=True):
    """One line of the outbox: something happened to `subject_id`, and work follows from it.

    `id` is the same however often the entry is delivered: an effect that carries it happens once. `attempts` counts
    the deliveries, this one included.
    """

    city: City
    id: UUID
    kind: str
    subject_id: UUID
    written_at: datetime
    attempts: int


class Kinds(Struct, frozen=True):
    """Which entries are delivered, and which are cleared away because nothing follows from them.

    Any other kind stays where it is: a newer program wrote it, and will know.
    """

    delivered: tuple[str, ...]
    cleared: tuple[str, ...]


class Claimed(Struct, frozen=True):
    """`cleared` is how many entries were cleared away on the way."""

    entries: tuple[Entry, ...]
    cleared: int


class Outbox(Protocol):
    """Open across cities."""

    async def claim(self, kinds: Kinds, limit: int, now: datetime, until: datetime) -> Claimed:
        """Take up to `limit` of what is due; nobody else is given it before `until`."""

    async def done(self, entry: Entry, now: datetime) -> None: ...

    async def again(self, entry: Entry, at: datetime, failure: str) -> None:
        """Deliver it again, not before `at`. `failure` names no person."""

    async def bury(self, entry: Entry, now: datetime, failure: str) -> None:
        """Make it a dead letter: kept, shown, and delivered again only when somebody says so."""


class Waiting(Struct, frozen=True):
    """What of one kind is not done yet. `overdue` should have been done by now; `failed` was tried before."""

    kind: str
    count: int
    overdue: int
    failed: int
    oldest: datetime


class DeadLetter(Struct, frozen=True):
    city: City
    id: UUID
    kind: str
    subject_id: UUID
    attempts: int
    failure: str | None
    since: datetime


class Backlog(Struct, frozen=True):
    waiting: Sequence[Waiting]
    dead: Sequence[DeadLetter]
