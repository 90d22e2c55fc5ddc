"""The chain that seals a city's entries: each link is made from the one before it and all that its entry says."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from domain.ledger.entries import EntryId


class Content(Struct, frozen=True):
    """All that an entry and its legs say, written always the same."""

    entry_id: EntryId
    said: str


class Link(Struct, frozen=True):
    """Positions count from 1 without a gap."""

    position: int
    entry_id: EntryId
    digest: bytes


def beginning(city: City) -> Link:
    """What the first link of a city's chain hangs on."""
    return Link(0, EntryId(UUID(int=0)), sha256(f"kommobil ledger {city}".encode()).digest())


def sealed(last: Link, contents: Iterable[Content]) -> Iterator[Link]:
    """The links that follow, in the order of the contents."""
    for content in contents:
        last = Link(last.position + 1, content.entry_id, sha256(last.digest + content.said.encode()).digest())
        yield last
