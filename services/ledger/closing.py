"""Closing a month of the books, for good."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from domain.identity import PersonId
from domain.ledger.months import ClosedMonth, NotClosable, close, closing_of
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.ledger.records import Months

Closing: TypeAlias = ClosedMonth | Refusal[NotClosable]


class OpenMonths(Protocol):
    """The months in one transaction, in which nobody posts. `closed` is the last month that is closed already."""

    async def months(self) -> Months: ...

    async def zone(self) -> ZoneInfo: ...

    async def end(self, month: date, closed: date | None) -> None:
        """Post what belongs into the months that close, and no act of anybody brings with it: what was earned and nobody was
        charged for, what things lost of their worth."""
        ...

    async def close(self, month: ClosedMonth) -> None:
        """Write it, and who did it into the audit trail."""
        ...


class MonthBooks(Protocol):
    async def answered(self, call: Call[Any], do: Callable[[OpenMonths], Awaitable[Any]]) -> Answer:
        """Do it in one transaction, answered once for its key. Raises Unavailable."""
        ...


async def close_month(month: date, *, books: OpenMonths, by: PersonId, now: datetime) -> Closing:
    """Closed again, it stays as it was closed."""
    known = (await books.months()).closed
    outcome = close(month, known, await books.zone(), by, now)
    if isinstance(outcome, ClosedMonth) and closing_of(month, known) is None:
        await books.end(month, max((each.month for each in known), default=None))
        await books.close(outcome)
    return outcome
