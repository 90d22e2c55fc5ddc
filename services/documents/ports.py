"""The city's texts, as their use cases need them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.documents import Document, Edition


class Entry(Struct, frozen=True):
    """A published text without its words. `in_force` says whether it is what people accept today."""

    edition: Edition
    digest: str
    published_at: datetime
    in_force: bool


class DocumentBooks(Protocol):
    """Open for one call in one city, in one transaction; what is written leaves a line in the audit trail."""

    async def entries(self) -> Sequence[Entry] | None:
        """By document, newest version first; None where there is no such city."""

    async def find(self, edition: Edition) -> Document | None: ...

    async def publish(self, document: Document) -> bool:
        """False where somebody was quicker."""
