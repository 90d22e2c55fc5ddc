"""Quotes that were given out: what a booking by `quote_id` begins with."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from msgspec import Struct

from domain.booking.bookings import QuoteId
from domain.booking.quoting import NotQuotable, Quoted
from domain.refusals import Refusal
from services.calls import Answer, Call


class QuoteStore(Protocol):
    """Open for one call in one city."""

    async def find(self, quote_id: QuoteId) -> Quoted | None:
        """The actor's own quote; an earlier answer to the same key ends the call."""

    async def decline(self, answer: Answer) -> None:
        """Keep an answer that books nothing, once and for all."""


class Quotes(Struct, frozen=True):
    """The use cases, bound to their adapters."""

    quoted: Callable[[Call[Any], QuoteId], Awaitable[Quoted | Answer]]
    decline: Callable[[Call[Any], Answer], Awaitable[Answer]]


async def quoted(quote_id: QuoteId, *, store: QuoteStore) -> Quoted | Refusal[NotQuotable]:
    """The quote as it was frozen, expired or not."""
    found = await store.find(quote_id)
    return found if found is not None else Refusal(NotQuotable.UNKNOWN_QUOTE)
