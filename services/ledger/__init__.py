"""The ledger: what is posted, sealed, verified, closed and read."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from msgspec import Struct

from domain.identity import City
from domain.ledger.accounts import Chart
from domain.ledger.entries import EntryId
from services.calls import Answer, Call
from services.ledger.closing import Closing, MonthBooks, OpenMonths, close_month
from services.ledger.correcting import CorrectionBooks, Corrections, Reversing, reverse_entry
from services.ledger.records import LedgerArchive


class Ledger(Struct, frozen=True):
    """What finance asks of it; `chart` has the numbers that the city's own books use."""

    archive: LedgerArchive
    months: MonthBooks
    corrections: CorrectionBooks
    clock: Callable[[], datetime]
    chart: Callable[[City], Awaitable[Chart]]

    async def close(self, call: Call[Closing], month: date) -> Answer:
        """Raises Unavailable."""

        async def do(books: OpenMonths) -> Closing:
            return await close_month(month, books=books, by=call.actor.id, now=self.clock())

        return await self.months.answered(call, do)

    async def reverse(self, call: Call[Reversing], entry_id: EntryId, why: str) -> Answer:
        """Raises Unavailable."""

        async def do(books: Corrections) -> Reversing:
            return await reverse_entry(entry_id, why, books=books, now=self.clock())

        return await self.corrections.answered(call, do)
