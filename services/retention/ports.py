"""What retention needs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.retention.holds import Hold, HoldId, PlaceHold
from domain.retention.rules import Due, Record
from services.calls import Answer, Call

T = TypeVar("T")


class Deletion(Struct, frozen=True):
    """A batch that goes: what, by which rule, by whom and when. It is written down before anything is deleted."""

    id: UUID
    due: Due
    by: PersonId
    at: datetime


class Proof(Struct, frozen=True):
    """That so many rows of a relation went; `digest` is the SHA-256 of their keys, one a line, in order."""

    deletion_id: UUID
    record: Record
    relation: str
    count: int
    digest: str
    rule: str
    before: datetime
    at: datetime
    by: PersonId


class Counted(Struct, frozen=True):
    """How many records are due, and how many more would be if nothing held them; the oldest of those that are due."""

    count: int
    held: int
    oldest: datetime | None = None


class Review(Struct, frozen=True):
    """What somebody found due, and whether it was let go."""

    id: UUID
    at: datetime
    applied: bool
    due: dict[Record, int]


class Letter(Struct, frozen=True):
    """A letter that was sent and is kept as a file; `mailbox` is a digest of the address, see
    domain.persons.erasure.mailbox."""

    name: str
    mailbox: str
    written_at: datetime


class Letters(Protocol):
    """What was sent and is kept here; where others keep it, nothing. Both raise OSError."""

    async def old(self, city: City, before: datetime) -> tuple[Letter, ...]:
        """What the city wrote before then, the oldest first."""
        ...

    async def remove(self, letters: Sequence[Letter]) -> None:
        """Done twice, nothing happens."""
        ...


class Held(Struct, frozen=True):
    """Whose letters are held: all, or those to these mailboxes."""

    everything: bool
    mailboxes: frozenset[str]

    def holds(self, letter: Letter) -> bool:
        return self.everything or letter.mailbox in self.mailboxes


class Keeping(Struct, frozen=True):
    """How a city keeps its records: in whose years, and whether what is due goes by itself."""

    time_zone: str
    applies: bool


class OpenRetention(Protocol):
    """A city's records in one transaction; no hold is placed while it lasts."""

    async def count(self, due: Due) -> Counted: ...

    async def delete(self, deletion: Deletion, limit: int) -> int:
        """Delete up to `limit` records that are due and not held, with their proof; how many went."""
        ...

    async def held_letters(self) -> Held: ...

    async def prove(self, deletion: Deletion, relation: str, keys: Sequence[str]) -> None:
        """Write down, and prove, what is about to go that is no row."""
        ...

    async def reviewed(self, review: Review) -> None: ...


class Holds(Protocol):
    """In the same transaction; what is written leaves a line in the audit trail."""

    async def knows(self, command: PlaceHold) -> bool: ...

    async def find(self, hold_id: HoldId) -> Hold | None: ...

    async def place(self, hold: Hold) -> None: ...

    async def lift(self, hold: Hold) -> None: ...


class HoldBooks(Protocol):
    async def answered(self, call: Call[Any], do: Callable[[Holds], Awaitable[Any]]) -> Answer:
        """In one transaction with its answer, which is given once for its key. Raises Unavailable."""
        ...


class RetentionBooks(Protocol):
    """All raise Unavailable where the books cannot be opened now."""

    async def work(self, city: City, do: Callable[[OpenRetention], Awaitable[T]]) -> T: ...

    async def hold(self, city: City, by: PersonId, do: Callable[[Holds], Awaitable[T]]) -> T: ...

    async def holds(self, city: City, *, lifted: bool) -> tuple[Hold, ...]:
        """Those in force, or all; the newest first."""
        ...

    async def proofs(self, city: City) -> tuple[Proof, ...]:
        """The newest first."""
        ...

    async def keeping(self, city: City) -> Keeping | None:
        """None where there is no such city."""
        ...
