"""Posting what nobody told of: from before there was a ledger, or where an entry of the outbox was given up."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from services.ledger.ports import Ledgers
from services.ledger.posting import Fact, post


class Missing(Struct, frozen=True):
    """Facts of a kind of which entries may be missing; what is there is not written again."""

    fact: Fact
    subjects: tuple[UUID, ...]


class Gaps(Protocol):
    async def missing(self, city: City) -> Sequence[Missing]:
        """Raises Unavailable."""
        ...


async def catch_up(city: City, *, gaps: Gaps, ledgers: Ledgers) -> int:
    """How many entries were missing. Raises Unavailable."""
    posted = 0
    for each in await gaps.missing(city):
        for subject in each.subjects:
            posted += await post(each.fact, city, subject, ledgers=ledgers)
    return posted
