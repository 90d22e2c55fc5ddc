"""Correcting what was posted wrongly: by the mirror of it, never otherwise."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from domain.ledger.entries import OURS_ALONE, EntryId, mirrored
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.ledger.ports import Journal, Recorded


class NotReversible(StrEnum):
    UNKNOWN_ENTRY = "unknown_entry"
    NOT_REVERSIBLE = "not_reversible"


Reversing: TypeAlias = Recorded | Refusal[NotReversible]


class Corrections(Protocol):
    """The journal in one transaction."""

    @property
    def journal(self) -> Journal: ...

    async def entry(self, entry_id: EntryId) -> Recorded | None: ...

    async def note(self, action: str, entry_id: EntryId) -> None:
        """Leave a line in the audit trail."""
        ...


class CorrectionBooks(Protocol):
    async def answered(self, call: Call[Any], do: Callable[[Corrections], Awaitable[Any]]) -> Answer:
        """Do it in one transaction, answered once for its key. Raises Unavailable."""
        ...


async def reverse_entry(entry_id: EntryId, why: str, *, books: Corrections, now: datetime) -> Reversing:
    """The entry that undoes it, that of before where there was one. The fact behind it is not posted again by itself."""
    known = await books.entry(entry_id)
    if known is None:
        return Refusal(NotReversible.UNKNOWN_ENTRY)
    if known.entry.kind not in OURS_ALONE:
        return Refusal(NotReversible.NOT_REVERSIBLE)
    undoing = mirrored(entry_id, known.entry, now, why)
    if await books.journal.post([undoing]):
        await books.note("ledger.entry_reversed", entry_id)
    (found,) = await books.journal.known([undoing.source])
    return found
