"""Series, bound to their books."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.series import SqlSeries, SqlSeriesBooks
from domain.fleet.series import NotASeries, Series, SeriesId
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.series import (
    BookingSeries,
    CancelSeries,
    DecideSeries,
    ListedSeries,
    Made,
    MakeSeries,
    SeriesWanted,
    cancel_series,
    decide_series,
    find_series,
    list_series,
    make_series,
)

DONE = Answer(204, "", "")


class Serial:
    """The use cases over one desk."""

    def __init__(self, desk: SqlSeries) -> None:
        self._desk = desk

    def bound(self) -> BookingSeries:
        return BookingSeries(self._make, self._look, self._find, self._page, self._cancel, self._decide)

    async def _make(self, call: Call[Made], command: MakeSeries) -> Answer:
        async def do(books: SqlSeriesBooks, now: datetime) -> Made:
            return await make_series(command, books=books, actor=call.actor, now=now)

        return await self._desk.answered(call, do)

    async def _look(self, call: Call[Any], command: MakeSeries) -> Made:
        async def do(books: SqlSeriesBooks, now: datetime) -> Made:
            return await make_series(command, books=books, actor=call.actor, now=now, only_looking=True)

        return await self._desk.looked(call, do)

    async def _find(self, actor: Actor, series_id: SeriesId) -> Series | Refusal[NotASeries]:
        async def do(books: SqlSeriesBooks, _now: datetime) -> Series | Refusal[NotASeries]:
            return await find_series(series_id, books=books, actor=actor)

        return await self._desk.looked(_reading(actor), do)

    async def _page(self, actor: Actor, wanted: SeriesWanted) -> tuple[ListedSeries, ...]:
        async def do(books: SqlSeriesBooks, _now: datetime) -> tuple[ListedSeries, ...]:
            return await list_series(wanted, books=books, actor=actor)

        return await self._desk.looked(_reading(actor), do)

    async def _cancel(self, call: Call[Any], command: CancelSeries) -> Answer:
        async def do(books: SqlSeriesBooks, now: datetime) -> Series | Refusal[NotASeries]:
            return await cancel_series(command, books=books, actor=call.actor, now=now)

        return await self._desk.answered(call, do)

    async def _decide(self, call: Call[Any], command: DecideSeries) -> Answer:
        async def do(books: SqlSeriesBooks, now: datetime) -> Series | Refusal[Any]:
            return await decide_series(command, books=books, actor=call.actor, now=now)

        return await self._desk.answered(call, do)


def _reading(actor: Actor) -> Call[Any]:
    return Call(actor.city, actor, "readSeries", "", "", "", "", lambda _outcome: DONE)


def booking_series(
    transactions: Transactions,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    *,
    expire: Callable[[City, Sequence[UUID]], Awaitable[None]],
    written: Callable[[], None],
) -> BookingSeries:
    return Serial(SqlSeries(transactions, clock, new_id, expire=expire, written=written)).bound()
